"""A dirty table is checked, repaired and restored, from file to file."""

import datetime
import decimal
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from faker import Faker

from DataFoundry.cleaner import apply_fixes, check_table
from DataFoundry.errors import ColumnError, OutsideDataRootsError, RequestError, TableError
from DataFoundry.progress import reported_to

ROWS = 1_200


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DATAFOUNDRY_DATA_ROOTS", str(tmp_path))
    return tmp_path


def tickets(seed: int = 3, rows: int = ROWS) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    team = draw.choice(["Billing", "Network", "Hardware", "Accounts"], rows)
    hours = np.round(draw.gamma(2, 6, rows), 1)
    urgent = (team == "Network") & (hours < 8)
    return pd.DataFrame(
        {
            "ticket": [f"T-{number:05d}" for number in range(1, rows + 1)],
            "team": team,
            "floor": pd.Series(team).map({"Billing": "1st", "Network": "2nd", "Hardware": "3rd", "Accounts": "4th"}),
            "hours": hours,
            "email": [f"agent{draw.integers(1, 40)}@helpdesk.example" for _ in range(rows)],
            "priority": np.where(urgent, "high", np.where(hours > 20, "low", "normal")),
        }
    )


@pytest.fixture
def dirty(root: Path) -> tuple[Path, pd.DataFrame, pd.DataFrame]:
    """The file, its clean rows and its dirty ones."""
    clean = tickets()
    rows = clean.copy()
    rows.loc[10, "team"] = "Netwrok"
    rows.loc[11, "hours"] = 9_999.0
    rows.loc[12, "email"] = "agent7 at helpdesk"
    billing = int(np.flatnonzero(clean["team"] == "Billing")[90])
    rows.loc[billing, "floor"] = "3rdd"
    rows.loc[14, "email"] = '=HYPERLINK("http://evil.example")'
    rows.to_csv(root / "tickets.csv", index=False)
    return root / "tickets.csv", clean, rows


