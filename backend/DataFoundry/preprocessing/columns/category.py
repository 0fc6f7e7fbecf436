"""Categories of any plain type. Tokens: the kept values by falling frequency, then "rare or unseen", then "missing".

Values of fewer rows than the threshold are not copied: their token is never drawn, so that such rows get one of the
other values, as the rest of the row suggests.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.errors import RequestError
from DataFoundry.preprocessing.columns.wanted import Wanted, nothing_wanted
from DataFoundry.preprocessing.options import TokenOptions
from DataFoundry.preprocessing.spans import CATEGORY, Span

_RARE_TEXT = "(rare)"


def fit(column: pd.Series, options: TokenOptions, format: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Values, frequencies and dtype of a column of categories."""
    plain = _plain(column)
    counted = plain.value_counts(sort=False)
    order = np.lexsort(([repr(each) for each in counted.index], -counted.to_numpy()))
    values = [_builtin(counted.index[i]) for i in order]
    counts = counted.to_numpy()[order].astype(np.int64)
    kept = min(len(values), options.categories, int((counts >= options.rare_threshold).sum()))
    # A rare value that reads like a kept one, such as True beside "True", is that one.
    again = _find(pd.Series(values[kept:], dtype=object), values[:kept])
    np.add.at(counts, again[again >= 0], counts[kept:][again >= 0])
    others = kept + np.flatnonzero(again < 0)
    listed = others[counts[others] >= options.rare_threshold]
    return {
        "dtype": str(column.dtype),
        "categories": _declared(column, options),
        "ordered": bool(getattr(column.dtype, "ordered", False)),
        "values": values[:kept],
        "counts": counts[:kept],
        "rare_values": [values[place] for place in listed],
        "rare_counts": counts[listed],
        "rare": int(counts[listed].sum()) if kept else int(counts[others].sum()),
        "threshold": options.rare_threshold,
        "folded": int(counts[others].sum() - counts[listed].sum()),
        "rare_text": _rare_text(values),
        "missing": int(plain.isna().sum()),
    }


def encode(column: pd.Series, state: dict[str, Any]) -> np.ndarray:
    """(n,) tokens; a value that was not kept or never seen is "rare"."""
    plain = _plain(column)
    tokens = _find(plain, state["values"])
    tokens[tokens < 0] = len(state["values"])
    tokens[plain.isna().to_numpy()] = len(state["values"]) + 1
    return tokens


def decode(tokens: np.ndarray, state: dict[str, Any], rng: np.random.Generator) -> pd.Series:
    """(n,) values in the dtype of the training table.

    "rare" becomes one of the values without a token of their own that are frequent enough, by their frequency.
    """
    tokens = tokens.astype(np.int64)
    table = np.array([*state["values"], state["rare_text"], None], dtype=object)
    values = table[tokens]
    rare = np.flatnonzero(tokens == len(state["values"]))
    if len(rare) and len(state["rare_values"]):
        share = np.cumsum(state["rare_counts"])
        places = np.searchsorted(share, rng.random(len(rare)) * share[-1], side="right")
        values[rare] = np.array(state["rare_values"], dtype=object)[places]
    return _as_dtype(values, state)


def typical(tokens: np.ndarray, state: dict[str, Any]) -> pd.Series:
    """(n,) the value of each token."""
    return pd.Series(np.array([*state["values"], state["rare_text"], None], dtype=object)[tokens.astype(np.int64)])


