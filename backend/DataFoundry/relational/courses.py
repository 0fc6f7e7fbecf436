"""How like the real ones synthetic sequences run: lengths, gaps, transitions, autocorrelation."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import ks_2samp

from DataFoundry.metrics.features import as_numbers, is_number
from DataFoundry.relational.config import RelatedConfig, TableChoice
from DataFoundry.relational.relation import Relation, key_texts

_FEWEST_FOLLOWING = 100  # rows that follow another of the same entity
_MOST_STATES = 20


def sequence_scores(
    real: Mapping[str, pd.DataFrame], synthetic: Mapping[str, pd.DataFrame], config: RelatedConfig
) -> dict[str, dict[str, Any]]:
    """For each relation whose children have an order in time: see `_scores`."""
    found = {}
    for relation in config.links():
        choice = config.tables[relation.child]
        if choice.sequence_index is None or config.tables[relation.parent].kept:
            continue
        runs = [_runs(tables[relation.child], relation, choice.sequence_index) for tables in (real, synthetic)]
        if min(int(following.sum()) for _, following in runs) >= _FEWEST_FOLLOWING:
            found[relation.name] = _scores(runs, choice)
    return found


def _runs(frame: pd.DataFrame, relation: Relation, index: str) -> tuple[pd.DataFrame, np.ndarray]:
    """Rows in the order of entity and time, and (n,) whether the row before is of the same entity."""
    owner = key_texts(frame, relation.child_key)
    times = as_numbers(frame[index]) if is_number(frame[index]) else frame[index]
    order = pd.DataFrame({"owner": owner.to_numpy(), "time": np.asarray(times)})
    order = order[order["owner"].notna()].sort_values(["owner", "time"], kind="stable")
    rows = frame.iloc[order.index]
    same = order["owner"].to_numpy()[1:] == order["owner"].to_numpy()[:-1]
    return rows.reset_index(drop=True), np.append(False, same)


def _scores(runs: list[tuple[pd.DataFrame, np.ndarray]], choice: TableChoice) -> dict[str, Any]:
    """`gaps`: Kolmogorov-Smirnov distance; `transitions`: by category the largest difference of a share;
    `autocorrelation`: by number of the two tables at a lag of one."""
    index = str(choice.sequence_index)
    gaps = []
    for rows, following in runs:
        times = as_numbers(rows[index]) if is_number(rows[index]) else np.zeros(len(rows))
        gaps.append(np.diff(times, prepend=0)[following])
    report: dict[str, Any] = {"gaps": float(ks_2samp(*gaps).statistic), "transitions": {}, "autocorrelation": {}}
    for name in choice.feature_cols.categorical_cols:
        if runs[0][0][name].nunique() <= _MOST_STATES:
            report["transitions"][name] = _transition_difference(name, runs)
    for name in choice.feature_cols.numerical_cols:
        if name != index:
            report["autocorrelation"][name] = [_autocorrelation(name, *run) for run in runs]
    return report


def _transition_difference(name: str, runs: list[tuple[pd.DataFrame, np.ndarray]]) -> float:
    tables = []
    for rows, following in runs:
        states = rows[name].astype(str)
        pairs = pd.crosstab(states.shift()[following], states[following], normalize="index")
        tables.append(pairs)
    common = tables[0].index.intersection(tables[1].index)
    one, other = (each.reindex(index=common, columns=tables[0].columns, fill_value=0.0) for each in tables)
    return float((one - other).abs().to_numpy().max(initial=0.0))


def _autocorrelation(name: str, rows: pd.DataFrame, following: np.ndarray) -> float | None:
    values = as_numbers(rows[name])
    before, after = np.roll(values, 1)[following], values[following]
    known = np.isfinite(before) & np.isfinite(after)
    if known.sum() < 3 or before[known].std() == 0 or after[known].std() == 0:
        return None
    return float(np.corrcoef(before[known], after[known])[0, 1])
