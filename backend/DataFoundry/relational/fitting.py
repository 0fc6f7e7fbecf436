"""From the frames of related tables to trained models of them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.config import MOST_ROWS_AN_EPOCH
from DataFoundry.errors import TrainingError
from DataFoundry.preprocessing.columns import moment
from DataFoundry.relational.bundle import Related, TableModel
from DataFoundry.relational.columns import Neighbours, TableColumns, counter_of
from DataFoundry.relational.config import RelatedConfig, TableChoice
from DataFoundry.relational.context import Course, Teller, fit_grid, on_grid, or_none
from DataFoundry.relational.keys import learn_key
from DataFoundry.relational.networks import Job, run_jobs
from DataFoundry.relational.order import Order, Place, order_of
from DataFoundry.relational.relation import Relation, parent_rows
from DataFoundry.relational.repeats import told_repeats
from DataFoundry.relational.second import learn_repeats, learn_second

_MOST_ROWS = 9 * MOST_ROWS_AN_EPOCH  # that are looked at: more are never seen by the loop
_FEWEST_ROWS = 2
_FEWEST_FOLLOWING = 50  # rows that show that nothing comes twice
_FEWEST_IN_ORDER = 20  # rows, and times, that show that keys rise with these
_OUT_OF_ORDER = 0.01  # share of rows whose time may be before that of the key before
_ALIKE = 0.9  # rank correlation of keys with the parents', from which on they are taken to follow these


@dataclass
class Linked:
    """A training table with its rows in the order in which they are drawn.

    Attributes
    ----------
    frame
        Rows of one parent in a row.
    parent
        (n,) places of the rows' primary parents, -1 for none; None for a table without one.
    position, total
        (n,) where each row stands among those of its parent, and how many these are.
    second
        For each second relation's name (n,) places of the parents, -1 for none.
    numbers
        For each relation whose parent it is (n,) the numbers of children.
    """

    frame: pd.DataFrame
    parent: np.ndarray | None
    position: np.ndarray
    total: np.ndarray
    second: dict[str, np.ndarray]
    numbers: dict[str, np.ndarray]


def link(frames: Mapping[str, pd.DataFrame], config: RelatedConfig) -> tuple[Order, dict[str, Linked]]:
    """The order of the tables, and each with its rows beside those of the same parent."""
    relations = config.links()
    counts = {}
    for each in relations:
        rows = parent_rows(frames[each.parent], frames[each.child], each)
        counts[each.name] = np.bincount(rows[rows >= 0], minlength=len(frames[each.parent]))
    kept = [name for name, choice in config.tables.items() if choice.kept]
    order = order_of(list(frames), relations, kept, counts)
    linked: dict[str, Linked] = {}
    sorted_frames = dict(frames)
    for name in order.tables:
        if name in order.places:
            linked[name] = _sorted(name, sorted_frames, order, config.tables[name])
            sorted_frames[name] = linked[name].frame
    for name, place in order.places.items():
        table = linked[name]
        for relation in place.second:
            table.second[relation.name] = parent_rows(sorted_frames[relation.parent], table.frame, relation)
    for name in order.places:
        for relation in order.children(name):
            child = linked[relation.child]
            primary = order.places[relation.child].primary == relation
            rows = child.parent if primary and child.parent is not None else child.second[relation.name]
            linked[name].numbers[relation.name] = np.bincount(rows[rows >= 0], minlength=len(linked[name].frame))
    return order, linked


def _sorted(name: str, frames: Mapping[str, pd.DataFrame], order: Order, choice: TableChoice) -> Linked:
    frame, primary = frames[name].reset_index(drop=True), order.places[name].primary
    if primary is None:
        ones = np.ones(len(frame), dtype=np.int64)
        return Linked(frame, None, np.zeros(len(frame), dtype=np.int64), ones, {}, {})
    parent = parent_rows(frames[primary.parent], frame, primary)
    times = np.zeros(len(frame))
    if choice.sequence_index is not None and choice.sequence_index in frame:
        times = _order_values(frame[choice.sequence_index], choice)
    # Rows without a parent come last, each by itself.
    group = np.where(parent >= 0, parent, parent.max(initial=0) + 1 + np.arange(len(frame)))
    by = np.lexsort((np.arange(len(frame)), times, group))
    parent, group = parent[by], group[by]
    begins = np.append(True, group[1:] != group[:-1]) if len(group) else np.zeros(0, dtype=bool)
    entity = np.cumsum(begins) - 1
    position = np.arange(len(group)) - np.flatnonzero(begins)[entity]
    total = np.bincount(entity)[entity] if len(group) else np.zeros(0, dtype=np.int64)
    return Linked(frame.iloc[by].reset_index(drop=True), parent, position, total, {}, {})


def _order_values(column: pd.Series, choice: TableChoice) -> np.ndarray:
    """(n,) float64 by which rows are put in order."""
    said = choice.columns.get(str(column.name))
    if said is not None and said.kind == "moment":
        values, missing = moment.nanoseconds(column, moment.writing(column, said.format))
        return np.where(missing, np.inf, values.astype(np.float64))
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64)
    return np.where(np.isnan(numbers), np.inf, numbers)


def fit_related(
    frames: Mapping[str, pd.DataFrame], config: RelatedConfig, seed: int, model_path: Path | None = None
) -> tuple[Related, dict[str, list[dict[str, Any]]]]:
    """Train a model for each table that is not kept; with the history of each.

    With a model's path, a training with a seed that was interrupted goes on from checkpoints beside it.

    Raises
    ------
    ColumnError, ConfigError, TrainingError
    """
    small = [name for name, frame in frames.items() if len(frame) < _FEWEST_ROWS and not config.tables[name].kept]
    if small:
        raise TrainingError(
            f"The table {small[0]!r} has {len(frames[small[0]])} rows; at least {_FEWEST_ROWS} are needed."
        )
    order, linked = link(frames, config)
    kept = {name: frames[name].reset_index(drop=True) for name in order.kept}
    related = Related(order, config.links(), {}, kept, _kept_rules(order, config))
    base = _fit_columns(related, linked, config)
    for name in related.tables:
        learn_repeats(related, name, linked)
    codes = {name: _row_codes(related, name, linked, base) for name in related.tables}
    for name, model in related.tables.items():
        if linked[name].parent is not None:
            spans = related.row_spans(name)
            model.teller = Teller.fit(spans, codes[name], linked[name].position, linked[name].total)
            model.once = _once(order, name, linked[name], codes[name])
    for name in related.tables:
        learn_second(related, name, linked, codes)
    _see_siblings(related)
    jobs = [
        Job(related, name, config, seed + number, model_path)
        for number, name in enumerate(related.tables)
        if related.row_spans(name)
    ]
    histories = run_jobs(jobs, lambda name: _training_rows(related, name, linked, codes, seed))
    return related, histories


def _kept_rules(order: Order, config: RelatedConfig) -> list[dict[str, Any]]:
    """The rules between a row and the children that hang on it, since these are drawn after it."""
    primary = {place.primary.name for place in order.places.values() if place.primary is not None}
    return [dict(rule) for rule in config.across if rule["relation"] in primary]


def _fit_columns(related: Related, linked: Mapping[str, Linked], config: RelatedConfig) -> dict[str, np.ndarray]:
    """Learn the columns of each table; the codes (n, b) of its own columns and of the numbers of its children."""
    order, base = related.order, {}
    moments: dict[str, dict[str, np.ndarray]] = {}
    for name in order.tables:
        if name not in order.places:
            continue
        table, place, choice = linked[name], order.places[name], config.tables[name]
        times = _moments(table.frame, choice)
        clocks = {above: related.tables[above].columns.clock for above in order.ancestors(name)}
        weekly = {(above, clock.column) for above, clock in clocks.items() if clock is not None and clock.weekly}
        where = Neighbours(table.position, anchors(related.order, name, linked, moments), weekly)
        copied = [column for each in place.copied for column in each.child_key]
        keys = {*choice.primary_key, *(column for each in _naming(place) for column in each.child_key)}
        others = [column for column in table.frame.columns if column not in keys or column in choice.primary_key]
        counter = counter_of(table.frame, [c for c in others if not _is_foreign(c, place)], table.position)
        made = [c for c in choice.primary_key if not _is_foreign(c, place) and c not in copied]
        made = made if len(choice.primary_key) == 1 else []
        states = {column: learn_key(table.frame[column]) for column in made}
        columns, warnings = TableColumns.fit(
            table.frame,
            choice,
            copied,
            where,
            choice.sequence_index,
            counter if table.parent is not None else None,
            config.training_params.rare_value_threshold,
            _ranked(name, states, linked, order, config),
            _timed(table.frame, states, choice, times),
        )
        related.tables[name] = TableModel(
            name,
            tuple(made),
            states,
            columns,
            {key: fit_grid(numbers.astype(np.float64), counts=True) for key, numbers in table.numbers.items()},
            None,
            (),
            len(table.frame),
            _nameless(table, place),
            warnings=tuple(warnings),
        )
        moments[name] = times
        told = [on_grid(table.numbers[k].astype(np.float64), s) for k, s in related.tables[name].counts.items()]
        base[name] = np.column_stack([columns.encode(table.frame, where), *told])
    return base


def _ranked(
    name: str, states: Mapping[str, Any], linked: Mapping[str, Linked], order: Order, config: RelatedConfig
) -> tuple[str, Mapping[str, Any]] | None:
    """The whole-numbered key of a table, if its order is not that of the parents' keys."""
    column, state = next(iter(states.items()), ("", {}))
    if "knots" not in state:
        return None
    table, primary = linked[name], order.places[name].primary
    if primary is not None and table.parent is not None:
        above = linked[primary.parent].frame[primary.parent_key[0]]
        named = table.parent >= 0
        keys = pd.DataFrame({"own": table.frame[column][named].to_numpy()})
        keys["above"] = above.to_numpy()[table.parent[named]]
        if keys["above"].dtype.kind in "iuf" and keys.corr("spearman").iloc[0, 1] >= _ALIKE:
            return None
    return column, state


