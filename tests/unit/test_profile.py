"""A table told to people."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from company_tables import members, stays
from DataFoundry import evaluator
from DataFoundry.errors import ColumnError, RequestError
from DataFoundry.profiling.masking import masked


@pytest.fixture
def customers(root: Path) -> str:
    r = np.random.default_rng(0)
    names = r.choice(["Anna Smith", "Bruno Garcia", "Carla Rossi", "David Novak"], 300)
    pd.DataFrame(
        {
            "customer_id": [f"C{1000 + i}" for i in range(300)],
            "name": names,
            "email": [
                f"{name.split()[0].lower()}{i}@mail.example" if i % 30 else "none" for i, name in enumerate(names)
            ],
            "joined": pd.Series(pd.Timestamp("2020-01-01") + pd.to_timedelta(r.integers(0, 900, 300), "D")).dt.strftime(
                "%d.%m.%Y"
            ),
            "paid": [f"€{each:,.2f}" for each in r.lognormal(5, 1, 300)],
            "left": [None] * 200 + ["2021-01-01"] * 50 + ["2022-01-01"] * 50,
            "note": "",
            "churned": ["yes"] * 9 + ["no"] * 291,
        }
    ).to_csv(root / "customers.csv", index=False)
    return str(root / "customers.csv")


def test_a_profile_tells_kinds_warnings_and_where_its_page_is(customers: str, root: Path) -> None:
    told = evaluator.profile_dataset(customers, "churned", output_path=str(root / "p.html"))
    columns = told["schema"]["columns"]
    assert {name: column["kind"] for name, column in columns.items()} == {
        "customer_id": "key",
        "name": "person_name",
        "email": "email",
        "joined": "moment",
        "paid": "formatted_number",
        "left": "moment",
        "note": "empty",
        "churned": "boolean",
    }
    assert columns["joined"]["format"] == {"pattern": "%d.%m.%Y"}
    warnings = told["warnings"]
    assert warnings[0].startswith("Personal data stands in 'name', 'email'")
    assert any("Only 9 of 300 rows have the label 'yes'" in each for each in warnings)
    assert any("'note' has no value" in each for each in warnings)
    assert any("67% of the rows have no value in 'left'" in each for each in warnings)
    assert any("'email': 96.7% of the values are an e-mail address" in each for each in warnings)
    assert json.loads(Path(str(told["schema_path"])).read_text()) == told["schema"]


def test_the_page_shows_no_personal_value_and_needs_no_network(customers: str, root: Path) -> None:
    told = evaluator.profile_dataset(customers, output_path=str(root / "p.html"))
    page = Path(str(told["report_path"])).read_text()
    assert "Anna Smith" not in page and "@mail.example" not in page
    assert not re.search(r"(src|href)=[\"']?(https?:)?//", page)
    assert page.count("<figure") >= 3 and "what to look at first" in page
    assert "C1000" in page and "%d.%m.%Y" in page


def test_what_is_known_better_is_taken(customers: str, root: Path) -> None:
    told = evaluator.profile_dataset(
        customers, columns={"name": {"kind": "category"}}, output_path=str(root / "p.html")
    )
    assert told["schema"]["columns"]["name"]["kind"] == "category"
    assert "Anna Smith" in Path(str(told["report_path"])).read_text()
    with pytest.raises(ColumnError, match="'nope'"):
        evaluator.profile_dataset(customers, "nope")


def test_a_table_without_faults_has_no_warnings(adult: pd.DataFrame, root: Path) -> None:
    adult.head(2000).to_csv(root / "a.csv", index=False)
    assert evaluator.profile_dataset(str(root / "a.csv"), "income", output_path=str(root / "p.html"))["warnings"] == []


def test_masks_keep_the_form() -> None:
    assert masked("anna@mail.example") == "an··@····.·······"
    assert masked("+49 123 45") == "+4· ··· ··"


@pytest.mark.parametrize(
    ("column", "said", "words"),
    [
        ("name", {"kind": "formatted_number"}, "cannot be read as formatted_number"),
        ("paid", {"kind": "formatted_number", "format": {"prefix": 5}}, "cannot be read as formatted_number with"),
        ("joined", {"kind": "moment", "format": {"pattern": "%Q"}}, "cannot be read as moment with"),
        ("joined", {"format": "x"}, "'format' of 'joined' is an object"),
        ("name", {"kind": "number"}, "cannot be read as number; it holds"),
        ("name", {"kind": ["a"]}, "the kinds are"),
        ("name", {"personal": "yes"}, "true or false"),
        ("name", {"personal": 0}, "true or false"),
        ("joined", {"format": []}, "'format' of 'joined' is an object"),
    ],
)
def test_what_cannot_be_known_better_is_refused(
    customers: str, root: Path, column: str, said: dict[str, object], words: str
) -> None:
    with pytest.raises(RequestError, match=words):
        evaluator.profile_dataset(customers, columns={column: said}, output_path=str(root / "p.html"))
    assert not (root / "p.html").exists()


def test_a_kind_that_is_said_takes_the_format_that_its_values_have(customers: str, root: Path) -> None:
    told = evaluator.profile_dataset(
        customers, columns={"paid": {"kind": "formatted_number", "format": None}}, output_path=str(root / "p.html")
    )
    assert told["schema"]["columns"]["paid"]["format"]["prefix"] == "€"


def profiled(frame: pd.DataFrame, root: Path, earlier: pd.DataFrame | None = None) -> dict[str, object]:
    frame.to_csv(root / "now.csv", index=False)
    if earlier is not None:
        earlier.to_csv(root / "earlier.csv", index=False)
    reference = None if earlier is None else str(root / "earlier.csv")
    return evaluator.profile_dataset(str(root / "now.csv"), output_path=str(root / "p.html"), reference_path=reference)


def test_rows_that_break_a_rule_are_shown_and_persons_masked(root: Path) -> None:
    frame = stays()
    frame.loc[7, "country"] = "XX"
    frame.loc[9, "total"] += 5
    told = profiled(frame, root)
    broken = {rule["sentence"]: rule for rule in told["rules_broken"]}  # type: ignore[attr-defined]
    assert broken["country follows from city."]["rows"] == [
        {"row": 7, "values": {"city": frame["city"][7], "country": "XX"}}
    ]
    assert [row["row"] for row in broken["total is guests * price."]["rows"]] == [9]
    assert "XX" in (root / "p.html").read_text()


def test_duplicates_are_counted_whole_and_but_for_keys(root: Path) -> None:
    frame = members(300)
    told = profiled(pd.concat([frame, frame.head(3)], ignore_index=True), root)
    assert told["duplicates"]["rows"] == 3 and told["duplicates"]["examples"][0] == [0, 300]  # type: ignore[index]
    assert any("3 rows repeat an earlier row to the letter" in each for each in told["warnings"])  # type: ignore[attr-defined]
    again = frame.head(4).assign(member_id=[f"M-{each}" for each in range(90000, 90004)])
    found = profiled(pd.concat([frame, again], ignore_index=True).drop(columns="email"), root)["duplicates"]
    assert found["rows"] == 0 and found["but_for_keys"] == 4  # type: ignore[index]


def test_columns_that_lack_values_in_the_same_rows_are_listed(root: Path) -> None:
    told = profiled(stays(), root)
    patterns = told["missing_patterns"]
    assert [each["columns"] for each in patterns] == [["paid_on", "receipt"]]  # type: ignore[attr-defined]
    assert patterns[0]["share"] == pytest.approx(0.4, abs=0.05)  # type: ignore[index]


def test_associations_are_high_where_columns_tell_and_low_where_they_do_not(root: Path) -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "many": rng.integers(0, 30, 2000).astype(str),
            "word": rng.choice(list("abcdefghijklmnopqrstuvwxyz"), 2000),
            "size": rng.normal(size=2000),
        }
    ).assign(twice=lambda each: -2 * each["size"] + 5, half=lambda each: np.where(each["size"] > 0, "big", "small"))
    pairs = {tuple(each["columns"]): each["strength"] for each in profiled(frame, root)["associations"]}  # type: ignore[attr-defined]
    assert set(pairs) == {("size", "twice"), ("size", "half"), ("twice", "half")}
    assert pairs["size", "twice"] > 0.95 and pairs["size", "half"] > 0.9


def test_what_changed_since_an_earlier_table_is_told_in_words(root: Path) -> None:
    now, earlier = stays(1500, 0), stays(1500, 1)
    assert profiled(now, root, earlier)["drift"] == []
    assert "Nothing changed that could not be chance" in (root / "p.html").read_text()
    now["price"] *= 1.5
    now["city"] = np.where(now["city"] == "Oslo", "Turin", now["city"])
    now["status"] = now["status"].where(now.index % 2 == 0)
    changes = {
        (each["column"], each["change"]): each["sentence"]
        for each in profiled(now.assign(extra=1), root, earlier.assign(old=1))["drift"]  # type: ignore[attr-defined]
    }
    assert set(changes) >= {
        ("extra", "new"),
        ("old", "gone"),
        ("price", "values"),
        ("city", "values"),
        ("status", "missing"),
    }
    assert "median" in changes["price", "values"] and "'Turin' is new" in changes["city", "values"]
    assert "50.0% of the rows, where it was 0.0%" in changes["status", "missing"]
    assert profiled(now, root)["drift"] is None


def test_a_table_says_at_once_which_rules_it_breaks(root: Path) -> None:
    frame = stays(400)
    frame.loc[7, "country"] = "XX"
    frame.to_csv(root / "t.csv", index=False)
    told = evaluator.describe_dataset(str(root / "t.csv"))
    assert told["warnings"] == ["country follows from city, but not in 1 rows; see /api/dataset/profile."]


def test_names_of_columns_are_text_on_the_page(root: Path) -> None:
    frame = stays(200).rename(columns={"city": "<script>alert(1)</script>"})
    profiled(frame, root, frame.head(150))
    assert "<script>alert" not in (root / "p.html").read_text()


def test_dates_in_the_wrong_order_are_warned_of_though_too_many_for_a_rule(root: Path) -> None:
    draw = np.random.default_rng(3)
    sown = pd.Timestamp("2021-03-01") + pd.to_timedelta(draw.integers(0, 900, 300), unit="D")
    cut = pd.Series(sown + pd.to_timedelta(draw.integers(60, 120, 300), unit="D"))
    cut[:6] = sown[:6] - pd.Timedelta(days=30)
    pd.DataFrame({"sown": sown, "cut": cut, "tons": draw.integers(2, 90, 300)}).to_csv(root / "f.csv", index=False)
    told = evaluator.profile_dataset(str(root / "f.csv"), output_path=str(root / "p.html"))
    assert "sown is not after cut in 294 of 300 rows; the others are probably errors" in " ".join(told["warnings"])
