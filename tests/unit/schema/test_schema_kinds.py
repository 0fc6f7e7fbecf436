"""What each column is: measured on columns whose kind is known, and by hand where it is easily mistaken."""

from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from DataFoundry.errors import ColumnError, RequestError
from DataFoundry.schema.discovery import SAMPLE_ROWS, discover, discover_in, recognised
from DataFoundry.schema.evidence import Evidence
from DataFoundry.schema.kinds import KINDS
from DataFoundry.schema.table_schema import Column, TableSchema
from DataFoundry.sources.opening import open_table
from labeled_columns import faker_columns, hard_columns


def column_of(name: str, values: list[object]) -> Column:
    column = pd.Series(values)
    present = column.dropna()
    distinct = present.astype(str).nunique()
    return recognised(Evidence(name, present, len(column), len(column) - len(present), int(distinct)))


@pytest.fixture(scope="module")
def found() -> list[tuple[str, Column, list[object]]]:
    return [(kind, column_of(name, values), values) for kind, name, values in [*faker_columns(), *hard_columns()]]


def test_kinds_are_found(found: list[tuple[str, Column, list[object]]]) -> None:
    assert len(found) >= 300
    assert sum(kind == column.kind for kind, column, _ in found) >= 0.95 * len(found)
    told, truth = Counter(column.kind for _, column, _ in found), Counter(kind for kind, _, _ in found)
    right = Counter(kind for kind, column, _ in found if kind == column.kind)
    personal = [kind for kind in KINDS if KINDS[kind].PERSONAL]
    assert sum(right[kind] for kind in (*personal, "key")) >= 0.97 * sum(told[kind] for kind in (*personal, "key"))
    assert sum(right[kind] for kind in (*personal, "key")) >= 0.97 * sum(truth[kind] for kind in (*personal, "key"))
    assert right["key"] >= 0.97 * max(told["key"], truth["key"])
    assert set(KINDS) == set(truth)


def test_what_was_found_is_explained_and_checks(found: list[tuple[str, Column, list[object]]]) -> None:
    for kind, column, values in found:
        assert column.reason.endswith(".") and 0 < column.confidence <= 1, column
        assert column.personal == KINDS[column.kind].PERSONAL
        if kind == column.kind and kind != "empty":
            present = pd.Series(values).dropna()
            assert KINDS[kind].check(present, column.format).mean() >= (0.7 if kind == "address" else 0.9), column


def test_what_has_numbers_is_written_again_to_the_character(found: list[tuple[str, Column, list[object]]]) -> None:
    tried = 0
    for kind, column, values in found:
        if column.kind in ("moment", "formatted_number") and column.format and isinstance(values[0], str):
            series = pd.Series(values, dtype=object)
            numbers, missing = KINDS[kind].to_numbers(series, column.format)
            assert not missing.any() and len(np.unique(numbers)) > 2
            assert list(KINDS[kind].write(numbers, column.format)) == values, column
            tried += 1
    assert tried >= 25


@pytest.mark.parametrize(
    ("values", "pattern"),
    [
        (["31/12/2024", "01/02/2024"], "%d/%m/%Y"),
        (["12/31/2024", "01/02/2024"], "%m/%d/%Y"),
        (["2024-12-31T10:00:00Z", "2024-01-01T00:00:00Z"], "%Y-%m-%dT%H:%M:%SZ"),
        (["31.12.24", "01.02.23"], "%d.%m.%y"),
    ],
)
def test_the_values_decide_what_is_the_day(values: list[object], pattern: str) -> None:
    column = column_of("when", values)
    assert column.kind == "moment" and column.format["pattern"] == pattern


def test_a_date_that_may_be_read_in_two_ways_says_so() -> None:
    column = column_of("when", ["01/02/2024", "03/04/2024", "05/06/2024"])
    assert column.kind == "moment" and "could be %m/%d/%Y as well" in column.reason


@pytest.mark.parametrize(
    ("written", "number"),
    [("$1,234.50", 1234.5), ("-$0.05", -0.05), ("$12.00", 12.0)],
)
def test_a_formatted_number_is_read_and_written(written: str, number: float) -> None:
    kind = KINDS["formatted_number"]
    form = column_of("revenue", ["$1,234.50", "$9.99", "$12,000.00", "-$5.00"] * 5).format
    assert form == {"prefix": "$", "suffix": "", "decimals": 2, "decimal": ".", "thousands": ","}
    assert kind.to_numbers(pd.Series([written]), form)[0].tolist() == [number]
    assert kind.write(np.array([number]), form).tolist() == [written]
    assert kind.to_numbers(pd.Series(["12 apples", None, "$x"]), form)[1].all()


def test_thousands_are_seen_where_few_values_have_them() -> None:
    values: list[object] = [f"${each:,.2f}" for each in [*range(1, 990), 1234.5, 99999.0]]
    assert column_of("revenue", values).format["thousands"] == ","