def _timed(
    frame: pd.DataFrame, states: Mapping[str, Any], choice: TableChoice, moments: Mapping[str, np.ndarray]
) -> str | None:
    """The column of times in whose order the whole-numbered key of a table rises, the one of sequences first."""
    column, state = next(iter(states.items()), ("", {}))
    if "knots" not in state or len(frame) < _FEWEST_IN_ORDER:
        return None
    order = np.argsort(frame[column].to_numpy(), kind="stable")
    for name in sorted(moments, key=lambda each: each != choice.sequence_index):
        times = moments[name][order]
        if np.isnan(times).any() or len(np.unique(times)) < _FEWEST_IN_ORDER:
            continue
        if float((np.diff(times) < 0).mean()) <= _OUT_OF_ORDER:
            return name
    return None


def _nameless(table: Linked, place: Place) -> dict[str, int]:
    """For each relation how many rows name nobody."""
    found = {name: int((rows < 0).sum()) for name, rows in table.second.items()}
    if place.primary is not None and table.parent is not None:
        found[place.primary.name] = int((table.parent < 0).sum())
    return found


def _naming(place: Place) -> list[Relation]:
    return [each for each in (place.primary, *place.second) if each is not None]


def _is_foreign(column: str, place: Place) -> bool:
    return any(column in each.child_key for each in _naming(place))