def issues(answer: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [each for each in answer["issues"] if each["kind"] == kind]


def test_each_error_is_an_issue_with_a_sentence(dirty: tuple[Path, pd.DataFrame, pd.DataFrame]) -> None:
    answer: dict[str, Any] = check_table(str(dirty[0]), output_path=str(dirty[0].with_name("check.html")))
    assert json.loads(json.dumps(answer)) == answer
    assert {(each["kind"], each["column"]) for each in answer["issues"]} >= {
        *(("rule", "floor"), ("rule", "team"), ("range", "hours"), ("format", "email"))
    }
    order = [(["high", "medium", "low"].index(each["severity"]), -each["count"]) for each in answer["issues"]]
    assert order == sorted(order)
    assert "hours 9999.0 lies far outside" in issues(answer, "range")[0]["sentence"]
    (floor,) = [each for each in issues(answer, "rule") if each["column"] == "floor"]
    assert "team Billing has floor 1st in" in floor["examples"][0]["why"]


def test_each_phase_of_a_check_is_named(dirty: tuple[Path, pd.DataFrame, pd.DataFrame]) -> None:
    told: list[str] = []
    with reported_to(lambda report: told.append(report["doing"])):
        check_table(str(dirty[0]))
    assert list(dict.fromkeys(told)) == [
        "learning what is usual in each column",
        "checking cells",
        "learning what is usual in rows as a whole",
        "looking for duplicates and for what is missing",
    ]


def test_findings_are_safe_to_open_in_a_spreadsheet(dirty: tuple[Path, pd.DataFrame, pd.DataFrame]) -> None:
    answer: dict[str, Any] = check_table(str(dirty[0]), output_path=str(dirty[0].with_name("check.html")))
    found = pd.read_csv(answer["findings_path"], dtype=str, keep_default_na=False)
    cells = [cell for row in found.to_numpy() for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@"))]
    assert '\'=HYPERLINK("http://evil.example")' in cells


def test_the_page_is_one_file_and_shows_no_personal_value(dirty: tuple[Path, pd.DataFrame, pd.DataFrame]) -> None:
    answer: dict[str, Any] = check_table(str(dirty[0]), output_path=str(dirty[0].with_name("check.html")))
    page = Path(answer["report_path"]).read_text()
    assert "Netwrok" in page and "helpdesk" not in page and "evil.example" not in page
    assert "<script src" not in page and "http://" not in page.replace("http://www.w3.org", "")


def test_fixes_repair_the_table_and_can_be_undone(dirty: tuple[Path, pd.DataFrame, pd.DataFrame]) -> None:
    path, clean, rows = dirty
    answer: dict[str, Any] = check_table(str(path), output_path=str(path.with_name("check.html")))
    cleaned, back = path.with_name("cleaned.csv"), path.with_name("back.csv")
    done: dict[str, Any] = apply_fixes(str(path), answer["fixes_path"], output_path=str(cleaned))
    assert done["changes"] == {"team": 1, "floor": 1}
    repaired = pd.read_csv(cleaned)
    pd.testing.assert_frame_equal(repaired[["team", "floor"]], clean[["team", "floor"]])
    undone = apply_fixes(str(cleaned), undo=True, journal_path=done["journal_path"], output_path=str(back))
    assert undone["num_changed"] == 2 and back.read_bytes() == path.read_bytes()


def test_the_repaired_file_is_written_as_the_table_was(root: Path) -> None:
    path, written = root / "tickets.csv", root / "cleaned.csv"
    rows = tickets().assign(note="a, b")
    rows.loc[10, "team"] = "Netwrok"
    rows.to_csv(path, sep=";", decimal=",", index=False)
    answer: dict[str, Any] = check_table(str(path), output_path=str(root / "check.html"))
    apply_fixes(str(path), answer["fixes_path"], output_path=str(written))
    assert written.read_bytes() == path.read_bytes().replace(b"Netwrok", b"Network")


def test_nothing_less_sure_than_asked_is_touched(dirty: tuple[Path, pd.DataFrame, pd.DataFrame]) -> None:
    path = dirty[0]
    answer: dict[str, Any] = check_table(str(path), output_path=str(path.with_name("check.html")))
    done = apply_fixes(str(path), answer["fixes_path"], min_confidence=1.0, output_path=str(path.with_name("c.csv")))
    assert done["num_changed"] == 0 and path.with_name("c.csv").read_bytes() == path.read_bytes()
    done = apply_fixes(str(path), answer["fixes_path"], kinds=["spelling"], output_path=str(path.with_name("c.csv")))
    assert done["num_changed"] == 0


def test_a_cell_that_changed_since_the_check_is_left_alone_and_told(
    dirty: tuple[Path, pd.DataFrame, pd.DataFrame],
) -> None:
    path, _, rows = dirty
    answer: dict[str, Any] = check_table(str(path), output_path=str(path.with_name("check.html")))
    rows.assign(team=rows["team"].replace("Netwrok", "Hardware")).to_csv(path, index=False)
    done: dict[str, Any] = apply_fixes(str(path), answer["fixes_path"], output_path=str(path.with_name("c.csv")))
    assert done["changes"] == {"floor": 1}
    assert done["warnings"] == ["1 cell was left alone, since something else stands there than in check_fixes.csv."]


def test_wrong_labels_are_found_and_their_likelier_class_told(root: Path) -> None:
    rows = tickets(rows=6_000)
    wrong = np.flatnonzero((rows["hours"] > 22).to_numpy())[:10]
    rows.loc[wrong, "priority"] = "high"
    rows.to_csv(root / "t.csv", index=False)
    answer: dict[str, Any] = check_table(str(root / "t.csv"), label_column="priority")
    (issue,) = issues(answer, "label")
    found = pd.read_csv(answer["findings_path"]).query("kind == 'label'")
    assert set(found["row"]) >= set(wrong[:8]) and issue["column"] == "priority"
    assert set(found[found["row"].isin(wrong)]["suggested"]) == {"low"}


def test_of_two_cells_that_contradict_one_another_none_is_changed(root: Path) -> None:
    rows = tickets()
    rows.loc[9, "floor"] = "1st" if rows.loc[9, "floor"] == "2nd" else "2nd"
    rows.to_csv(root / "t.csv", index=False)
    answer: dict[str, Any] = check_table(str(root / "t.csv"))
    found = pd.read_csv(answer["findings_path"]).query("row == 9")
    assert set(found["column"]) == {"team", "floor"} and (found["confidence"] < 0.9).all()


def test_clean_labels_are_not_repaired(root: Path) -> None:
    """Where a class is rarely right, rare labels are no errors: their suggestions are not sure."""
    draw = np.random.default_rng(0)
    x = draw.normal(size=4_000)
    label = np.where(draw.random(4_000) < 1 / (1 + np.exp(-4 * x)), "yes", "no")
    pd.DataFrame({"x": x.round(3), "y": draw.normal(size=4_000).round(3), "label": label}).to_csv(
        root / "l.csv", index=False
    )
    answer: dict[str, Any] = check_table(str(root / "l.csv"), label_column="label")
    fixes = pd.read_csv(answer["fixes_path"])
    assert (fixes["confidence"] < 0.9).all()


def test_a_reference_tells_what_is_usual_and_what_changed(root: Path) -> None:
    tickets().to_csv(root / "earlier.csv", index=False)
    now = tickets(4).assign(hours=lambda frame: frame["hours"] + 8)
    now.loc[range(0, 600), "team"] = "Facilities"
    now.to_csv(root / "now.csv", index=False)
    answer: dict[str, Any] = check_table(str(root / "now.csv"), reference_path=str(root / "earlier.csv"))
    assert {"hours", "team"} <= {each["column"] for each in issues(answer, "drift")}
    assert [each["count"] for each in issues(answer, "rule") if each["column"] == "team"] == [600]


def test_duplicates_missing_values_and_rare_classes_are_issues(root: Path) -> None:
    rows = tickets()
    rows["note"] = np.where(np.arange(len(rows)) % 10 == 0, "x", None)
    rows["rare"] = np.where(np.arange(len(rows)) < 20, "fraud", "fine")
    rows = pd.concat([rows, rows.tail(3)], ignore_index=True)
    rows.to_csv(root / "t.csv", index=False)
    answer: dict[str, Any] = check_table(str(root / "t.csv"), label_column="rare")
    told = {(each["severity"], each["column"], each["count"]) for each in issues(answer, "duplicate")}
    assert told == {("high", None, 3), ("medium", None, 14)}  # the second by chance, in all but the ticket
    assert issues(answer, "imbalance")[0]["count"] == 20
    assert "note has no value in 90% of the rows." in [each["sentence"] for each in issues(answer, "missing")]


def test_rows_that_share_a_key_and_people_written_twice_are_issues(root: Path) -> None:
    rows = tickets()
    rows.loc[20, "ticket"] = "T-00007"
    rows.to_csv(root / "t.csv", index=False)
    answer: dict[str, Any] = check_table(str(root / "t.csv"))
    issue = issues(answer, "duplicate")[0]
    assert issue["sentence"] == "2 rows share a value of ticket, which is another one in all other rows."
    assert [each["row"] for each in issue["examples"]] == [6, 20]
    fake = Faker("en_GB")
    fake.seed_instance(1)
    people = pd.DataFrame(
        [{"name": fake.name(), "mail": fake.email(), "phone": fake.phone_number()} for _ in range(300)]
    )
    again = people.iloc[[9]].assign(mail=people["mail"][9].upper(), name=" ".join(reversed(people["name"][9].split())))
    pd.concat([people, again]).to_csv(root / "p.csv", index=False)
    answer = check_table(str(root / "p.csv"))
    (issue,) = issues(answer, "near_duplicate")
    assert issue["examples"][0]["rows"] == [9, 300]


def test_a_clean_table_has_no_grave_issue(root: Path) -> None:
    tickets().to_csv(root / "t.csv", index=False)
    answer: dict[str, Any] = check_table(str(root / "t.csv"))
    assert [each for each in answer["issues"] if each["severity"] == "high"] == []


def test_bad_requests_name_the_field_and_the_cure(dirty: tuple[Path, pd.DataFrame, pd.DataFrame]) -> None:
    path = dirty[0]
    with pytest.raises(ColumnError, match="no column 'nope'"):
        check_table(str(path), label_column="nope")
    with pytest.raises(RequestError, match="needs fixes_path"):
        apply_fixes(str(path))
    with pytest.raises(RequestError, match="undo needs journal_path"):
        apply_fixes(str(path), undo=True)
    with pytest.raises(RequestError, match="There is no kind"):
        apply_fixes(str(path), str(path), kinds=["typo"])
    with pytest.raises(TableError, match="no file of fixes"):
        apply_fixes(str(path), str(path), output_path=str(path.with_name("c.csv")))
    with pytest.raises(OutsideDataRootsError):
        apply_fixes(str(path), "/etc/passwd.csv")
    pd.DataFrame({"row": [99_999], "column": ["team"], "found": ["a"], "suggested": ["b"], "confidence": [1]}).to_csv(
        path.with_name("f.csv"), index=False
    )
    with pytest.raises(TableError, match="does not have"):
        apply_fixes(str(path), str(path.with_name("f.csv")), output_path=str(path.with_name("c.csv")))
    assert not path.with_name("c.csv").exists()


def test_tables_of_every_shape_and_type_are_checked(root: Path) -> None:
    (root / "names.csv").write_text("a,b\n")
    (root / "missing.csv").write_text("a,b\n" + ",\n" * 60)
    rows = 80
    table = pa.table(
        {
            "list": [[1, 2]] * rows,
            "money": [decimal.Decimal("1.50")] * (rows - 1) + [decimal.Decimal("999.00")],
            "day": [datetime.date(2024, 1, 2)] * rows,
            "object": [{"x": 1}] * rows,
            "flag": [True, False] * (rows // 2),
            "large": pa.array([2**60 + each if each else None for each in range(rows)], pa.int64()),
            "code": pa.array(["u", "v"] * (rows // 2)).dictionary_encode(),
            "zone": pa.array([datetime.datetime(2024, 1, 1)] * rows, pa.timestamp("us", "Europe/Berlin")),
            "took": [datetime.timedelta(hours=each) for each in range(rows)],
        }
    )
    pq.write_table(table, root / "kinds.parquet")
    for name, fewest in (("names.csv", 0), ("missing.csv", 60), ("kinds.parquet", rows)):
        answer: dict[str, Any] = check_table(str(root / name))
        assert answer["num_rows"] == fewest
        done = apply_fixes(str(root / name), answer["fixes_path"], output_path=str(root / "out.parquet"))
        assert done["num_changed"] == 0
    assert pq.read_table(root / "out.parquet")["took"].to_pylist()[3] == datetime.timedelta(hours=3)


def test_a_reference_may_have_other_columns_and_types(root: Path) -> None:
    draw = np.random.default_rng(0)
    rows = pd.DataFrame(
        {"a": draw.normal(size=500).round(2), "b": draw.choice(["u", "v"], 500), "y": draw.choice(["p", "q"], 500)}
    )
    rows.to_csv(root / "all.csv", index=False)
    rows.drop(columns="b").to_csv(root / "part.csv", index=False)
    rows.assign(a=rows["a"].map("{} cm".format)).to_csv(root / "texts.csv", index=False)
    pd.DataFrame({"z": range(100)}).to_csv(root / "other.csv", index=False)

    def drifts(name: str, reference: str, label: str | None = None) -> tuple[list[str], list[str]]:
        answer: dict[str, Any] = check_table(str(root / name), label, str(root / reference))
        return [each["sentence"] for each in issues(answer, "drift")], answer["warnings"]

    assert drifts("part.csv", "all.csv", "y") == (["'b' is gone."], [])
    assert drifts("all.csv", "part.csv", "b") == (
        ["'b' is new."],
        ["The labels were not checked: the reference has no column 'b'."],
    )
    assert drifts("texts.csv", "all.csv")[0] == ["The values of 'a' were no texts and are texts now."]
    with pytest.raises(ColumnError, match="none of the table's columns"):
        drifts("all.csv", "other.csv")


def test_an_odd_row_of_one_column_is_told(root: Path) -> None:
    draw = np.random.default_rng(1)
    values = np.append(draw.normal(size=4_999), 5.2).round(3)
    pd.DataFrame({"x": values}).to_csv(root / "x.csv", index=False)
    answer: dict[str, Any] = check_table(str(root / "x.csv"))
    (issue,) = issues(answer, "outlier")
    assert "x 5.2 is unusual for such a row." in [each["why"] for each in issue["examples"]]
