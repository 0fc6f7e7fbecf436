"""Which columns of a table tell something about a row: by what they are, not by what they are called."""

from collections.abc import Sequence

import pandas as pd

from DataFoundry.schema.discovery import columns_in

_TELLING = ("number", "moment", "boolean", "category", "formatted_number")


def feature_columns(sample: pd.DataFrame, columns: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """The columns that are features, and for each of the others why it is none.

    Keys, names and contacts tell who a row is, not what it is like: a model would learn them by heart.

    Parameters
    ----------
    sample
        Rows of the table.
    columns
        Of which to choose.
    """
    features, others = [], {}
    for name, found in columns_in(sample[list(columns)]).items():
        if found.personal:
            others[name] = f"personal ({found.kind})"
        elif found.kind not in _TELLING:
            others[name] = found.kind
        else:
            features.append(name)
    return features, others


def plain(frame: pd.DataFrame) -> pd.DataFrame:
    """The same rows without the dictionaries of coded texts, so that blocks can be put together."""
    coded = [name for name in frame.columns if isinstance(frame[name].dtype, pd.CategoricalDtype)]
    return frame.astype(dict.fromkeys(coded, object))


def same_types(frame: pd.DataFrame, other: pd.DataFrame, columns: Sequence[str]) -> list[str]:
    """The columns that both frames have, and that are numbers in both or in neither."""
    return [
        name
        for name in columns
        if name in other.columns
        and pd.api.types.is_numeric_dtype(frame[name]) == pd.api.types.is_numeric_dtype(other[name])
    ]
