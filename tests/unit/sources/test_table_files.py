"""Files as people have them are read rightly, or refused with a sentence that names the line."""

import bz2
import datetime
import gzip
import io
import re
import shutil
import tempfile
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest

from DataFoundry.config import ReadOptions
from DataFoundry.errors import RequestError, TableError, TooLargeError
from DataFoundry.sources import kept, text_table
from DataFoundry.sources.coded import coded_frames
from DataFoundry.sources.opening import open_table

FILES = Path(__file__).parents[2] / "data" / "files"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DATAFOUNDRY_DATA_ROOTS", str(tmp_path))
    return tmp_path


def read(root: Path, name: str, content: bytes, **options: Any) -> pd.DataFrame:
    (root / name).write_bytes(content)
    return open_table(root / name, ReadOptions.of(options)).read()


def plain(frame: pd.DataFrame) -> dict[str, list[Any]]:
    """Columns as Python values, a missing one as None."""
    return {
        name: [None if value is None or value is pd.NA or value != value else value for value in column.tolist()]
        for name, column in frame.items()
    }


PEOPLE = {"id": ["01234", "00042"], "name": ["Zoë", "Ann"], "age": [31, 44]}
PEOPLE_TEXT = "id,name,age\n01234,Zoë,31\n00042,Ann,44\n"

# name, content, what is read
RIGHT: list[tuple[str, bytes, dict[str, list[Any]]]] = [
    ("comma.csv", PEOPLE_TEXT.encode(), PEOPLE),
    ("semicolon.csv", PEOPLE_TEXT.replace(",", ";").encode(), PEOPLE),
    ("tab.csv", PEOPLE_TEXT.replace(",", "\t").encode(), PEOPLE),
    ("tab.tsv", PEOPLE_TEXT.replace(",", "\t").encode(), PEOPLE),
    ("pipe.txt", PEOPLE_TEXT.replace(",", "|").encode(), PEOPLE),
    ("bom.csv", PEOPLE_TEXT.encode("utf-8-sig"), PEOPLE),
    ("utf16.csv", PEOPLE_TEXT.encode("utf-16"), PEOPLE),
    ("utf16le.csv", PEOPLE_TEXT.encode("utf-16-le"), PEOPLE),
    ("utf16be.csv", PEOPLE_TEXT.encode("utf-16-be"), PEOPLE),
    ("latin1.csv", PEOPLE_TEXT.encode("latin-1"), PEOPLE),
    ("cp1252.csv", "a,price\nx,5€\ny,“q”\n".encode("cp1252"), {"a": ["x", "y"], "price": ["5€", "“q”"]}),
    ("crlf.csv", PEOPLE_TEXT.replace("\n", "\r\n").encode(), PEOPLE),
    ("no_last_newline.csv", PEOPLE_TEXT.rstrip().encode(), PEOPLE),
    ("a.csv.gz", gzip.compress(PEOPLE_TEXT.encode()), PEOPLE),
    ("a.csv.bz2", bz2.compress(PEOPLE_TEXT.encode()), PEOPLE),
    ("quoted.csv", b'a,b\n"x, y",1\n"say ""hi""",2\n', {"a": ["x, y", 'say "hi"'], "b": [1, 2]}),
    ("newline.csv", b'a,b\n"x\ny",1\nz,2\n', {"a": ["x\ny", "z"], "b": [1, 2]}),
    ("comments.csv", b"# made by us\n# in 2024\na,b\n1,2\n3,4\n", {"a": [1, 3], "b": [2, 4]}),
    ("title.csv", b"Sales of May\n\na,b\n1,2\n3,4\n", {"a": [1, 3], "b": [2, 4]}),
    ("hash_name.csv", b"#id,b\n1,2\n3,4\n", {"#id": [1, 3], "b": [2, 4]}),
    ("no_header.csv", b"1,x,2.5\n2,y,3.5\n", {"column_1": [1, 2], "column_2": ["x", "y"], "column_3": [2.5, 3.5]}),
    ("years.csv", b"who,2019,2020\nx,1,2\ny,3,4\n", {"who": ["x", "y"], "2019": [1, 3], "2020": [2, 4]}),
    ("no_name.csv", b",b\n1,2\n", {"column_1": [1], "b": [2]}),
    ("decimal.csv", b"a;b\n1,5;x\n2,25;y\n", {"a": [1.5, 2.25], "b": ["x", "y"]}),
    ("plus.csv", b"phone\n+4930123\n+4930124\n", {"phone": ["+4930123", "+4930124"]}),
    ("long.csv", b"n\n12345678901234567890\n2\n", {"n": ["12345678901234567890", "2"]}),
    ("long_missing.csv", b"n,b\n9007199254740993,1\n,2\n", {"n": [9007199254740993, None], "b": [1, 2]}),
    ("long_float.csv", b"n\n9007199254740993\n0.5\n", {"n": ["9007199254740993", "0.5"]}),
    ("zero_decimal.csv", b"n\n0.5\n-0.25\n0\n", {"n": [0.5, -0.25, 0.0]}),
    ("exponent.csv", b"n\n1e3\n2.5E-2\n", {"n": [1000.0, 0.025]}),
    ("na_code.csv", b"country\nNA\nDE\nFR\nUS\n", {"country": ["NA", "DE", "FR", "US"]}),
    ("na_missing.csv", b"name,n\nNA,1\nBerlin,NA\nParis,3\n", {"name": [None, "Berlin", "Paris"], "n": [1, None, 3]}),
    ("na_value.csv", b"a,b\nNA,1\n,2\nNorth,3\n", {"a": ["NA", None, "North"], "b": [1, 2, 3]}),
    ("dash.csv", b"n,t\n1,-\n-,x\n3,y\n", {"n": [1, None, 3], "t": ["-", "x", "y"]}),
    ("question.csv", b"n,t\n?,?\n2,x\n", {"n": [None, 2], "t": ["?", "x"]}),
    ("null.csv", b"t,u\nNULL,1\nx,NULL\n", {"t": [None, "x"], "u": [1, None]}),
    ("none_word.csv", b"veneer\nNone\nStone\nBrick\n", {"veneer": ["None", "Stone", "Brick"]}),
    ("date_missing.csv", b"d\n2024-01-02\n-\n2024-03-04\n", {"d": ["2024-01-02", None, "2024-03-04"]}),
    ("truth.csv", b"a,b\ntrue,TRUE\nfalse,\n", {"a": [True, False], "b": [True, None]}),
    ("one_column.csv", b"a\n1\n\n3\n", {"a": [1, None, 3]}),
    ("empty_column.csv", b"a,b\n,1\n,2\n", {"a": [None, None], "b": [1, 2]}),
    ("no_rows.csv", b"a,b\n", {"a": [], "b": []}),
    ("spaces.csv", b"n\n 1\n 2 \n", {"n": [1, 2]}),
    ("a.jsonl", b'{"a": 1, "b": "x"}\n{"a": null}\n', {"a": [1, None], "b": ["x", None]}),
    ("a.ndjson", b'{"a": 1.5}\n\n{"a": 2}\n', {"a": [1.5, 2.0]}),
    ("a.json", b'[{"zip": "01234", "n": 9007199254740993}]', {"zip": ["01234"], "n": [9007199254740993]}),
    ("nested.json", b'[{"a": [1, 2]}, {"a": null}]', {"a": [[1, 2], None]}),
    ("a.json.gz", gzip.compress(b'[{"a": true}]'), {"a": [True]}),
]


