"""A table as codes (n, d), one column for each feature, and back.

A code is a real number: its whole part is a token, the rest the place, from 0 to below 1, of a number within the level
that the token stands for.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.errors import ColumnError, RequestError
from DataFoundry.preprocessing.columns import KINDS
from DataFoundry.preprocessing.columns.wanted import read_wanted
from DataFoundry.preprocessing.options import TokenOptions
from DataFoundry.preprocessing.spans import Span


class TableTransformer:
    """What was learnt about each feature column, as plain state.

    Attributes
    ----------
    columns
        Names of the features, in the order of the training table. Codes are in the order in which they are drawn, which
        is the order of `kinds`.
    """

    def __init__(
        self, kinds: Mapping[str, str], states: Mapping[str, dict[str, Any]], columns: Sequence[str] | None = None
    ) -> None:
        self.columns = list(kinds if columns is None else columns)
        self._kinds = dict(kinds)
        self._states = dict(states)

    @classmethod
    def fit(
        cls,
        frame: pd.DataFrame,
        kinds: Mapping[str, str],
        options: TokenOptions | None = None,
        first: Sequence[str] = (),
        formats: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> "TableTransformer":
        """Learn the tokens of each column in `kinds` (`schema.column_kinds`); those named `first` are drawn first.

        `formats` says how columns are written, as the schema tells; what is written otherwise counts as missing.
        """
        options, known = options or TokenOptions(), formats or {}
        ordered = {name: kinds[name] for name in (*first, *kinds)}
        return cls(
            ordered,
            {name: KINDS[kind].fit(frame[name], options, known.get(name)) for name, kind in ordered.items()},
            list(kinds),
        )

    def encode(self, frame: pd.DataFrame) -> np.ndarray:
        """Codes (n, d) float64 of the feature columns, wherever they stand in `frame`.

        Unseen categories, values out of range and missing values all have a token. Raises ColumnError for a missing
        column.
        """
        self._check(frame)
        codes = [KINDS[kind].encode(frame[name], self._states[name]) for name, kind in self._kinds.items()]
        return np.stack(codes, axis=1).astype(np.float64) if codes else np.zeros((len(frame), 0))

    def decode(self, codes: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
        """A table of the features from codes (n, d): columns, order and dtypes as in the training table."""
        parts = {
            name: KINDS[kind].decode(codes[:, place], self._states[name], rng)
            for place, (name, kind) in enumerate(self._kinds.items())
        }
        return pd.DataFrame(parts, columns=self.columns)

    def typical(self, codes: np.ndarray) -> pd.DataFrame:
        """For each token (n, d) the value that stands for it: the middle of a number's level, the category itself."""
        parts = {
            name: KINDS[kind].typical(codes[:, place], self._states[name])
            for place, (name, kind) in enumerate(self._kinds.items())
        }
        return pd.DataFrame(parts, columns=self.columns)

    def restrict(self, conditions: Mapping[str, Any]) -> tuple["TableTransformer", dict[int, np.ndarray]]:
        """For rows that meet conditions: a transformer whose `decode` gives only such values, and what to draw from.

        The second is, for the place of each column with a condition, (tokens,) the share of each token that meets it.

        Raises
        ------
        RequestError
            If a column is not known, or no training row meets its condition.
        """
        states, shares = dict(self._states), {}
        for name, condition in conditions.items():
            if name not in self._kinds:
                raise RequestError(
                    f"conditions: the model has no column {name!r}; it has {', '.join(self.columns[:20])}.", column=name
                )
            wanted = read_wanted(name, condition)
            states[name], share = KINDS[self._kinds[name]].restrict(states[name], wanted)
            shares[list(self._kinds).index(name)] = share
        return TableTransformer(self._kinds, states, self.columns), shares

    def spans(self) -> list[Span]:
        """The tokens of each column as a network sees them."""
        spans: list[Span] = []
        for name, kind in self._kinds.items():
            spans.append(KINDS[kind].span(self._states[name], spans[-1].stop if spans else 0))
        return spans

    def log_widths(self) -> list[np.ndarray]:
        """For each column (tokens,) log of the stretch behind each token, in the column's spreads; 0 for categories.

        `-log p(token) + log_width` is the negative log density of a number, comparable between columns.
        """
        return [np.log(KINDS[kind].widths(self._states[name])) for name, kind in self._kinds.items()]

    def beyond(self, frame: pd.DataFrame) -> np.ndarray:
        """(n, d) how far each cell lies outside what training saw: spreads beyond the range, 1 for a new category."""
        self._check(frame)
        return np.stack(
            [KINDS[kind].beyond(frame[name], self._states[name]) for name, kind in self._kinds.items()], axis=1
        )

    def state(self) -> dict[str, Any]:
        """As plain data and numeric arrays, for `storage.artifacts.save_preprocessor`."""
        return {"kinds": dict(self._kinds), "states": dict(self._states), "columns": list(self.columns)}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> "TableTransformer":
        """The transformer that `state()` describes."""
        return cls(state["kinds"], state["states"], state["columns"])

    def _check(self, frame: pd.DataFrame) -> None:
        missing = [name for name in self.columns if name not in frame.columns]
        if missing:
            raise ColumnError(
                f"The table has no column {missing[0]!r}, which the model was trained on.", missing=missing
            )
