"""A table described in one pass and constant memory: counts, dtypes, first rows, a summary of each column."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from DataFoundry.metrics.plain import plain

SAMPLE_ROWS = 5
QUANTILE_ROWS = 100_000  # up to here quantiles are exact, beyond they are those of a uniform sample of this size
_MOST_VALUES = 100_000  # distinct values of one column that are counted; beyond, the rarest are dropped
_TOP_VALUES = 10


def describe(columns: Sequence[str], blocks: Iterable[pd.DataFrame]) -> dict[str, object]:
    """What a table holds, as JSON has it.

    Parameters
    ----------
    columns
        Names in order.
    blocks
        The table in blocks of equal dtypes.

    Returns
    -------
    dict
        `num_rows`, `num_columns`, `columns`, `dtypes`, `missing_values` (a count for each column), `sample_data` (the
        first five rows), `numeric_summary` (count, mean, standard deviation, quartiles of the finite values),
        `categorical_summary` (distinct values and the ten most frequent, booleans included), `datetime_summary`
        (earliest and latest).
    """
    num_rows = 0
    dtypes: dict[str, str] = {}
    missing = dict.fromkeys(columns, 0)
    sample: list[object] = []
    summaries: dict[str, _Summary] = {}
    for block in blocks:
        if not summaries:
            dtypes = {name: str(block[name].dtype) for name in columns}
            summaries = {name: _summary_for(block[name]) for name in columns}
        if len(sample) < SAMPLE_ROWS:
            sample += [plain(row) for row in block.head(SAMPLE_ROWS - len(sample)).astype(object).to_dict("records")]
        for name in columns:
            missing[name] += int(block[name].isna().sum())
            summaries[name].add(block[name])
        num_rows += len(block)
    return {
        "num_rows": num_rows,
        "num_columns": len(columns),
        "columns": list(columns),
        "dtypes": dtypes,
        "missing_values": missing,
        "sample_data": sample,
        **{
            section: {name: each.result() for name, each in summaries.items() if each.section == section}
            for section in (_Numbers.section, _Values.section, _Times.section)
        },
    }


class _Summary:
    """What is kept of one column while its blocks pass."""

    section: str

    def add(self, part: pd.Series) -> None:
        raise NotImplementedError

    def result(self) -> dict[str, object]:
        raise NotImplementedError


def _summary_for(part: pd.Series) -> _Summary:
    if pd.api.types.is_bool_dtype(part.dtype):
        return _Values()
    if pd.api.types.is_numeric_dtype(part.dtype):
        return _Numbers()
    return _Times() if pd.api.types.is_datetime64_any_dtype(part.dtype) else _Values()


class _Numbers(_Summary):
    section = "numeric_summary"

    def __init__(self) -> None:
        self._count = 0
        self._mean = self._squares = 0.0
        self._least, self._most = np.inf, -np.inf
        self._generator = np.random.default_rng(0)  # the same table gives the same answer
        self._keys = self._kept = np.empty(0)

    def add(self, part: pd.Series) -> None:
        values = part.to_numpy(dtype=float, na_value=np.nan)
        values = values[np.isfinite(values)]
        if not len(values):
            return
        # Chan, Golub and LeVeque (1983): mean and sum of squares of two parts joined.
        with np.errstate(over="ignore", invalid="ignore"):  # near 1e308 a square is infinite, and the answer null
            mean, squares, total = values.mean(), ((values - values.mean()) ** 2).sum(), self._count + len(values)
            apart = mean - self._mean
            self._squares += squares + apart**2 * self._count * len(values) / total
            self._mean += apart * len(values) / total
        self._count = total
        self._least, self._most = min(self._least, values.min()), max(self._most, values.max())
        self._sample(values)

    def _sample(self, values: np.ndarray) -> None:
        """Keep the values with the smallest random keys: a uniform sample of all seen."""
        keys = np.concatenate([self._keys, self._generator.random(len(values))])
        kept = np.concatenate([self._kept, values])
        if len(keys) > QUANTILE_ROWS:
            chosen = np.argpartition(keys, QUANTILE_ROWS)[:QUANTILE_ROWS]
            keys, kept = keys[chosen], kept[chosen]
        self._keys, self._kept = keys, kept

    def result(self) -> dict[str, object]:
        if not self._count:
            return {"count": 0, **dict.fromkeys(("mean", "std", "min", "25%", "50%", "75%", "max"))}
        with np.errstate(over="ignore", invalid="ignore"):
            low, middle, high = np.quantile(self._kept, [0.25, 0.5, 0.75])
        std = np.sqrt(self._squares / (self._count - 1)) if self._count > 1 else np.nan
        found = {"mean": self._mean, "std": std, "min": self._least, "25%": low, "50%": middle, "75%": high}
        found["max"] = self._most
        return {"count": self._count, **{name: plain(float(each)) for name, each in found.items()}}


class _Values(_Summary):
    section = "categorical_summary"

    def __init__(self) -> None:
        self._counts: dict[object, int] = {}
        self._complete = True

    def add(self, part: pd.Series) -> None:
        part = part.dropna()
        try:
            found = dict(part.value_counts(sort=False).items())
        except TypeError:  # lists and the like
            found = dict(part.astype(str).value_counts(sort=False).items())
        for value, count in found.items():
            self._counts[value] = self._counts.get(value, 0) + int(count)
        if len(self._counts) > _MOST_VALUES:
            self._complete = False
            self._counts = dict(self._most_frequent(_MOST_VALUES // 2))

    def _most_frequent(self, number: int) -> list[tuple[object, int]]:
        return sorted(self._counts.items(), key=lambda item: (-item[1], str(item[0])))[:number]

    def result(self) -> dict[str, object]:
        top = [{"value": plain(value), "count": count} for value, count in self._most_frequent(_TOP_VALUES)]
        return {"distinct": len(self._counts), "distinct_is_complete": self._complete, "top": top}


class _Times(_Summary):
    section = "datetime_summary"

    def __init__(self) -> None:
        self._least: pd.Timestamp | None = None
        self._most: pd.Timestamp | None = None

    def add(self, part: pd.Series) -> None:
        part = part.dropna()
        if len(part):
            self._least = part.min() if self._least is None else min(self._least, part.min())
            self._most = part.max() if self._most is None else max(self._most, part.max())

    def result(self) -> dict[str, object]:
        return {"min": plain(self._least), "max": plain(self._most)}
