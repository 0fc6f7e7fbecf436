"""What callers may give in place of a path or of source text: DataFrames and functions."""

from __future__ import annotations

import inspect
import io
import textwrap
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import pandas as pd

TableLike: TypeAlias = "str | Path | pd.DataFrame"
FunctionLike: TypeAlias = "Mapping[str, str] | Callable[[Any], int]"


def parquet_bytes(frame: pd.DataFrame) -> bytes:
    """The rows as a parquet file; row numbers are left out.

    Raises
    ------
    ValueError
        If the index has a name, since it would be lost.
    """
    if any(name is not None for name in frame.index.names):
        raise ValueError(
            f"The index {list(frame.index.names)} of the DataFrame would be lost; make it columns with reset_index(), "
            "or drop it with reset_index(drop=True)."
        )
    packed = io.BytesIO()
    frame.to_parquet(packed, index=False)
    return packed.getvalue()


def sources_of(functions: Iterable[FunctionLike]) -> list[dict[str, str]]:
    """Labeling functions as the wire has them: `{"name", "code"}`; of a Python function its source is taken.

    Raises
    ------
    ValueError
        If a function's source is not to be had, or it is a lambda.
    """
    return [dict(each) if isinstance(each, Mapping) else _source(each) for each in functions]


def _source(function: Callable[[Any], int]) -> dict[str, str]:
    name = getattr(function, "__name__", "")
    if not name.isidentifier():
        raise ValueError("A lambda has no name to report it by; write the labeling function with def.")
    try:
        code = textwrap.dedent(inspect.getsource(function))
    except (OSError, TypeError):
        raise ValueError(
            f"The source of {name} is not to be had; give {{'name': ..., 'code': ...}} with its text instead."
        ) from None
    return {"name": name, "code": code}