def _moments(frame: pd.DataFrame, choice: TableChoice) -> dict[str, np.ndarray]:
    """(n,) nanoseconds of each column of times, NaN for missing."""
    found = {}
    for name, said in choice.columns.items():
        if said.kind == "moment" and name in frame and name in choice.feature_cols.numerical_cols:
            values, missing = moment.nanoseconds(frame[name], moment.writing(frame[name], said.format))
            found[name] = np.where(missing, np.nan, values.astype(np.float64))
    return found


def anchors(
    order: Order, table: str, linked: Mapping[str, Any], moments: Mapping[str, Mapping[str, np.ndarray]]
) -> dict[tuple[str, str], np.ndarray]:
    """For each column of times of the tables that a row hangs on, (n,) its value."""
    found = {}
    rows = linked[table].parent
    for name in order.ancestors(table):
        for column, values in moments.get(name, {}).items():
            found[name, column] = np.where(rows >= 0, values[np.maximum(rows, 0)], np.nan)
        above = linked[name].parent
        if above is None:
            break
        rows = np.where(rows >= 0, above[np.maximum(rows, 0)], -1)
    return found


def _row_codes(related: Related, name: str, linked: Mapping[str, Linked], base: Mapping[str, np.ndarray]) -> np.ndarray:
    """(n, r) codes of what is drawn of a row."""
    table = linked[name]
    parts = [base[name]]
    parts += [told_repeats(table.second[each], table.position)[:, None] for each in related.tables[name].repeats]
    for relation, _ in related.wanted(name):
        rows = linked[name].second[relation.name]
        spans = related.tables[relation.parent].base_spans()
        parts.append(or_none(base[relation.parent][np.maximum(rows, 0)], spans, rows >= 0))
    return np.concatenate(parts, axis=1)