@pytest.mark.parametrize(("name", "content", "expected"), RIGHT, ids=[each[0] for each in RIGHT])
def test_a_file_is_read_rightly(root: Path, name: str, content: bytes, expected: dict[str, list[Any]]) -> None:
    found = plain(read(root, name, content))
    assert found == expected
    for column, values in expected.items():
        assert [type(each) for each in found[column] if each is not None] == [
            type(each) if not (type(each) is int and None in values and abs(each) < 2**53) else float
            for each in values
            if each is not None
        ]


# name, content, what the sentence says
REFUSED: list[tuple[str, bytes, str]] = [
    ("empty.csv", b"", "empty"),
    ("ragged.csv", b"a,b\n1,2\n3,4\n5,6,7\n", "3 cells in line 4 where the names are 2"),
    ("short.csv", b'a,b\n"x\ny",2\n3\n', "1 cell in line 4"),
    ("twice.csv", b"a,b,a\n1,2,3\n", "two columns named 'a' in line 1"),
    ("nul.csv", b"a,b\n1,2\nx\x00y,3\n", "NUL byte in line 3"),
    ("two_tables.csv", b"a,b\n1,2\n\nc,d,e\n1,2,3\n", "3 cells in line 4"),
    ("broken.csv.gz", b"\x1f\x8b" + b"x" * 20, "cannot be unpacked"),
    ("broken.jsonl", b'{"a": 1}\n{"a": \n', "line 2"),
    ("object.json", b'{"a": [1, 2]', "JSON"),
    ("words.json", b'["a", "b"]', "list of objects"),
    ("broken.xlsx", b"PK\x03\x04 nothing", "spreadsheet"),
    ("broken.feather", b"ARROW1 nothing", "Arrow"),
]