def test_the_pattern_of_a_key_is_learnt() -> None:
    column = column_of("order", [f"V-{2019 + i % 3}-{i:06d}" for i in range(50)])
    assert column.kind == "key" and column.format["pattern"] == r"V\-\d{4}\-\d{6}" and column.format["counting"]
    assert KINDS["key"].check(pd.Series(["V-2020-123456", "V-20-1"]), column.format).tolist() == [True, False]


def test_missing_values_are_counted_over_all_blocks_and_kinds_told(root: Path) -> None:
    rows = 3 * SAMPLE_ROWS
    frame = pd.DataFrame({"id": range(rows), "day": ["2024-01-02", None, "2024-03-04"] * SAMPLE_ROWS})
    frame.to_parquet(root / "t.parquet")
    schema = discover(open_table(root / "t.parquet"))
    assert schema.rows == rows and schema.columns["id"].distinct == rows and schema.columns["id"].kind == "key"
    assert schema.columns["day"].missing == SAMPLE_ROWS and schema.columns["day"].distinct == 2
    assert TableSchema.from_dict(schema.as_dict()) == TableSchema.from_dict(
        TableSchema.from_dict(schema.as_dict()).as_dict()
    )
    assert discover(open_table(root / "t.parquet")) == schema


def test_what_somebody_knows_better_wins(root: Path) -> None:
    pd.DataFrame({"zip": [12345, 23456] * 10, "n": range(20)}).to_csv(root / "t.csv", index=False)
    table = open_table(root / "t.csv")
    assert discover(table).columns["zip"].kind == "postcode"
    changed = discover(table, {"zip": {"kind": "category"}, "n": {"personal": True}}).columns
    assert changed["zip"].kind == "category" and changed["zip"].reason == "You said so."
    assert changed["n"].personal
    with pytest.raises(ColumnError, match="no column 'zpi'"):
        discover(table, {"zpi": {"kind": "category"}})
    with pytest.raises(RequestError, match="did you mean 'category'"):
        discover(table, {"zip": {"kind": "catgory"}})
    with pytest.raises(RequestError, match="not 'kid'"):
        discover(table, {"zip": {"kid": "category"}})


def test_adult_is_known() -> None:
    from DataFoundry.settings import TESTING_FOLDER

    kinds = {name: column.kind for name, column in discover(open_table(TESTING_FOLDER / "adult.csv")).columns.items()}
    numbers = {"age", "fnlwgt", "education-num", "capital-gain", "capital-loss", "hours-per-week"}
    assert {name for name, kind in kinds.items() if kind == "number"} == numbers
    assert set(kinds.values()) == {"number", "category"}


def test_a_patient_number_is_no_postcode():
    values = pd.Series([f"P-{10100 + each % 300}" for each in range(900)], dtype=object)
    assert recognised(Evidence("patient", values, 900, 0, 300)).kind == "key"
    assert recognised(Evidence("plz", values.str.replace("P-", "D-"), 900, 0, 300)).kind == "postcode"


def test_numbers_of_policies_that_repeat_are_keys_whatever_they_are_called():
    rng = np.random.default_rng(0)
    values = pd.Series([f"POL-{each:06d}" for each in rng.choice(rng.integers(0, 10**6, 500), 1500)], dtype=object)
    assert recognised(Evidence("poliza", values, 1500, 0, values.nunique())).kind == "key"
    sizes = pd.Series([f"EU {each}" for each in rng.integers(35, 47, 1500)], dtype=object)
    assert recognised(Evidence("size", sizes, 1500, 0, sizes.nunique())).kind == "category"


def test_long_numbers_of_one_length_that_are_named_so_are_keys_though_they_repeat() -> None:
    rng = np.random.default_rng(0)

    def kind(name: str, low: int, high: int) -> str:
        values = pd.Series(rng.choice(rng.integers(low, high, 400), 1500))
        return recognised(Evidence(name, values, 1500, 0, values.nunique())).kind

    assert kind("NHS No", 4_850_000_000, 4_950_000_000) == kind("account_number", 10_000_000, 99_999_999) == "key"
    assert kind("amount paid", 100, 5_000) == kind("grid", 100, 5_000) == "number"  # no ids, though they end so
    assert kind("customerid", 100, 5_000) == kind("client_id", 100, 5_000) == "key"
    assert kind("turnover", 10_000_000, 99_999_999) == "number"  # a measurement by its name
    assert kind("number of views", 100, 9_999_999) == "number"  # of several lengths


@pytest.mark.parametrize("name", ["Straße", "STRASSE", "LieferStraße"])
def test_a_column_of_streets_is_one_however_its_name_is_written(name: str) -> None:
    draw = np.random.default_rng(0)
    streets, numbers = draw.choice(["Gartenweg", "Hauptstr.", "Am Mühlbach"], 500), draw.integers(1, 99, 500)
    frame = pd.DataFrame({name: [f"{street} {number}" for street, number in zip(streets, numbers, strict=True)]})
    found = discover_in(frame).columns[name]
    assert found.kind == "address" and found.personal
