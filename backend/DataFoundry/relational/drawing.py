"""Draw the codes of all tables: parents first, then their children one after another, second parents by what they are.

Codes are small; they are drawn for a whole table, and decoded later in blocks (`relational.writing`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import torch

from DataFoundry.preprocessing.columns import number
from DataFoundry.preprocessing.spans import Span
from DataFoundry.progress import Progress
from DataFoundry.relational.agreement import Agreed
from DataFoundry.relational.bundle import Related, TableModel
from DataFoundry.relational.context import Course, on_grid, or_none
from DataFoundry.relational.fitting import static_context
from DataFoundry.relational.matching import SELDOM, anyone, by_cell, cells_of, match, match_own, without_repeats
from DataFoundry.relational.relation import Relation
from DataFoundry.relational.repeats import ANOTHER, copied_rows, handed_on, scaled_to
from DataFoundry.relational.second import ancestor_rows

_PARENTS_AT_ONCE = 20_000
_TURNS = 200
_MOST_REDRAWS = 10  # of rows that break a rule


@dataclass
class Drawn:
    """The rows of a table as codes, those of one parent in a row.

    Attributes
    ----------
    codes
        (n, r) of `Related.row_spans`.
    parent
        (n,) the places of the primary parents, -1 for none; None for a table without one.
    position
        (n,) where each row stands among those of its parent.
    second
        For each second relation's name (n,) the places of the parents, -1 for none.
    """

    codes: np.ndarray
    parent: np.ndarray | None
    position: np.ndarray
    second: dict[str, np.ndarray] = field(default_factory=dict)


class Drawer:
    """Draws table after table.

    Parameters
    ----------
    scale
        How many times as many rows as the training tables have.
    given
        Codes (m, b) of the base columns of tables whose rows are there already, NaN where they are to be drawn.
    """

    def __init__(
        self, related: Related, scale: float, seed: int, given: Mapping[str, np.ndarray] | None = None
    ) -> None:
        self.related = related
        self.scale = scale
        self.given = dict(given or {})
        self.tables: dict[str, Drawn] = {}
        self.courses: dict[str, Course] = {}
        self._seed = seed

    def draw(self) -> dict[str, Drawn]:
        """All tables."""
        names = list(self.related.tables)
        progress = Progress("drawing", sum(self._rows(name) for name in names))
        for place, name in enumerate(names):
            generator = torch.Generator().manual_seed(self._seed % 2**62 + place)
            rng = np.random.default_rng([self._seed, place])
            if self.related.order.places[name].primary is None or name in self.given:
                self.tables[name] = self._roots(name, generator, rng)
            else:
                self.tables[name] = self._children(name, generator, rng)
            self._balance_counts(name, rng)
            self._choose(name, rng)
            progress.advance(len(self.tables[name].codes))
        for name in names:
            self._choose(name, np.random.default_rng([self._seed, len(names)]), late=True)
        return self.tables

    def _rows(self, name: str) -> int:
        return max(1, round(self.scale * self.related.tables[name].rows))

    def _roots(self, name: str, generator: torch.Generator, rng: np.random.Generator) -> Drawn:
        model, spans = self.related.tables[name], self.related.row_spans(name)
        known = self.given.get(name)
        rows = self._rows(name) if known is None else len(known)
        fixed = np.full((rows, len(spans)), np.nan)
        if known is not None:
            fixed[:, : known.shape[1]] = known
        elif self.related.order.places[name].copied and spans:
            fixed[:, 0] = _quota(spans[0], rows, rng)
        codes = np.zeros((rows, len(spans)))
        if model.network is None:
            return Drawn(codes, None, np.zeros(rows, dtype=np.int64))
        for start in range(0, rows, _PARENTS_AT_ONCE):
            part = slice(start, min(start + _PARENTS_AT_ONCE, rows))
            context = torch.zeros(part.stop - part.start, model.network.given, dtype=torch.float64)
            agreed = Agreed(model.agreements, spans, {})
            codes[part] = _kept_rules(model, context, generator, torch.from_numpy(fixed[part]), {}, agreed)
        return Drawn(codes, None, np.zeros(rows, dtype=np.int64))

    def _children(self, name: str, generator: torch.Generator, rng: np.random.Generator) -> Drawn:
        """The rows of all parents, and those that name none."""
        model, primary = self.related.tables[name], self.related.order.places[name].primary
        assert primary is not None
        parents = self.tables[primary.parent]
        total = self.numbers(primary)
        alone = round(self.scale * model.nameless[primary.name]) if primary.parent not in self.given else 0
        owners = np.concatenate([np.arange(len(total)), np.full(alone, -1)])
        totals = np.concatenate([total, np.ones(alone, dtype=np.int64)])
        parts = []
        for start in range(0, len(owners), _PARENTS_AT_ONCE):
            part = slice(start, start + _PARENTS_AT_ONCE)
            parts.append(self._of_parents(name, owners[part], totals[part], generator))
        codes = np.concatenate([each for each, _ in parts])
        position = np.concatenate([each for _, each in parts])
        parent = np.repeat(owners, totals)
        drawn = Drawn(codes, parent, position)
        self.courses[name] = _course(model, drawn, len(parents.codes))
        return drawn

    def _of_parents(
        self, name: str, owners: np.ndarray, totals: np.ndarray, generator: torch.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Codes (n, r) and positions (n,) of the rows of some parents, parent by parent."""
        related, model = self.related, self.related.tables[name]
        teller, spans = model.teller, related.row_spans(name)
        assert teller is not None
        context = static_context(related, name, owners, self.tables, _codes(self.tables), self.courses)
        begins = np.cumsum(totals) - totals
        codes = np.zeros((int(totals.sum()), len(spans)))
        above = {
            each: or_none(self.tables[each].codes[np.maximum(at, 0)], related.row_spans(each), at >= 0)
            for each, at in ancestor_rows(related.order, name, owners, self.tables)
        }
        agreed = Agreed(model.agreements, spans, above)
        course, used = teller.start(len(owners)), Used(model, spans, len(owners))
        for turn in range(int(totals.max(initial=0)) if spans else 0):
            rows = np.flatnonzero(totals > turn)
            history = teller.history(course.of(rows), totals[rows])
            after = torch.from_numpy(np.concatenate([context[rows], history], axis=1))
            fixed = _fixed(model, spans, turn, len(rows))
            assert model.network is not None
            banned = _banned(model, spans, turn) | used.of(rows)
            new = _kept_rules(model, after, generator, fixed, banned, agreed.of(rows))
            new = self._come_again(name, new, course.of(rows), turn)
            used.add(rows, new)
            codes[begins[rows] + turn] = new
            teller.add(course, rows, new)
        position = np.arange(len(codes)) - np.repeat(begins, totals)
        return codes, position

    def _come_again(self, name: str, new: np.ndarray, course: Course, turn: int) -> np.ndarray:
        """New rows (m, r) with the second parents of rows before, where they are to come again."""
        spans = self.related.row_spans(name)
        for relation, part in self.related.wanted(name):
            flag = self.related.repeat_place(name, relation.name)
            if flag is None:
                continue
            if turn == 0:
                new[:, flag] = ANOTHER
            agreeing = [each.place for each in self.related.tables[name].agreements if _within(each.place, part)]
            nobody = spans[part.start].width - 1
            new = copied_rows(new, flag, part, (course.last, course.first), nobody, agreeing)
        return new

    def numbers(self, relation: Relation) -> np.ndarray:
        """(m,) how many children each row of the parent has by a relation."""
        model = self.related.tables[relation.parent]
        place, state = model.count_place(relation.name), model.counts[relation.name]
        decoded = number.decode(self.tables[relation.parent].codes[:, place], state, np.random.default_rng(0))
        return np.maximum(np.nan_to_num(decoded.to_numpy(dtype=np.float64)), 0).round().astype(np.int64)

    def _balance_counts(self, name: str, rng: np.random.Generator) -> None:
        """Change the numbers of children of a few rows so that each table has as many rows as it is to have."""
        if name in self.given:
            return
        for relation in self.related.order.children(name):
            model = self.related.tables[relation.child]
            aim = round(self.scale * (model.rows - model.nameless[relation.name]))
            numbers = _summing_to(self.numbers(relation), aim, rng)
            parent = self.related.tables[name]
            codes = on_grid(numbers.astype(np.float64), parent.counts[relation.name])
            changed = numbers != self.numbers(relation)
            self.tables[name].codes[changed, parent.count_place(relation.name)] = codes[changed]

    def _choose(self, name: str, rng: np.random.Generator, late: bool = False) -> None:
        """Choose second parents that are as the rows say; those that are not drawn yet are chosen late."""
        drawn = self.tables[name]
        for relation, part in self.related.wanted(name):
            if relation.parent not in self.tables or relation.name in drawn.second:
                continue
            spans = self.related.tables[relation.parent].base_spans()
            wanted, offered = drawn.codes[:, part], self.tables[relation.parent].codes[:, : len(spans)]
            there = wanted[:, 0].astype(np.int64) < spans[0].width if spans else np.ones(len(wanted), dtype=bool)
            flag = self.related.repeat_place(name, relation.name)
            told = np.zeros(len(wanted)) if flag is None else np.where(there, drawn.codes[:, flag], ANOTHER)
            rows = np.flatnonzero(there & (told == ANOTHER))
            agreeing = [a.place - part.start for a in self.related.tables[name].agreements if _within(a.place, part)]
            chosen = self._chosen(name, relation, (wanted, offered, rows), agreeing, rng)
            if flag is not None:
                cells = cells_of(wanted[:, agreeing])
                chosen = handed_on(chosen, told.astype(np.int64), drawn.position, cells, rng)
            if relation.name in self.related.tables[name].once and drawn.parent is not None:
                chosen = without_repeats(chosen, drawn.parent, rng, wanted[:, agreeing])
            drawn.second[relation.name] = chosen
            drawn.codes[:, part] = or_none(offered[np.maximum(chosen, 0)], spans, chosen >= 0)

    def _chosen(
        self,
        name: str,
        relation: Relation,
        codes: tuple[np.ndarray, np.ndarray, np.ndarray],
        agreeing: list[int],
        rng: np.random.Generator,
    ) -> np.ndarray:
        """(n,) the places of second parents: from what rows want (n, d), what is offered (m, d), and which rows."""
        wanted, offered, rows = codes
        spans = self.related.tables[relation.parent].base_spans()
        allowed = self._may_be_named(name, relation, offered)
        numbers = np.where(allowed, self.numbers(relation), 0)
        weights = np.where(allowed, numbers + SELDOM, SELDOM**2)
        chosen = np.full(len(wanted), -1, dtype=np.int64)
        if relation.parent == name:
            chosen[rows] = match_own(wanted, offered, numbers, rows, spans, rng, agreeing, weights)
            return chosen
        cells = wanted[rows][:, agreeing], offered[:, agreeing]
        change = scaled_to if relation.name in self.related.tables[name].repeats else _summing_to
        numbers = by_cell(numbers, *cells, lambda each, aim: change(each, aim, rng))
        places = _places(numbers, len(rows), rng)
        found = match(wanted[rows], offered[places], spans, rng, agreeing)
        chosen[rows] = np.where(found >= 0, places[found], -1)
        left = rows[found < 0]
        chosen[left] = anyone(wanted[left], offered, weights, agreeing, rng)
        return chosen

    def _may_be_named(self, name: str, relation: Relation, offered: np.ndarray) -> np.ndarray:
        """(m,) bool: the parent's rows (m, d) but those that have what no parent has."""
        allowed = np.ones(len(offered), dtype=bool)
        for place, token in self.related.tables[name].never.get(relation.name, ()):
            allowed &= offered[:, place].astype(np.int64) != token
        return allowed