@pytest.mark.parametrize(("name", "content", "told"), REFUSED, ids=[each[0] for each in REFUSED])
def test_a_file_that_cannot_be_read_is_told_with_its_line(root: Path, name: str, content: bytes, told: str) -> None:
    with pytest.raises(TableError, match=told) as caught:
        read(root, name, content)
    assert name in caught.value.message


@pytest.mark.parametrize("suffix", ["xlsx", "xls", "ods"])
def test_a_spreadsheet_is_read(root: Path, suffix: str) -> None:
    shutil.copy(FILES / f"people.{suffix}", root)
    frame = open_table(root / f"people.{suffix}").read()
    assert frame["id"].tolist() == ["00042", "00043"]
    assert frame["name"].tolist() == ["Zoë", "Ann"]
    assert frame["born"].iloc[0] == pd.Timestamp(1990, 5, 1) and pd.isna(frame["born"].iloc[1])
    assert frame["price"].tolist() == [12.5, 3.0]


def test_a_sheet_is_chosen_by_name_and_the_others_are_told(root: Path) -> None:
    shutil.copy(FILES / "people.xlsx", root)
    assert any("Notes" in note for note in open_table(root / "people.xlsx").reading["notes"])
    with pytest.raises(TableError, match="no sheet 'Nope'; it has People, Notes"):
        open_table(root / "people.xlsx", ReadOptions(sheet="Nope"))


