"""The order in which tables are made: who hangs on whom, and by which of its keys."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter

import numpy as np

from DataFoundry.relational.relation import Relation


@dataclass(frozen=True)
class Place:
    """How one table is made.

    Attributes
    ----------
    primary
        The relation to the parent whose children its rows are, in sequence; None for a table that hangs on none.
    second
        Relations to other parents, which are chosen among the rows that there are, and to its own rows.
    copied
        Relations to tables that are kept as they are, whose key is a category like any other.
    """

    primary: Relation | None = None
    second: tuple[Relation, ...] = ()
    copied: tuple[Relation, ...] = ()


@dataclass(frozen=True)
class Order:
    """The tables in an order in which each parent comes before its children."""

    tables: tuple[str, ...]
    places: Mapping[str, Place] = field(default_factory=dict)
    kept: tuple[str, ...] = ()

    def children(self, table: str) -> list[Relation]:
        """The relations in which the rows of a table are parents and are counted: primary ones first."""
        primary = [p.primary for p in self.places.values() if p.primary is not None and p.primary.parent == table]
        second = [r for name in self.tables if name in self.places for r in self.places[name].second]
        return primary + [each for each in second if each.parent == table]

    def ancestors(self, table: str) -> list[str]:
        """Parent, its parent and so on, by primary relations."""
        found: list[str] = []
        primary = self.places[table].primary
        while primary is not None:
            found.append(primary.parent)
            primary = self.places[primary.parent].primary
        return found


def order_of(
    tables: Sequence[str],
    relations: Sequence[Relation],
    kept: Sequence[str],
    counts: Mapping[str, np.ndarray],
) -> Order:
    """Who is made when, and after whom.

    Parameters
    ----------
    kept
        Tables that are kept as they are.
    counts
        For each relation's name the numbers of children of the parent's rows.
    """
    places: dict[str, Place] = {}
    for table in tables:
        if table in kept:
            continue
        mine = [each for each in relations if each.child == table]
        copied = tuple(each for each in mine if each.parent in kept)
        others = [each for each in mine if each.parent not in kept and each.parent != table]
        primary = max(others, key=lambda each: _weight(counts[each.name]), default=None)
        second = tuple(each for each in mine if each not in copied and each is not primary)
        places[table] = Place(primary, second, copied)
    places = _without_circles(places)
    return Order((*kept, *_sorted(places)), places, tuple(kept))


def _weight(counts: np.ndarray) -> tuple[bool, int]:
    """Children whose number says something of the parent hang on it; else on the parent that there are most of."""
    return bool(len(counts) and counts.min() != counts.max()), len(counts)


def _without_circles(places: dict[str, Place]) -> dict[str, Place]:
    """Where parents go in a circle, one of them becomes a second parent."""
    for table in places:
        seen, at = {table}, table
        while (primary := places[at].primary) is not None:
            if primary.parent in seen:
                place = places[at]
                places[at] = Place(None, (primary, *place.second), place.copied)
                break
            at = primary.parent
            seen.add(at)
    return places


def _sorted(places: Mapping[str, Place]) -> list[str]:
    """Every parent before its children; a second parent in a circle comes when it comes."""
    graph = {name: {place.primary.parent} if place.primary else set() for name, place in places.items()}
    for name, place in places.items():
        for relation in place.second:
            if relation.parent == name:
                continue
            trial = {each: set(others) for each, others in graph.items()}
            trial[name].add(relation.parent)
            try:
                TopologicalSorter(trial).prepare()
            except CycleError:
                continue
            graph = trial
    return list(TopologicalSorter(graph).static_order())
