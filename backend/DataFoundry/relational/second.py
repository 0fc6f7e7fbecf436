"""Learn of second parents what a row must not be left to chance: what they share with it, and what none of them has."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from DataFoundry.relational.agreement import Absence, Agreement, absences_of, agreement_of, never_named
from DataFoundry.relational.bundle import Related
from DataFoundry.relational.order import Order
from DataFoundry.relational.repeats import AS_FIRST, come_again, told_repeats


def learn_second(related: Related, name: str, linked: Mapping[str, Any], codes: Mapping[str, np.ndarray]) -> None:
    """Take note of what the second parents of a table's rows have by what else is known, and of what they never have.

    Parameters
    ----------
    linked
        For each table its rows' places among their parents', see `fitting.Linked`.
    """
    own, table = related.row_spans(name), linked[name]
    base = len(related.tables[name].base_spans())
    sources = {("", place): (own[place], codes[name][:, place]) for place in range(base)}
    if table.parent is not None:
        for above, rows in ancestor_rows(related.order, name, table.parent, linked):
            for place, span in enumerate(related.row_spans(above)):
                values = codes[above][:, place][np.maximum(rows, 0)]
                sources[above, place] = span, np.where(rows >= 0, values, span.width)
    found: list[Agreement | None] = []
    absences: list[Absence] = []
    never: dict[str, list[tuple[int, int]]] = {}
    for relation, part in related.wanted(name):
        there = table.second[relation.name] >= 0
        absences += absences_of(part.start, sources, there)
        for place in range(part.start, part.stop):
            found.append(agreement_of((place, own[place], codes[name][:, place]), sources, there))
            for token in never_named(own[place], codes[name][there, place]):
                never.setdefault(relation.name, []).append((place - part.start, token))
    related.tables[name].agreements = tuple(each for each in found if each is not None)
    related.tables[name].absences = tuple(absences)
    related.tables[name].never = never


def learn_repeats(related: Related, name: str, linked: Mapping[str, Any]) -> None:
    """Take note of the second relations by which rows of one parent name the same again."""
    table, model = linked[name], related.tables[name]
    if table.parent is None:
        return
    for relation in related.order.places[name].second:
        rows = table.second[relation.name]
        if relation.parent != name and come_again(rows, table.position):
            counts = np.bincount(told_repeats(rows, table.position), minlength=AS_FIRST + 1)
            model.repeats[relation.name] = tuple(counts.tolist())


def ancestor_rows(
    order: Order, name: str, parents: np.ndarray, linked: Mapping[str, Any]
) -> Iterator[tuple[str, np.ndarray]]:
    """The ancestors of rows whose parents are (n,), and for each (n,) its rows, -1 for none."""
    rows = parents
    for above in order.ancestors(name):
        yield above, rows
        parent = linked[above].parent
        if parent is None:
            break
        rows = np.where(rows >= 0, parent[np.maximum(rows, 0)], -1)
