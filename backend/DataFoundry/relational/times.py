"""The time of rows that follow one another, as what a network learns: when the first is, and how long until the next.

The first is told from the time of a parent where it hangs on that: then no child can be before its parent.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.derivation.time_of_day import follow_the_clock
from DataFoundry.derivation.written import DAY
from DataFoundry.preprocessing.columns import moment
from DataFoundry.preprocessing.weekdays import follow_the_week, weekday_of

_UNITS = {"day": 86_400 * 10**9, "second": 10**9, "millisecond": 10**6, "microsecond": 10**3, "nanosecond": 1}
_FEWEST = 20  # rows that tell whether one time hangs on another
_CLOSE = 0.5  # spread of the distance to the parent's time, over that of the time itself
_WIDE = 2.0  # the same, from which on the time tells more than the distance
_SELDOM = 0.01  # of the times that the last of all would cut off, if the distance hung on nothing
_FEWEST_BASES = 3  # days of the week that others are counted from
_UNEVEN = 0.04  # of a day's share of the rows
_ONE_DISTANCE = 0.05  # share of rows with the same distance, such as 30 days, from which on distances are kept


@dataclass(frozen=True)
class Clock:
    """How the times of one column are told.

    Attributes
    ----------
    column
        In the table.
    unit
        A name of `_UNITS`: the coarsest that all times are whole numbers of.
    writing
        How they are written, see `preprocessing.columns.moment.writing`.
    anchor
        The table, of those that a row hangs on, and its column, that the first time is counted from; None for none.
    promised
        Whether no first time is before the anchor's.
    follows
        Whether there are rows that follow another.
    latest
        The last time of all, in units, where it cuts off what would come later, such as the day on which the table was
        written; None where it does not. The first time is then told as its place between the anchor's and this one.
    weekly
        Whether there are days of the week with few or many rows. Then each row's is told, and what is told of times in
        days are whole weeks, up to the day of the week.
    absolute
        Whether the first time is told by itself, and the anchor is only what it is not before: distances, such as from
        a birth to a visit, are spread far wider.
    first_weekly
        Whether first times, too, are on the days of the week that are told; not where these follow from the anchors'.
    from_weekday
        Whether the first time, too, is told in whole weeks, since the anchor's day of the week is told with its row.
    daily
        Whether there are hours with few or many rows, and rows that follow one another do so after days. Then each
        row's time of day is told.
    end
        The last time of all, in units. Rows that would follow after it follow sooner; None for models of before.
    """

    column: str
    unit: str
    writing: Mapping[str, Any]
    anchor: tuple[str, str] | None
    promised: bool
    follows: bool
    latest: int | None = None
    weekly: bool = False
    absolute: bool = False
    first_weekly: bool = False
    from_weekday: bool = False
    daily: bool = False
    end: int | None = None

    @property
    def weekday(self) -> str:
        """Name of the column that tells the day of the week."""
        return f"{self.column} (weekday)"

    @property
    def start(self) -> str:
        """Name of the column that tells the first time."""
        return f"{self.column} (first)"

    @property
    def gap(self) -> str:
        """Name of the column that tells the time since the row before."""
        return f"{self.column} (since the row before)"

    @property
    def time(self) -> str:
        """Name of the column that tells the time of day."""
        return f"{self.column} (time of day)"

    @property
    def added(self) -> list[str]:
        """The columns in place of the table's own."""
        numbers = [self.start, self.gap] if self.follows else [self.start]
        numbers += [self.time] if self.daily else []
        return [self.weekday, *numbers] if self.weekly else numbers

    @property
    def _in_weeks(self) -> bool:
        return self.weekly and self.unit == "day"

    @classmethod
    def fit(
        cls,
        column: pd.Series,
        format: Mapping[str, Any],
        position: np.ndarray,
        anchors: Mapping[tuple[str, str], Any],
        told: Collection[tuple[str, str]] = (),
    ) -> "Clock":
        """Learn the clock of a column.

        Parameters
        ----------
        anchors
            For a table and its column (n,) nanoseconds, NaN where missing.
        told
            Those of the anchors whose day of the week is told with their rows.
        """
        writing = moment.writing(column, format)
        values, missing = moment.nanoseconds(column, writing)
        unit = next(name for name, size in _UNITS.items() if not (values % size).any())
        first = (position == 0) & ~missing
        chosen, promised, best = _anchor(values, first, anchors)
        latest, absolute = None, bool(chosen is not None and promised and best > _WIDE)
        if chosen is not None and promised and not absolute:
            known = first & ~np.isnan(anchors[chosen])
            units = (values // _UNITS[unit]).astype(np.float64)
            latest = _cut_off(units[known], np.floor(anchors[chosen][known] / _UNITS[unit]), units[~missing].max())
        follows = bool((position > 0).any())
        base = np.zeros(int(first.sum())) if chosen is None or absolute else anchors[chosen][first]
        start = values[first] - base
        later = np.flatnonzero((position > 0) & ~missing)
        first_weekly = _is_weekly(values[first]) and not _follows_from(base, start)
        weekly = first_weekly or (
            _is_weekly(values[later]) and not _follows_from(values[later - 1], np.diff(values)[later - 1])
        )
        in_weeks = unit == "day" and promised and latest is None and not absolute
        from_weekday = first_weekly and in_weeks and chosen in told
        present = values[~missing]
        apart = np.diff(values)[later - 1]
        daily = follow_the_clock(present % DAY) if len(present) else False
        daily = daily and (not len(later) or float(np.median(apart)) >= DAY)
        return cls(
            str(column.name),
            unit,
            writing,
            chosen,
            promised,
            follows,
            latest,
            weekly,
            absolute,
            first_weekly,
            from_weekday,
            daily,
            int(present.max() // _UNITS[unit]) if len(present) else None,
        )

    def reduce(self, frame: pd.DataFrame, position: np.ndarray, anchor: np.ndarray | None) -> pd.DataFrame:
        """The frame, rows of one parent in a row, with the added columns in place of the table's own."""
        values, missing = moment.nanoseconds(frame[self.column], self.writing)
        times = np.where(missing, np.nan, (values // _UNITS[self.unit]).astype(np.float64))
        start = times
        if anchor is not None and not self.absolute:
            base = np.floor(anchor / _UNITS[self.unit])
            start = times - base
            if self.latest is not None:
                start = (start + 0.5) / self._room(base)
            if self.from_weekday:
                start = start // 7
        told: dict[str, Any] = {}
        if self.weekly:
            days = pd.Series(_weekday(times * _UNITS[self.unit])).astype("Int64")
            told[self.weekday] = days.astype("string").astype(object).where(days.notna(), None).to_numpy()
        told[self.start] = np.where(position == 0, start, np.nan)
        if self.follows:
            gaps = np.append(np.nan, np.diff(times))
            told[self.gap] = np.where(position > 0, gaps // 7 if self._in_weeks else gaps, np.nan)
        if self.daily:
            told[self.time] = times % self._a_day
        return frame.drop(columns=self.column).assign(**told)

    def restore(self, frame: pd.DataFrame, position: np.ndarray, anchor: np.ndarray | None) -> pd.DataFrame:
        """What `reduce` was given, times written as they were."""
        times = self.times(frame, position, anchor)
        column = pd.Series(times).astype("Int64")
        written = moment.written(column, self.writing)
        return frame.drop(columns=self.added).assign(**{self.column: written.to_numpy()})

    def times(self, frame: pd.DataFrame, position: np.ndarray, anchor: np.ndarray | None) -> np.ndarray:
        """(n,) float64 nanoseconds, whole units of them; NaN where the time is missing."""
        start, first = frame[self.start].to_numpy(dtype=np.float64), position == 0
        weekday, base = self._weekdays(frame), None
        if anchor is not None:
            base = np.floor(anchor / _UNITS[self.unit])
            if self.latest is not None:
                room = self._room(base)
                start = np.minimum(np.floor(start * room), room - 1)
            if self.promised:
                start = np.fmax(start, base if self.absolute else 0)
            if self.from_weekday:
                start = 7 * start + _until(weekday, _weekday(base * _UNITS["day"]))
            start = start if self.absolute else start + base
        if self.first_weekly and not self.from_weekday:
            start = self._on_weekday(start, weekday, base if self.promised else None)
        steps = np.where(first, start, np.nan)
        if self.follows:
            gaps = np.nan_to_num(frame[self.gap].to_numpy(dtype=np.float64))
            if self._in_weeks:
                weekday = np.where(first, _weekday(start * _UNITS["day"]), weekday)
                gaps = 7 * gaps + np.nan_to_num(_until(weekday, np.roll(weekday, 1)))
            steps = np.where(first, start, gaps)
        entity = np.cumsum(first)
        sums = pd.Series(steps).groupby(entity).cumsum().to_numpy()
        least = np.where(first, base, -np.inf) if base is not None and self.promised else np.full(len(sums), -np.inf)
        moved = np.zeros(len(sums), dtype=bool)
        if self.follows:
            sums, moved = self._before_end(sums, first, entity)
        if self.daily:
            times = np.floor(sums / self._a_day) * self._a_day + frame[self.time].to_numpy(dtype=np.float64)
            sums = np.where(np.isnan(times), sums, np.where(times < least, times + self._a_day, times))
        if self.follows and self.weekly:
            again = ~first & (moved if self._in_weeks else True)
            sums = np.where(again, self._on_weekday(sums, weekday, None), sums)
        if self.follows and (self.weekly or self.daily):
            sums = pd.Series(sums).groupby(entity).cummax().to_numpy()  # none is before the row before
        return sums * float(_UNITS[self.unit])

    def _before_end(self, times: np.ndarray, first: np.ndarray, entity: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(n,) times, in units, those of parents whose last is after the end drawn together; which they are."""
        if self.end is None:
            return times, np.zeros(len(times), dtype=bool)
        begin = times[np.maximum.accumulate(np.where(first, np.arange(len(times)), 0))]
        last = pd.Series(times).groupby(entity).transform("max").to_numpy()
        late = (last > self.end) & (begin <= self.end) & ~first
        share = (self.end - begin[late]) / (last[late] - begin[late])
        drawn = times.copy()
        drawn[late] = np.floor(begin[late] + (times[late] - begin[late]) * share)
        return drawn, late

    @property
    def _a_day(self) -> int:
        """In units."""
        return int(DAY // _UNITS[self.unit])

    def _weekdays(self, frame: pd.DataFrame) -> np.ndarray:
        """(n,) float64 0 for Monday to 6, NaN where none is told."""
        if not self.weekly:
            return np.full(len(frame), np.nan)
        return pd.to_numeric(frame[self.weekday], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)

    def _on_weekday(self, times: np.ndarray, weekday: np.ndarray, least: np.ndarray | None) -> np.ndarray:
        """(n,) times, in units, moved by whole days to the nearest that is a day of the week, not before `least`."""
        ahead = np.nan_to_num(_until(weekday, _weekday(times * _UNITS[self.unit])))
        moved = times + np.where(ahead > 3, ahead - 7, ahead) * self._a_day
        if self.latest is not None or self.end is not None:
            latest = self.end if self.latest is None else self.latest
            moved = np.where(moved > latest, moved - 7 * self._a_day, moved)
        if least is not None:
            moved = np.where(moved < least, moved + 7 * self._a_day, moved)
        return moved if self.latest is None else np.where(moved > self.latest, times, moved)

    def _room(self, base: np.ndarray) -> np.ndarray:
        """(n,) how many times there are from anchors (n,) to the last of all, both included."""
        assert self.latest is not None
        return np.maximum(self.latest - base, 0) + 1

    def as_dict(self) -> dict[str, Any]:
        """As plain data."""
        return {**vars(self), "writing": dict(self.writing), "anchor": list(self.anchor) if self.anchor else None}

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> "Clock":
        """What `as_dict` describes."""
        return cls(**{**value, "anchor": tuple(value["anchor"]) if value["anchor"] else None})


def _weekday(nanoseconds: np.ndarray) -> np.ndarray:
    """(n,) float64 0 for Monday to 6 for Sunday, NaN where missing."""
    return weekday_of(np.floor(nanoseconds / _UNITS["day"]))


def _until(weekday: np.ndarray, other: np.ndarray) -> np.ndarray:
    """(n,) days, 0 to 6, from the other day of the week to this one; NaN where one is missing."""
    return (weekday - other) % 7


def _anchor(
    values: np.ndarray, first: np.ndarray, anchors: Mapping[tuple[str, str], Any]
) -> tuple[tuple[str, str] | None, bool, float]:
    """The time that the first ones hang on; whether none is before it; how far they spread from it, over all."""
    chosen, promised, best = None, False, _CLOSE
    for where, other in anchors.items():
        known = first & ~np.isnan(other)
        if known.sum() < min(_FEWEST, first.sum()) or known.sum() < 0.99 * first.sum():
            continue
        distance = values[known] - other[known]
        never = bool((distance >= 0).all())
        spread = float(distance.std() / max(values[known].std(), 1))
        if (never, -spread) > (promised, -best):
            chosen, promised, best = where, never, spread
    return chosen, promised, best


def _is_weekly(nanoseconds: np.ndarray) -> bool:
    """Whether some days of the week come more often than others."""
    return follow_the_week(nanoseconds.astype(np.int64) // _UNITS["day"])


def _follows_from(base: np.ndarray, distance: np.ndarray) -> bool:
    """Whether the days of the week of times follow from those they are counted from (n,): they do if distances (n,) of
    other rows give each day its share, too."""
    known = np.isfinite(base) & np.isfinite(distance)
    base, distance = base[known].astype(np.float64), distance[known].astype(np.float64)
    if len(np.unique(_weekday(base))) < _FEWEST_BASES:  # what the days follow from is in the distances
        return False
    others = np.random.default_rng(0).permutation(distance)
    counts = [np.bincount(_weekday(base + each).astype(np.int64), minlength=7) for each in (distance, others)]
    return bool(np.abs(counts[0] - counts[1]).max() / len(base) <= _UNEVEN)


def _cut_off(times: np.ndarray, base: np.ndarray, latest: float) -> int | None:
    """The last time, in units, if distances of times (n,) from their anchors' (n,) hang on how far it is away.

    They do if many would go beyond it with the anchors of other rows.
    """
    distance = np.sort(times - base)
    within = np.searchsorted(distance, latest - base, side="right") / max(len(distance), 1)
    usual = np.unique(distance[distance > 0], return_counts=True)[1].max(initial=0) / max(len(distance), 1)
    return int(latest) if len(distance) and 1 - within.mean() >= _SELDOM and usual <= _ONE_DISTANCE else None