def _places(numbers: np.ndarray, rows: int, rng: np.random.Generator) -> np.ndarray:
    """(k,) places of the parent's rows, each as often as it is to have children (m,), at least so many in all."""
    places = np.repeat(np.arange(len(numbers)), numbers)
    if len(places) < rows:
        more = rng.choice(places if len(places) else np.arange(len(numbers)), rows - len(places))
        places = np.concatenate([places, more])
    return places


class Used:
    """What the rows of each of (m,) parents have used up of what comes once only."""

    def __init__(self, model: TableModel, spans: list[Span], parents: int) -> None:
        places = [place for place in model.once if isinstance(place, int)]
        self._used = {place: np.zeros((parents, spans[place].width), dtype=bool) for place in places}

    def of(self, rows: np.ndarray) -> dict[int, torch.Tensor]:
        """By column (m, width) the tokens that the next rows of some parents must not have."""
        return {place: torch.from_numpy(used[rows]) for place, used in self._used.items()}

    def add(self, rows: np.ndarray, codes: np.ndarray) -> None:
        """Take note of one more row of some parents."""
        for place, used in self._used.items():
            used[rows, codes[:, place].astype(np.int64)] = True


def _kept_rules(
    model: TableModel,
    context: torch.Tensor,
    generator: torch.Generator,
    fixed: torch.Tensor | None,
    banned: Mapping[int, torch.Tensor],
    agreed: Agreed,
) -> np.ndarray:
    """Codes (n, r) after contexts (n, g); rows that break a rule which is not kept by construction are drawn again."""
    assert model.network is not None
    codes = model.network.draw(context, generator, fixed, banned, agreed).numpy()
    own = len(model.columns.transformer.spans())
    for _ in range(_MOST_REDRAWS):
        wrong = np.flatnonzero(model.columns.breaking(codes[:, :own]))
        if not len(wrong):
            break
        some = {place: each[wrong] if each.dim() == 2 else each for place, each in banned.items()}
        again = None if fixed is None else fixed[wrong]
        codes[wrong] = model.network.draw(context[wrong], generator, again, some, agreed.of(wrong)).numpy()
    return codes


