"""Tables written whole or not at all."""

import base64
import io
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from DataFoundry.errors import TableError, first_line
from DataFoundry.storage.files import whole_file

PLAIN_SIGNS = (",", ".")


class TableWriter:
    """Write a table block by block; the file appears whole when the `with` block ends, or not at all on an error.

    The first block fixes columns and types; later blocks are cast to them.

    Parameters
    ----------
    texts
        For `write_arrow`: the types of the columns as they are to be read again, where they differ from the blocks'.
    signs
        For csv: what stands between cells, and before the decimals of numbers.
    """

    def __init__(self, path: Path, texts: pa.Schema | None = None, signs: tuple[str, str] = PLAIN_SIGNS) -> None:
        self.path = path
        self._signs = signs
        self.num_rows = 0
        self._texts = texts
        self._named = False  # whether a csv has its line of names
        self._schema: pa.Schema | None = None
        self._stack = ExitStack()
        self._parquet: pq.ParquetWriter | None = None

    def __enter__(self) -> "TableWriter":
        self._handle = self._stack.enter_context(whole_file(self.path))
        return self

    def write(self, frame: pd.DataFrame) -> None:
        """Append the rows of `frame`; its index is left out."""
        if self.path.suffix.lower() == ".csv":
            text = io.TextIOWrapper(self._handle, encoding="utf-8", newline="", write_through=True)
            between, decimal = self._signs
            frame.to_csv(text, sep=between, decimal=decimal, index=False, header=not self._named)
            text.detach()
            self._named = True
        else:
            self._write_parquet(frame)
        self.num_rows += len(frame)

    def write_arrow(self, block: pa.Table) -> None:
        """Append the rows of an Arrow table to a parquet file: what is coded in it is written so, and read as texts.

        A parquet file holds dictionaries of its own, so that texts need not be made from the codes and coded again.
        """
        if self._parquet is None:
            self._schema = pa.schema([_wide_codes(field) for field in block.schema])
            # The types to be read are told by ourselves: Arrow would tell of the codes.
            self._parquet = self._stack.enter_context(
                pq.ParquetWriter(self._handle, self._schema, compression="zstd", store_schema=False)
            )
            told = [self._read_as(field) for field in block.schema]
            self._parquet.add_key_value_metadata({"ARROW:schema": base64.b64encode(pa.schema(told).serialize())})
        coded = [
            block[field.name].dictionary_encode() if pa.types.is_dictionary(field.type) else block[field.name]
            for field in self._schema or ()
        ]
        self._parquet.write_table(pa.table(coded, names=block.column_names).cast(self._schema))
        self.num_rows += len(block)

    def _read_as(self, field: pa.Field) -> pa.Field:
        texts = self._texts
        return texts.field(field.name) if texts is not None and field.name in texts.names else field

    def _write_parquet(self, frame: pd.DataFrame) -> None:
        table = arrow_rows(frame, self._schema, f"{self.path.name} cannot be written as parquet", "choose csv")
        if self._parquet is None:
            self._schema = table.schema
            self._parquet = self._stack.enter_context(pq.ParquetWriter(self._handle, self._schema, compression="zstd"))
        self._parquet.write_table(table)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        return self._stack.__exit__(kind, error, trace)


def _wide_codes(field: pa.Field) -> pa.Field:
    """A coded field with places of one width, since they differ from block to block."""
    if not pa.types.is_dictionary(field.type):
        return field
    return field.with_type(pa.dictionary(pa.int32(), field.type.value_type))


def write_table(frame: pd.DataFrame, path: Path) -> None:
    """Replace `path` by `frame`, csv or parquet by its suffix."""
    with TableWriter(path) as writer:
        writer.write(frame)


def arrow_rows(frame: pd.DataFrame, schema: pa.Schema | None, complaint: str, cure: str) -> pa.Table:
    """The rows as Arrow has them, in the schema of the first block; without one, in that which their values give.

    A column that is null all through the first block becomes one of words, since it may hold words in a later one.

    Raises
    ------
    TableError
        With the complaint, Arrow's reason and the cure, if values do not fit.
    """
    try:
        table = pa.Table.from_pandas(frame, schema=schema, preserve_index=False)
    except (pa.ArrowException, TypeError) as error:
        raise TableError(f"{complaint} ({first_line(error)}); {cure}.") from None
    words = [field.with_type(pa.string()) if pa.types.is_null(field.type) else field for field in table.schema]
    return table.cast(pa.schema(words))
