"""Any page of any kind of table is the same as that of the whole table."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from DataFoundry.errors import ColumnError
from DataFoundry.viewer import view_rows

ROWS = 1_000


@pytest.fixture
def table() -> pd.DataFrame:
    generator = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "number": generator.integers(0, 50, ROWS),
            "gap": [None if row % 7 == 0 else row / 2 for row in range(ROWS)],
            "city": generator.choice(["Ulm", "Bonn", "Jena"], ROWS),
            "when": pd.date_range("2020-01-01", periods=ROWS, freq="h"),
        }
    )


@pytest.fixture(params=["csv", "parquet", "groups", "folder", "feather"])
def path(request: pytest.FixtureRequest, table: pd.DataFrame, root: Path) -> str:
    place = root / f"table.{request.param}"
    if request.param == "csv":
        table.to_csv(place, index=False)
    elif request.param == "groups":
        place = root / "groups.parquet"
        table.to_parquet(place, row_group_size=130)
    elif request.param == "folder":
        place.mkdir()
        table[:300].to_parquet(place / "a.parquet")
        table[300:].to_parquet(place / "b.parquet", row_group_size=200)
    else:
        getattr(table, f"to_{request.param}")(place)
    return str(place)


def test_pages_follow_each_other(path: str, table: pd.DataFrame) -> None:
    seen = [view_rows(path, offset=offset, limit=333) for offset in (0, 333, 666, 999, 5_000)]
    assert [row for page in seen for row in page["row_numbers"]] == list(range(ROWS))
    assert [row[0] for page in seen for row in page["rows"]] == table["number"].tolist()
    assert {page["num_rows"] for page in seen} == {ROWS}


@pytest.mark.parametrize("column", ["number", "gap", "city", "when"])
@pytest.mark.parametrize("descending", [False, True])
def test_a_sorted_page_is_that_of_the_sorted_table(
    path: str, table: pd.DataFrame, column: str, descending: bool
) -> None:
    page = view_rows(path, offset=420, limit=40, sort_by=column, descending=descending)
    wanted = table.sort_values(column, ascending=not descending, kind="stable", na_position="last").index[420:460]
    assert page["row_numbers"] == wanted.tolist()
    assert [row[2] for row in page["rows"]] == table.loc[wanted, "city"].tolist()


def test_some_columns_in_another_order(path: str) -> None:
    page = view_rows(path, limit=1, columns=["city", "number"], sort_by="gap")
    assert page["columns"] == ["city", "number"] and len(page["rows"][0]) == 2


def test_a_column_that_is_not_there_is_named(path: str) -> None:
    with pytest.raises(ColumnError, match="'town'"):
        view_rows(path, sort_by="town")


def test_an_empty_table_has_an_empty_page(root: Path) -> None:
    (root / "empty.csv").write_text("a,b\n")
    page = view_rows(str(root / "empty.csv"), sort_by="a")
    assert (page["rows"], page["num_rows"], page["columns"]) == ([], 0, ["a", "b"])
