"""Text tables: `.csv .tsv .txt`, packed or not, in any usual encoding and dialect."""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any

import pandas as pd
import pyarrow as pa
import pyarrow.csv as pacsv

from DataFoundry.config import ReadOptions
from DataFoundry.errors import TableError, TooLargeError, first_line
from DataFoundry.settings import limits
from DataFoundry.sources.cells import NULLABLE_INT, TEXT, ColumnFacts, converted
from DataFoundry.sources.decimals import find_decimals, has_thousands
from DataFoundry.sources.dialect import find_dialect
from DataFoundry.sources.encoding import find_encoding
from DataFoundry.sources.table import BLOCK_ROWS, Table, in_blocks, refuse_columns
from DataFoundry.sources.text_rows import TRAILING, checked, first_line_where, python_batches
from DataFoundry.storage.streams import kind_of, unpacked

_WHOLE_BYTES = 192 * 2**20  # cells up to this size are parsed once and held
_SAMPLE_BYTES = 2**20
_THREADS = min(4, os.cpu_count() or 1)
_LEAST_BLOCK = 2**20


class TextTable(Table):
    """A text file with one record a line, and how it was read."""

    def __init__(self, path: Path, options: ReadOptions | None = None) -> None:
        self.path = path
        self.num_rows = None
        self._options = options or ReadOptions()
        self._texts: pa.Table | None = None  # all of a small file, as text
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

    def blocks(self, columns: Sequence[str] | None = None, rows: int = BLOCK_ROWS) -> Iterator[pd.DataFrame]:
        chosen, start = self.check(columns), 0
        counted = chosen or self.columns[:1]  # no columns still have rows
        self._look_through()
        for block in in_blocks((self._typed(each, counted) for each in self._text_blocks()), rows):
            frame = block.to_pandas()
            for name in chosen:
                if self._facts[name].kind == NULLABLE_INT:  # float64 would lose digits
                    frame[name] = pd.array(block[name].to_pylist(), dtype="Int64")
                elif frame[name].isna().all() and len(frame):
                    frame[name] = frame[name].astype(_empty_dtype(self._facts[name]))
            frame.index = pd.RangeIndex(start, start + len(frame))
            start += len(frame)
            yield frame[chosen]

    def _typed(self, block: pa.Table, chosen: Sequence[str]) -> pa.Table:
        def values(name: str) -> pa.Array:
            return converted(block[name], self._facts[name].kind, self._facts[name].missing(), self._decimals[name])

        with ThreadPoolExecutor(_THREADS) as pool:  # Arrow computes without Python's lock
            arrays = list(pool.map(values, chosen))
        return pa.table(dict(zip(chosen, arrays, strict=True)))

    def _look_through(self) -> None:
        """One pass that finds what each column holds; a small file is kept, so that it is parsed once."""
        if self._facts:
            return
        facts = {name: ColumnFacts(self._decimals[name], self._options.missing_spellings) for name in self.columns}
        kept: list[pa.Table] | None = []
        held = rows = 0
        for block in self._text_blocks():
            with ThreadPoolExecutor(_THREADS) as pool:
                list(pool.map(lambda name, block=block: facts[name].add(block[name]), self.columns))
            rows += len(block)
            held += block.nbytes
            kept = None if kept is None or held > _WHOLE_BYTES else [*kept, block]
        if kept is not None:
            self._texts = pa.concat_tables(kept)
        self._facts, self.num_rows = facts, rows

    def _text_blocks(self) -> Iterator[pa.Table]:
        """All cells as text, null for empty ones."""
        if self._texts is not None:
            yield self._texts
            return
        empty = True
        with unpacked(self.path) as handle:
            try:
                for batch in checked(self._parser(handle), self.path, self._dialect, self._encoding):
                    empty = False
                    yield pa.Table.from_batches([batch])
            except (pa.ArrowException, UnicodeError, OverflowError, MemoryError) as error:
                if self._dialect.rows or not re.match("Empty CSV file|Could not skip", str(error)):  # names and no rows
                    raise self._unreadable(error) from None
        if empty:
            yield pa.table({name: pa.array([], pa.string()) for name in self.columns})

    def _parser(self, handle: IO[bytes]) -> Iterable[pa.RecordBatch]:
        dialect, cut = self._dialect, self._dialect.cut
        if cut.spaced:
            return python_batches(handle, dialect, self._encoding)
        columns = [*self.columns, *([TRAILING] if dialect.trailing else [])]
        return pacsv.open_csv(
            handle,
            pacsv.ReadOptions(
                column_names=columns,
                skip_rows=dialect.skipped,
                encoding=self._encoding.removesuffix("-sig"),
                block_size=max(limits().max_cell_bytes * 2, _LEAST_BLOCK),
                use_threads=True,
            ),
            pacsv.ParseOptions(
                delimiter=cut.delimiter,
                quote_char=cut.quote or False,
                double_quote=not cut.escape,
                escape_char=cut.escape or False,
                newlines_in_values=bool(cut.quote),
                ignore_empty_lines=len(columns) > 1,
            ),
            pacsv.ConvertOptions(
                column_types=dict.fromkeys(columns, pa.string()),
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
            ),
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
