"""Columns of whole numbers with missing values: float64 where it holds each of them exactly, else pandas' `Int64`.

float64 is what computes; a table that goes back to people is written with whole numbers again (`as_in_file`).
"""

from collections.abc import Mapping

import pandas as pd
import pyarrow as pa

_EXACT = 2**53  # float64 holds every whole number up to here


def dtype_with_nulls(kind: pa.DataType, least: int | None, greatest: int | None) -> str:
    """The dtype of an integer column with missing values between two bounds; None for a bound that is not known."""
    if kind.bit_width < 64:
        return "float64"
    if least is not None and greatest is not None and max(-least, greatest) <= _EXACT:
        return "float64"
    return "Int64" if pa.types.is_signed_integer(kind) else "UInt64"


def exact_frame(table: pa.Table, dtypes: Mapping[str, str]) -> pd.DataFrame:
    """The table with the dtypes of `dtype_with_nulls` in the columns that have one; no digit is lost on the way.

    Whole numbers beside missing ones inside lists and objects stay Python's, since a float64 there would round them.
    """
    nested = any(pa.types.is_nested(each) for each in table.schema.types)
    frame = table.to_pandas(ignore_metadata=True, date_as_object=False, integer_object_nulls=nested)
    for name, dtype in dtypes.items():
        if dtype == "float64":
            frame[name] = frame[name].astype(dtype)
        else:
            frame[name] = pd.api.types.pandas_dtype(dtype).__from_arrow__(table[name])
    return frame


def as_in_file(frame: pd.DataFrame, schema: pa.Schema | None) -> pd.DataFrame:
    """The rows with whole numbers where the file had them: 39 beside a missing value is written 39, and not 39.0.

    `schema` has the file's own types, see `coded.plain_schema`; a column that has other numbers by now stays float64.
    """
    if schema is None:
        return frame
    changed = {}
    for field in schema:
        column = frame.get(field.name)
        if column is not None and pa.types.is_integer(field.type) and column.dtype == "float64":
            present = column.dropna()
            if (present == present.round()).all():
                changed[field.name] = column.astype("Int64")
    return frame.assign(**changed) if changed else frame
