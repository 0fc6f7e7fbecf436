"""Which columns are modelled, and as what kind."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.config import FeatureColumns
from DataFoundry.errors import ColumnError, ConfigError
from DataFoundry.preprocessing.columns import formatted_number, moment
from DataFoundry.schema.kinds.nested import is_nested

LABEL = "label"
_NUMERICAL = ("number", "moment", "formatted_number")
_PROBABILITY = re.compile(r"label_probability(_\d+)?")


def is_feature(name: str, label: str = LABEL) -> bool:
    """Whether a column of a labeled table is a feature: not the label nor what the label model says about it."""
    return name != label and not _PROBABILITY.fullmatch(name)


def feature_columns(frame: pd.DataFrame, label: str = LABEL) -> FeatureColumns:
    """The features by kind: numbers (in whatever format) and moments are numerical, everything else is categorical.

    Nested columns (lists, objects, bytes) are no features.
    """
    nested = nested_columns(frame)
    features = [name for name in frame.columns if is_feature(name, label) and name not in nested]
    numerical = tuple(name for name in features if _kind(frame[name]) != "category")
    return FeatureColumns(
        numerical_cols=numerical, categorical_cols=tuple(name for name in features if name not in numerical)
    )


def features_of(frame: pd.DataFrame, label: str, said: Mapping[str, Mapping[str, Any]]) -> FeatureColumns:
    """As `feature_columns`; what somebody said of a column's kind decides."""
    found = feature_columns(frame, label)
    numerical = set(found.numerical_cols)
    for name, choice in said.items():
        kind = choice.get("kind")
        if kind in _NUMERICAL:
            numerical.add(name)
        elif kind is not None:
            numerical.discard(name)
    features = [name for name in frame.columns if name in (*found.numerical_cols, *found.categorical_cols)]
    return FeatureColumns(
        numerical_cols=tuple(name for name in features if name in numerical),
        categorical_cols=tuple(name for name in features if name not in numerical),
    )


def nested_columns(frame: pd.DataFrame) -> list[str]:
    """Columns whose values are lists, objects or bytes: they are carried through, not modelled."""
    return [name for name in frame.columns if is_nested(frame[name])]


def column_kinds(frame: pd.DataFrame, chosen: FeatureColumns, label: str = LABEL) -> dict[str, str]:
    """The kind of each feature, in the order of the table; with nothing chosen, of every feature in it.

    Raises
    ------
    ColumnError
        If a chosen column is not in the table, or there is none to model.
    ConfigError
        If a column is chosen twice, or a column of text as a number.
    """
    if not (chosen.numerical_cols or chosen.categorical_cols):
        chosen = feature_columns(frame, label)
    names = (*chosen.numerical_cols, *chosen.categorical_cols)
    _check(names, frame)
    nested = [name for name in nested_columns(frame) if name in names]
    if nested:
        raise ConfigError(
            f"feature_cols names {nested[0]!r}, which holds lists or objects that no model learns; remove it.",
            key="model_params.feature_cols",
            column=nested[0],
        )
    kinds = {}
    for name in frame.columns:
        if name in chosen.numerical_cols:
            kinds[name] = _numerical(frame[name])
        elif name in chosen.categorical_cols:
            kinds[name] = "category"
    return kinds


def _check(names: tuple[str, ...], frame: pd.DataFrame) -> None:
    missing = [name for name in names if name not in frame.columns]
    if missing:
        raise ColumnError(
            f"The table has no column {missing[0]!r}, which the configuration names as a feature.", missing=missing
        )
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise ConfigError(
            f"feature_cols names {twice[0]!r} twice; keep it in one list.", key="model_params.feature_cols"
        )
    if not names:
        raise ColumnError("The table has no column to model besides its label; add at least one feature.")


def _numerical(column: pd.Series) -> str:
    kind = _kind(column)
    if kind == "category" and column.notna().any():
        numbers = pd.to_numeric(column, errors="coerce")
        if numbers.isna().sum() > column.isna().sum():
            raise ConfigError(
                f"feature_cols names {column.name!r} as numerical, but it holds text; move it to categorical_cols.",
                key="model_params.feature_cols.numerical_cols",
                column=str(column.name),
            )
    return kind if kind in ("moment", "formatted_number") else "number"


def _kind(column: pd.Series) -> str:
    dtype = column.dtype
    if (
        pd.api.types.is_bool_dtype(dtype)
        or isinstance(dtype, pd.CategoricalDtype)
        or pd.api.types.is_complex_dtype(dtype)
    ):
        return "category"
    if pd.api.types.is_numeric_dtype(dtype):
        return "number"
    if column.map(lambda each: isinstance(each, (bool, np.bool_))).any():
        return "category"
    if _all_decimals(column):
        return "number"
    if formatted_number.is_formatted_number(column):
        return "formatted_number"
    return "moment" if moment.is_moment(column) else "category"


def _all_decimals(column: pd.Series) -> bool:
    """Whether the values are Python's decimals, as Arrow gives those of a parquet file."""
    present = column.dropna()
    return len(present) > 0 and all(isinstance(each, Decimal) for each in present)