def _codes(tables: Mapping[str, Drawn]) -> dict[str, np.ndarray]:
    return {name: each.codes for name, each in tables.items()}


def _course(model: TableModel, drawn: Drawn, parents: int) -> Course:
    assert model.teller is not None and drawn.parent is not None
    course = model.teller.start(parents)
    named = drawn.parent >= 0
    after = model.teller.after(drawn.codes[named], drawn.position[named])
    begins = drawn.parent[named][drawn.position[named] == 0]
    for part, values in vars(course).items():
        values[begins] = getattr(after, part)
    return course


def _quota(span: Span, rows: int, rng: np.random.Generator) -> np.ndarray:
    """(n,) tokens in random order, each as often as in training, in proportion: no chance is added to what is known."""
    counts = np.array(span.counts, dtype=np.float64)
    exact = counts / counts.sum() * rows
    whole = np.floor(exact).astype(np.int64)
    most = np.argsort(-(exact - whole), kind="stable")[: rows - whole.sum()]
    whole[most] += 1
    return rng.permutation(np.repeat(np.arange(len(counts)), whole)).astype(np.float64)


def _within(place: int, part: slice) -> bool:
    return part.start <= place < part.stop


def _clock_places(model: TableModel) -> tuple[int | None, int | None]:
    """Where among the columns the time of the first row stands, and that since the row before."""
    clock = model.columns.clock
    if clock is None:
        return None, None
    drawn = list(model.columns.transformer.state()["kinds"])
    return drawn.index(clock.start), drawn.index(clock.gap) if clock.follows else None


