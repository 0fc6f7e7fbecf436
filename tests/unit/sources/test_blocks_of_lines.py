"""A text table parsed block beside block is the table that is parsed from its beginning to its end."""

import io
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from DataFoundry.config import ReadOptions
from DataFoundry.errors import DataFoundryError, TableError
from DataFoundry.sources import block_parser, text_table
from DataFoundry.sources.line_blocks import LineBlocks
from DataFoundry.sources.opening import open_table
from DataFoundry.sources.whole_numbers import as_whole_numbers

# What most cells of a column are: `usual(random)` gives one.
USUAL: dict[str, Callable[[Random], str]] = {
    "digits": lambda random: str(random.randint(0, 9)),
    "numbers": lambda random: str(random.randint(-(10**7), 10**7)),
    "some": lambda random: random.choice(["", str(random.randint(0, 300))]),
    "long": lambda random: str(random.randint(2**53 - 3, 2**63 - 1)),
    "decimals": lambda random: f"{random.uniform(-1e6, 1e6):.2f}",
    "words": lambda random: random.choice(["red", "green", "blue", "DE", "FR"]),
    "quoted": lambda random: random.choice(['"1"', '"2"', '"a"', '""', '"x, y"', '"say ""hi"""']),
    "numbers in quotes": lambda random: f'"{random.randint(0, 300)}"',
    "truths": lambda random: random.choice(["true", "false"]),
    "empty": lambda random: "",
}
# What may stand far down in a column that held nothing of the kind before.
LATE = ["007", "+7", "-0", "00", " 7", "7 ", "\t7", "0x1F", "0xFFFFF", "0XFFFFFFFFFF", "12345678901234567890"]
LATE += ["9007199254740992", "9007199254740993", "9223372036854775807", "-9223372036854775808", "9223372036854775808"]
LATE += ["1.50", "1e5", ".5", "5.", "1,234", "NA", "NULL", "?", "-", "true", "x", "é", "n0,n1", "", "\n", "7\n"]
LATE += ['"7"', '"007"', '" 7"', '""', '"a,b"', '"a""b"', '"5"""', '"1,234"', '"x\ny"', '"x\r\ny"', '5"', 'a"b"']


@st.composite
def tables(draw: st.DrawFn) -> str:
    """A csv of usual cells, with some others far down."""
    kinds = draw(st.lists(st.sampled_from(list(USUAL)), min_size=1, max_size=4))
    random = Random(draw(st.integers(0, 10**6)))
    rows = [[USUAL[kind](random) for kind in kinds] for _ in range(60)]
    for _ in range(draw(st.integers(1, 2))):
        row = rows[draw(st.integers(20, 59))]
        row[draw(st.integers(0, len(row) - 1))] = draw(st.sampled_from(LATE))
    end = draw(st.sampled_from(["\n", "\r\n"]))
    text = end.join([",".join(f"n{place}" for place in range(len(kinds))), *map(",".join, rows)])
    return draw(st.sampled_from(["", "\ufeff"])) + text + draw(st.sampled_from(["", end]))


def read(path: Path, **options: Any) -> Any:
    """All that a table says of itself, or why it does not."""
    try:
        table = open_table(path, ReadOptions.of(options))
        whole = pa.concat_tables(table.arrow_blocks())
        frame = table.read()
        return (
            whole.schema,
            whole.to_pydict(),
            table.reading,
            table.num_rows,
            frame.dtypes.to_dict(),
            frame.to_csv(),
        )
    except DataFoundryError as error:
        return type(error), error.message, error.details


@settings(max_examples=60, deadline=None)
@given(
    text=tables(),
    block_bytes=st.integers(60, 400),
    missing=st.sampled_from([None, None, ["7"], ["x", "-7"]]),
    encoding=st.sampled_from(["utf-8", "utf-8", "latin-1", "cp1252"]),
)
def test_blocks_hold_what_the_file_holds(text: str, block_bytes: int, missing: list[str] | None, encoding: str) -> None:
    options: dict[str, Any] = {"missing_spellings": missing} if missing else {}
    if encoding != "utf-8":
        options["encoding"], text = encoding, text.replace("\ufeff", "\u00ef\u00bb\u00bf").replace("x", "\u00dc")
    # Arrow loses a newline in a cell where its blocks part it from the carriage return; only the rest is read so.
    assume("\r\ny" not in text or not any(quote in text for quote in (',5"', '\n5"', 'a"b"')))
    cut_as_bytes = text_table.CUT_AS_BYTES
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATAFOUNDRY_DATA_ROOTS", folder)
        path = Path(folder) / "t.csv"
        path.write_bytes(text.encode(encoding))
        in_one = read(path, **options)
        patch.setattr(text_table, "CUT_AS_BYTES", ())
        in_turns = read(path, **options)
        patch.setattr(text_table, "CUT_AS_BYTES", cut_as_bytes)
        patch.setattr(text_table, "_BLOCK_BYTES", block_bytes)
        patch.setattr(block_parser, "_PARSED_AT_ONCE", 100)
        in_blocks = read(path, **options)
    assert in_blocks == in_turns == in_one


