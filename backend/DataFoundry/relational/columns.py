"""The columns of one of several tables: what a network draws of a row, and how the whole row comes back from it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.config import ModelParams, TrainingConfig
from DataFoundry.derivation.plan import Derivation
from DataFoundry.derivation.promises import has_rules_by_row, rows_that_break
from DataFoundry.making.columns import Made
from DataFoundry.preprocessing.columns import moment
from DataFoundry.preprocessing.options import TokenOptions
from DataFoundry.preprocessing.schema import column_kinds, feature_columns
from DataFoundry.preprocessing.transformer import TableTransformer
from DataFoundry.relational.config import TableChoice
from DataFoundry.relational.keys import places_of
from DataFoundry.relational.times import Clock
from DataFoundry.training.derived import derivation_of, made_of

_PLACE = "\x00place"  # of a key among all keys; no column is called so
NO_LABEL = "\x00"  # related tables have no condition: a column called label is one like any other


@dataclass(frozen=True)
class Neighbours:
    """Where rows stand among those of the same parent.

    Attributes
    ----------
    position
        (n,) 0 for the first row of a parent, 1 for the next; rows of one parent are in a row.
    anchors
        For tables that a row hangs on and their columns of times: (n,) nanoseconds, NaN for missing.
    weekly
        Those of them of which the day of the week is told, see `times.Clock`.
    """

    position: np.ndarray
    anchors: Mapping[tuple[str, str], np.ndarray]
    weekly: Collection[tuple[str, str]] = ()

    def of(self, clock: Clock | None) -> np.ndarray | None:
        """The anchor of a clock."""
        return None if clock is None or clock.anchor is None else self.anchors[clock.anchor]


@dataclass(frozen=True)
class TableColumns:
    """What was learnt of the columns of one table, its keys left out.

    Attributes
    ----------
    columns
        All columns of the table in order, keys among them.
    transformer
        Of the columns that are drawn, those in their place included.
    clock
        Of the column by which rows follow one another; None where there is none.
    counter
        A column that counts the rows of a parent, and its first value; None for none.
    ranked
        A key whose order hangs on what rows hold, and its state (`relational.keys`): where it lies is drawn, too.
    timed
        The column of times in whose order the key rises; None where it rises in none.
    formats
        How columns of times are written, as the schema says.
    """

    columns: tuple[str, ...]
    transformer: TableTransformer
    derivation: Derivation
    made: Made
    clock: Clock | None = None
    counter: tuple[str, int] | None = None
    ranked: tuple[str, Mapping[str, Any]] | None = None
    timed: str | None = None
    formats: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @classmethod
    def fit(
        cls,
        frame: pd.DataFrame,
        choice: TableChoice,
        copied: Sequence[str],
        where: Neighbours,
        index: str | None,
        counter: tuple[str, int] | None,
        rare_threshold: int | None,
        ranked: tuple[str, Mapping[str, Any]] | None = None,
        timed: str | None = None,
    ) -> tuple["TableColumns", list[str]]:
        """Learn the columns of a table, rows of one parent in a row, and say what is wrong with its rules.

        Parameters
        ----------
        copied
            Foreign keys of tables that are kept: categories, drawn first.
        index
            The column by which rows follow one another.
        """
        ranked = None if timed is not None else ranked
        config = _config(choice, copied, counter)
        chosen, features = config.model_params.feature_cols, {}
        if chosen.numerical_cols or chosen.categorical_cols:
            features = column_kinds(frame, chosen, NO_LABEL, config.kinds)
        derivation, warnings = derivation_of(frame, list(features), config, index)
        made = made_of(frame, derivation, config)
        drawn = {name: kind for name, kind in features.items() if name not in derivation.removed}
        reduced = derivation.reduce(frame)
        for name in derivation.added:
            drawn |= column_kinds(reduced[[name]], feature_columns(reduced[[name]], NO_LABEL))
        clock = None
        if index in drawn and drawn[index] == "moment":
            written = config.formats(drawn).get(index, {})
            clock = Clock.fit(frame[index], written, where.position, where.anchors, where.weekly)
            reduced = clock.reduce(reduced, where.position, where.of(clock))
            drawn = {name: kind for name, kind in drawn.items() if name != index}
            drawn |= {name: "category" if name == clock.weekday else "number" for name in clock.added}
        if ranked is not None:
            reduced = reduced.assign(**{_PLACE: places_of(frame[ranked[0]], ranked[1])})
            drawn[_PLACE] = "number"
        options = TokenOptions.for_table(len(drawn), len(frame), rare_threshold)
        first = [name for name in copied if name in drawn] + (clock.added if clock else [])
        transformer = TableTransformer.fit(reduced, drawn, options, first, config.formats(drawn))
        formats = {name: dict(each.format) for name, each in choice.columns.items() if each.kind == "moment"}
        names = tuple(frame.columns)
        return cls(names, transformer, derivation, made, clock, counter, ranked, timed, formats), warnings

    def encode(self, frame: pd.DataFrame, where: Neighbours) -> np.ndarray:
        """(n, d) codes of what is drawn."""
        reduced = self.derivation.reduce(frame)
        if self.clock is not None:
            reduced = self.clock.reduce(reduced, where.position, where.of(self.clock))
        if self.ranked is not None:
            reduced = reduced.assign(**{_PLACE: places_of(frame[self.ranked[0]], self.ranked[1])})
        return self.transformer.encode(reduced)

    def decode(self, codes: np.ndarray, where: Neighbours, rng: np.random.Generator) -> pd.DataFrame:
        """Rows from codes (n, d), without keys and what is made anew."""
        frame = self.transformer.decode(codes, rng).drop(columns=_PLACE, errors="ignore")
        if self.clock is not None:
            frame = self.clock.restore(frame, where.position, where.of(self.clock))
        frame = self.derivation.restore(frame)
        if not len(frame.columns):
            frame = pd.DataFrame(index=np.arange(len(codes)))
        if self.counter is not None:
            frame[self.counter[0]] = where.position + self.counter[1]
        return frame

    def breaking(self, codes: np.ndarray) -> np.ndarray:
        """(n,) bool: rows (n, d) that break a rule which each row keeps or breaks by itself.

        With a clock none is told: its column is known only once all rows of a parent are drawn.
        """
        if self.clock is not None or not has_rules_by_row(self.derivation):
            return np.zeros(len(codes), dtype=bool)
        frame = self.decode(codes, Neighbours(np.zeros(len(codes), dtype=np.int64), {}), np.random.default_rng(0))
        return rows_that_break(frame, self.derivation)

    def nanoseconds(self, frame: pd.DataFrame, column: str) -> np.ndarray:
        """(n,) float64 a column of times of the table's rows; NaN where missing."""
        values, missing = moment.nanoseconds(frame[column], moment.writing(frame[column], self.formats.get(column)))
        return np.where(missing, np.nan, values.astype(np.float64))

    def place_of_key(self) -> int | None:
        """Where among the drawn columns stands where the key lies; None where the key follows the parent's."""
        return list(self.transformer.state()["kinds"]).index(_PLACE) if self.ranked is not None else None

    def state(self) -> dict[str, Any]:
        """As plain data and numeric arrays."""
        return {
            "columns": list(self.columns),
            "transformer": self.transformer.state(),
            "derivation": self.derivation.as_dict(),
            "made": self.made.as_dict(),
            "clock": self.clock.as_dict() if self.clock else None,
            "counter": list(self.counter) if self.counter else None,
            "timed": self.timed,
            "formats": {name: dict(each) for name, each in self.formats.items()},
            "ranked": [self.ranked[0], dict(self.ranked[1])] if self.ranked else None,
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> "TableColumns":
        """What `state` describes."""
        return cls(
            tuple(state["columns"]),
            TableTransformer.from_state(state["transformer"]),
            Derivation.from_dict(state["derivation"]),
            Made.from_dict(state["made"]),
            Clock.from_dict(state["clock"]) if state["clock"] else None,
            (str(state["counter"][0]), int(state["counter"][1])) if state["counter"] else None,
            (str(state["ranked"][0]), state["ranked"][1]) if state["ranked"] else None,
            state.get("timed"),  # models of before have neither
            state.get("formats", {}),
        )


def _config(choice: TableChoice, copied: Sequence[str], counter: tuple[str, int] | None) -> TrainingConfig:
    """The table as a single one: foreign keys of tables that are kept are categories of it."""
    chosen = choice.feature_cols
    left_out = {counter[0]} if counter else set()
    told = {"numerical_cols": chosen.numerical_cols, "categorical_cols": (*chosen.categorical_cols, *copied)}
    told["made_cols"] = chosen.made_cols
    told = {key: tuple(dict.fromkeys(name for name in names if name not in left_out)) for key, names in told.items()}
    features = chosen.model_copy(update=told)
    columns = {name: each for name, each in choice.columns.items() if name not in left_out}
    columns |= {name: columns[name].model_copy(update={"kind": "category"}) for name in copied if name in columns}
    rules = tuple(rule for rule in choice.rules if set(rule.columns) <= columns.keys())
    return TrainingConfig(
        data_path=choice.data_path,
        output_model_path="",
        preprocessor_path="",
        model_type="tabular_cvae",
        model_params=ModelParams(feature_cols=features),
        label_column=NO_LABEL,
        columns=columns,
        rules=rules,
    )


def counter_of(frame: pd.DataFrame, names: Sequence[str], position: np.ndarray) -> tuple[str, int] | None:
    """The column that counts the rows of each parent, such as the line in an order, and its first value."""
    if not len(frame) or position.max() == 0:
        return None
    for name in names:
        column = frame[name]
        if pd.api.types.is_integer_dtype(column.dtype) and not column.isna().any():
            first = column.to_numpy(dtype=np.int64) - position
            if (first == first[0]).all():
                return name, int(first[0])
    return None