def test_packed_by_zip_and_zstandard(root: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("people.csv", PEOPLE_TEXT)
    assert plain(read(root, "people.zip", packed.getvalue())) == PEOPLE
    zstd = pa.Codec("zstd").compress(PEOPLE_TEXT.encode(), asbytes=True)
    assert plain(read(root, "people.csv.zst", zstd)) == PEOPLE
    with zipfile.ZipFile(packed, "a") as archive:
        archive.writestr("more.csv", PEOPLE_TEXT)
    with pytest.raises(TableError, match="holds 2 files"):
        read(root, "two.zip", packed.getvalue())


def test_feather_and_arrow_files(root: Path) -> None:
    table = pa.table({"a": [1, None], "b": ["x", "y"]})
    feather.write_feather(table, root / "t.feather")
    assert plain(open_table(root / "t.feather").read()) == {"a": [1.0, None], "b": ["x", "y"]}
    with pa.OSFile(str(root / "t.arrow"), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    assert plain(open_table(root / "t.arrow").read()) == {"a": [1.0, None], "b": ["x", "y"]}


def test_what_was_decided_is_told_and_overridden(root: Path) -> None:
    content = "a;b;c\n1,5;?;x\n2,5;4;?\n".encode("latin-1")
    (root / "t.csv").write_bytes(content)
    reading = open_table(root / "t.csv").reading
    assert reading["delimiter"] == ";" and reading["decimal"] == "," and reading["header_row"] == 1
    assert reading["encoding"] == "utf-8" and reading["missing_spellings"] == ["", "?"]
    assert any("Column 'c' has 1 cells '?'" in note for note in reading["notes"])
    assert plain(read(root, "t.csv", content, missing_spellings=["?", "x"]))["c"] == [None, None]
    assert plain(read(root, "t.csv", content, decimal="."))["a"] == ["1,5", "2,5"]
    assert plain(read(root, "t.csv", b"x\ny\n", header_row=0)) == {"column_1": ["x", "y"]}
    assert plain(read(root, "t.csv", "ж\nд\n".encode("cp1251"), encoding="cp1251")) == {"ж": ["д"]}


def test_a_wrong_option_names_itself() -> None:
    with pytest.raises(RequestError, match="read_options: 'delimeter' is not known .did you mean 'delimiter'"):
        ReadOptions.of({"delimeter": ";"})
    with pytest.raises(RequestError, match="read_options: 'decimal'"):
        ReadOptions.of({"decimal": "x"})


def test_an_encoding_that_nobody_knows_is_told(root: Path) -> None:
    with pytest.raises(TableError, match="no encoding 'klingon'"):
        read(root, "t.csv", b"a\n1\n", encoding="klingon")


def test_types_do_not_depend_on_the_size_of_blocks(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = 3000
    text = "n,z,m,w,t,b\n" + "".join(
        f"{i},{i if i < rows - 1 else '007'},{'' if i % 2 else i},{['a', 'NULL', 'b'][i % 3]},note {i},{i % 2 == 0}\n"
        for i in range(rows)
    )
    whole = read(root, "t.csv", text.encode())
    monkeypatch.setattr(kept, "_IN_MEMORY_BYTES", 2_000)  # all but the first blocks go to the disk
    monkeypatch.setattr(text_table, "_BLOCK_BYTES", 64)
    monkeypatch.setenv("DATAFOUNDRY_MAX_CELL_BYTES", "100")
    table = open_table(root / "t.csv")
    assert isinstance(table, text_table.TextTable)
    blocks = list(table.blocks(rows=7))
    assert {len(block) for block in blocks[:-1]} == {7}
    pd.testing.assert_frame_equal(pd.concat(blocks), whole)
    assert whole["z"].iloc[-1] == "007" and whole["n"].dtype == np.int64
    assert whole["w"].isna().sum() == rows // 3
    pd.testing.assert_frame_equal(table.read(["w", "n"]), whole[["w", "n"]])
    coded = pd.concat([each.astype({"w": object, "t": object}) for each in coded_frames(table, ["m", "w", "t"])])
    pd.testing.assert_frame_equal(coded, whole[["m", "w", "t"]])
    assert pa.concat_tables(table.arrow_blocks()).to_pandas().equals(whole)


def test_a_table_is_read_where_the_disk_for_temporary_files_is_full(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "_IN_MEMORY_BYTES", 0)
    monkeypatch.setattr(tempfile, "tempdir", str(root / "there is no such folder"))
    assert read(root, "t.csv", b"a,b\n1,x\n2,x\n").to_dict("list") == {"a": [1, 2], "b": ["x", "x"]}


def test_a_record_longer_than_the_blocks_is_read(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_table, "_BLOCK_BYTES", 64)
    frame = read(root, "t.csv", ("a,b\n1,x\n2," + "long " * 1000 + "\n3,y\n").encode())
    assert frame["a"].tolist() == [1, 2, 3] and len(frame["b"][1]) == 5000


def test_parquet_of_every_kind_is_read(root: Path) -> None:
    table = pa.table(
        {
            "money": pa.array([Decimal("1.50"), None], pa.decimal128(10, 2)),
            "zone": pa.array([0, 1], pa.timestamp("us", tz="Europe/Berlin")),
            "took": pa.array([1, None], pa.duration("s")),
            "large": pa.array(["a", "b"], pa.large_string()),
            "code": pa.array(["x", "y"]).dictionary_encode(),
            "list": pa.array([[1], [2, 3]]),
            "day": pa.array([datetime.date(2024, 1, 2), None]),
        }
    )
    pq.write_table(table, root / "t.parquet")
    frame = open_table(root / "t.parquet").read()
    assert frame["money"].tolist() == [Decimal("1.50"), None]
    assert frame["large"].tolist() == ["a", "b"] and frame["code"].tolist() == ["x", "y"]
    assert frame["day"].iloc[0] == pd.Timestamp(2024, 1, 2)
    assert frame["took"].iloc[0] == pd.Timedelta(seconds=1)


def test_a_large_file_gives_what_arrow_gives(root: Path) -> None:
    generator = np.random.default_rng(0)
    table = pa.table({"a": generator.integers(0, 9, 50_000), "b": generator.random(50_000)})
    pacsv.write_csv(table, root / "t.csv")
    pd.testing.assert_frame_equal(open_table(root / "t.csv").read(), pacsv.read_csv(root / "t.csv").to_pandas())


def test_a_file_that_unpacks_to_too_much_is_refused(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATAFOUNDRY_MAX_UNPACKED_BYTES", "100000")
    content = b"a,b\n" + b"1,2\n" * 100_000
    for name, packed in (("t.csv.gz", gzip.compress(content)), ("t.csv.bz2", bz2.compress(content))):
        with pytest.raises(TooLargeError, match="over 100000 bytes once unpacked"):
            read(root, name, packed)


@pytest.mark.parametrize("encoding", ["hex", "idna", "unicode_escape", "a\0b", "undefined", "zip"])
def test_what_is_no_alphabet_is_no_encoding(root: Path, encoding: str) -> None:
    with pytest.raises(TableError, match="no encoding"):
        read(root, "t.csv", b"a\n1\n", encoding=encoding)


@pytest.mark.parametrize("encoding", ["utf-32", "cp037", "shift_jis", "utf-16", "ascii"])
def test_a_wrong_alphabet_is_a_sentence_or_other_letters(root: Path, encoding: str) -> None:
    try:
        read(root, "t.csv", "a,b\nä,1\n".encode(), encoding=encoding)
    except TableError as error:
        assert "t.csv" in error.message


@pytest.mark.parametrize("delimiter", ["\n", "é", "a", '"', "7"])
def test_what_cannot_part_cells_is_no_delimiter(delimiter: str) -> None:
    with pytest.raises(RequestError, match="a delimiter is one character: a tab, a blank or a punctuation mark"):
        ReadOptions.of({"delimiter": delimiter})


def test_what_is_no_quote_is_told_in_words() -> None:
    with pytest.raises(RequestError, match="'quote' cannot be 'xx': a quote is one of"):
        ReadOptions.of({"quote": "xx"})


@pytest.mark.parametrize("delimiter", list("\t !#$%&'()*+-./:;<=>?@[]^_`{|}~" + chr(92)))
@pytest.mark.parametrize("quote", ["", '"', "'", "`"])
def test_any_sign_may_part_cells(root: Path, delimiter: str, quote: str) -> None:
    content = f"a{delimiter}b\n1{delimiter}x\n".encode()
    if delimiter == quote:
        with pytest.raises(TableError, match="both"):
            read(root, "t.csv", content, delimiter=delimiter, quote=quote)
    else:
        assert plain(read(root, "t.csv", content, delimiter=delimiter, quote=quote)) == {"a": [1], "b": ["x"]}


def sheet(path: Path, rows: str, name: str = "xl/worksheets/sheet1.xml") -> Path:
    """`people.xlsx` with other rows in its first sheet."""
    with zipfile.ZipFile(FILES / "people.xlsx") as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.namelist():
            content = old.read(member)
            if member == name:
                content = re.sub(
                    rb"<sheetData>.*</sheetData>", f"<sheetData>{rows}</sheetData>".encode(), content, flags=re.S
                )
            new.writestr(member, content)
    return path


FIRST = '<row r="1"><c r="A1"><v>1</v></c></row>'


@pytest.mark.parametrize(
    "rows",
    [
        FIRST + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
        FIRST + '<row r="2"><c r="XFD2"><v>1</v></c></row><row r="1048576"><c r="A1048576"><v>1</v></c></row>',
        FIRST + "<row r='1048576'><c\ns='0'   r = 'xfd1048576'><v>1</v></c></row>",
        FIRST + '<row r="1048576"><c ' + " " * 50_000 + 'r="XFD1048576"><v>1</v></c></row>',
    ],
)
def test_a_cell_far_away_does_not_unfold_to_billions(root: Path, rows: str) -> None:
    path = sheet(root / "far.xlsx", rows)
    assert path.stat().st_size < 20_000
    with pytest.raises(TooLargeError, match="row 1048576 and column 16384"):
        open_table(path)


def test_a_tag_without_end_hides_nothing(root: Path) -> None:
    with pytest.raises(TableError, match="tag without end"):
        open_table(sheet(root / "far.xlsx", FIRST + "<row " + " " * 3_000_000 + 'r="1048576"></row>'))


@pytest.mark.parametrize("suffix", ["feather", "arrow"])
def test_an_arrow_file_that_lies_about_its_texts_is_refused(root: Path, suffix: str) -> None:
    """Arrow would read a gigabyte beyond the end of the buffer, and the process would end."""
    path = root / f"t.{suffix}"
    feather.write_feather(pa.table({"a": [1, 2], "b": ["hello", "seven.."]}), path, compression="uncompressed")
    honest, lying = (np.array(ends, dtype="i4").tobytes() for ends in ([0, 5, 12], [0, 10**9, 2 * 10**9]))
    content = path.read_bytes()
    assert content.count(honest) == 1
    path.write_bytes(content.replace(honest, lying))
    with pytest.raises(TableError, match=f"t.{suffix} is not a readable Arrow file"):
        open_table(path)


def test_a_text_that_is_not_utf8_is_told(root: Path) -> None:
    text = pa.Array.from_buffers(
        pa.string(), 1, [None, pa.py_buffer(np.array([0, 2], dtype="i4").tobytes()), pa.py_buffer(b"\xff\xfe")]
    )
    feather.write_feather(pa.table({"a": text}), root / "t.feather", compression="uncompressed")
    pq.write_table(pa.table({"a": text}), root / "t.parquet")
    for name in ("t.feather", "t.parquet"):
        with pytest.raises(TableError, match=name):
            open_table(root / name).read()
