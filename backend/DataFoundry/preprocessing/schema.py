"""Which columns are modelled, and as what kind."""

import re
from collections.abc import Collection, Mapping
from decimal import Decimal

import numpy as np
import pandas as pd

from DataFoundry.config import FeatureColumns
from DataFoundry.errors import ColumnError, ConfigError
from DataFoundry.preprocessing.columns import formatted_number, moment
from DataFoundry.schema.kinds import KINDS
from DataFoundry.schema.kinds.nested import is_nested
from DataFoundry.schema.table_schema import Column, TableSchema

LABEL = "label"
_NUMERICAL = ("number", "moment", "formatted_number")
_CATEGORICAL = ("category", "boolean", "key", "postcode")  # also where they are written in digits
_MOST_SHARED, _FEWEST_SHARING = 300, 20  # values, and rows for each of them
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


def features_of(frame: pd.DataFrame, label: str, schema: TableSchema, said: Collection[str] = ()) -> FeatureColumns:
    """The columns of synthetic rows, by what each is: modelled as a number or a category, or made anew.

    Parameters
    ----------
    said
        The columns of which somebody said what they are: that decides, whatever their values look like.
    """
    found = feature_columns(frame, label)
    features = [name for name in frame.columns if name in (*found.numerical_cols, *found.categorical_cols)]
    made = [name for name in features if is_made_anew(schema.columns[name], schema.rows)]
    if len(made) == len(features):  # a network needs something to draw: a key that counts is a number, too
        made = [name for name in made if schema.columns[name].personal]
        return FeatureColumns(
            numerical_cols=tuple(name for name in found.numerical_cols if name not in made),
            categorical_cols=tuple(name for name in found.categorical_cols if name not in made),
            made_cols=tuple(made),
        )
    numerical = set(found.numerical_cols)
    for name in features:
        if schema.columns[name].kind in _NUMERICAL:
            numerical.add(name)
        elif name in said or schema.columns[name].kind in _CATEGORICAL:
            numerical.discard(name)
    return FeatureColumns(
        numerical_cols=tuple(name for name in features if name in numerical and name not in made),
        categorical_cols=tuple(name for name in features if name not in numerical and name not in made),
        made_cols=tuple(made),
    )


def is_made_anew(column: Column, rows: int) -> bool:
    """Whether a column's values are made anew: they tell who somebody is, or name a row or a thing.

    A key or postcode that many rows share, such as that of a branch, is a category like any other.
    """
    kind = KINDS[column.kind]
    if kind.MODELLED or column.kind in ("nested", "constant", "empty"):
        return False
    return column.personal or column.distinct > _MOST_SHARED or column.distinct * _FEWEST_SHARING > rows


def nested_columns(frame: pd.DataFrame) -> list[str]:
    """Columns whose values are lists, objects or bytes: they are carried through, not modelled."""
    return [name for name in frame.columns if is_nested(frame[name])]


def column_kinds(
    frame: pd.DataFrame, chosen: FeatureColumns, label: str = LABEL, said: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The kind of each feature, in the order of the table; with nothing chosen, of every feature in it.

    `said` has the kinds that a schema tells; a column that it leaves out is judged by its values.

    Raises
    ------
    ColumnError
        If a chosen column is not in the table, or there is none to model.
    ConfigError
        If a column is chosen twice, or a column of text as a number.
    """
    if not (chosen.numerical_cols or chosen.categorical_cols or chosen.made_cols):
        chosen = feature_columns(frame, label)
    names = (*chosen.numerical_cols, *chosen.categorical_cols)
    _check((*names, *chosen.made_cols), frame)
    if not names:
        raise ColumnError("The table has no column to model besides its label; add at least one feature.")
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
            told = (said or {}).get(name)
            kinds[name] = told if told in _NUMERICAL else _numerical(frame[name])
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
