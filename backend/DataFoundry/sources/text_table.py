"""Text tables: `.csv .tsv .txt`, packed or not, in any usual encoding and dialect."""

import codecs
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.csv as pacsv

from DataFoundry.config import ReadOptions
from DataFoundry.errors import TableError, TooLargeError, first_line
from DataFoundry.settings import limits
from DataFoundry.sources.block_parser import BlockParser, in_threads
from DataFoundry.sources.cells import ARROW_TYPES, NULLABLE_INT, TEXT, ColumnFacts, converted
from DataFoundry.sources.decimals import find_decimals, has_thousands
from DataFoundry.sources.dialect import find_dialect
from DataFoundry.sources.encoding import find_encoding
from DataFoundry.sources.kept import Coder, KeptBlocks
from DataFoundry.sources.line_blocks import CUT_AS_BYTES, LineBlock, LineBlocks
from DataFoundry.sources.table import BLOCK_ROWS, Table, in_blocks, refuse_columns
from DataFoundry.sources.text_rows import TRAILING, checked, checked_rows, first_line_where, python_batches
from DataFoundry.storage.streams import kind_of, native, unpacked

_SAMPLE_BYTES = 2**20
_THREADS = min(4, os.cpu_count() or 1)
_BLOCK_BYTES = 8 * 2**20  # larger ones cost memory and time, smaller ones repeat their dictionaries


class _LongRecord(Exception):
    """A record is longer than two blocks; larger ones may hold it."""


class _NotInBlocks(Exception):
    """A block cannot be parsed without those before it."""


