"""Find the schema of a table: counts from all rows, kinds and candidates for rules from a sample, then verified."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.errors import ColumnError, RequestError
from DataFoundry.near_names import did_you_mean
from DataFoundry.schema.evidence import Evidence
from DataFoundry.schema.hashing import hashes
from DataFoundry.schema.kinds import KINDS
from DataFoundry.schema.rule_discovery import discover_rules
from DataFoundry.schema.table_schema import Column, TableSchema
from DataFoundry.sources.table import Table

SAMPLE_ROWS = 20_000
_MOST_DISTINCT = 1_000_000  # hashes remembered of one column; it is not counted further
_FEWEST_FITTING = 0.5  # share of the values; the rest may be errors that somebody wants to see
_READ_BY_FORMAT = ("number", "moment", "formatted_number")
_OVERRIDES = ("kind", "format", "personal")


def discover(table: Table, columns: Mapping[str, Mapping[str, Any]] | None = None) -> TableSchema:
    """The schema of a table.

    Parameters
    ----------
    columns
        What somebody knows better, by column: `{"zip": {"kind": "category"}}`; `kind`, `format` and `personal`.

    Raises
    ------
    ColumnError
        If an override names a column that is not there.
    RequestError
        If it names a kind that is not known, or another field.
    """
    return discover_with_sample(table, columns)[0]


def discover_with_sample(
    table: Table, columns: Mapping[str, Mapping[str, Any]] | None = None
) -> tuple[TableSchema, pd.DataFrame]:
    """As `discover`, and the uniform sample of at most 20,000 rows that kinds were recognised by."""
    said = _checked(columns or {}, table.columns)
    sample, counted, rows = _counted(table)
    found = {}
    for name in table.columns:
        present = sample[name].dropna()
        evidence = Evidence(name, present, rows, counted[name].missing, counted[name].distinct)
        found[name] = _overridden(evidence, said.get(name, {}))
    keys, rules = discover_rules(sample, found, table.blocks())
    return TableSchema(found, keys, rules, rows), sample


def discover_in(frame: pd.DataFrame) -> TableSchema:
    """The schema of rows that are held already."""
    found = columns_in(frame)
    keys, rules = discover_rules(frame, found, [frame])
    return TableSchema(found, keys, rules, len(frame))


def columns_in(frame: pd.DataFrame) -> dict[str, Column]:
    """What each column of rows that are held already is, without the rules between them."""
    found = {}
    for name in frame.columns:
        present = frame[name].dropna()
        distinct = len(np.unique(hashes(present)))
        found[name] = recognised(Evidence(name, present, len(frame), len(frame) - len(present), distinct))
    return found


def sample_of(table: Table) -> pd.DataFrame:
    """A uniform sample of at most 20,000 rows in their order, the same each time."""
    return _counted(table)[0]


def recognised(evidence: Evidence) -> Column:
    """The column as the surest kind sees it."""
    claims = ((kind, module.recognise(evidence)) for kind, module in KINDS.items())
    kind, claim = max(
        ((kind, claim) for kind, claim in claims if claim is not None), key=lambda each: each[1].confidence
    )
    return Column(
        evidence.name,
        kind,
        bool(KINDS[kind].PERSONAL),
        claim.format,
        evidence.missing,
        evidence.distinct,
        claim.reason,
        claim.confidence,
        evidence.dtype,
    )


def _checked(columns: Mapping[str, Mapping[str, Any]], known: list[str]) -> dict[str, dict[str, Any]]:
    """The overrides, those that are null left out; raises ColumnError or RequestError for one that means nothing."""
    said = {name: {key: each for key, each in given.items() if each is not None} for name, given in columns.items()}
    for name, given in said.items():
        if name not in known:
            raise ColumnError(
                f"columns: the table has no column {name!r}; it has {', '.join(known[:20])}.", missing=[name]
            )
        unknown = [key for key in given if key not in _OVERRIDES]
        if unknown:
            raise RequestError(
                f"columns: {name!r} can be told {', '.join(_OVERRIDES)}, not {unknown[0]!r}.", column=name
            )
        kind = given.get("kind")
        if kind is not None and kind not in list(KINDS):  # a list, since what came may be no key of a dict
            hint = did_you_mean(str(kind), list(KINDS), 1)
            raise RequestError(
                f"columns: {name!r} cannot be {kind!r:.60}{hint}; the kinds are {', '.join(KINDS)}.", column=name
            )
        if not isinstance(given.get("personal", False), bool):
            raise RequestError(f"columns: 'personal' of {name!r} is true or false.", column=name)
        if not isinstance(given.get("format", {}), Mapping):
            raise RequestError(
                f'columns: \'format\' of {name!r} is an object, such as {{"pattern": "%d.%m.%Y"}}.', column=name
            )
    return said


def _overridden(evidence: Evidence, given: Mapping[str, Any]) -> Column:
    """The column as it was found, with what somebody knows better.

    Raises
    ------
    RequestError
        If its values cannot be read as the kind and format that were given.
    """
    column = recognised(evidence)
    if not given:
        return column
    kind = str(given.get("kind", column.kind))
    format = given.get("format") or (column.format if kind == column.kind else _format_of(evidence, kind))
    if kind in _READ_BY_FORMAT and len(evidence.values):
        _refuse_other_values(evidence, kind, format)
    return replace(
        column,
        kind=kind,
        personal=bool(given.get("personal", KINDS[kind].PERSONAL)),
        format=format,
        reason="You said so.",
        confidence=1.0,
    )


def _format_of(evidence: Evidence, kind: str) -> Mapping[str, Any]:
    found = KINDS[kind].recognise(evidence)
    return {} if found is None else found.format


def _refuse_other_values(evidence: Evidence, kind: str, format: Mapping[str, Any]) -> None:
    looked_at = evidence.values.iloc[:1000]
    try:
        fits = KINDS[kind].check(looked_at, format)
    except (KeyError, ValueError, TypeError, AttributeError, OverflowError):  # the format is a stranger's
        fits = np.zeros(len(looked_at), dtype=bool)
    if not fits.mean() >= _FEWEST_FITTING:
        other = repr(str(looked_at[~fits].iloc[0]))[:60]
        wanted = f"as {kind} with the format {dict(format)}" if format else f"as {kind}"
        raise RequestError(
            f"columns: {evidence.name!r} cannot be read {wanted}; it holds {other}. Give the format that its values "
            "have, or another kind.",
            column=evidence.name,
        )


class _Counted:
    """Missing and distinct values of one column while its blocks pass."""

    def __init__(self) -> None:
        self.missing = 0
        self._hashes = np.empty(0, dtype=np.uint64)

    def add(self, part: pd.Series) -> None:
        present = part.dropna()
        self.missing += len(part) - len(present)
        if len(self._hashes) < _MOST_DISTINCT:
            self._hashes = np.union1d(self._hashes, hashes(present))

    @property
    def distinct(self) -> int:
        return len(self._hashes)


def _counted(table: Table) -> tuple[pd.DataFrame, dict[str, _Counted], int]:
    """A uniform sample of the rows in their order, the counts of each column, and the number of rows."""
    generator = np.random.default_rng(0)  # the same table gives the same schema
    counted = {name: _Counted() for name in table.columns}
    kept, keys, rows = [], [], 0
    for block in table.blocks():
        for name in table.columns:
            counted[name].add(block[name])
        drawn = generator.random(len(block))
        keep = (
            np.sort(np.argpartition(drawn, SAMPLE_ROWS)[:SAMPLE_ROWS])
            if len(block) > SAMPLE_ROWS
            else np.arange(len(block))
        )
        kept.append(block.iloc[keep])
        keys.append(drawn[keep])
        rows += len(block)
        if sum(map(len, kept)) > 10 * SAMPLE_ROWS:
            kept, keys = _thinned(kept, keys)
    kept, keys = _thinned(kept, keys)
    return kept[0], counted, rows


def _thinned(kept: list[pd.DataFrame], keys: list[np.ndarray]) -> tuple[list[pd.DataFrame], list[np.ndarray]]:
    """The rows with the smallest keys: a uniform sample of all that passed."""
    frame, drawn = pd.concat(kept), np.concatenate(keys)
    if len(frame) <= SAMPLE_ROWS:
        return [frame], [drawn]
    chosen = np.sort(np.argpartition(drawn, SAMPLE_ROWS)[:SAMPLE_ROWS])
    return [frame.iloc[chosen]], [drawn[chosen]]