@given(
    st.lists(st.one_of(st.none(), st.integers(-(2**64), 2**64).map(str), st.integers().map(str)), max_size=20),
    st.sampled_from(["1", *LATE]),
)
def test_whole_numbers_are_written_as_the_texts_that_they_stand_for(cells: list[str | None], last: str) -> None:
    cells = [*cells, last]
    kept = as_whole_numbers(pa.array(cells, pa.string()))
    present = [cell for cell in cells if cell is not None]
    plain = all(bool(re.fullmatch("-?[0-9]+", cell) and str(int(cell)) == cell) for cell in present)
    assert (kept is not None) == (plain and bool(present) and all(-(2**63) <= int(cell) < 2**63 for cell in present))
    if kept is not None:
        assert kept.cast(pa.string()).to_pylist() == cells


@pytest.mark.parametrize("code", ["0xFFFFFFFF", "0XFFFFF", "0xFFFFFFFFFF"])
@pytest.mark.parametrize("row", [0, 2999])
def test_hexadecimals_stay_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, row: int) -> None:
    """Arrow reads them as whole numbers, some of which are as long as they are."""
    monkeypatch.setenv("DATAFOUNDRY_DATA_ROOTS", str(tmp_path))
    monkeypatch.setattr(text_table, "_BLOCK_BYTES", 2_000)
    cells = [str(10**6 + number) for number in range(3000)]
    cells[row] = code
    cells[-2] = "07"  # as much too long as the number of the last code is
    (tmp_path / "t.csv").write_text("\n".join(["code,word", *(f"{cell},x" for cell in cells)]))
    assert open_table(tmp_path / "t.csv").read()["code"].tolist() == cells


def test_blocks_end_where_records_end() -> None:
    text = b'a,b\n1,"x\ny"\n' + b'2,"say ""hi""\n,"\n' * 50 + b'3,"z"'

    class Handle:
        def __init__(self) -> None:
            self.left = text

        def read(self, size: int) -> bytes:
            piece, self.left = self.left[:size], self.left[size:]
            return piece

        def readinto(self, room: memoryview) -> int:
            piece = self.read(min(len(room), 7))  # as a stream that gives what it has
            room[: len(piece)] = piece
            return len(piece)

    lines = LineBlocks(Handle(), 40, ",", '"', "utf-8")  # type: ignore[arg-type]
    blocks = [bytes(block.content) for block in lines]
    assert b"".join(blocks) == text and lines.rest is None
    assert len(blocks) > 10 and all(block.count(b'"') % 2 == 0 and block[-1:] == b"\n" for block in blocks[:-1])


@pytest.mark.parametrize("row", [b'2,5" wide\n', b'2,a "wide" one\n', b'2,"wide" one\n', b'2,one"wide"\n'])
def test_what_cannot_be_cut_is_read_on_from_there(row: bytes) -> None:
    text = b"a,b\n" + b"1,x\n" * 30 + row + b"3,y\n" * 30
    lines = LineBlocks(io.BytesIO(text), 40, ",", '"', "utf-8")  # type: ignore[arg-type]
    before = b"".join(bytes(block.content) for block in lines)
    assert len(before) > 80 and lines.rest is not None and before + lines.rest.read() == text


def test_a_number_that_means_missing_is_found_in_every_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATAFOUNDRY_DATA_ROOTS", str(tmp_path))
    monkeypatch.setattr(text_table, "_BLOCK_BYTES", 24)  # the first one holds the name and no row
    (tmp_path / "t.csv").write_text(
        "number,word\n" + "".join(f"{number},longer than a name\n" for number in [1, 2, 3, 4, -9, 5, 6])
    )
    frame = open_table(tmp_path / "t.csv", ReadOptions.of({"missing_spellings": ["-9"]})).read()
    assert frame["number"].isna().tolist() == [False] * 4 + [True] + [False] * 2


def test_letters_that_the_named_encoding_lacks_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATAFOUNDRY_DATA_ROOTS", str(tmp_path))
    (tmp_path / "t.csv").write_text("word,number\n" + "plain,1\n" * 9 + "Z\u00fcrich,2\n", encoding="utf-8")
    with pytest.raises(TableError, match="t.csv is not in ascii"):
        open_table(tmp_path / "t.csv", ReadOptions.of({"encoding": "ascii"})).read()
