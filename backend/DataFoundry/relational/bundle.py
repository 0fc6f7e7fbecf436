"""A trained model of related tables: what is known of each table, and all of it as two files and back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd

from DataFoundry.config import ModelParams
from DataFoundry.errors import IncompatibleArtifactError
from DataFoundry.models.bundle import RETRAIN, damage_told
from DataFoundry.models.conditional_rows import ConditionalRows
from DataFoundry.preprocessing.columns import number
from DataFoundry.preprocessing.spans import ORDERED, Span
from DataFoundry.relational.agreement import Absence, Agreement
from DataFoundry.relational.columns import TableColumns
from DataFoundry.relational.config import MODEL_TYPE
from DataFoundry.relational.context import Teller, with_none
from DataFoundry.relational.order import Order, Place
from DataFoundry.relational.relation import Key, Relation
from DataFoundry.relational.repeats import repeats_span
from DataFoundry.storage.artifacts import load_model, load_preprocessor, save_model, save_preprocessor

_FORMAT = 2
_MOST_FROM_ABOVE = 60  # columns of ancestors that a row is drawn after
_MOST_STATES = 50  # tokens of a category that is balanced by the row before


@dataclass
class TableModel:
    """What was learnt of one table.

    Attributes
    ----------
    key
        The columns of its primary key that are made anew, and how: see `relational.keys`.
    columns
        Its other columns.
    counts
        For each relation whose parent it is, in the order of its columns of counts: the state of that column.
    teller
        Of the rows of one parent; None for a table without parents.
    seen
        The tables whose rows of the same parent come before, and are told of.
    once
        The places of its columns of which no value comes twice among the rows of one parent, and the names of the
        second relations by which none names a parent twice.
    rows
        Of the training table.
    nameless
        For each relation by which its rows name others how many of them name nobody.
    network
        None where there is nothing to draw.
    agreements, absences
        What its second parents have by what is known of a row, and where it has none.
    repeats
        For second relations by which rows of one parent name the same again: how often, as `relational.repeats` tells.
    never
        For second relations which of the parents' columns have which tokens in no parent that is named.
    """

    name: str
    key: Key
    key_state: Mapping[str, Any]
    columns: TableColumns
    counts: dict[str, dict[str, Any]]
    teller: Teller | None
    seen: tuple[str, ...]
    rows: int
    nameless: dict[str, int]
    once: tuple[int | str, ...] = ()
    network: ConditionalRows | None = None
    warnings: tuple[str, ...] = ()
    agreements: tuple[Agreement, ...] = ()
    never: Mapping[str, Sequence[tuple[int, int]]] = field(default_factory=dict)
    repeats: dict[str, tuple[int, ...]] = field(default_factory=dict)
    absences: tuple[Absence, ...] = ()

    def base_spans(self) -> list[Span]:
        """Its own columns, then the numbers of its children."""
        return [*self.columns.transformer.spans(), *(number.span(state, 0) for state in self.counts.values())]

    def count_place(self, relation: str) -> int:
        """Where among the base columns the number of children by a relation stands."""
        return len(self.columns.transformer.spans()) + list(self.counts).index(relation)


@dataclass
class Related:
    """All tables.

    Attributes
    ----------
    order
        Who is made when.
    relations
        All of them.
    tables
        By name, those that are kept not among them.
    kept
        The rows of tables that are kept as they are.
    across
        Rules between tables, as data; see `relational.rules`.
    """

    order: Order
    relations: list[Relation]
    tables: dict[str, TableModel]
    kept: dict[str, pd.DataFrame]
    across: list[dict[str, Any]] = field(default_factory=list)

    def row_spans(self, table: str) -> list[Span]:
        """What is drawn of a row: its own columns, which parents come again, and what its other parents are like."""
        model = self.tables[table]
        spans = model.base_spans()
        spans += [repeats_span(counts) for counts in model.repeats.values()]
        for relation in self.order.places[table].second:
            nobody = model.nameless[relation.name]
            spans += [with_none(span, nobody) for span in self.tables[relation.parent].base_spans()]
        return spans

    def wanted(self, table: str) -> list[tuple[Relation, slice]]:
        """For each second parent where in a row stands what it is like."""
        found, at = [], len(self.tables[table].base_spans()) + len(self.tables[table].repeats)
        for relation in self.order.places[table].second:
            width = len(self.tables[relation.parent].base_spans())
            found.append((relation, slice(at, at + width)))
            at += width
        return found

    def repeat_place(self, table: str, relation: str) -> int | None:
        """Where in a row stands whether its second parent comes again; None where that is not told."""
        model = self.tables[table]
        if relation not in model.repeats:
            return None
        return len(model.base_spans()) + list(model.repeats).index(relation)

    def above(self, table: str) -> list[tuple[str, list[int]]]:
        """The ancestors that a row is drawn after, and which of their columns."""
        found, left = [], _MOST_FROM_ABOVE
        for name in self.order.ancestors(table):
            places = list(range(len(self.row_spans(name))))[:left]
            left -= len(places)
            if places:
                found.append((name, places))
        return found

    def context_spans(self, table: str) -> list[Span]:
        """What a row is drawn after: ancestors, tables of the same parent that came before, rows before."""
        spans: list[Span] = []
        for name, places in self.above(table):
            own = self.row_spans(name)
            spans += [with_none(own[place], 1) for place in places]
        model = self.tables[table]
        for sibling in model.seen:
            teller = self.tables[sibling].teller
            assert teller is not None
            spans += teller.summary_spans()
        return spans + (model.teller.history_spans() if model.teller else [])

    def absent(self, table: str) -> dict[int, list[tuple[int, tuple[int, ...]]]]:
        """For columns of a row that have their last token, nobody, where others have some: these, by their places among
        what a row is drawn after and the row, and their tokens."""
        above: dict[tuple[str, int], int] = {}
        own = len(self.context_spans(table))
        for name, places in self.above(table):
            above |= {(name, place): len(above) + number for number, place in enumerate(places)}
        above |= {("", place): own + place for place in range(len(self.row_spans(table)))}
        found: dict[int, list[tuple[int, tuple[int, ...]]]] = {}
        for each in self.tables[table].absences:
            if (each.source, each.source_place) in above:
                source = above[each.source, each.source_place]
                found.setdefault(each.place, []).append((source, each.tokens))
        return found

    def before(self, table: str) -> dict[int, int]:
        """For the small categories of a row: where in its context stands what the row before has; see `context_spans`.

        None for a table of which no row follows another.
        """
        teller = self.tables[table].teller
        if teller is None or not teller.follows:
            return {}
        first = len(self.context_spans(table)) - len(teller.history_spans()) + teller.last_place
        own = self.tables[table].columns.transformer.spans()
        small = [place for place, span in enumerate(own) if span.kind != ORDERED and span.width <= _MOST_STATES]
        return {place: first + place for place in small}


def save_related(related: Related, model_path: Path, preprocessor_path: Path) -> None:
    """Write both files; each names the other by a fingerprint."""
    prepared = {
        "format": _FORMAT,
        "model_type": MODEL_TYPE,
        "order": _order_state(related.order),
        "relations": [each.as_dict() for each in related.relations],
        "across": related.across,
        "kept": {name: _kept_state(frame) for name, frame in related.kept.items()},
        "tables": {name: _table_state(model) for name, model in related.tables.items()},
    }
    fingerprint = joblib.hash(prepared)
    save_preprocessor(preprocessor_path, {**prepared, "fingerprint": fingerprint})
    networks = {
        name: {
            "spans": [span.state() for span in model.network.spans],
            "given": model.network.given,
            "before": [list(pair) for pair in model.network.before.items()],
            "beside": [list(pair) for pair in model.network.beside.items()],
            "absent": [[column, [list(pair) for pair in pairs]] for column, pairs in model.network.absent.items()],
            "params": model.network.params.model_dump(mode="json"),
            "weights": dict(model.network.state_dict()),
        }
        for name, model in related.tables.items()
        if model.network is not None
    }
    payload = {"format": _FORMAT, "model_type": MODEL_TYPE, "fingerprint": fingerprint, "networks": networks}
    save_model(model_path, payload)


def load_related(model_path: Path, preprocessor_path: Path) -> Related:
    """Read both files, and hold them against each other.

    Raises
    ------
    ArtifactError, UntrustedArtifactError, IncompatibleArtifactError
    """
    payload, prepared = load_model(model_path), load_preprocessor(preprocessor_path)
    with damage_told(model_path, preprocessor_path):
        for name, content in (("model", payload), ("preprocessor", prepared)):
            if content.get("format") != _FORMAT or content.get("model_type") != MODEL_TYPE:
                raise IncompatibleArtifactError(f"The {name} file is not one of related tables; {RETRAIN}.")
        if payload["fingerprint"] != prepared["fingerprint"]:
            raise IncompatibleArtifactError(f"The model and the preprocessor come from different trainings; {RETRAIN}.")
        return _related(payload, prepared)


def _related(payload: Mapping[str, Any], prepared: Mapping[str, Any]) -> Related:
    relations = [Relation.from_dict(each) for each in prepared["relations"]]
    tables = {name: _table_of(name, state) for name, state in prepared["tables"].items()}
    kept = {name: _kept_frame(state) for name, state in prepared["kept"].items()}
    related = Related(_order_of(prepared["order"]), relations, tables, kept, list(prepared["across"]))
    for name, state in payload["networks"].items():
        tables[name].network = _network(state)
    return related


def _network(state: Mapping[str, Any]) -> ConditionalRows:
    spans = [Span.from_state(each) for each in state["spans"]]
    params, before = ModelParams(**_lists_to_tuples(state["params"])), {int(a): int(b) for a, b in state["before"]}
    absent = {int(column): [(int(a), tuple(b)) for a, b in pairs] for column, pairs in state.get("absent", ())}
    beside = {int(a): int(b) for a, b in state.get("beside", ())}  # models of before have none
    network = ConditionalRows(spans, int(state["given"]), params, None, before, absent=absent, beside=beside)
    network.load_state_dict(state["weights"])
    return network.eval()


def _lists_to_tuples(params: Mapping[str, Any]) -> dict[str, Any]:
    return {"decoder_hidden_layers": tuple(params["decoder_hidden_layers"])}


def _table_state(model: TableModel) -> dict[str, Any]:
    return {
        "key": list(model.key),
        "key_state": dict(model.key_state),
        "columns": model.columns.state(),
        "counts": model.counts,
        "teller": None
        if model.teller is None
        else {"spans": [span.state() for span in model.teller.spans], "grids": model.teller.grids},
        "seen": list(model.seen),
        "rows": model.rows,
        "nameless": model.nameless,
        "once": list(model.once),
        "warnings": list(model.warnings),
        "agreements": [each.as_list() for each in model.agreements],
        "absences": [each.as_list() for each in model.absences],
        "repeats": {relation: list(counts) for relation, counts in model.repeats.items()},
        "never": {relation: [list(pair) for pair in pairs] for relation, pairs in model.never.items()},
    }


def _table_of(name: str, state: Mapping[str, Any]) -> TableModel:
    teller = state["teller"]
    return TableModel(
        name,
        tuple(state["key"]),
        state["key_state"],
        TableColumns.from_state(state["columns"]),
        dict(state["counts"]),
        None if teller is None else Teller([Span.from_state(each) for each in teller["spans"]], teller["grids"]),
        tuple(state["seen"]),
        int(state["rows"]),
        {key: int(count) for key, count in state["nameless"].items()},
        tuple(state["once"]),
        None,
        tuple(state["warnings"]),
        tuple(map(Agreement.from_list, state.get("agreements", ()))),  # models of before have none
        {each: [(int(a), int(b)) for a, b in pairs] for each, pairs in state.get("never", {}).items()},
        {each: tuple(map(int, counts)) for each, counts in state.get("repeats", {}).items()},
        tuple(map(Absence.from_list, state.get("absences", ()))),
    )


def _order_state(order: Order) -> dict[str, Any]:
    return {
        "tables": list(order.tables),
        "kept": list(order.kept),
        "places": {
            name: {
                "primary": place.primary.as_dict() if place.primary else None,
                "second": [each.as_dict() for each in place.second],
                "copied": [each.as_dict() for each in place.copied],
            }
            for name, place in order.places.items()
        },
    }


def _order_of(state: Mapping[str, Any]) -> Order:
    places = {
        name: Place(
            Relation.from_dict(each["primary"]) if each["primary"] else None,
            tuple(map(Relation.from_dict, each["second"])),
            tuple(map(Relation.from_dict, each["copied"])),
        )
        for name, each in state["places"].items()
    }
    return Order(tuple(state["tables"]), places, tuple(state["kept"]))


def _kept_state(frame: pd.DataFrame) -> dict[str, Any]:
    """A small table as plain data: `numbers` as arrays, all else as texts."""
    columns = {}
    for name in frame.columns:
        column = frame[name]
        if column.dtype.kind in "iufb":
            columns[name] = {"dtype": str(column.dtype), "numbers": column.to_numpy()}
        else:
            texts = [None if pd.isna(each) else str(each) for each in column]
            columns[name] = {"dtype": str(column.dtype), "texts": texts}
    return {"columns": columns}


def _kept_frame(state: Mapping[str, Any]) -> pd.DataFrame:
    columns = {}
    for name, each in state["columns"].items():
        if "numbers" in each:
            columns[name] = pd.Series(np.asarray(each["numbers"]))
        else:
            texts = pd.Series(each["texts"], dtype=object)
            columns[name] = texts if each["dtype"] == "object" else texts.astype(each["dtype"])
    return pd.DataFrame(columns)
