"""A folder of related tables: what is planted between them is found, and nothing in tables that are right."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from DataFoundry import cleaner
from DataFoundry.errors import ImpossibleError, OutsideDataRootsError, RequestError
from DataFoundry.relational.across_checks import across_findings
from DataFoundry.relational.relation import Relation
from DataFoundry.schema.discovery import discover_in
from examples.make_shop import shop

LINKS = [
    Relation("customers", ("customer_id",), "orders", ("customer_id",)),
    Relation("orders", ("order_id",), "items", ("order_id",)),
]


def _found(frames: dict[str, pd.DataFrame]) -> dict[str, set[tuple[int, str]]]:
    schemas = {name: discover_in(frame) for name, frame in frames.items()}
    found = across_findings(frames, schemas, LINKS)
    return {name: {(each.row, each.column) for each in cells} for name, cells in found.items() if cells}


def _planted() -> tuple[dict[str, pd.DataFrame], dict[str, set[tuple[int, str]]]]:
    """A shop with two orders of nobody, three wrong totals and two orders before their customer was one."""
    frames = shop(300)
    orders = frames["orders"]
    orders.loc[[5, 60], "customer_id"] = [999_999, 888_888]
    orders.loc[[7, 8, 9], "total"] += 10
    orders.loc[[20, 21], "ordered"] = "1990-01-01"
    wrong = {(5, "customer_id"), (60, "customer_id"), *((row, "total") for row in (7, 8, 9))}
    return frames, {"orders": wrong | {(20, "ordered"), (21, "ordered")}}


def test_nothing_is_found_between_tables_that_are_right():
    frames = shop(300)
    assert _found(frames) == {}
    late = frames["customers"]["customer_id"].isin(frames["orders"]["customer_id"].head(40))
    frames["customers"].loc[late, "since"] = "2030-01-01"  # too many for exceptions: no rule
    assert not any(column == "ordered" for _, column in _found(frames).get("orders", set()))


def test_orphans_wrong_totals_and_times_before_the_parent_s_are_found_and_nothing_else():
    frames, wrong = _planted()
    assert _found(frames) == wrong


def test_times_that_are_rarely_earlier_by_chance_alone_are_no_rule():
    r = np.random.default_rng(0)
    day = lambda values: pd.Series(pd.Timestamp("2020-01-01") + pd.to_timedelta(values, "D"))  # noqa: E731
    parents = pd.DataFrame({"customer_id": np.arange(400), "since": day(r.integers(0, 100, 400))})
    rows = pd.DataFrame({"order_id": np.arange(900), "customer_id": r.integers(0, 400, 900)})
    rows["ordered"] = day(r.integers(85, 900, 900))  # hangs on nothing; a few are before a customer's day
    frames = {"customers": parents, "orders": rows}
    early = (rows["ordered"] < rows["customer_id"].map(parents.set_index("customer_id")["since"])).sum()
    found = across_findings(frames, {name: discover_in(each) for name, each in frames.items()}, LINKS[:1])
    assert 0 < early <= 18 and found == {"customers": [], "orders": []}


def test_a_folder_is_checked_as_a_whole(root: Path):
    folder = root / "shop"
    folder.mkdir()
    frames = {name: frame for name, frame in shop(24).items() if name != "products"}
    right = frames["orders"].copy()
    frames["orders"].loc[5, "customer_id"] = 999_999
    frames["orders"].loc[7, "total"] += 10
    for name, frame in frames.items():
        frame.to_csv(folder / f"{name}.csv", index=False)
    answer = cleaner.check_table(str(folder), output_path=str(root / "check.html"))
    json.dumps(answer)
    findings = pd.read_csv(str(answer["findings_path"]))
    rules = findings[(findings["table"] == "orders") & (findings["kind"] == "rule")]
    assert {(5, "customer_id"), (7, "total")} <= set(zip(rules["row"], rules["column"], strict=True))
    assert {each["table"] for each in answer["issues"]} <= set(frames) and len(answer["relations"]) == 2
    sentences = [each["sentence"] for each in answer["issues"]]
    assert "1 value of 'customer_id' breaks a rule: No row of customers has customer_id 999999." in sentences
    assert "orders: Issues" in Path(str(answer["report_path"])).read_text()
    fixes = Path(str(answer["fixes_path"]))
    assert {each.stem for each in fixes.iterdir()} == set(frames)
    mended = cleaner.apply_fixes(
        str(folder / "orders.csv"), str(fixes / "orders.csv"), 0.6, output_path=str(root / "mended.csv")
    )
    assert pd.read_csv(str(mended["output_path"]))["total"][7] == pytest.approx(right["total"][7])
    with pytest.raises(RequestError, match="label_column belongs to a single table"):
        cleaner.check_table(str(folder), label_column="total")


def test_a_folder_of_parts_of_one_table_is_one_table(root: Path):
    folder = root / "parts"
    folder.mkdir()
    for part in range(2):
        pd.DataFrame({"x": np.arange(20) + part, "y": ["a", "b"] * 10}).to_parquet(folder / f"{part}.parquet")
    answer = cleaner.check_table(str(folder), output_path=str(root / "check.html"))
    assert answer["num_rows"] == 40 and "relations" not in answer


def test_links_out_of_the_data_roots_and_two_files_of_one_table_are_refused(
    root: Path, tmp_path_factory: pytest.TempPathFactory
):
    folder, elsewhere = root / "shop", tmp_path_factory.mktemp("elsewhere") / "secret.csv"
    folder.mkdir()
    elsewhere.write_text("x,y\n1,2\n")
    (folder / "a.csv").write_text("x,y\n1,2\n")
    (folder / "b.csv").symlink_to(elsewhere)
    with pytest.raises(OutsideDataRootsError):
        cleaner.check_table(str(folder), output_path=str(root / "check.html"))
    (folder / "b.csv").unlink()
    (folder / "a.tsv").write_text("x\ty\n1\t2\n")
    with pytest.raises(ImpossibleError, match="a.tsv and a.csv are both the table 'a'"):
        cleaner.check_table(str(folder), output_path=str(root / "check.html"))
    (folder / "a.tsv").unlink()
    with pytest.raises(ImpossibleError, match="is a folder"):
        cleaner.check_table(str(folder), output_path=str(root / "check.html"))
