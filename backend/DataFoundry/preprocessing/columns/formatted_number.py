"""Numbers in a suit, such as `$1,234.50`: the number is modelled, the format kept. Tokens are those of a number."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.errors import RequestError
from DataFoundry.preprocessing.columns import number
from DataFoundry.preprocessing.columns.wanted import Wanted
from DataFoundry.preprocessing.options import TokenOptions
from DataFoundry.preprocessing.spans import Span
from DataFoundry.schema.kinds import formatted_number as kind


def is_formatted_number(column: pd.Series) -> bool:
    """Whether every text of the column is a number in one format."""
    return column.dtype == object and kind.format_of(column.dropna()) is not None


def fit(column: pd.Series, options: TokenOptions, format: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Levels of the numbers, and how they were written."""
    form = dict(format) if format else kind.format_of(column.dropna())
    if form is None:
        raise ValueError("fit is for columns that `is_formatted_number` knows")
    values, missing = kind.to_numbers(column, form)
    present = values[~missing]
    if np.all(present == np.floor(present)) and np.all(np.abs(present) < 2**53):
        present = present.astype(np.int64)
    return number.fit_numbers(present, int(missing.sum()), options) | {"dtype": "object", "format": form}


def encode(column: pd.Series, state: dict[str, Any]) -> np.ndarray:
    """(n,) codes; what is not written in the format counts as missing."""
    return number.encode_numbers(*_numbers(column, state), state)


def decode(codes: np.ndarray, state: dict[str, Any], rng: np.random.Generator) -> pd.Series:
    """(n,) numbers written as in the training table."""
    return _written(number.decode(codes, state | {"dtype": "Float64"}, rng), state)


def typical(tokens: np.ndarray, state: dict[str, Any]) -> pd.Series:
    """(n,) the middle number of each token's level."""
    return _written(number.typical(tokens, state | {"dtype": "Float64"}), state)


def restrict(state: dict[str, Any], wanted: Wanted) -> tuple[dict[str, Any], np.ndarray]:
    """As for numbers, with bounds and values as numbers or as the table writes them."""
    values = (
        None if wanted.values is None else [_bound(state, wanted, each) for each in wanted.values if each is not None]
    )
    bounds = (_bound(state, wanted, wanted.low), _bound(state, wanted, wanted.high), values)
    return number.restrict_numbers(state, wanted, bounds, wanted.values is not None and None in wanted.values)


def _bound(state: dict[str, Any], wanted: Wanted, value: Any) -> float | None:
    if value is None or (isinstance(value, (int, float)) and value == value):
        return value
    read, missing = kind.to_numbers(pd.Series([value], dtype=object), state["format"])
    if missing[0]:
        raise RequestError(
            f"conditions: {wanted.column!r} is a number, so it cannot be {value!r}.", column=wanted.column
        )
    return float(read[0])


def span(state: dict[str, Any], start: int) -> Span:
    """The tokens as a network sees them."""
    return number.span(state, start)


def widths(state: dict[str, Any]) -> np.ndarray:
    """(tokens,) as for numbers."""
    return number.widths(state)


def beyond(column: pd.Series, state: dict[str, Any]) -> np.ndarray:
    """(n,) as for numbers."""
    values, missing = _numbers(column, state)
    return number.beyond(pd.Series(np.where(missing, np.nan, values)), state)


def _numbers(column: pd.Series, state: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    values, missing = kind.to_numbers(column, state["format"])
    return np.where(missing, 0.0, values), missing


def _written(numbers: pd.Series, state: dict[str, Any]) -> pd.Series:
    missing = numbers.isna().to_numpy()
    texts = kind.write(numbers.fillna(0).to_numpy(dtype=np.float64), state["format"])
    return pd.Series(texts, dtype=object).where(~missing, None)
