"""What changed since an earlier table, column by column.

Numbers and moments by the Kolmogorov-Smirnov test, categories by the chi-squared test, missing values by Fisher's; the
chances are corrected for the number of tests (Holm 1979), so that an equal split of one table tells nothing.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import chi2_contingency, fisher_exact, ks_2samp

from DataFoundry.schema.kinds import KINDS
from DataFoundry.schema.table_schema import Column, TableSchema

_CHANCE = 0.001
_LEAST_DISTANCE = 0.05  # a change that is certain and smaller than this is not worth a sentence
_FEWEST_EXPECTED = 5
_SHOWN = 3


def drift(schema: TableSchema, now: pd.DataFrame, earlier: pd.DataFrame) -> list[dict[str, Any]]:
    """What changed: `column`, `change` (`new`, `gone`, `values` or `missing`), `distance` (0..1) and a `sentence`.

    Parameters
    ----------
    schema
        Of the table as it is now; both tables are read by it.
    now, earlier
        Rows of both, or samples of them.
    """
    told = [_of(name, "new", 1.0, f"{name!r} is new.") for name in now.columns if name not in earlier.columns]
    told += [_of(name, "gone", 1.0, f"{name!r} is gone.") for name in earlier.columns if name not in now.columns]
    tested = []
    for name, column in schema.columns.items():
        if name in earlier.columns:
            tested += list(_tested(now[name], earlier[name], column))
    # Holm: the smallest chance counts as many times as there are tests, the next one time less.
    for rank, (chance, change) in enumerate(sorted(tested, key=lambda each: each[0])):
        if chance * (len(tested) - rank) > _CHANCE:
            break
        if change["distance"] >= _LEAST_DISTANCE:
            told.append(change)
    return sorted(told, key=lambda change: -change["distance"])


def _of(name: str, change: str, distance: float, sentence: str) -> dict[str, Any]:
    return {"column": name, "change": change, "distance": round(float(distance), 3), "sentence": sentence}


def _tested(now: pd.Series, earlier: pd.Series, column: Column) -> Iterator[tuple[float, dict[str, Any]]]:
    absent = [int(part.isna().sum()) for part in (now, earlier)]
    shares = [count / max(len(part), 1) for count, part in zip(absent, (now, earlier), strict=True)]
    if sum(absent):
        table = [[absent[0], len(now) - absent[0]], [absent[1], len(earlier) - absent[1]]]
        sentence = f"{column.name!r} has no value in {shares[0]:.1%} of the rows, where it was {shares[1]:.1%}."
        change = _of(column.name, "missing", abs(shares[0] - shares[1]), sentence)
        yield float(fisher_exact(table).pvalue), change
    kind = KINDS[column.kind]
    if not kind.MODELLED or not now.notna().any() or not earlier.notna().any():
        return
    if hasattr(kind, "to_numbers"):
        yield _numbers(now, earlier, column)
    else:
        yield _categories(now.dropna().map(str), earlier.dropna().map(str), column)


def _numbers(now: pd.Series, earlier: pd.Series, column: Column) -> tuple[float, dict[str, Any]]:
    kind = KINDS[column.kind]
    parts = []
    for values in (now, earlier):
        numbers, missing = kind.to_numbers(values, column.format)
        parts.append(numbers[~missing].astype(np.float64))
    if not len(parts[0]) or not len(parts[1]):
        return 0.0, _of(column.name, "values", 1.0, f"{column.name!r} is written in another way than before.")
    found = ks_2samp(*parts)
    middles = [kind.write(np.array([np.median(part)]), column.format)[0] for part in parts]
    if column.kind == "number":
        middles = [f"{float(each):g}" for each in middles]
    sentence = f"{column.name!r} has the median {middles[0]}, where it was {middles[1]}."
    return float(found.pvalue), _of(column.name, "values", found.statistic, sentence)


def _categories(now: pd.Series, earlier: pd.Series, column: Column) -> tuple[float, dict[str, Any]]:
    counts = pd.DataFrame({"now": now.value_counts(), "earlier": earlier.value_counts()}).fillna(0)
    rows = counts.sum()
    shares = counts / rows
    distance = float((shares["now"] - shares["earlier"]).abs().sum() / 2)
    rare = counts.sum(axis=1) * rows.min() / rows.sum() < _FEWEST_EXPECTED
    pooled = np.vstack([counts[~rare].to_numpy(), counts[rare].sum().to_numpy()])
    pooled = pooled[pooled.sum(axis=1) > 0]
    chance = float(chi2_contingency(pooled).pvalue) if len(pooled) > 1 else 1.0
    return chance, _of(column.name, "values", distance, _said(column.name, counts, shares))


def _said(name: str, counts: pd.DataFrame, shares: pd.DataFrame) -> str:
    parts = []
    for what, here, there in (("new", "now", "earlier"), ("gone", "earlier", "now")):
        only = counts[(counts[there] == 0) & (counts[here] >= _FEWEST_EXPECTED)].sort_values(here, ascending=False)
        if len(only):
            values = ", ".join(repr(str(value)[:40]) for value in only.index[:_SHOWN])
            parts.append(
                f"{values}{' and others are' if len(only) > _SHOWN else ' is' if len(only) == 1 else ' are'} {what}"
            )
    apart = (shares["now"] - shares["earlier"]).abs()
    value = apart.idxmax()
    parts.append(
        f"{str(value)[:40]!r} has {shares['now'][value]:.1%} of the rows, where it was {shares['earlier'][value]:.1%}"
    )
    return f"In {name!r} " + "; ".join(parts) + "."