def restrict(state: dict[str, Any], wanted: Wanted) -> tuple[dict[str, Any], np.ndarray]:
    """The state that decodes to wanted values only, and (tokens,) the share of each token's rows that are wanted.

    Raises
    ------
    RequestError
        If training saw no such value, or a range is asked of a category.
    """
    if wanted.values is None:
        raise RequestError(f"conditions: {wanted.column!r} is a category; name its values.", column=wanted.column)
    asked = pd.Series([each for each in wanted.values if each is not None], dtype=object)
    shares = np.zeros(len(state["values"]) + 2)
    shares[[place for place in _find(asked, state["values"]) if place >= 0]] = 1.0
    rare = sorted({int(place) for place in _find(asked, state["rare_values"]) if place >= 0})
    counts = np.asarray(state["rare_counts"])[rare]
    if len(rare):
        shares[-2] = counts.sum() / max(state["rare"], 1)
    shares[-1] = float(None in wanted.values and state["missing"] > 0)
    if not shares.any():
        known = f"it has {', '.join(map(repr, state['values'][:20]))}"
        kept = f", and values of fewer than {state['threshold']} rows are not copied" if state["folded"] else ""
        raise nothing_wanted(wanted, known + kept)
    return state | {"rare_values": [state["rare_values"][place] for place in rare], "rare_counts": counts}, shares


def span(state: dict[str, Any], start: int) -> Span:
    """The tokens as a network sees them."""
    counts = (*(int(each) for each in state["counts"]), state["rare"], state["missing"])
    return Span(start, len(counts), CATEGORY, (), counts)


def widths(state: dict[str, Any]) -> np.ndarray:
    """(tokens,) ones: a category's likelihood is a probability already."""
    return np.ones(len(state["values"]) + 2)


def beyond(column: pd.Series, state: dict[str, Any]) -> np.ndarray:
    """(n,) 1 where the value was never seen in training, else 0."""
    plain = _plain(column)
    known = (_find(plain, state["values"]) >= 0) | (_find(plain, state["rare_values"]) >= 0)
    return np.where(known | plain.isna().to_numpy(), 0.0, 1.0)


def _plain(column: pd.Series) -> pd.Series:
    """The column as hashable objects with None for what is missing; lists and the like by their text."""
    plain = column.astype(object)
    plain = plain.where(plain.notna(), None)
    simple = plain.map(lambda each: each is None or isinstance(each, (str, int, float, bool, np.generic)))
    return plain if simple.all() else plain.where(simple, plain.map(str))


def _find(plain: pd.Series, values: list[Any]) -> np.ndarray:
    """(n,) int64 index of each value among `values`, by equality or else by its text; -1 for none."""
    found = pd.Index(values, dtype=object).get_indexer(pd.Index(plain, dtype=object)).astype(np.int64)
    if (found < 0).any():  # 1 in one table is "1" or 1.0 in another
        texts = pd.Index(pd.Series(values, dtype=object).map(_text), dtype=object)
        if texts.is_unique:
            lost = np.flatnonzero(found < 0)
            found[lost] = texts.get_indexer(pd.Index(plain.iloc[lost].map(_text), dtype=object))
    return found


def _text(value: Any) -> str:
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value))
    return str(value)


def _builtin(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _declared(column: pd.Series, options: TokenOptions) -> list[Any] | None:
    """The categories of pandas' category dtype, so that the synthetic column has the same."""
    if not isinstance(column.dtype, pd.CategoricalDtype):
        return None
    declared = column.cat.categories
    if options.rare_threshold > 1:
        counts = column.value_counts()
        declared = [each for each in declared if counts.get(each, 0) >= options.rare_threshold]
    return [_builtin(each) for each in declared]


def _rare_text(values: list[Any]) -> str | None:
    """What the rare token is called; None, a missing value, in a column that is not of text."""
    if not all(isinstance(each, str) for each in values):
        return None
    text = _RARE_TEXT
    while text in values:
        text = f"({text})"
    return text


def _as_dtype(values: np.ndarray, state: dict[str, Any]) -> pd.Series:
    column = pd.Series(values, dtype=object)
    if state["categories"] is not None:
        declared = list(state["categories"])
        new = [each for each in pd.unique(column.dropna()) if each not in set(declared)]
        return column.astype(pd.CategoricalDtype(declared + new, ordered=state["ordered"]))
    if state["dtype"] == "object":
        return column
    if column.isna().any() and state["dtype"].startswith(("int", "uint")):
        return column.astype("float64")
    if column.isna().any() and state["dtype"] == "bool":
        return column
    return column.astype(state["dtype"])
