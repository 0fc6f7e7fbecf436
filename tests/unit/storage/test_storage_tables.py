"""Tables on disk."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from DataFoundry.errors import ColumnError, DataFoundryError, TableError, TooLargeError
from DataFoundry.sources import kept
from DataFoundry.sources.opening import open_table
from DataFoundry.storage.tables import TableWriter, write_table

FRAME = pd.DataFrame(
    {
        "whole": [1, 2, 3],
        "part": [0.1, np.nan, 1e-17],
        "word": ["a,b", np.nan, 'say "x"\n'],
        "flag": [True, False, True],
        "day": pd.to_datetime(["2020-01-01", None, "2021-05-06"]),
    }
)


def _nulls_alike(frame: pd.DataFrame) -> pd.DataFrame:
    """A missing word is None from parquet and NaN from csv."""
    return frame.assign(**{name: frame[name].fillna(np.nan) for name in frame.select_dtypes("object")})


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_what_is_written_is_read(root: Path, suffix: str) -> None:
    path = root / f"t{suffix}"
    write_table(FRAME, path)
    table = open_table(path)
    assert table.columns == list(FRAME)
    expected = FRAME if suffix == ".parquet" else FRAME.assign(day=["2020-01-01", np.nan, "2021-05-06"])
    pd.testing.assert_frame_equal(_nulls_alike(table.read()), expected, check_dtype=suffix == ".parquet")


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_columns_come_in_the_order_asked_for(root: Path, suffix: str) -> None:
    write_table(FRAME, root / f"t{suffix}")
    assert list(open_table(root / f"t{suffix}").read(["flag", "whole"])) == ["flag", "whole"]
    with pytest.raises(ColumnError, match="'nope'"):
        open_table(root / f"t{suffix}").read(["nope"])


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_blocks_are_the_table_with_one_index(root: Path, suffix: str) -> None:
    frame = pd.DataFrame({"a": range(25), "b": list("abcde") * 5})
    write_table(frame, root / f"t{suffix}")
    blocks = list(open_table(root / f"t{suffix}").blocks(rows=10))
    assert [len(block) for block in blocks] == [10, 10, 5]
    pd.testing.assert_frame_equal(pd.concat(blocks), frame)


def test_an_integer_column_with_a_null_somewhere_is_of_one_type_in_all_blocks(root: Path) -> None:
    numbers = pa.array([1, 2, 3, None], pa.int64())
    pq.write_table(pa.table({"a": numbers}), root / "t.parquet")
    assert {str(block["a"].dtype) for block in open_table(root / "t.parquet").blocks(rows=2)} == {"float64"}


def test_a_long_csv_has_one_type_in_all_blocks(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "_IN_MEMORY_BYTES", 10)
    (root / "t.csv").write_text("a,b,c\n1,1,x\n2,2,y\n3.5,3,\n4,word,z\n")
    blocks = list(open_table(root / "t.csv").blocks(rows=2))
    assert [list(block.dtypes.astype(str)) for block in blocks] == [["float64", "object", "object"]] * 2
    assert pd.concat(blocks)["b"].tolist() == ["1", "2", "3", "word"]
    assert pd.concat(blocks)["a"].tolist() == [1, 2, 3.5, 4]


def test_a_folder_of_parquet_files_is_one_table_in_the_order_of_names(root: Path) -> None:
    for name, values in (("b", [3]), ("a", [1, 2])):
        write_table(pd.DataFrame({"x": values}), root / "parts" / f"{name}.parquet")
    table = open_table(root / "parts")
    assert table.num_rows == 3
    assert table.read()["x"].tolist() == [1, 2, 3]
    write_table(pd.DataFrame({"y": [1]}), root / "parts" / "c.parquet")
    with pytest.raises(TableError, match="c.parquet"):
        open_table(root / "parts")


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_an_empty_table_is_one_empty_block(root: Path, suffix: str) -> None:
    write_table(FRAME.iloc[:0], root / f"t{suffix}")
    blocks = list(open_table(root / f"t{suffix}").blocks())
    assert [len(block) for block in blocks] == [0]
    assert list(blocks[0]) == list(FRAME)


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_nothing_is_left_when_writing_breaks_off(root: Path, suffix: str) -> None:
    with pytest.raises(KeyError), TableWriter(root / f"t{suffix}") as writer:
        writer.write(FRAME)
        raise KeyError
    assert list(root.iterdir()) == []


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_blocks_written_are_one_table(root: Path, suffix: str) -> None:
    frame = pd.DataFrame({"a": [1.5, 2.5, None], "b": ["x", np.nan, "y"]})
    with TableWriter(root / f"t{suffix}") as writer:
        writer.write(frame.iloc[:2])
        writer.write(frame.iloc[2:])
    assert writer.num_rows == 3
    pd.testing.assert_frame_equal(_nulls_alike(open_table(root / f"t{suffix}").read()), frame)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("magic_only.parquet", b"PAR1PAR1"),
        ("truncated.parquet", b"PAR1" + b"\0" * 100),
        ("is_csv.parquet", b"a,b\n1,2\n"),
        ("empty.csv", b""),
        ("ragged.csv", b"a,b\n1,2\n1,2,3\n"),
        ("wide.csv", b",".join(b"c%d" % i for i in range(200_000)) + b"\n"),
        ("quote_bomb.csv", b'a\n"' + b"x" * 20_000_000),
        ("empty.parquet", b""),
    ],
)
def test_a_broken_file_is_told_by_name(root: Path, name: str, content: bytes) -> None:
    (root / name).write_bytes(content)
    with pytest.raises(DataFoundryError, match=name) as caught:
        open_table(root / name).read()
    assert isinstance(caught.value, (TableError, TooLargeError))


def test_nul_bytes_in_a_csv_are_told_with_their_line(root: Path) -> None:
    (root / "t.csv").write_bytes(b"a,b\n\x00,1\n")
    with pytest.raises(TableError, match="NUL byte in line 2"):
        open_table(root / "t.csv")
