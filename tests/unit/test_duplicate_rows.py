"""Rows that repeat others are taken out only where asked to, and the journal puts each back where it was."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from faker import Faker

from agents import cleaning_pipeline
from DataFoundry.cleaner import apply_fixes, check_table
from DataFoundry.errors import RequestError, TableError

ROWS = 45  # of fewer than 50, rows as a whole are not learnt, which takes seconds


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DATAFOUNDRY_DATA_ROOTS", str(tmp_path))
    return tmp_path


def people(rows: int = ROWS) -> pd.DataFrame:
    fake = Faker("de_DE")
    fake.seed_instance(4)
    draw = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "id": [f"C-{number:05d}" for number in range(rows)],
            "name": [fake.name() for _ in range(rows)],
            "email": [f"{fake.user_name()}{number}@example.org" for number in range(rows)],
            "phone": [fake.phone_number() for _ in range(rows)],
            "spent": np.round(draw.gamma(2, 30, rows), 2),
            "city": draw.choice(["Berlin", "Hamburg", "Köln"], rows),
        }
    )


@pytest.fixture
def repeated(root: Path) -> tuple[Path, pd.DataFrame]:
    """Three rows twice, one of them thrice, in the midst of the others; one person twice in other letters."""
    rows = people()
    again = rows.iloc[[20]].assign(id="C-77777", email=rows["email"][20].upper(), city=None)
    frame = pd.concat([rows[:30], rows.iloc[[3, 5]], again, rows[30:], rows.iloc[[5, 40]]], ignore_index=True)
    frame.to_csv(root / "people.csv", index=False)
    return root / "people.csv", frame


def test_duplicates_stay_unless_asked_for_and_are_told_with_the_cure(repeated: tuple[Path, pd.DataFrame]) -> None:
    path, frame = repeated
    answer: dict[str, Any] = check_table(str(path))
    (told,) = [each for each in answer["issues"] if each["kind"] == "duplicate" and each["column"] is None]
    assert told["count"] == 4 and '"remove_duplicates": "exact"' in told["sentence"]
    (near,) = [each for each in answer["issues"] if each["kind"] == "near_duplicate"]
    assert '"remove_duplicates": "near"' in near["sentence"]
    done: dict[str, Any] = apply_fixes(str(path), answer["fixes_path"], output_path=str(path.with_name("c.csv")))
    assert len(pd.read_csv(path.with_name("c.csv"))) == len(frame)
    assert (done["num_rows_removed"], done["duplicates_left"]) == (0, 4)
    assert done["warnings"][-1] == (
        '4 rows repeat an earlier one; apply-fixes with "remove_duplicates": "exact" takes them out.'
    )


@pytest.mark.parametrize(("which", "removed"), [("exact", 4), ("near", 5)])
def test_removed_rows_are_in_the_journal_and_come_back(
    repeated: tuple[Path, pd.DataFrame], which: str, removed: int
) -> None:
    path, frame = repeated
    once, back, again = (path.with_name(f"{name}.csv") for name in ("once", "back", "again"))
    done: dict[str, Any] = apply_fixes(str(path), remove_duplicates=which, output_path=str(once))
    assert (done["num_rows_removed"], done["num_changed"], done["duplicates_left"]) == (removed, 0, 0)
    gone = [30, 31, *([32] if which == "near" else []), len(frame) - 2, len(frame) - 1]
    pd.testing.assert_frame_equal(pd.read_csv(once), pd.read_csv(path).drop(index=gone).reset_index(drop=True))
    journal = pd.read_csv(done["journal_path"])
    assert journal["row"].tolist() == gone
    assert json.loads(journal["before"][1]) == {"kept_row": 5, "cells": pd.read_csv(path, dtype=str).iloc[5].to_dict()}
    undone: dict[str, Any] = apply_fixes(str(once), undo=True, journal_path=done["journal_path"], output_path=str(back))
    assert undone["num_rows_restored"] == removed and back.read_bytes() == path.read_bytes()
    redone = apply_fixes(str(back), undo=True, journal_path=str(undone["journal_path"]), output_path=str(again))
    assert redone["num_rows_removed"] == removed and again.read_bytes() == once.read_bytes()


def test_rows_that_fixes_make_equal_are_removed_and_both_are_undone(root: Path) -> None:
    rows = people()
    path, fixes, once, back = (root / f"{name}.csv" for name in ("t", "fixes", "once", "back"))
    pd.concat([rows, rows.iloc[[7]].assign(city="Kölnn")], ignore_index=True).to_csv(path, index=False)
    fix = {"row": ROWS, "column": "city", "kind": "spelling", "found": "Kölnn", "suggested": rows["city"][7]}
    pd.DataFrame([{**fix, "confidence": 0.97, "why": "-"}]).to_csv(fixes, index=False)
    done: dict[str, Any] = apply_fixes(str(path), str(fixes), remove_duplicates="exact", output_path=str(once))
    assert (done["num_changed"], done["num_rows_removed"], done["changes"]) == (1, 1, {"city": 1})
    apply_fixes(str(once), undo=True, journal_path=str(done["journal_path"]), output_path=str(back))
    assert back.read_bytes() == path.read_bytes()


def test_the_most_complete_of_near_duplicates_stays(root: Path) -> None:
    rows = people()
    rows.loc[20, "city"] = None
    better = people().iloc[[20]].assign(id="C-77777", email=rows["email"][20].upper(), city="Köln")
    frame = pd.concat([rows, better], ignore_index=True)
    frame.to_csv(root / "t.csv", index=False)
    apply_fixes(str(root / "t.csv"), remove_duplicates="near", output_path=str(root / "once.csv"))
    pd.testing.assert_frame_equal(pd.read_csv(root / "once.csv"), frame.drop(index=20).reset_index(drop=True))


def test_rows_that_differ_in_the_key_alone_go_only_where_asked(root: Path) -> None:
    rows = people()
    frame = pd.concat([rows, rows.iloc[[9]].assign(id="C-99999")], ignore_index=True)
    frame.to_csv(root / "t.csv", index=False)
    answer: dict[str, Any] = check_table(str(root / "t.csv"))
    (told,) = [each for each in answer["issues"] if each["kind"] == "duplicate" and each["severity"] == "medium"]
    assert '"remove_duplicates": "except_key"' in told["sentence"]
    for which, left in (("exact", ROWS + 1), ("except_key", ROWS)):
        apply_fixes(str(root / "t.csv"), remove_duplicates=which, output_path=str(root / "once.csv"))
        assert len(pd.read_csv(root / "once.csv")) == left


def test_rows_that_differ_in_the_key_alone_are_told_beside_rows_that_differ_in_nothing(root: Path) -> None:
    rows = people()
    frame = pd.concat([rows[:40], rows.iloc[[3, 5]], rows[40:], rows.iloc[[9]].assign(id="C-99999")], ignore_index=True)
    frame.to_csv(root / "t.csv", index=False)
    answer: dict[str, Any] = check_table(str(root / "t.csv"))
    found = [each for each in answer["issues"] if each["kind"] == "duplicate"]
    assert [(each["count"], each["column"]) for each in found] == [(2, None), (1, None)]
    assert '"remove_duplicates": "except_key"' in found[1]["sentence"]
    assert found[1]["examples"] == [{"rows": [9, len(frame) - 1]}]


def test_values_of_any_type_come_back(root: Path) -> None:
    table = pa.table(
        {
            "whole": pa.array([1, None, 2**60, 1], pa.int64()),
            "real": [0.1 + 0.2, 1 / 3, 2.0, 0.1 + 0.2],
            "list": [[1, 2], [3], [], [1, 2]],
            "flag": [True, False, True, True],
            "moment": pa.array([10**15 + 1, 2, 3, 10**15 + 1], pa.timestamp("us")),
        }
    )
    pq.write_table(table, root / "t.parquet")
    done = apply_fixes(str(root / "t.parquet"), remove_duplicates="exact", output_path=str(root / "once.parquet"))
    assert done["num_rows_removed"] == 1
    apply_fixes(
        str(root / "once.parquet"),
        undo=True,
        journal_path=str(done["journal_path"]),
        output_path=str(root / "b.parquet"),
    )
    assert pq.read_table(root / "b.parquet").to_pylist() == table.to_pylist()


def test_what_makes_no_sense_is_refused(repeated: tuple[Path, pd.DataFrame]) -> None:
    path = repeated[0]
    with pytest.raises(RequestError, match="takes one of exact, except_key, near"):
        apply_fixes(str(path), remove_duplicates="all")
    done = apply_fixes(str(path), remove_duplicates="exact", output_path=str(path.with_name("once.csv")))
    with pytest.raises(RequestError, match="leave remove_duplicates out"):
        apply_fixes(str(path), undo=True, journal_path=str(done["journal_path"]), remove_duplicates="exact")
    journal = pd.read_csv(str(done["journal_path"]))
    journal.assign(before="{").to_csv(path.with_name("spoilt.csv"), index=False)
    journal.assign(row=journal["row"] + 10_000).to_csv(path.with_name("other.csv"), index=False)
    for name, told in (("spoilt", "was changed"), ("other", "does not have")):
        with pytest.raises(TableError, match=told):
            apply_fixes(str(path.with_name("once.csv")), undo=True, journal_path=str(path.with_name(f"{name}.csv")))


def test_the_pipeline_says_that_duplicates_stay(repeated: tuple[Path, pd.DataFrame]) -> None:
    path, frame = repeated
    answer = cleaning_pipeline.run(str(path), max_attempts=1, output_path=str(path.with_name("clean.csv")))
    assert len(pd.read_csv(path.with_name("clean.csv"))) == len(frame)
    sentence = (
        'Left as they are: 4 rows repeat an earlier one in every column; apply-fixes with "remove_duplicates": "exact"'
    )
    assert any(each.startswith(sentence) for each in answer["warnings"]) and sentence in answer["summary"]
