"""What the detector sees of a table's cells: numbers in units of their spread, categories as tokens, and what is new.

Unlike the tokens of a generator, numbers stay numbers: a quantile bin would squash the very tails that give anomalies
away. What is learnt is plain data, saved inside the model file.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.preprocessing.columns.number import decimals_of, to_numbers
from DataFoundry.schema.kinds import formatted_number
from DataFoundry.schema.kinds.moment import pattern_of

MOST_LEVELS = 250  # categories of a column with a token of their own; the rest share one
_CLIP = 10.0  # spreads; beyond, a number's place grows with its logarithm
_FIRST_VALUES = 1000  # that tell how many digits a column has
_WIDE = 3.0  # a value this many times the range of 98 % of the column beyond it does not stretch its spread
_OFTEN = 0.5  # a column missing this often in training: a missing value in it is the rule
_FREQUENT_SHARE = 0.05
_DRAWS = 0.25  # spreads, to a frequent value
_EXACT = 2**53  # whole numbers beyond are not exact as float64
_OPEN_SHARE = 0.05  # a column whose values are new this often always has new ones (names, keys): no news


@dataclass(frozen=True)
class Encoded:
    """Cells of n rows: p numbers, then q categories, d = p + q.

    Attributes
    ----------
    numbers
        (n, p) float64 in spreads from the center, 0 where missing.
    absent
        (n, p) bool, whether the number is missing.
    codes
        (n, q) int64 tokens of the categories: levels, then "rare", then "missing".
    extra
        (n, d) float64 nats to tell which value of the shared token it is.
    least
        (n, d) float64 nats that a cell of a kind that training never had costs at least; -inf for all others.
    unusual
        (n, d) bool: an unseen category, a number out of the range seen, or missing where that is not the rule.
    novel
        (n, d) bool: the unusual cells less what is ordinary: missing where training had that, too, and unseen names in
        a column of names.
    missing
        (n, d) bool.
    """

    numbers: np.ndarray
    absent: np.ndarray
    codes: np.ndarray
    extra: np.ndarray
    least: np.ndarray
    unusual: np.ndarray
    novel: np.ndarray
    missing: np.ndarray

    def __len__(self) -> int:
        return len(self.missing)

    def rows(self, which: np.ndarray | slice) -> "Encoded":
        """The same for some rows."""
        return Encoded(*(getattr(self, name)[which] for name in self.__dataclass_fields__))


class Cells:
    """Learnt state of the columns.

    Attributes
    ----------
    names
        Column names: numbers first, then categories, in table order each; the order of every (n, d) array here.
    widths
        Tokens of each category column, "rare" and "missing" included.
    """

    def __init__(self, numbers: Mapping[str, dict[str, Any]], categories: Mapping[str, dict[str, Any]]) -> None:
        self.numbers = dict(numbers)
        self.categories = dict(categories)
        self.names = [*self.numbers, *self.categories]
        self.widths = [len(state["levels"]) + 2 for state in self.categories.values()]

    @classmethod
    def learnt(
        cls,
        frame: pd.DataFrame,
        kinds: Mapping[str, str],
        rare_threshold: int = 1,
        formats: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> "Cells":
        """From training rows; `kinds` as `preprocessing.schema.column_kinds` tells them.

        Categories of fewer than `rare_threshold` rows are not kept, and so cannot be told from unseen ones.
        """
        known = formats or {}
        numbers = {
            name: _number_state(frame[name], kind, known.get(name))
            for name, kind in kinds.items()
            if kind != "category"
        }
        texts = [name for name, kind in kinds.items() if kind == "category"]
        categories = {name: _category_state(frame[name], rare_threshold) for name in texts}
        return cls(numbers, categories)

    @property
    def may_lack(self) -> np.ndarray:
        """(p,) bool, which numbers were missing somewhere in training."""
        return np.array([state["missing"] > 0 for state in self.numbers.values()], dtype=bool)

    def encode(self, frame: pd.DataFrame) -> Encoded:
        """Cells of a table that has these columns, whatever their order and dtypes there."""
        numbers = [_encode_number(frame[name], state) for name, state in self.numbers.items()]
        categories = [_encode_category(frame[name], state) for name, state in self.categories.items()]
        cells = (*numbers, *categories)
        n = len(frame)
        return Encoded(
            numbers=_stack([cell["values"] for cell in numbers], n, np.float64),
            absent=_stack([cell["missing"] for cell in numbers], n, bool),
            codes=_stack([cell["values"] for cell in categories], n, np.int64),
            extra=_stack([cell["extra"] for cell in cells], n, np.float64),
            least=_stack([cell["least"] for cell in cells], n, np.float64),
            unusual=_stack([cell["unusual"] for cell in cells], n, bool),
            novel=_stack([cell["novel"] for cell in cells], n, bool),
            missing=_stack([cell["missing"] for cell in cells], n, bool),
        )

    def number_value(self, name: str, places: np.ndarray) -> np.ndarray:
        """Values (n,) for places in spreads, as precise as the column's own and within its range; whole ones are int64.

        A frequent value draws those near it, so that 0 is not told as 24 where most rows have 0. Moments are ISO text.
        """
        state = self.numbers[name]
        values = np.round(
            np.clip(places * state["scale"] + state["center"], state["low"], state["high"]), state["decimals"]
        )
        if state["frequent"]:
            frequent = np.array(state["frequent"])
            nearest = frequent[np.abs(values[:, None] - frequent).argmin(axis=1)]
            values = np.where(np.abs(values - nearest) <= _DRAWS * state["scale"], nearest, values)
        if state["kind"] == "moment" and state["duration"]:
            return pd.Series(pd.to_timedelta(values, unit="s")).map(str).to_numpy(dtype=object)
        if state["kind"] == "moment":
            form = state["form"] or ("%Y-%m-%d" if state["daily"] else "%Y-%m-%dT%H:%M:%S")
            return pd.to_datetime(pd.Series(values), unit="s").dt.strftime(form).to_numpy(dtype=object)
        if state["kind"] == "formatted_number":
            return formatted_number.write(values, state["form"])
        whole = state["decimals"] == 0 and max(abs(state["low"]), abs(state["high"])) < _EXACT
        return values.astype(np.int64) if whole else values

    def state(self) -> dict[str, Any]:
        """As plain data."""
        return {"numbers": self.numbers, "categories": self.categories}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> "Cells":
        """What `state()` describes."""
        return cls(state["numbers"], state["categories"])


def as_values(column: pd.Series, kind: str, form: Any = None) -> np.ndarray:
    """float64 (n,): numbers, seconds since 1970 for moments, or of durations; NaN where missing or unreadable.

    `form` is how moments and formatted numbers are written where they are text.
    """
    if kind == "moment":
        if pd.api.types.is_timedelta64_dtype(column.dtype):
            return (column / pd.Timedelta(seconds=1)).to_numpy(float)
        moments = pd.to_datetime(column, errors="coerce", utc=True, format=form)
        return ((moments - pd.Timestamp(0, tz="UTC")) / pd.Timedelta(seconds=1)).to_numpy(float)
    values, missing = formatted_number.to_numbers(column, form) if form else to_numbers(column)
    values = values.astype(float)
    return np.where(missing | ~np.isfinite(values), np.nan, values)


def as_level(value: object) -> str:
    """The text that stands for a category; 1 and 1.0 are one level."""
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value))
    return str(value)


def _form(present: pd.Series, kind: str, format: Mapping[str, Any] | None) -> Any:
    """How texts are written: a pattern of moments, a format of numbers; None where they are no texts."""
    if kind == "moment":
        return (format or {}).get("pattern") or pattern_of(present)
    return (format or formatted_number.format_of(present)) if kind == "formatted_number" else None


def _number_state(column: pd.Series, kind: str, format: Mapping[str, Any] | None) -> dict[str, Any]:
    form = _form(column.dropna(), kind, format) if column.dtype == object else None
    values = as_values(column, kind, form)
    present = values[~np.isnan(values)]
    if not len(present):
        present = np.zeros(1)
    low, high = np.quantile(present, [0.01, 0.99])
    reach = _WIDE * (high - low)
    # One wild value must not shrink all others to a point; a column that is nearly constant keeps its plain spread.
    calm = np.clip(present, low - reach, high + reach) if high > low else present
    scale = float(calm.std())
    return {
        "kind": kind,
        "form": form,
        "duration": bool(pd.api.types.is_timedelta64_dtype(column.dtype)),
        "center": float(calm.mean()),
        "scale": scale if scale > 1e-9 * max(1.0, float(np.abs(calm).max())) else 0.0,
        "low": float(present.min()),
        "high": float(present.max()),
        "decimals": decimals_of(present[:_FIRST_VALUES]),
        "daily": bool(np.all(present % 86_400 == 0)),
        "frequent": _frequent(present),
        "missing": float(np.isnan(values).mean()) if len(values) else 0.0,
        "never": math.log(len(values) + 2),  # nats of what none of the rows was (Laplace)
    }


def _frequent(present: np.ndarray) -> list[float]:
    values, counts = np.unique(present, return_counts=True)
    return [float(value) for value in values[counts > _FREQUENT_SHARE * len(present)]]


def _category_state(column: pd.Series, rare_threshold: int) -> dict[str, Any]:
    counts = column.dropna().map(as_level).value_counts()
    rows, once = len(column), int((counts == 1).sum())
    kept = counts[counts >= rare_threshold]
    order = sorted(kept.index, key=lambda level: (-int(kept[level]), level))
    return {
        "levels": order[:MOST_LEVELS],
        "others": order[MOST_LEVELS:],
        "missing": float(column.isna().mean()) if rows else 0.0,
        "never": math.log(rows + 2),
        # Good and Turing: the next value is new as often as values were seen once; and it is one of at least so many.
        "unseen": math.log((rows + 2) / (once + 1)) + math.log(len(counts) + 1),
        "open": rare_threshold > 1 or once > _OPEN_SHARE * rows,
    }


def _encode_number(column: pd.Series, state: dict[str, Any]) -> dict[str, np.ndarray]:
    values = as_values(column, state["kind"], state["form"])
    missing = np.isnan(values)
    if state["scale"] == 0.0:  # constant: any other value is as far away as can be
        places = np.where(values == state["center"], 0.0, np.sign(values - state["center"]) * _CLIP)
    else:
        places = (values - state["center"]) / state["scale"]
    beyond = np.maximum(np.abs(places) - _CLIP, 0.0)
    places = np.sign(places) * (np.minimum(np.abs(places), _CLIP) + np.log1p(beyond))
    never = missing & (state["missing"] == 0.0)
    outside = (values < state["low"]) | (values > state["high"])
    return {
        "values": np.where(missing, 0.0, places),
        "missing": missing,
        "extra": np.zeros(len(values)),
        "least": np.where(never, state["never"], -np.inf),
        "unusual": outside | (missing & (state["missing"] < _OFTEN)),
        "novel": never | outside,
    }


def _encode_category(column: pd.Series, state: dict[str, Any]) -> dict[str, np.ndarray]:
    levels, others = state["levels"], set(state["others"])
    places = {level: place for place, level in enumerate(levels)}
    rare, gone = len(levels), len(levels) + 1
    found, distinct = pd.factorize(column.astype(object))  # -1 for the missing: the last entry of each list below
    texts = [as_level(value) for value in distinct]
    tokens = np.array([places.get(text, rare) for text in texts] + [gone], dtype=np.int64)
    unseen = np.array(
        [token == rare and text not in others for text, token in zip(texts, tokens, strict=False)] + [False]
    )
    codes, new = tokens[found], unseen[found]
    missing = codes == gone
    least = np.where(new & (not state["open"]), state["unseen"], -np.inf)
    least = np.where(missing & (state["missing"] == 0.0), state["never"], least)
    return {
        "values": codes,
        "missing": missing,
        "extra": np.where(codes == rare, np.log(len(others) + 1.0), 0.0),
        "least": least,
        "unusual": new | (missing & (state["missing"] < _OFTEN)),
        "novel": np.isfinite(least),
    }


def _stack(parts: Sequence[np.ndarray], rows: int, dtype: type) -> np.ndarray:
    return np.stack(parts, axis=1).astype(dtype, copy=False) if parts else np.zeros((rows, 0), dtype=dtype)
