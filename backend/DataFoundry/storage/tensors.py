"""A table as a `.pt` file: one tensor a column, readable with `torch.load(path, weights_only=True)`."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from DataFoundry.storage.files import whole_file


def write_tensors(frame: pd.DataFrame, path: Path) -> None:
    """Replace `path` by a dictionary: `columns` (names in order), `tensors` (name: (n,)), `categories` (name: values).

    A number column is its own tensor, NaN where it is missing. A column of anything else is an int64 tensor of places
    in `categories`, -1 where it is missing; moments are int64 nanoseconds since 1970, named in `moments`.
    """
    content: dict[str, Any] = {"columns": list(frame.columns), "tensors": {}, "categories": {}, "moments": []}
    for name in frame.columns:
        tensor, categories = _tensor(frame[name])
        content["tensors"][name] = tensor
        if categories is not None:
            content["categories"][name] = categories
        if pd.api.types.is_datetime64_any_dtype(frame[name].dtype):
            content["moments"].append(name)
    with whole_file(path) as handle:
        torch.save(content, handle)


def _tensor(column: pd.Series) -> tuple[torch.Tensor, list[Any] | None]:
    if pd.api.types.is_bool_dtype(column.dtype) and not column.hasnans:
        return torch.from_numpy(column.to_numpy(dtype=bool).copy()), None
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        moments = column.dt.tz_convert("UTC").dt.tz_localize(None) if column.dt.tz is not None else column
        return torch.from_numpy(moments.to_numpy(dtype="datetime64[ns]").astype(np.int64)), None
    if pd.api.types.is_numeric_dtype(column.dtype):
        whole = pd.api.types.is_integer_dtype(column.dtype) and not column.hasnans
        kind = np.int64 if whole else np.float64
        return torch.from_numpy(column.to_numpy(dtype=kind, na_value=np.nan if not whole else 0).copy()), None
    places, categories = pd.factorize(column.astype(object))
    plain = [each if isinstance(each, (str, int, float, bool)) else str(each) for each in categories]
    return torch.from_numpy(places.astype(np.int64)), plain
