"""How good synthetic related tables are: keys, numbers of children, columns, what hangs together across tables."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.metrics.by_kind import typed
from DataFoundry.metrics.detection import detection
from DataFoundry.metrics.features import as_numbers, is_number
from DataFoundry.metrics.fidelity import fidelity
from DataFoundry.metrics.privacy import privacy
from DataFoundry.relational.config import RelatedConfig
from DataFoundry.relational.courses import sequence_scores
from DataFoundry.relational.entities import Shape, entities, held_columns
from DataFoundry.relational.relation import Relation, key_texts, parent_rows
from DataFoundry.schema.table_schema import Column, TableSchema

_MOST_CHILDREN = 50  # more are counted as so many
_FEWEST_ROWS = 20
Frames = Mapping[str, pd.DataFrame]


def judge(real: Frames, synthetic: Frames, config: RelatedConfig, holdout: Frames | None, seed: int) -> dict[str, Any]:
    """The report: `scores`, `tables`, `relations`, `parents`, `sequences`, `privacy`.

    Parameters
    ----------
    holdout
        A database of entities that the model never saw; without, privacy by entity is not measured.
    """
    relations = config.links()
    real, synthetic = as_typed(real, config), as_typed(synthetic, config)
    holdout = None if holdout is None else as_typed(holdout, config)
    tables = {name: _of_table(real[name], synthetic[name], held_columns(name, config)) for name in config.tables}
    linked = {each.name: _of_relation(each, real, synthetic, config, seed) for each in relations}
    parents = {}
    for name in dict.fromkeys(each.parent for each in relations):
        own, drawn = (with_children(frames, name, config) for frames in (real, synthetic))
        parents[name] = {"c2st_agg": _told_apart(own, drawn, seed)}
    return {
        "scores": _scores(tables, linked, parents),
        "tables": tables,
        "relations": linked,
        "parents": parents,
        "sequences": sequence_scores(real, synthetic, config),
        "privacy": None if holdout is None else entity_privacy(real, synthetic, holdout, config, seed),
    }


def as_typed(tables: Frames, config: RelatedConfig) -> dict[str, pd.DataFrame]:
    """The tables with times and numbers in formats as numbers; keys stay as they are."""
    found = {}
    for name, choice in config.tables.items():
        held = [column for column in held_columns(name, config) if column in tables[name]]
        said = {column: choice.columns[column] for column in held}
        kinds = {column: Column(column, each.kind, format=dict(each.format)) for column, each in said.items()}
        told = typed(tables[name][held], TableSchema(kinds, (), (), len(tables[name])))
        found[name] = tables[name].assign(**{column: told[column] for column in held})
    return found


def _scores(tables: Mapping[str, Any], linked: Mapping[str, Any], parents: Mapping[str, Any]) -> dict[str, Any]:
    """The worst of each, since one bad table spoils a database."""
    return {
        "integrity": min((each["integrity"] for each in linked.values()), default=1.0),
        "keys": min((each["keys"] for each in linked.values()), default=1.0),
        "children": min((each["children"] for each in linked.values()), default=1.0),
        "shapes": min((each["shapes"] for each in tables.values() if each["shapes"] is not None), default=None),
        "trends": min((each["trends"] for each in tables.values() if each["trends"] is not None), default=None),
        "c2st_child": _worst(each["c2st_child"] for each in linked.values()),
        "c2st_agg": _worst(each["c2st_agg"] for each in parents.values()),
    }


def _worst(values: Any) -> float | None:
    known = [each for each in values if each is not None]
    return max(known, default=None)


def _of_table(real: pd.DataFrame, synthetic: pd.DataFrame, columns: Sequence[str]) -> dict[str, Any]:
    found = fidelity(real, synthetic, list(columns)) if columns and len(synthetic) else None
    return {
        "rows": len(synthetic),
        "real_rows": len(real),
        "shapes": None if found is None else found.shapes,
        "trends": None if found is None else found.trends,
        "columns": {} if found is None else {name: pair[0] for name, pair in found.columns.items()},
    }


def _of_relation(
    relation: Relation, real: Frames, synthetic: Frames, config: RelatedConfig, seed: int
) -> dict[str, Any]:
    parent, child = synthetic[relation.parent], synthetic[relation.child]
    rows = parent_rows(parent, child, relation)
    named = key_texts(child, relation.child_key).notna().to_numpy()
    keys = key_texts(parent, relation.parent_key)
    own, drawn = (joined(tables, relation, config) for tables in (real, synthetic))
    return {
        "integrity": float((rows[named] >= 0).mean()) if named.any() else 1.0,
        "keys": float(keys.nunique() / max(len(keys), 1)),
        "children": _alike(*(_numbers(tables, relation) for tables in (real, synthetic))),
        "missing": float(1 - abs(named.mean() - key_texts(real[relation.child], relation.child_key).notna().mean())),
        "c2st_child": _told_apart(own, drawn, seed),
        "across": _across(own, drawn, len(held_columns(relation.child, config))),
    }


def _numbers(tables: Frames, relation: Relation) -> np.ndarray:
    """(m,) children of each parent."""
    rows = parent_rows(tables[relation.parent], tables[relation.child], relation)
    return np.bincount(rows[rows >= 0], minlength=len(tables[relation.parent])).clip(max=_MOST_CHILDREN)


def _alike(one: np.ndarray, other: np.ndarray) -> float:
    """1 - total variation distance of two samples of small whole numbers."""
    shares = [np.bincount(each, minlength=_MOST_CHILDREN + 1) / max(len(each), 1) for each in (one, other)]
    return float(1 - np.abs(shares[0] - shares[1]).sum() / 2)


def joined(tables: Frames, relation: Relation, config: RelatedConfig) -> pd.DataFrame:
    """Children that name a parent, with its columns: those of the child first."""
    rows = parent_rows(tables[relation.parent], tables[relation.child], relation)
    child = tables[relation.child][held_columns(relation.child, config)].iloc[np.flatnonzero(rows >= 0)]
    parent = tables[relation.parent][held_columns(relation.parent, config)].iloc[rows[rows >= 0]]
    return pd.concat(
        [child.reset_index(drop=True), parent.add_prefix(f"{relation.parent}.").reset_index(drop=True)], axis=1
    )


def _across(real: pd.DataFrame, synthetic: pd.DataFrame, own: int) -> float | None:
    """Mean score of the pairs of which one column is the child's and the other the parent's."""
    if own == 0 or own == len(real.columns) or min(len(real), len(synthetic)) < _FEWEST_ROWS:
        return None
    mine = set(real.columns[:own])
    pairs = fidelity(real, synthetic, list(real.columns)).pairs
    scores = [score for one, other, score in pairs if (one in mine) != (other in mine)]
    return float(np.mean(scores)) if scores else None


def with_children(tables: Frames, parent: str, config: RelatedConfig) -> pd.DataFrame:
    """Parents with what their children are like: how many, means of numbers, distinct values of the rest."""
    frame = tables[parent][held_columns(parent, config)].reset_index(drop=True)
    added: dict[str, np.ndarray] = {}
    for relation in config.links():
        if relation.parent != parent:
            continue
        child = tables[relation.child]
        rows = parent_rows(tables[parent], child, relation)
        added[f"{relation.name} count"] = np.bincount(rows[rows >= 0], minlength=len(frame)).astype(float)
        for name in held_columns(relation.child, config):
            values = child[name].iloc[np.flatnonzero(rows >= 0)]
            told = pd.Series(as_numbers(values) if is_number(values) else values.astype(str).to_numpy())
            groups = told.groupby(rows[rows >= 0])
            told = groups.mean() if is_number(values) else groups.nunique()
            added[f"{relation.name} {name}"] = told.reindex(np.arange(len(frame))).to_numpy(dtype=float)
    return pd.concat([frame, pd.DataFrame(added)], axis=1)


def _told_apart(real: pd.DataFrame, synthetic: pd.DataFrame, seed: int) -> float | None:
    """Area under ROC with which boosted trees tell them apart; None for too few rows to say."""
    if min(len(real), len(synthetic)) < _FEWEST_ROWS or not len(real.columns):
        return None
    found = detection(real, synthetic, list(real.columns), seed)
    return None if found is None else found.auroc


def entity_privacy(
    real: Frames, synthetic: Frames, holdout: Frames, config: RelatedConfig, seed: int
) -> dict[str, dict[str, float | None]]:
    """For each table whose rows name nobody, each with all that hangs on it: whether any comes too near a real one."""
    naming = {each.child for each in config.links() if not config.tables[each.parent].kept}
    found, shape = {}, Shape.of(config)
    for name, choice in config.tables.items():
        if choice.kept or name in naming:
            continue
        frames = [entities(tables, name, shape, real) for tables in (real, holdout, synthetic)]
        result = privacy(frames[0], frames[1], frames[2], list(frames[0].columns), seed)
        if result is not None:
            found[name] = dict(vars(result))
    return found
