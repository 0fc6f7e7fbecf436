"""From drawn codes to tables with keys: decoded and written in blocks."""

from collections.abc import Iterator, Mapping
from functools import cache

import numpy as np
import pandas as pd

from DataFoundry.relational.bundle import Related
from DataFoundry.relational.columns import Neighbours
from DataFoundry.relational.drawing import Drawn
from DataFoundry.relational.keys import make_keys
from DataFoundry.relational.relation import Relation
from DataFoundry.relational.rules import Across, worked_out

_BLOCK_ROWS = 65_536


class Decoder:
    """Turns the drawn codes of tables into rows, table after table in their order; `given` has rows as they are."""

    def __init__(
        self,
        related: Related,
        drawn: Mapping[str, Drawn],
        seed: int,
        given: Mapping[str, pd.DataFrame] | None = None,
    ) -> None:
        self.related = related
        self.drawn = drawn
        self._seed = seed
        self._given = dict(given or {})
        self.rules = [Across.from_dict(each) for each in related.across if each["parent"] not in self._given]
        self._keys: dict[str, pd.DataFrame] = {}
        self._times: dict[tuple[str, str], np.ndarray] = {}

    def blocks(self, name: str) -> Iterator[pd.DataFrame]:
        """The rows of a table, columns in the order of the training table; parents must have been told before."""
        if name in self.related.kept:
            yield self.related.kept[name]
            return
        count = len(self.drawn[name].codes)
        keys, times = [], []
        for start, stop in self._parts(name):
            frame = self._block(name, slice(start, stop), np.random.default_rng([self._seed, start]))
            keys.append(frame[self._named(name)])
            times.append(self._moments(name, frame))
            yield frame
        self._keys[name] = pd.concat(keys, ignore_index=True) if keys else pd.DataFrame(index=np.arange(count))
        for column in times[0] if times else ():
            self._times[name, column] = np.concatenate([each[column] for each in times])

    def _parts(self, name: str) -> list[tuple[int, int]]:
        """Cuts between parents, about as far apart as a block is long."""
        begins = np.flatnonzero(self.drawn[name].position == 0)
        count = len(self.drawn[name].codes)
        cuts = [0]
        while cuts[-1] < count:
            later = begins[np.searchsorted(begins, cuts[-1] + _BLOCK_ROWS) :]
            cuts.append(int(later[0]) if len(later) else count)
        return list(zip(cuts, cuts[1:], strict=False)) or [(0, 0)]

    def _block(self, name: str, part: slice, rng: np.random.Generator) -> pd.DataFrame:
        model, drawn = self.related.tables[name], self.drawn[name]
        if name in self._given:
            return self._given[name].iloc[part].reset_index(drop=True)
        frame = self._decoded(name, part, rng, self._anchors(name, part))
        for rule in self.rules:
            if rule.parent == name:
                numbers, known = self._told(rule)
                frame = worked_out(frame, rule, numbers[part], known[part])
        for column in model.key:
            frame[column] = self._own_keys(name, column).iloc[part].to_numpy()
        place = self.related.order.places[name]
        if place.primary is not None and drawn.parent is not None:
            frame = self._named_by(frame, place.primary, drawn.parent[part])
        for relation in place.second:
            if relation.parent != name or relation.name not in drawn.second:
                frame = self._named_by(frame, relation, drawn.second[relation.name][part])
            else:
                frame = self._own_rows(frame, name, relation, drawn.second[relation.name][part])
        frame = model.columns.made.make(frame, part.start, self._seed)
        return frame[list(model.columns.columns)]

    def _decoded(
        self, name: str, part: slice, rng: np.random.Generator, anchors: Mapping[tuple[str, str], np.ndarray]
    ) -> pd.DataFrame:
        """What was drawn of some rows."""
        model, drawn = self.related.tables[name], self.drawn[name]
        own = len(model.columns.transformer.spans())
        where = Neighbours(drawn.position[part], anchors)
        return model.columns.decode(drawn.codes[part, :own], where, rng).reset_index(drop=True)

    @cache  # noqa: B019
    def _told(self, rule: Across) -> tuple[np.ndarray, np.ndarray]:
        """What a rule says of a parent's number, by its children as they will be written: decoding is repeatable."""
        rows = self.drawn[rule.child].parent
        assert rows is not None
        values = [np.zeros(0)]
        for start, stop in self._parts(rule.child):
            clock = self.related.tables[rule.child].columns.clock
            nowhere = {clock.anchor: np.zeros(stop - start)} if clock is not None and clock.anchor is not None else {}
            rng = np.random.default_rng([self._seed, start])
            block = self._decoded(rule.child, slice(start, stop), rng, nowhere)
            if rule.child in (each.parent for each in self.rules):  # what is summed may be a sum itself
                for inner in self.rules:
                    if inner.parent == rule.child:
                        numbers, known = self._told(inner)
                        block = worked_out(block, inner, numbers[start:stop], known[start:stop])
            values.append(block[rule.of].to_numpy(dtype=np.float64) if rule.of else np.zeros(len(block)))
        return rule.told(np.concatenate(values), rows, len(self.drawn[rule.parent].codes))

    def _named_by(self, frame: pd.DataFrame, relation: Relation, rows: np.ndarray) -> pd.DataFrame:
        """The frame with the keys of the parents' rows (n,), missing for -1."""
        keys = self._keys[relation.parent]
        for own, column in zip(relation.child_key, relation.parent_key, strict=True):
            frame[own] = _taken(keys[column], rows)
        return frame

    def _own_rows(self, frame: pd.DataFrame, name: str, relation: Relation, rows: np.ndarray) -> pd.DataFrame:
        """A key that names rows of the same table, which need not be decoded yet: keys hang on the place alone."""
        for own, column in zip(relation.child_key, relation.parent_key, strict=True):
            frame[own] = _taken(self._own_keys(name, column), rows)
        return frame

    @cache  # noqa: B019  (a decoder lives as long as one generation)
    def _own_keys(self, name: str, column: str) -> pd.Series:
        """(n,) the keys of all rows of a table."""
        model, drawn = self.related.tables[name], self.drawn[name]
        keys = make_keys(model.key_state[column], len(drawn.codes), self._seed)
        place, primary = model.columns.place_of_key(), self.related.order.places[name].primary
        by = [np.arange(len(keys))]
        if model.columns.timed is not None:
            by.append(self._times_of_key(name, model.columns.timed))
        elif place is not None:
            by.append(drawn.codes[:, place])
        elif primary is not None and drawn.parent is not None:
            above = self._keys[primary.parent][primary.parent_key[0]]
            by.append(_taken(above, drawn.parent).rank(method="dense").fillna(0).to_numpy())
        rank = np.empty(len(keys), dtype=np.int64)
        rank[np.lexsort(by)] = np.arange(len(keys))
        return keys.iloc[rank].reset_index(drop=True)

    def _times_of_key(self, name: str, column: str) -> np.ndarray:
        """(n,) the times by which the keys of a table rise, as they will be written: decoding is repeatable."""
        columns, parts = self.related.tables[name].columns, []
        for start, stop in self._parts(name):
            part, rng = slice(start, stop), np.random.default_rng([self._seed, start])
            parts.append(columns.nanoseconds(self._decoded(name, part, rng, self._anchors(name, part)), column))
        return np.nan_to_num(np.concatenate(parts), nan=np.inf)

    def _named(self, name: str) -> list[str]:
        """The columns by which other tables name the rows of one."""
        named = [column for each in self.related.relations if each.parent == name for column in each.parent_key]
        return list(dict.fromkeys(named))

    def _moments(self, name: str, frame: pd.DataFrame) -> dict[str, np.ndarray]:
        """The times that rows of other tables are counted from."""
        found = {}
        for model in self.related.tables.values():
            clock = model.columns.clock
            if clock is None or clock.anchor is None or clock.anchor[0] != name:
                continue
            found[clock.anchor[1]] = self.related.tables[name].columns.nanoseconds(frame, clock.anchor[1])
        return found

    def _anchors(self, name: str, part: slice) -> dict[tuple[str, str], np.ndarray]:
        clock = self.related.tables[name].columns.clock
        rows = self.drawn[name].parent
        if clock is None or clock.anchor is None or rows is None:
            return {}
        rows = rows[part]
        for above in self.related.order.ancestors(name):
            if above == clock.anchor[0]:
                break
            parent = self.drawn[above].parent
            assert parent is not None
            rows = np.where(rows >= 0, parent[np.maximum(rows, 0)], -1)
        values = self._times[clock.anchor]
        return {clock.anchor: np.where(rows >= 0, values[np.maximum(rows, 0)], np.nan)}


def _taken(values: pd.Series, rows: np.ndarray) -> pd.Series:
    """(n,) the values at rows, missing for -1; numbers stay whole where nothing is missing."""
    taken = values.iloc[np.maximum(rows, 0)].reset_index(drop=True) if len(values) else pd.Series([None] * len(rows))
    if (rows >= 0).all():
        return taken
    if taken.dtype == object:
        return taken.where(rows >= 0, None)
    return taken.where(rows >= 0)
