"""Which columns of a table tell something about a row: by what they are, not by what they are called."""

from collections.abc import Sequence

import pandas as pd

from DataFoundry.schema.discovery import columns_in

_TELLING = ("number", "moment", "boolean", "category", "formatted_number")


def feature_columns(
    sample: pd.DataFrame, columns: Sequence[str], hand: pd.DataFrame | None = None
) -> tuple[list[str], dict[str, str]]:
    """The columns that are features, and for each of the others why it is none.

    Keys, names and contacts tell who a row is, not what it is like: a model would learn them by heart.

    Parameters
    ----------
    sample
        Rows of the table.
    columns
        Of which to choose.
    hand
        Hand-labeled rows, which a feature must have, too: as numbers in both or in neither.
    """
    features, others = [], {}
    for name, found in columns_in(sample[list(columns)]).items():
        if found.personal:
            others[name] = f"personal ({found.kind})"
        elif found.kind not in _TELLING:
            others[name] = found.kind
        elif hand is not None and not _in_both(name, sample, hand):
            others[name] = "not in the hand-labeled rows, or of another type there"
        else:
            features.append(name)
    return features, others


def plain(frame: pd.DataFrame) -> pd.DataFrame:
    """The same rows without the dictionaries of coded texts, so that blocks can be put together."""
    coded = [name for name in frame.columns if isinstance(frame[name].dtype, pd.CategoricalDtype)]
    return frame.astype(dict.fromkeys(coded, object))


def _in_both(name: str, sample: pd.DataFrame, hand: pd.DataFrame) -> bool:
    return name in hand.columns and (
        pd.api.types.is_numeric_dtype(sample[name]) == pd.api.types.is_numeric_dtype(hand[name])
    )
