"""Parses blocks of a text table in threads, columns of whole numbers at once as numbers where no character is lost."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import pyarrow as pa
import pyarrow.csv as pacsv

from DataFoundry.sources.kept import Coder
from DataFoundry.sources.line_blocks import LineBlock
from DataFoundry.sources.whole_numbers import (
    as_whole_numbers,
    may_be_hexadecimal,
    narrow,
    text_length,
    written_length,
)

_PARSED_AT_ONCE = 2**20  # of a block: what the processor's caches hold
_MOST_PARSED_TWICE = 3
_ItemT = TypeVar("_ItemT")
_ResultT = TypeVar("_ResultT")


class BlockParser:
    """Makes record batches of blocks: texts coded where they repeat, whole numbers as such, null for empty cells.

    The first block tells which columns hold nothing but whole numbers. In the others these are parsed as such, and
    the characters of the block counted: cells that are written otherwise than their number (`007`, `+7`, ` 7`) are
    longer than it, and then the block is parsed again as text.

    Parameters
    ----------
    columns
        Names of all columns in the file.
    parsing
        How Arrow cuts lines into cells: whether there are quotes, and whether lines end between them.
    checked
        Gives the rows of a parsed block, or raises what is wrong with them.
    rows
        The most of a batch.
    encoding
        Of the blocks.
    """

    def __init__(
        self,
        columns: Sequence[str],
        parsing: Callable[[bool, bool], pacsv.ParseOptions],
        checked: Callable[[pa.Table], pa.Table],
        rows: int,
        encoding: str,
    ) -> None:
        self._encoding = encoding
        self._columns = list(columns)
        self._parsing = parsing
        self._checked = checked
        self._rows = rows
        self._coders = {name: Coder() for name in columns}
        self._whole: frozenset[str] = frozenset()
        self._parsed_twice = 0

    def first(self, block: LineBlock, skipped: int, whole_numbers: bool) -> list[pa.RecordBatch]:
        """The batches of the first block, behind so many lines; what it holds decides how the others are parsed.

        `whole_numbers` is whether any columns may be kept as such.
        """
        rows = self._checked(self._parse(block.in_utf8(self._encoding), frozenset(), skipped))
        batches = self._coded(rows, frozenset(rows.column_names) if whole_numbers else frozenset())
        self._whole = frozenset(_whole(batches, rows.column_names)) if batches else frozenset()
        return batches

    def __call__(self, block: LineBlock) -> list[pa.RecordBatch]:
        """The batches of any other block."""
        block, whole = block.in_utf8(self._encoding), self._whole
        table = self._with_numbers(block, whole) if whole else None
        if table is not None:
            return self._coded(self._checked(table), frozenset())
        batches = self._coded(self._checked(self._parse(block, frozenset(), 0)), whole)
        if whole:
            self._learn(batches, whole)
        return batches

    def coded(self, texts: pa.RecordBatch) -> list[pa.RecordBatch]:
        """The batches of rows that were parsed elsewhere."""
        return self._coded(pa.Table.from_batches([texts]), frozenset())

    def _learn(self, batches: list[pa.RecordBatch], whole: frozenset[str]) -> None:
        """Parse no column as numbers again that held something else; no column, where other cells were the cause."""
        still = _whole(batches, whole)
        self._parsed_twice += still == whole
        self._whole = frozenset(still) if self._parsed_twice <= _MOST_PARSED_TWICE else frozenset()

    def _with_numbers(self, block: LineBlock, whole: frozenset[str]) -> pa.Table | None:
        """The block with columns of whole numbers, if they are written as they would be written again."""
        try:
            table = self._parse(block, whole, 0)
        except pa.ArrowInvalid:
            return None
        length = len(table) * (len(self._columns) - 1)  # the delimiters
        columns = table.columns
        for place, name in enumerate(table.column_names):
            if name not in whole:
                length += text_length(columns[place])
                continue
            values = columns[place].combine_chunks()
            length += written_length(values)
            if may_be_hexadecimal(values) and block.holds_hexadecimals():
                return None
            columns[place] = narrow(values)
        if length + block.overhead() != len(block.content):
            return None
        return pa.table(columns, names=table.column_names)

    def _parse(self, block: LineBlock, whole: frozenset[str], skipped: int) -> pa.Table:
        broken = block.quotes is not None and block.quotes.broken
        reader = pacsv.open_csv(
            pa.py_buffer(block.content),
            pacsv.ReadOptions(
                column_names=self._columns,
                skip_rows=skipped,
                block_size=len(block.content) + 1 if broken or skipped else _PARSED_AT_ONCE,
                use_threads=False,
            ),
            self._parsing(block.quotes is not None, broken),
            pacsv.ConvertOptions(
                column_types={name: pa.int64() if name in whole else pa.string() for name in self._columns},
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
            ),
        )
        return reader.read_all()

    def _coded(self, table: pa.Table, candidates: frozenset[str]) -> list[pa.RecordBatch]:
        """Batches in which texts that repeat, and candidates that are whole numbers, are kept as such."""
        batches = []
        for start in range(0, len(table), self._rows):
            part = table.slice(start, self._rows)
            columns = zip(part.column_names, part.columns, strict=True)
            arrays = [self._as_kept(name, column, name in candidates) for name, column in columns]
            batches.append(pa.RecordBatch.from_arrays(arrays, part.column_names))
        return batches

    def _as_kept(self, name: str, column: pa.ChunkedArray, candidate: bool) -> pa.Array:
        array = column.combine_chunks()
        if not pa.types.is_string(array.type):
            return array
        if candidate:
            numbers = as_whole_numbers(array)
            if numbers is not None:
                return numbers
        return self._coders[name](array)


def _whole(batches: list[pa.RecordBatch], names: Iterable[str]) -> set[str]:
    """Those of the columns that are kept as whole numbers."""
    found = set(names)
    for batch in batches:
        found &= {field.name for field in batch.schema if pa.types.is_integer(field.type)}
    return found


def in_threads(
    pool: ThreadPoolExecutor, work: Callable[[_ItemT], _ResultT], items: Iterable[_ItemT], ahead: int
) -> Iterator[_ResultT]:
    """What `work` makes of each item, worked out in the pool for at most `ahead` items before they are asked for."""
    waiting: deque[Future[_ResultT]] = deque()
    try:
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) > ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for each in waiting:
            each.cancel()
