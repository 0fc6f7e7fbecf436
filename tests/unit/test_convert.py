"""Any table in, a clean one out."""

import datetime

import pandas as pd
import pytest

from DataFoundry import evaluator
from DataFoundry.errors import ColumnError, NotDataError, OutputIsInputError, RequestError
from DataFoundry.sources.opening import open_table

CONTENT = "id;price;when\n00042;1,5;2024-01-02\n00043;;2024-02-03\n00044;=1+1;2024-03-04\n"


@pytest.fixture
def table(root):
    (root / "t.csv").write_text(CONTENT.replace("=1+1", "2,25"))
    return str(root / "t.csv")


@pytest.mark.parametrize("suffix", ["parquet", "csv", "xlsx", "feather", "jsonl"])
def test_every_format_holds_what_the_file_said(table, root, suffix):
    told = evaluator.convert_dataset(table, str(root / f"out.{suffix}"))
    assert told["num_rows"] == 3 and told["reading"]["decimal"] == ","
    found = open_table(root / f"out.{suffix}").read()
    assert found["id"].tolist() == ["00042", "00043", "00044"]
    assert found["price"].fillna(0).tolist() == [1.5, 0, 2.25]
    assert found["when"].tolist() == ["2024-01-02", "2024-02-03", "2024-03-04"]


@pytest.mark.parametrize("suffix", ["parquet", "csv", "xlsx", "feather", "jsonl"])
def test_columns_and_rows_are_chosen(table, root, suffix):
    out = str(root / f"out.{suffix}")
    told = evaluator.convert_dataset(table, out, ["when", "id"], {"price": {"min": 2}})
    assert told["num_rows"] == 1 and open_table(root / f"out.{suffix}").read().values.tolist() == [
        ["2024-03-04", "00044"]
    ]
    assert evaluator.convert_dataset(table, out, where={"price": None})["num_rows"] == 1
    assert evaluator.convert_dataset(table, out, where={"id": ["00042", "00044"]})["num_rows"] == 2


def test_a_table_without_such_rows_is_empty_and_says_so(table, root):
    told = evaluator.convert_dataset(table, str(root / "out.parquet"), where={"id": "none"})
    assert told["num_rows"] == 0 and "empty" in told["warnings"][-1]
    assert list(open_table(root / "out.parquet").read()) == ["id", "price", "when"]


def test_a_sheet_keeps_types_and_runs_nothing(root):
    frame = pd.DataFrame({"t": ["=1+1", "http://a.b"], "d": [datetime.datetime(2024, 1, 2), None], "b": [True, False]})
    frame.to_parquet(root / "t.parquet")
    evaluator.convert_dataset(str(root / "t.parquet"), str(root / "out.xlsx"))
    found = open_table(root / "out.xlsx").read()
    assert found["t"].tolist() == ["=1+1", "http://a.b"] and found["b"].tolist() == [True, False]
    assert found["d"].iloc[0] == pd.Timestamp(2024, 1, 2) and pd.isna(found["d"].iloc[1])


def test_what_cannot_be_is_told(table, root):
    with pytest.raises(ColumnError, match="'nope'"):
        evaluator.convert_dataset(table, columns=["nope"])
    with pytest.raises(ColumnError, match="'nope'"):
        evaluator.convert_dataset(table, where={"nope": 1})
    with pytest.raises(RequestError, match="cannot be compared"):
        evaluator.convert_dataset(table, str(root / "x.csv"), where={"when": {"min": 3}})
    with pytest.raises(NotDataError, match="must end in"):
        evaluator.convert_dataset(table, str(root / "x.py"))
    with pytest.raises(OutputIsInputError):
        evaluator.convert_dataset(table, table)
    assert not (root / "x.csv").exists()


def test_a_column_named_twice_and_a_bound_that_is_a_list_are_refused(table, root):
    with pytest.raises(ColumnError, match="'id' is named twice"):
        evaluator.convert_dataset(table, str(root / "out.parquet"), ["id", "id"])
    with pytest.raises(RequestError, match="where: 'price' needs a number"):
        evaluator.convert_dataset(table, str(root / "out.parquet"), where={"price": {"max": [1]}})
    assert not (root / "out.parquet").exists()


def test_whole_numbers_beside_missing_ones_are_written_whole(root):
    (root / "visits.csv").write_text("visit,age,weight\nA,39,70.5\nB,,80\nC,41,\n")
    evaluator.convert_dataset(str(root / "visits.csv"), str(root / "again.csv"))
    assert (root / "again.csv").read_text().splitlines()[1:3] == ["A,39,70.5", "B,,80.0"]
