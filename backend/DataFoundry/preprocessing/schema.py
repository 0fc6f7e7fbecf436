"""Which columns are modelled, and as what kind."""

import re

import numpy as np
import pandas as pd

from DataFoundry.config import FeatureColumns
from DataFoundry.errors import ColumnError, ConfigError
from DataFoundry.preprocessing.columns import moment

LABEL = "label"
_PROBABILITY = re.compile(r"label_probability(_\d+)?")


def is_feature(name: str, label: str = LABEL) -> bool:
    """Whether a column of a labeled table is a feature: not the label nor what the label model says about it."""
    return name != label and not _PROBABILITY.fullmatch(name)


def feature_columns(frame: pd.DataFrame, label: str = LABEL) -> FeatureColumns:
    """The features of a table by kind: numbers and moments are numerical, everything else is categorical."""
    features = [name for name in frame.columns if is_feature(name, label)]
    numerical = tuple(name for name in features if _kind(frame[name]) != "category")
    return FeatureColumns(
        numerical_cols=numerical, categorical_cols=tuple(name for name in features if name not in numerical)
    )


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
    return "moment" if kind == "moment" else "number"


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
    return "moment" if moment.is_moment(column) else "category"
