"""One column of a table learnt from the others, by boosted trees that know missing values."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from DataFoundry.anomaly.cells import as_level
from DataFoundry.schema.table_schema import Column
from DataFoundry.schema.view import TableView

NUMERIC = ("number", "moment", "formatted_number")
MOST_TO_LEARN = 50_000  # rows, of a number
_MOST_OF_CLASSES = 16_000  # rows, of a category: a tree a class makes them dear, and more rows hardly better
_MOST_LEVELS = 250  # categories told apart as a feature: what the trees can bin
_MOST_CLASSES = 60  # that can be filled in; rarer ones are hardly ever the likeliest
_FEWEST_OF_CLASS = 2
_ROUNDS = 200
_PATIENCE = 5  # rounds without gain in rows held out
_FOLDS = 10
_MEMBERS = 2  # of numbers, whose mean is taken: each holds out another tenth
_FEWEST_TO_MEASURE = 100  # rows
_FEWEST_IN_LEAF = 20
# Many small classes make steps without a brake run away: they are kept short, and their trees small.
_OF_CLASSES = {"max_leaf_nodes": 8, "l2_regularization": 10.0, "learning_rate": 0.2}
_OFTEN = 0.5  # a value that so many rows have is asked after by itself
_SURE = 0.9
_DONORS = 10  # rows with the nearest expected value (van Buuren 2018, Flexible Imputation of Missing Data, 3.4)


class Features:
    """Cells as trees read them: numbers as they are, categories by number, missing as NaN.

    Parameters
    ----------
    view
        The rows whose categories are numbered; rarer ones than the 250 most frequent share a number.
    names
        The columns to read.
    """

    def __init__(self, view: TableView, names: Sequence[str]) -> None:
        self.names = list(names)
        self._levels = {
            name: view.frame[name].map(as_level, na_action="ignore").value_counts().index[:_MOST_LEVELS]
            for name in names
            if view.columns[name].kind not in NUMERIC
        }

    def of(self, view: TableView) -> np.ndarray:
        """(n, d) float64."""
        columns = [self.column(view, name) for name in self.names]
        return np.column_stack(columns) if columns else np.zeros((len(view), 0))

    def column(self, view: TableView, name: str) -> np.ndarray:
        """(n,) float64 of one column."""
        if name not in self._levels:
            numbers = view.numbers(name)
            assert numbers is not None
            return np.where(np.isfinite(numbers), numbers, np.nan)
        texts = view.frame[name].map(as_level, na_action="ignore")
        codes = self._levels[name].get_indexer(pd.Index(texts)).astype(float)
        codes[codes < 0] = len(self._levels[name])
        return np.where(view.missing(name), np.nan, codes)

    @property
    def categorical(self) -> list[bool]:
        """Of each column whether it is a category."""
        return [name in self._levels for name in self.names]


@dataclass(frozen=True)
class Learning:
    """What one column is learnt from.

    Attributes
    ----------
    features
        (n, d) of the other columns in rows that have the column.
    categorical
        (d,) which of them are categories.
    seed
        Of what is drawn.
    """

    features: np.ndarray
    categorical: Sequence[bool]
    seed: int


class Categories:
    """Which of its values a column of categories has.

    Attributes
    ----------
    quality
        `accuracy` in rows held out, and `most_frequent`, that of always taking the most frequent value; empty for a
        column that has too few rows to measure it.
    """

    def __init__(self, learning: Learning, values: pd.Series) -> None:
        values = values.astype(object).reset_index(drop=True)
        texts = values.map(as_level)
        counts = texts.value_counts()
        kept = counts.index[counts >= _FEWEST_OF_CLASS][:_MOST_CLASSES]
        kept = kept if len(kept) else counts.index[:1]
        self._values = values.groupby(texts, sort=False).first()
        rows = np.flatnonzero(texts.isin(kept).to_numpy())
        self._classes, self._trees = list(kept), None
        self._known_shares = np.ones(1)
        self.quality: dict[str, float] = {}
        if len(kept) < 2:
            return
        codes = pd.Index(kept).get_indexer(pd.Index(texts.iloc[rows]))
        learnt, held = _split(len(rows), learning.seed, most=_MOST_OF_CLASSES)
        # A class that only rows held out have is not lost: all of them teach it.
        learnt = np.concatenate([learnt, held[~np.isin(codes[held], codes[learnt])]])
        self._trees = _fitted(HistGradientBoostingClassifier, learning, rows, codes, learnt, held)
        if len(held):
            right = self._trees.predict(learning.features[rows][held]) == codes[held]
            frequent = codes[held] == np.bincount(codes[learnt]).argmax()
            self.quality = {"accuracy": float(right.mean()), "most_frequent": float(frequent.mean())}
            if frequent.mean() > right.mean():  # the other columns tell nothing: every row gets the shares of all
                self._trees = None
                self._known_shares = np.bincount(codes, minlength=len(kept)) / len(codes)
                self.quality["accuracy"] = self.quality["most_frequent"]

    def likely(self, features: np.ndarray) -> pd.Series:
        """(n,) the likeliest values."""
        return self._named(self._shares(features).argmax(axis=1))

    def drawn(self, features: np.ndarray, rng: np.random.Generator) -> pd.Series:
        """(n,) values drawn by how likely they are."""
        below = np.cumsum(self._shares(features), axis=1)
        chosen = (rng.random(len(features))[:, None] * below[:, -1:] > below).sum(axis=1)
        return self._named(chosen)

    def _shares(self, features: np.ndarray) -> np.ndarray:
        if self._trees is None:
            return np.tile(self._known_shares, (len(features), 1))
        return np.asarray(self._trees.predict_proba(features))

    def _named(self, codes: np.ndarray) -> pd.Series:
        named = np.empty(len(self._classes), dtype=object)
        named[:] = [self._values[each] for each in self._classes]
        return pd.Series(named[codes], dtype=object)


class Numbers:
    """Which number stands in a column of numbers.

    Attributes
    ----------
    quality
        `explained`, the share of the variance that is explained in rows held out (R2), and `error`, the mean absolute
        one, in the column's unit, of moments in days; empty for a column that has too few rows to measure it.
    """

    def __init__(self, learning: Learning, values: np.ndarray) -> None:
        self._low, self._high = float(values.min()), float(values.max())
        rows = np.arange(len(values))
        splits = [_split(len(values), learning.seed, fold) for fold in range(_MEMBERS)]
        self._trees = [_fitted(HistGradientBoostingRegressor, learning, rows, values, *split) for split in splits]
        learnt, held = splits[0]
        distinct, counts = np.unique(values, return_counts=True)
        self._often = float(distinct[counts.argmax()])
        often = values == self._often
        self._asks = None
        if _OFTEN * len(often) <= often.sum() < len(often):
            self._asks = _fitted(HistGradientBoostingClassifier, learning, rows, often, learnt, held)
        self._learnt = learning.features[learnt], values[learnt]
        self.quality: dict[str, float] = {}
        if len(held):
            off = self._likely(learning.features[held], self._trees[:1]) - values[held]
            with np.errstate(over="ignore"):
                variance, unexplained = float(np.var(values[held])), float(np.mean(off**2))
            if variance > 0 and np.isfinite([variance, unexplained]).all():  # squares of the greatest floats are not
                self.quality["explained"] = 1 - unexplained / variance
                if self.quality["explained"] < 0 and self._asks is None:  # the other columns tell nothing
                    self._trees = []
                    off = values[learnt].mean() - values[held]
                    self.quality["explained"] = 0.0
            self.quality["error"] = float(np.abs(off).mean())

    def likely(self, features: np.ndarray) -> np.ndarray:
        """(n,) the expected number, or the most frequent one where it has nine chances in ten."""
        return self._likely(features, self._trees)

    def _likely(self, features: np.ndarray, trees: Sequence[HistGradientBoostingRegressor]) -> np.ndarray:
        expected = self._expected(features, trees).clip(self._low, self._high)
        if self._asks is None:
            return expected
        return np.where(self._asks.predict_proba(features)[:, 1] >= _SURE, self._often, expected)

    def _expected(self, features: np.ndarray, trees: Sequence[HistGradientBoostingRegressor]) -> np.ndarray:
        if not trees:
            return np.full(len(features), self._learnt[1].mean())
        return np.asarray(np.mean([each.predict(features) for each in trees], axis=0))

    def drawn(self, features: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """(n,) each the number of a row, drawn among the ten of which nearly the same was expected."""
        features_learnt, values = self._learnt
        expected = self._expected(features_learnt, self._trees)
        order = np.argsort(expected, kind="stable")
        expected, values = expected[order], values[order]
        asked = self._expected(features, self._trees)
        low, high = (np.searchsorted(expected, asked, side) for side in ("left", "right"))
        middle = low + np.floor(rng.random(len(asked)) * (high - low)).astype(np.int64)  # of many alike, any
        first = np.clip(middle - _DONORS // 2, 0, max(len(values) - _DONORS, 0))
        return values[first + rng.integers(min(_DONORS, len(values)), size=len(first))]


def _split(rows: int, seed: int, fold: int = 0, most: int = MOST_TO_LEARN) -> tuple[np.ndarray, np.ndarray]:
    """Places of the rows to learn from, and of a tenth to stop and measure with; none of these where rows are few."""
    order = np.random.default_rng(seed).permutation(rows)[:most]
    if len(order) < _FEWEST_TO_MEASURE:
        return order, order[:0]
    held = np.arange(len(order)) % _FOLDS == fold
    return order[~held], order[held]


def _fitted(
    model: type, learning: Learning, rows: np.ndarray, target: np.ndarray, learnt: np.ndarray, held: np.ndarray
) -> Any:
    """Trees that stop growing when the rows held out gain nothing more; a few rounds where there are none."""
    trees = model(
        **(_OF_CLASSES if model is HistGradientBoostingClassifier else {}),
        max_iter=_ROUNDS if len(held) else _PATIENCE * 4,
        min_samples_leaf=min(_FEWEST_IN_LEAF, max(1, len(learnt) // 10)),
        categorical_features=list(learning.categorical),
        early_stopping=len(held) > 0,
        n_iter_no_change=_PATIENCE,
        random_state=learning.seed % 2**32,
    )
    features = learning.features[rows]
    if not len(held):
        return trees.fit(features[learnt], target[learnt])
    return trees.fit(features[learnt], target[learnt], X_val=features[held], y_val=target[held])


def fills(column: Column) -> bool:
    """Whether a column of this kind can be learnt from the others."""
    return column.kind in (*NUMERIC, "category", "boolean", "postcode", "key")