def _fixed(model: TableModel, spans: list[Span], turn: int, rows: int) -> torch.Tensor | None:
    """Of the two columns of a clock one is missing: there is no row before the first."""
    start, gap = _clock_places(model)
    place = gap if turn == 0 else start
    if place is None:
        return None
    fixed = torch.full((rows, len(spans)), torch.nan, dtype=torch.float64)
    fixed[:, place] = float(spans[place].width - 1)
    return fixed


def _banned(model: TableModel, spans: list[Span], turn: int) -> dict[int, torch.Tensor]:
    """The other is not missing."""
    start, gap = _clock_places(model)
    place = start if turn == 0 else gap
    if place is None:
        return {}
    never = torch.zeros(spans[place].width, dtype=torch.bool)
    never[-1] = True
    return {place: never}


def _summing_to(numbers: np.ndarray, aim: int, rng: np.random.Generator) -> np.ndarray:
    """The numbers (m,) with a few changed to others that occur, so that their sum comes as near to `aim` as it can."""
    numbers = numbers.copy()
    for _ in range(_TURNS):
        missing = aim - int(numbers.sum())
        if missing == 0 or len(numbers) < 2:
            break
        some = rng.permutation(len(numbers))
        change = np.sign(missing) * (numbers[rng.permutation(len(numbers))] - numbers[some])
        useful = np.flatnonzero((change > 0) & (change <= abs(missing)))
        useful = useful[np.cumsum(change[useful]) <= abs(missing)]
        if not len(useful):
            continue
        numbers[some[useful]] += np.sign(missing) * change[useful]
    return numbers