class TextTable(Table):
    """A text file with one record a line, and how it was read."""

    def __init__(self, path: Path, options: ReadOptions | None = None) -> None:
        self.path = path
        self.num_rows = None
        self._options = options or ReadOptions()
        self._kept: KeptBlocks | None = None
        self._block_bytes = _BLOCK_BYTES
        self._facts: dict[str, ColumnFacts] = {}
        with unpacked(path) as handle:
            self._encoding, notes = find_encoding(handle, path.name, self._options.encoding)
        with unpacked(path) as handle:
            sample = handle.read(_SAMPLE_BYTES)
        text = _decoded(sample, self._encoding, path)
        _refuse_wide(text, path)
        self._dialect = find_dialect(text, path.name, self._options, kind_of(path))
        self.columns = self._dialect.names
        refuse_columns(self.columns, path)
        wanted = self._options.decimal
        found, by_column = find_decimals(self._dialect.rows, self.columns, self._dialect.cut.delimiter)
        self._decimal = wanted or found
        self._decimals = dict.fromkeys(self.columns, wanted) if wanted else by_column
        self._notes = notes + self._dialect.notes

    @property
    def reading(self) -> dict[str, Any]:  # type: ignore[override]
        """As `Table.reading`; looks through the file for the spellings of missing values."""
        self._look_through()
        spellings = sorted({each for facts in self._facts.values() for each in facts.missing()})
        notes = [
            f"Column {name!r} has {count} cells {spelling!r}, kept as they are; name {spelling!r} in "
            "read_options.missing_spellings if they mean missing."
            for name, facts in self._facts.items()
            for spelling, count in facts.doubtful().items()
        ] + [
            f"Column {name!r} has numbers such as {grouped!r} with a sign for thousands, kept as text as they stand."
            for name, facts in self._facts.items()
            if facts.kind == TEXT and (grouped := has_thousands(list(facts.some)))
        ]
        return {
            "encoding": self._encoding,
            "delimiter": self._dialect.cut.delimiter,
            "quote": self._dialect.cut.quote,
            "decimal": self._decimal,
            "header_row": self._dialect.header_row,
            "missing_spellings": ["", *spellings],
            "notes": self._notes + notes,
        }

    @property
    def signs(self) -> tuple[str, str]:
        """What stands between cells and before the decimals of numbers, as a csv can be written with, too."""
        between = self._dialect.cut.delimiter
        return between, "," if self._decimal == "," != between else "."

    def blocks(self, columns: Sequence[str] | None = None, rows: int = BLOCK_ROWS) -> Iterator[pd.DataFrame]:
        chosen, start = self.check(columns), 0
        counted = chosen or self.columns[:1]  # no columns still have rows
        for block in in_blocks(self.arrow_blocks(counted), rows):
            frame = self.frame(block, chosen)
            frame.index = pd.RangeIndex(start, start + len(block))
            start += len(block)
            yield frame

    def coded_blocks(self, columns: Sequence[str], rows: int = BLOCK_ROWS) -> Iterator[tuple[int, pa.Table]]:
        """The number of each block's first row, and the block, in which texts that repeat are dictionary arrays."""
        chosen, start = self.check(columns), 0
        for whole in self._typed_blocks(chosen or self.columns[:1], lambda name, values: values):
            for first in range(0, max(len(whole), 1), rows):
                block = whole.slice(first, rows)
                yield start, block
                start += len(block)

    def arrow_blocks(self, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
        """The table in blocks as Arrow holds it, whole numbers with missing values as int64 with nulls."""
        chosen = self.check(columns)
        types = {field.name: field.type for field in self.schema}
        return self._typed_blocks(chosen, lambda name, values: values.cast(types[name]))

    @property
    def schema(self) -> pa.Schema:
        """The types of `arrow_blocks`."""
        self._look_through()
        # Whole numbers beside missing ones are float64 only where pandas computes with them.
        kinds = {name: NULLABLE_INT if facts.is_whole else facts.kind for name, facts in self._facts.items()}
        return pa.schema([(name, ARROW_TYPES[kind]) for name, kind in kinds.items()])

    def frame(self, block: pa.Table, columns: Sequence[str]) -> pd.DataFrame:
        """Some columns of one block of this table, with the dtypes that they have in all blocks."""
        frame = block.select(list(columns)).to_pandas()
        for name in columns:
            if self._facts[name].kind == NULLABLE_INT:  # float64 would lose digits
                frame[name] = pd.Int64Dtype().__from_arrow__(block[name])
            elif block[name].null_count == len(block) > 0:
                frame[name] = frame[name].astype(_empty_dtype(self._facts[name]))
        return frame

    def _typed_blocks(self, chosen: Sequence[str], finished: Callable[[str, pa.Array], pa.Array]) -> Iterator[pa.Table]:
        self._look_through()
        facts = {name: (self._facts[name].kind, self._facts[name].missing(), self._decimals[name]) for name in chosen}

        def typed(block: pa.RecordBatch) -> pa.Table:
            columns = zip(chosen, block.columns, strict=True)
            arrays = [finished(name, converted(texts, *facts[name])) for name, texts in columns]
            return pa.table(arrays, names=list(chosen))

        whole = (each.select(chosen) for each in self._text_blocks()) if self._kept is None else self._kept.read(chosen)
        with ThreadPoolExecutor(_THREADS) as pool:  # Arrow computes without Python's lock
            yield from in_threads(pool, typed, whole, _THREADS)

    def _look_through(self) -> None:
        """One pass that finds what each column holds, and keeps the cells, so that they are parsed once."""
        if self._facts:
            return
        cut = self._dialect.cut
        if self._codec in CUT_AS_BYTES and not cut.spaced and not cut.escape:
            # What a block holds that cannot be parsed alone is told by the parser that reads on from block to block.
            with suppress(_NotInBlocks):
                self._look_through_blocks(self._blocks_of_lines)
        if self._facts:
            return
        try:
            self._look_through_blocks(self._blocks_in_turns)
        except _LongRecord:
            self._block_bytes = max(limits().max_cell_bytes * 2, _BLOCK_BYTES)
            self._look_through_blocks(self._blocks_in_turns)

    def _look_through_blocks(self, blocks: Callable[[ThreadPoolExecutor], Iterator[pa.RecordBatch]]) -> None:
        facts = {name: ColumnFacts(self._decimals[name], self._options.missing_spellings) for name in self.columns}
        kept: KeptBlocks | None = KeptBlocks()
        rows = 0
        # Looking at cells takes a second pool, else it would wait for blocks that are parsed ahead.
        with ThreadPoolExecutor(_THREADS) as pool, ThreadPoolExecutor(_THREADS) as looking:
            for block in blocks(pool):
                list(looking.map(lambda name, texts: facts[name].add(texts), self.columns, block.columns))
                rows += len(block)
                try:
                    if kept is not None:
                        kept.add(block)
                except OSError:  # no room for temporary files: the cells are parsed a second time
                    kept = None
        if rows or blocks == self._blocks_in_turns:
            self._facts, self._kept, self.num_rows = facts, kept, rows

    def _blocks_in_turns(self, pool: ThreadPoolExecutor) -> Iterator[pa.RecordBatch]:
        """All cells, coded where they repeat, parsed from the beginning of the file to its end."""
        coders = [Coder() for _ in self.columns]
        for block in self._text_blocks():
            arrays = list(pool.map(lambda coder, texts: coder(texts), coders, block.columns))
            yield pa.RecordBatch.from_arrays(arrays, self.columns)

    def _blocks_of_lines(self, pool: ThreadPoolExecutor) -> Iterator[pa.RecordBatch]:
        """The same, parsed block beside block as far as the file can be cut into lines without doubt."""
        dialect, cut = self._dialect, self._dialect.cut
        parser = BlockParser(
            self._parsed_columns,
            self._parsing,
            lambda rows: checked_rows(rows, self.path, dialect, self._encoding),
            BLOCK_ROWS,
            self._codec,
        )
        with unpacked(self.path) as handle:
            lines = LineBlocks(handle, self._block_bytes, cut.delimiter, cut.quote, self._codec)
            try:
                yield from self._parsed_blocks(pool, parser, lines)
            except (pa.ArrowException, UnicodeError, OverflowError, MemoryError):
                raise _NotInBlocks from None

    def _parsed_blocks(
        self, pool: ThreadPoolExecutor, parser: BlockParser, lines: LineBlocks
    ) -> Iterator[pa.RecordBatch]:
        blocks, skipped = iter(lines), self._dialect.skipped
        for first in islice(blocks, 1):
            yield from parser.first(first, skipped, self._may_hold_whole_numbers())
            skipped = 0

        def parsed(block: LineBlock) -> list[pa.RecordBatch]:
            try:
                return parser(block)
            finally:
                lines.done_with(block)

        for batches in in_threads(pool, parsed, blocks, _THREADS):
            yield from batches
        if lines.rest is not None:
            rest = self._parser(lines.rest, skipped)
            for batch in checked(rest, self.path, self._dialect, self._encoding):
                yield from parser.coded(batch)

    @property
    def _codec(self) -> str:
        """The encoding as Python names it, whatever people call it."""
        return codecs.lookup(self._encoding).name

    def _may_hold_whole_numbers(self) -> bool:
        """Whether no whole number was named as a spelling of missing: such a text is no number."""
        return not any(re.fullmatch(r"-?\d+", each) for each in self._options.missing_spellings or ())

    def _text_blocks(self) -> Iterator[pa.RecordBatch]:
        """All cells as text, null for empty ones."""
        empty = True
        with unpacked(self.path) as handle:
            try:
                cells = (
                    python_batches(handle, self._dialect, self._encoding)
                    if self._dialect.cut.spaced
                    else self._parser(native(handle), self._dialect.skipped)
                )
                for batch in checked(cells, self.path, self._dialect, self._encoding):
                    empty = False
                    for first in range(0, len(batch), BLOCK_ROWS):
                        yield batch.slice(first, BLOCK_ROWS)
            except (pa.ArrowException, UnicodeError, OverflowError, MemoryError) as error:
                if "straddling" in str(error) and self._block_bytes < limits().max_cell_bytes * 2:
                    raise _LongRecord from None
                if self._dialect.rows or not re.match("Empty CSV file|Could not skip", str(error)):  # names and no rows
                    raise self._unreadable(error) from None
        if empty:
            yield pa.RecordBatch.from_arrays([pa.array([], pa.string())] * len(self.columns), self.columns)

    @property
    def _parsed_columns(self) -> list[str]:
        return [*self.columns, *([TRAILING] if self._dialect.trailing else [])]

    def _parser(self, handle: Any, skipped: int) -> Iterable[pa.RecordBatch]:
        return pacsv.open_csv(
            handle,
            pacsv.ReadOptions(
                column_names=self._parsed_columns,
                skip_rows=skipped,
                encoding=self._encoding.removesuffix("-sig"),
                block_size=self._block_bytes,
                use_threads=True,
            ),
            self._parsing(bool(self._dialect.cut.quote), bool(self._dialect.cut.quote)),
            pacsv.ConvertOptions(
                column_types=dict.fromkeys(self._parsed_columns, pa.string()),
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
            ),
        )

    def _parsing(self, quotes: bool, broken: bool) -> pacsv.ParseOptions:
        """How Arrow cuts lines into cells where there are quotes or none, and lines end between them or not."""
        cut = self._dialect.cut
        return pacsv.ParseOptions(
            delimiter=cut.delimiter,
            quote_char=cut.quote if quotes else False,
            double_quote=not cut.escape,
            escape_char=cut.escape or False,
            newlines_in_values=broken,
            ignore_empty_lines=len(self._parsed_columns) > 1,
        )

    def _unreadable(self, error: Exception) -> TableError:
        if isinstance(error, UnicodeError) or "UTF8" in str(error) or "UTF-8" in str(error):
            return TableError(
                f"{self.path.name} is not in {self._encoding}; name its encoding in read_options.encoding."
            )
        ragged = re.search(r"Expected (\d+) columns, got (\d+)", str(error))
        if ragged:
            return self._ragged(int(ragged[1]), int(ragged[2]))
        return TableError(
            f"{self.path.name} is not a readable text table ({first_line(error)}); check it in an editor."
        )

    def _ragged(self, width: int, cells: int) -> TableError:
        line = first_line_where(self.path, self._dialect, self._encoding, lambda cells: len(cells) != width)
        cure = (
            "correct the line, quote cells that hold the delimiter, or name a later line of names in "
            "read_options.header_row"
            if cells > width
            else "complete the line, or remove it if it is a total, a note or the title of a second table"
        )
        behind = self._dialect.trailing
        return TableError(
            f"{self.path.name} has {cells} {'cell' if cells == 1 else 'cells'} in line {line} where the names are "
            f"{width - behind}{' and a delimiter behind them' if behind else ''}; {cure}.",
            line=line,
        )


def _empty_dtype(facts: ColumnFacts) -> str:
    """The dtype of a block that has no value of a column, as in blocks that have some."""
    return {"int64": "float64", "float64": "float64"}.get(facts.kind, "object")


def _decoded(sample: bytes, encoding: str, path: Path) -> str:
    try:
        text = sample.decode(encoding, errors="replace")
    except (UnicodeError, LookupError):
        raise TableError(f"{path.name} is not in {encoding}; name its encoding in read_options.encoding.") from None
    return text.removeprefix("\ufeff")


def _refuse_wide(text: str, path: Path) -> None:
    """Refuse too many columns before a parser, which takes minutes over a very wide header, sees them."""
    most = limits().max_table_columns
    columns = max(text.partition("\n")[0].count(each) for each in ",;\t|") + 1
    if columns > most:
        raise TooLargeError(
            f"{path.name} has {columns} columns, more than the limit of {most}; split it.", columns=columns, limit=most
        )