def _once(order: Order, name: str, table: Linked, codes: np.ndarray) -> tuple[int | str, ...]:
    """What no two rows of one parent share of what they name: kept tables by the column's place, others by name."""
    place, found = order.places[name], []
    assert table.parent is not None
    several = table.total > 1
    for number, relation in enumerate((*place.copied, *place.second)):
        named = codes[:, number] if number < len(place.copied) else table.second[relation.name]
        rows = several & (named >= 0) & (table.parent >= 0)
        pairs = pd.DataFrame({"parent": table.parent[rows], "named": named[rows].astype(np.int64)})
        if len(pairs) >= _FEWEST_FOLLOWING and not pairs.duplicated().any():
            found.append(number if number < len(place.copied) else relation.name)
    return tuple(found)


def _see_siblings(related: Related) -> None:
    """Tables of the same parent are drawn one after another, each after what those before were like."""
    seen: dict[str, list[str]] = {}
    for name in related.order.tables:
        place = related.order.places.get(name)
        if place is not None and place.primary is not None:
            related.tables[name].seen = tuple(seen.get(place.primary.parent, ()))
            seen.setdefault(place.primary.parent, []).append(name)


def static_context(
    related: Related,
    name: str,
    parents: np.ndarray,
    linked: Mapping[str, Any],
    codes: Mapping[str, np.ndarray],
    courses: Mapping[str, Course],
) -> np.ndarray:
    """(m, c) codes of what is known of parents (m,) before any of their rows in a table; -1 stands for no parent."""
    parts, rows = [np.zeros((len(parents), 0))], parents
    for above, places in related.above(name):
        spans = [related.row_spans(above)[place] for place in places]
        parts.append(or_none(codes[above][:, places][np.maximum(rows, 0)], spans, rows >= 0))
        parent = linked[above].parent
        rows = np.where(rows >= 0, parent[np.maximum(rows, 0)], -1) if parent is not None else rows
    for sibling in related.tables[name].seen:
        teller = related.tables[sibling].teller
        assert teller is not None
        course = courses[sibling].of(np.maximum(parents, 0))
        course.number = np.where(parents >= 0, course.number, 0)
        parts.append(teller.summary(course))
    return np.concatenate(parts, axis=1)


def course_of(related: Related, name: str, table: Any, codes: np.ndarray, parents: int) -> Course:
    """The course of all rows of each of so many parents in a table."""
    teller = related.tables[name].teller
    assert teller is not None
    course = teller.start(parents)
    named = table.parent >= 0
    after = teller.after(codes[named], table.position[named])
    begins = table.parent[named][table.position[named] == 0]
    for part, values in vars(course).items():
        values[begins] = getattr(after, part)
    return course


def _training_rows(
    related: Related, name: str, linked: Mapping[str, Linked], codes: Mapping[str, np.ndarray], seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """(n, g + r) codes of contexts and rows, and (n,) the number of each row's parent."""
    table, model = linked[name], related.tables[name]
    if table.parent is None:
        rows = _some(len(codes[name]), seed)
        return codes[name][rows], rows
    begins = np.cumsum(table.position == 0) - 1
    chosen = _some(int(begins[-1]) + 1, seed, len(begins))
    some = np.flatnonzero(np.isin(begins, chosen)) if len(chosen) <= begins[-1] else np.arange(len(begins))
    courses = {
        sibling: course_of(related, sibling, linked[sibling], codes[sibling], len(linked[_parent(related, name)].frame))
        for sibling in model.seen
    }
    context = static_context(related, name, table.parent[some], linked, codes, courses)
    assert model.teller is not None
    course = model.teller.before(codes[name], table.position).of(some)
    history = model.teller.history(course, table.total[some])
    return np.concatenate([context, history, codes[name][some]], axis=1), begins[some]


def _parent(related: Related, name: str) -> str:
    primary = related.order.places[name].primary
    assert primary is not None
    return primary.parent


def _some(entities: int, seed: int, rows: int | None = None) -> np.ndarray:
    """Entities to learn from: all, or so many that their rows are as many as the loop sees."""
    share = min(1.0, _MOST_ROWS / max(rows or entities, 1))
    chosen = np.random.default_rng(seed).permutation(entities)[: max(1, math.ceil(share * entities))]
    return np.sort(chosen)
