"""Columns of a block as codes into their distinct values, the values as plain Python.

What a labeling function sees of a cell: an int, a float, a bool, a str, or None where it is missing. A date or time
is its ISO text, a decimal number a float (an int where it has no decimals), a duration a `datetime.timedelta`; anything
else (bytes, lists) is its `str`.
"""

import datetime
import decimal
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from DataFoundry.labeling.execution.sandbox import Value


@dataclass(frozen=True)
class Encoded:
    """One column, or several together.

    Attributes
    ----------
    codes
        (n,) int64; row i holds `values[codes[i]]`.
    values
        The distinct values; there may be some that no row holds.
    """

    codes: np.ndarray
    values: list


def encode(column: pd.Series) -> Encoded:
    """The distinct values of a column; 1, 1.0 and True are three, 0.0 and -0.0 are two."""
    kind = column.dtype.kind if isinstance(column.dtype, np.dtype) else "extension"
    if kind in "iub":
        codes, values = pd.factorize(column.to_numpy())
        return Encoded(codes, values.tolist())
    if kind == "f":
        return _encode_floats(column.to_numpy())
    if isinstance(column.dtype, pd.CategoricalDtype):
        return _encode_categories(column)
    return _encode_objects(column.astype(object).to_numpy())


def encode_together(columns: Sequence[Encoded], size: int) -> Encoded:
    """The distinct tuples of several columns of `size` rows, in the order in which they first appear."""
    if not columns:
        return Encoded(np.zeros(size, dtype=np.int64), [()] if size else [])
    codes = columns[0].codes.astype(np.int64)
    width = max(1, len(columns[0].values))
    for column in columns[1:]:
        if width * max(1, len(column.values)) >= 2**62:
            codes, distinct = pd.factorize(codes)
            width = len(distinct)
        codes = codes * max(1, len(column.values)) + column.codes
        width *= max(1, len(column.values))
    codes, distinct = pd.factorize(codes)
    first = np.zeros(len(distinct), dtype=np.int64)
    first[codes[::-1]] = np.arange(size - 1, -1, -1)
    picked = [_taken(column, first) for column in columns]
    return Encoded(codes, list(zip(*picked, strict=True)))


def rows(columns: Sequence[Encoded], size: int) -> list[tuple[Value, ...]]:
    """Every row's tuple, repeats included."""
    if not columns:
        return [()] * size
    everything = np.arange(size)
    return list(zip(*[_taken(column, everything) for column in columns], strict=True))


def _taken(column: Encoded, places: np.ndarray) -> list:
    return [column.values[code] for code in column.codes[places].tolist()]


def _encode_floats(numbers: np.ndarray) -> Encoded:
    numbers = np.ascontiguousarray(numbers, dtype=np.float64)
    missing = np.isnan(numbers)
    bits = np.where(missing, np.nan, numbers).view(np.int64)  # one pattern for every NaN; -0.0 stays apart from 0.0
    codes, distinct = pd.factorize(bits)
    values = distinct.view(np.float64)
    return Encoded(codes, [None if np.isnan(value) else value for value in values.tolist()])


def _encode_categories(column: pd.Series) -> Encoded:
    codes = column.cat.codes.to_numpy().astype(np.int64)
    values = column.cat.categories.tolist()
    if not set(map(type, values)) <= {str}:  # most often all are
        values = [plain_value(category) for category in values]
    missing = codes < 0
    if not missing.any():
        return Encoded(codes, values)
    return Encoded(np.where(missing, len(values), codes), [*values, None])


def _encode_objects(cells: np.ndarray) -> Encoded:
    strings = _encode_strings(cells)
    if strings is not None:
        return strings
    plain = [plain_value(cell) for cell in cells.tolist()]
    places: dict[tuple[type, object], int] = {}
    codes = np.array([places.setdefault((type(cell), repr(cell)), len(places)) for cell in plain], dtype=np.int64)
    first: dict[int, Value] = {}
    for code, cell in zip(codes.tolist(), plain, strict=True):
        first.setdefault(code, cell)
    return Encoded(codes, list(first.values()))


def _encode_strings(cells: np.ndarray) -> Encoded | None:
    """Strings and missing values, by Arrow, which is faster than pandas here; None if there is anything else."""
    try:
        strings = pa.array(cells, from_pandas=True)
    except (pa.ArrowException, TypeError, UnicodeEncodeError):
        return None
    if not (pa.types.is_string(strings.type) or pa.types.is_null(strings.type)):
        return None
    strings = strings.cast(pa.string()).dictionary_encode()
    values: list[Value] = strings.dictionary.to_pylist()
    codes = strings.indices.fill_null(len(values)).to_numpy().astype(np.int64)
    return Encoded(codes, values if strings.null_count == 0 else [*values, None])


def plain_value(cell: object) -> Value:
    """A cell as labeling functions see it."""
    if isinstance(cell, np.generic) and not isinstance(cell, np.datetime64 | np.timedelta64):
        cell = cell.item()
    if cell is None or cell is pd.NaT or cell is pd.NA or (isinstance(cell, float) and cell != cell):
        return None
    if isinstance(cell, bool | int | float | str):
        return cell
    if isinstance(cell, datetime.date | datetime.time):  # a Timestamp is one, too
        return cell.isoformat()
    if isinstance(cell, decimal.Decimal):
        return _plain_decimal(cell)
    if isinstance(cell, np.timedelta64):
        cell = pd.Timedelta(cell)
    if isinstance(cell, datetime.timedelta):  # a Timedelta is one, too; its nanoseconds are dropped
        return datetime.timedelta(cell.days, cell.seconds, cell.microseconds)
    return str(cell)


def _plain_decimal(cell: decimal.Decimal) -> Value:
    if cell.is_nan():
        return None
    exponent = cell.as_tuple().exponent
    return int(cell) if exponent == 0 else float(cell)
