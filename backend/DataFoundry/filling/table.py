"""Fill the missing cells of a table."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from DataFoundry.cleaning.checks import ranges
from DataFoundry.cleaning.likely_orders import likely_orders
from DataFoundry.filling.by_rules import Meant, as_column, contradicted, determined, meant_missing, usable
from DataFoundry.filling.columns import NUMERIC, Categories, Features, Learning, Numbers, fills
from DataFoundry.filling.worth import hardly_told, is_free_text
from DataFoundry.preprocessing.schema import is_made_anew
from DataFoundry.progress import Progress
from DataFoundry.schema.rules import RULES
from DataFoundry.schema.rules.by_row import VerifiedByRow
from DataFoundry.schema.table_schema import Rule, TableSchema
from DataFoundry.schema.view import TableView

_FEWEST_KNOWN = 10  # rows that have the column, before anything is learnt from them


@dataclass
class FilledColumn:
    """What was done in one column.

    Attributes
    ----------
    by_rule, by_others
        Cells that a rule told, and that the other columns told.
    left
        Cells that are still missing.
    quality
        How good the guesses by other columns are, see `columns.Categories` and `columns.Numbers`.
    """

    by_rule: int = 0
    by_others: int = 0
    left: int = 0
    quality: dict[str, float] = field(default_factory=dict)

    def told(self) -> dict[str, object]:
        """As JSON has it."""
        return {
            "filled": self.by_rule + self.by_others,
            "by_rule": self.by_rule,
            "left": self.left,
            "quality": self.quality,
        }


@dataclass(frozen=True)
class Filled:
    """A filled table.

    Attributes
    ----------
    frame
        The rows.
    marks
        Column to (n,) bool, which of its cells were filled; columns without any are left out.
    columns
        What was done in each column that had missing cells and was asked for.
    notes
        Sentences for people: what was left missing, and why.
    """

    frame: pd.DataFrame
    marks: dict[str, np.ndarray]
    columns: dict[str, FilledColumn]
    notes: list[str]


def fill_table(
    frame: pd.DataFrame,
    schema: TableSchema,
    wanted: Sequence[str],
    draw: bool,
    seed: int,
    others: pd.DataFrame | None = None,
    most_missing: float = 1.0,
    without_notes: bool = False,
) -> Filled:
    """Fill what can be told: by rules first, then by what the other columns of a row tell.

    Parameters
    ----------
    frame
        Rows 0..n-1.
    wanted
        The columns to fill.
    draw
        Draw values by how likely they are, rather than take the likeliest.
    others
        More rows to learn from, with any of the columns.
    most_missing
        Share of a column's cells; where more are missing and no rule tells them, that may mean something, and they are
        left.
    without_notes
        Leave notes that are missing at times.
    """
    return _Filling(frame, schema, draw, seed, others, most_missing, without_notes).run(wanted)


class _Filling:
    def __init__(
        self,
        frame: pd.DataFrame,
        schema: TableSchema,
        draw: bool,
        seed: int,
        others: pd.DataFrame | None,
        most_missing: float,
        without_notes: bool,
    ) -> None:
        self._most_missing, self._without_notes = most_missing, without_notes
        self._columns, self._rows = schema.columns, schema.rows
        self._rules = usable(schema.rules, frame.columns)
        self._before = TableView(frame, self._columns)
        self._orders = [order.rule for order in likely_orders(self._before, self._rules)]
        self._now = frame.copy()
        self._draw, self._seed, self._rng = draw, seed, np.random.default_rng(seed)
        self._others = others
        self._marks: dict[str, np.ndarray] = {}
        self._guessed: dict[str, np.ndarray] = {}
        self._notes: list[str] = []
        self._meant_of: dict[str, Meant] = {}
        self._done: dict[str, FilledColumn] = {}

    def run(self, wanted: Sequence[str]) -> Filled:
        gaps = {name: int(self._before.missing(name).sum()) for name in wanted}
        # Numbers first: of a number and a category that say the same, the number between two is the better guess.
        names = sorted(
            (name for name in gaps if gaps[name]),
            key=lambda name: (self._columns[name].kind not in NUMERIC, gaps[name]),
        )
        self._done = {name: FilledColumn() for name in names}
        for name in names:
            self._by_rules(name)
        self._learn_features()
        progress = Progress("filling in", len(names), "columns")
        for name in names:
            self._by_rules(name)
            self._by_others(name)
            progress.advance()
        self._keep_rules()
        for name in names:
            self._done[name].left = int(self._now[name].isna().sum())
        marks = {name: self._marks[name] for name in wanted if self._marks.get(name, np.zeros(1)).any()}
        return Filled(self._now, marks, {name: self._done[name] for name in wanted if name in names}, self._notes)

    def _meant(self, name: str) -> Meant:
        if name not in self._meant_of:
            self._meant_of[name] = meant_missing(self._before, self._rules, name)
        return self._meant_of[name]

    def _view(self) -> TableView:
        return TableView(self._now, self._columns)

    def _by_rules(self, name: str) -> None:
        if self._columns[name].kind == "nested" or not self._now[name].isna().any():
            return
        told = determined(self._view(), self._rules, name)
        told[self._meant(name).cells] = None
        self._done[name].by_rule += self._put(name, told)

    def _put(self, name: str, values: pd.Series) -> int:
        """Write values into missing cells; how many."""
        new = values.notna().to_numpy() & self._now[name].isna().to_numpy()
        if new.any():
            self._now[name] = _with(self._now[name], new, values)
            self._marks[name] = self._marks.get(name, np.zeros(len(new), dtype=bool)) | new
        return int(new.sum())

    def _learn_features(self) -> None:
        """The other columns as trees read them: as they were and what rules told, and no guesses."""
        usable_ = [
            name
            for name, column in self._columns.items()
            if fills(column) and not is_made_anew(column, self._rows) and name in self._now.columns
        ]
        # Learnt as the table was: where rules filled a cell, its teller would never be missing.
        before = self._before.frame
        learning = before if self._others is None else pd.concat([before, self._others], ignore_index=True)
        self._learning = TableView(learning, self._columns)
        self._features = Features(self._learning, usable_)
        self._known = self._features.of(self._learning)
        self._forget_far_values()
        self._told = self._features.of(self._view())

    def _forget_far_values(self) -> None:
        """Learn nothing from numbers that lie far outside the others: one of them would outweigh all the rest."""
        for mark in ranges.look(ranges.learn(self._learning, ()), self._learning):
            if mark.column in self._features.names:
                self._known[mark.rows, self._features.names.index(mark.column)] = np.nan
                if mark.column in self._done:
                    count = len(mark.rows)
                    values = "1 value lies" if count == 1 else f"{count:,} values lie"
                    self._notes.append(
                        f"{values} far outside the others of {mark.column!r}, and nothing was learnt from "
                        f"{'it' if count == 1 else 'them'}; check-table shows where."
                    )

    def _by_others(self, name: str) -> None:
        """Fill the cells of a column that nothing but the other columns can tell."""
        names = self._features.names
        place = names.index(name) if name in names else None
        known = np.zeros(0, dtype=np.int64) if place is None else np.flatnonzero(~np.isnan(self._known[:, place]))
        gaps = self._gaps(name, len(known))
        if place is None or not len(gaps):
            return
        rest = [each for each in range(len(names)) if each != place]
        learning = Learning(
            self._known[known][:, rest], [self._features.categorical[each] for each in rest], self._seed
        )
        asked = self._told[gaps][:, rest]
        if self._columns[name].kind in NUMERIC:
            values, quality = self._numbers(name, learning, known, place, asked)
        else:
            categories = Categories(learning, self._learning.frame[name].iloc[known])
            values = categories.drawn(asked, self._rng) if self._draw else categories.likely(asked)
            quality = categories.quality
        if self._others is None:  # rows that a model drew say nothing of how right a guess is
            self._done[name].quality = {key: round(each, 4) for key, each in quality.items()}
            # What is drawn keeps the shares of a column, and claims no more.
            doubt = None if self._draw else hardly_told(quality, self._learning.frame[name].iloc[known])
            if doubt is not None:
                self._notes.append(f"{name!r}: {doubt}")
        values = values.set_axis(self._now.index[gaps]).reindex(self._now.index)
        self._done[name].by_others += self._put(name, values)
        self._guessed[name] = np.isin(np.arange(len(self._now)), gaps)
        if self._draw:  # what was drawn for one cell tells what the next one is like
            self._told[gaps, place] = self._features.column(self._view(), name)[gaps]

    def _gaps(self, name: str, known: int) -> np.ndarray:
        """Positions of the cells to guess, where so many rows of the column are known; those that are left are told."""
        meant = self._meant(name)
        gaps = np.flatnonzero(self._now[name].isna().to_numpy() & ~meant.cells)
        if meant.cells.any():
            self._notes.append(f"{_cells_stay(int(meant.cells.sum()), name)}, {meant.why}")
        why = self._why_not(name, known) if len(gaps) else None
        if why is None and len(gaps) > self._most_missing * len(self._now):
            why = "most of the column is missing, which may mean something; name it in columns to fill it."
        elif why is None and self._without_notes and len(gaps) and is_free_text(self._before.frame[name]):
            why = "these are notes, and none may mean that there was nothing to note; name it in columns to fill it."
        if why is None:
            return gaps
        self._notes.append(f"{_cells_stay(len(gaps), name)}: {why}")
        return gaps[:0]

    def _numbers(
        self, name: str, learning: Learning, known: np.ndarray, place: int, asked: np.ndarray
    ) -> tuple[pd.Series, dict[str, float]]:
        numbers = Numbers(learning, self._known[known, place])
        found = numbers.drawn(asked, self._rng) if self._draw else numbers.likely(asked)
        values = as_column(self._learning.frame[name].dropna(), self._columns[name], found)
        assert values is not None  # `_why_not` has asked
        return values, numbers.quality

    def _why_not(self, name: str, known: int) -> str | None:
        """Why nothing can be learnt of a column of which so many rows are known, as a sentence ends; None if it can."""
        column = self._columns[name]
        if not fills(column) or is_made_anew(column, self._rows):
            what = "personal" if column.personal else f"{column.kind.replace('_', ' ')}"
            return f"what stands there is {what}, which no other column tells."
        if column.kind == "moment" and column.format.get("unit") == "duration":
            return "durations are not filled in; turn the column into a number of days or seconds."
        if len(self._features.names) < 2:
            return "there is no other column to tell them."
        if known < _FEWEST_KNOWN:
            return f"only {known} rows have a value that tells something; {_FEWEST_KNOWN} are needed to learn from."
        return None

    def _keep_rules(self) -> None:
        """Filled cells that break a rule are mended where the rule says how, else taken back.

        So are those that break an order that nearly all rows keep; rules come last, since they promise more.
        """
        self._keep([*self._orders, *self._rules])
        self._keep(self._orders, mend=False)  # where the rules moved a guess to the wrong side of another date

    def _keep(self, rules: Sequence[Rule], mend: bool = True) -> None:
        for rule in rules:
            if rule.kind == "determines":
                wrong = self._follow(rule)
            elif issubclass(RULES[rule.kind].Verified, VerifiedByRow):
                wrong = self._breaking(rule)
            else:
                continue
            if rule.kind == "order" and mend and wrong.any():
                self._reorder(rule, wrong)
                wrong = self._breaking(rule)
            taken = sum(self._take_back(name, wrong) for name in rule.columns)
            if taken:
                self._notes.append(f"{_cells_stay(taken)}, since what is likely would break a rule: {rule.sentence}")

    def _follow(self, rule: Rule) -> np.ndarray:
        """Replace filled cells by what follows from their row; (n,) bool the rows in which another cell is at fault."""
        wanted = contradicted(self._before, self._view(), rule)
        name = rule.columns[-1]
        wrong = wanted.notna().to_numpy()
        own = wrong & self._marks.get(name, np.zeros(len(wrong), dtype=bool))
        if own.any():
            self._now[name] = _with(self._now[name], own, wanted)
        return wrong & ~own

    def _breaking(self, rule: Rule) -> np.ndarray:
        verified = RULES[rule.kind].Verified
        return np.asarray(verified.breaks(self._view(), rule) & ~verified.breaks(self._before, rule))

    def _reorder(self, rule: Rule, wrong: np.ndarray) -> None:
        """A guess on the wrong side of the other value becomes that value."""
        first, second = rule.columns
        for name, other in ((second, first), (first, second)):
            cells = wrong & self._guessed.get(name, np.zeros(len(wrong), dtype=bool))
            bound = self._view().numbers(other)
            column = self._columns[name]
            if cells.any() and bound is not None:
                values = as_column(self._learning.frame[name].dropna(), column, bound[cells])
                if values is not None:
                    rows = self._now.index[cells]
                    self._now[name] = _with(self._now[name], cells, values.set_axis(rows).reindex(self._now.index))
                    wrong = wrong & ~cells

    def _take_back(self, name: str, rows: np.ndarray) -> int:
        """Empty the filled cells of a column again in some rows; how many."""
        cells = rows & self._marks.get(name, np.zeros(len(rows), dtype=bool))
        if cells.any():
            self._now[name] = self._before.frame[name].where(cells, self._now[name])
            self._marks[name] = self._marks[name] & ~cells
            guessed = int((cells & self._guessed.get(name, np.zeros(len(rows), dtype=bool))).sum())
            self._done[name].by_others -= guessed
            self._done[name].by_rule -= int(cells.sum()) - guessed
        return int(cells.sum())


def _with(column: pd.Series, cells: np.ndarray, values: pd.Series) -> pd.Series:
    """A column with other values in some cells, of the same dtype where that holds them."""
    filled = column.astype(object).where(~cells, values)
    if column.dtype == object:
        return filled
    if pd.api.types.is_float_dtype(column.dtype) or not filled.isna().any():
        return filled.astype(column.dtype)
    return filled.astype(column.dtype) if column.dtype.kind in "Mm" or str(column.dtype)[0].isupper() else filled


def _cells_stay(count: int, name: str | None = None) -> str:
    cells = "1 cell" if count == 1 else f"{count:,} cells"
    return f"{cells}{'' if name is None else f' of {name!r}'} {'stays' if count == 1 else 'stay'} missing"
