"""Everything that is wrong with a table, found without a trained model."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.anomaly.detector import Detector, fit_detector
from DataFoundry.anomaly.label_head import surprise
from DataFoundry.checking.duplicate_rows import EXACT, EXCEPT_KEY, NEAR, how_to_remove, repeating
from DataFoundry.checking.issues import Issue, issues_of, ordered
from DataFoundry.cleaning.cell_checks import CellChecks, findings
from DataFoundry.cleaning.finding import Finding
from DataFoundry.cleaning.near_duplicates import near_duplicates
from DataFoundry.errors import ColumnError, DataFoundryError
from DataFoundry.preprocessing.labels import LabelCodec
from DataFoundry.preprocessing.schema import column_kinds, features_of
from DataFoundry.profiling.drift import drift
from DataFoundry.profiling.duplicates import duplicates, joint
from DataFoundry.progress import Progress, begin
from DataFoundry.schema.rules import RULES
from DataFoundry.schema.table_schema import TableSchema
from DataFoundry.schema.view import TableView

_SEED = 0  # a check is no experiment: the same table has the same issues each time
_MOST_TO_LEARN = 20_000
_BLOCK = 50_000
_ODD = 0.001  # share of ordinary rows that are called unusual as a whole
_LABEL_NATS = 3.0  # another class must be twenty times as probable
_FEWEST_ROWS = 50
_FEWEST_LABELED = 200
_RARE_CLASS = 0.05
_MOST_CLASSES = 50
_MANY_MISSING = 0.5
_SHOWN = 5


@dataclass
class Checked:
    """What was found.

    Attributes
    ----------
    issues
        The gravest first.
    findings
        Wrong cells, by row.
    notes
        What could not be checked, and why.
    """

    issues: list[Issue]
    findings: list[Finding]
    notes: list[str] = field(default_factory=list)


def checked(
    frame: pd.DataFrame,
    schema: TableSchema,
    reading: Mapping[str, Any],
    label: str | None = None,
    reference: tuple[pd.DataFrame, TableSchema] | None = None,
) -> Checked:
    """Check a table that is held as a whole.

    Parameters
    ----------
    frame
        All its rows, index 0..n-1.
    schema
        What its columns are and what its rows keep.
    reading
        How it was read, see `sources.table.Table.reading`.
    label
        The column that is to be predicted, if there is one.
    reference
        Rows of the same table as it was when it was right, and their schema: what is usual is learnt from them.

    Raises
    ------
    ColumnError
        If the reference has none of the table's columns.
    """
    begin("learning what is usual in each column")
    learnt_from, usual = reference or (frame, schema)
    known = {name: column for name, column in usual.columns.items() if name in schema.columns}
    if not known:
        raise ColumnError("The reference has none of the table's columns; give the same table as it was before.")
    learnt_from, usual = learnt_from[list(known)], replace(usual, columns=known)
    checks = CellChecks.learnt(learnt_from, known, usual.rules)
    cells: list[Finding] = []
    progress = Progress("checking cells", len(frame))
    for start in range(0, len(frame), _BLOCK):
        block = frame.iloc[start : start + _BLOCK]
        cells += findings(checks.marks(block), block, start)
        progress.advance(len(block))
    notes: list[str] = []
    wrong = {each.row for each in cells}
    begin("learning what is usual in rows as a whole")
    rows = _odd_rows(frame, usual, label, learnt_from, wrong, notes)
    cells = sorted([*cells, *rows], key=lambda each: each.row)
    begin("looking for duplicates and for what is missing")
    others = [
        *_duplicates(frame, schema),
        *_missing(frame, schema, reading, checks),
        *_imbalance(frame, label),
        *_drift(frame, schema, reference),
    ]
    return Checked(ordered([*issues_of(cells), *others]), cells, notes)


def _odd_rows(
    frame: pd.DataFrame,
    usual: TableSchema,
    label: str | None,
    learnt_from: pd.DataFrame,
    wrong: set[int],
    notes: list[str],
) -> Iterator[Finding]:
    """Rows that are unusual as a whole, and labels that are probably another class; by a density fitted on the spot."""
    if len(learnt_from) < _FEWEST_ROWS:
        notes.append(f"Rows as a whole were not checked: at least {_FEWEST_ROWS} are needed to tell what is usual.")
        return
    rows = learnt_from if len(learnt_from) <= _MOST_TO_LEARN else learnt_from.sample(_MOST_TO_LEARN, random_state=_SEED)
    labels = _labels(rows, label, notes)
    try:
        features = features_of(rows, label or "", usual)
        kinds = column_kinds(rows, features, label or "", {name: each.kind for name, each in usual.columns.items()})
        formats = {name: dict(usual.columns[name].format) for name in kinds if usual.columns[name].format}
        if labels is not None:
            rows = rows[rows[label].notna()]
        classes = None if labels is None else labels.encode(rows[labels.name])
        count = 0 if labels is None else len(labels.values)
        detector = Detector.from_state(fit_detector(rows, kinds, classes, count, _SEED, None, formats, promised=False))
    except DataFoundryError as error:
        notes.append(f"Rows as a whole were not checked: {error.message}")
        return
    threshold = max(detector.threshold(_ODD), detector.certain)
    for start in range(0, len(frame), _BLOCK):
        yield from _unusual(frame.iloc[start : start + _BLOCK], detector, threshold, wrong)
    if labels is not None and detector.label_head is not None:
        yield from _mislabeled(frame, detector, labels)


def _labels(rows: pd.DataFrame, label: str | None, notes: list[str]) -> LabelCodec | None:
    if label is None:
        return None
    if label not in rows:
        notes.append(f"The labels were not checked: the reference has no column {label!r}.")
        return None
    present = rows[label].dropna()
    if len(present) < _FEWEST_LABELED or not 2 <= present.nunique() <= _MOST_CLASSES:
        notes.append(
            f"The labels were not checked: {label!r} has {present.nunique():,} classes in {len(present):,} rows, and "
            f"2 to {_MOST_CLASSES} classes in at least {_FEWEST_LABELED} rows are needed."
        )
        return None
    return LabelCodec.fit(present)


def _unusual(block: pd.DataFrame, detector: Detector, threshold: float, wrong: set[int]) -> Iterator[Finding]:
    scored = detector.score(block)
    for place in np.flatnonzero(scored.score > threshold):
        row = int(block.index[place])
        if row not in wrong:
            order = np.argsort(-scored.contributions[place], kind="stable")
            column, *others = (detector.names[each] for each in order[:2])
            beside = "".join(f", most of all beside {name} {block[name].iloc[place]}" for name in others)
            why = f"{column} {block[column].iloc[place]} is unusual for such a row{beside}."
            yield Finding(row, column, "outlier", block[column].iloc[place], None, 0.5, why)


def _mislabeled(frame: pd.DataFrame, detector: Detector, labels: LabelCodec) -> list[Finding]:
    """Labels of which another class is twenty times as probable.

    How sure it is that one of them is wrong: the share of them beyond those that there would be if all labels were
    right, by the probabilities themselves.
    """
    assert detector.label_head is not None
    found: list[tuple[int, Any, Any, float]] = []
    expected = 0.0
    for start in range(0, len(frame), _BLOCK):
        block = frame.iloc[start : start + _BLOCK]
        chances = detector.label_head.log_probabilities(detector.cells.encode(block))
        apart = surprise(chances, labels.encode(block[labels.name]))
        likely = labels.decode(chances.argmax(axis=1)).to_numpy()
        expected += float(np.exp(chances)[chances < chances.max(axis=1, keepdims=True) - _LABEL_NATS].sum())
        with np.errstate(invalid="ignore"):
            places = np.flatnonzero(apart > _LABEL_NATS)
        shares = np.exp(chances[places].max(axis=1))
        values = block[labels.name].iloc[places]
        found += zip(block.index[places].tolist(), values, likely[places], shares.tolist(), strict=True)
    beyond = max(0.0, 1 - expected / len(found)) if found else 0.0
    return [
        Finding(
            row,
            labels.name,
            "label",
            value,
            other,
            round(beyond * share, 3),
            f"{share:.0%} of such rows have {labels.name} {other}; here {value}.",
        )
        for row, value, other, share in found
    ]


def _duplicates(frame: pd.DataFrame, schema: TableSchema) -> Iterator[Issue]:
    found = duplicates(schema, [frame])
    whole = joint(frame, list(schema.columns))
    first = ~pd.Series(whole).duplicated().to_numpy()
    if found["rows"]:
        told = f"{repeating(found['rows'])} in every column; {how_to_remove(EXACT)}"
        yield Issue("duplicate", "high", found["rows"], told, [{"rows": pair} for pair in found["examples"]])
        found = _but_for_keys(frame[first], schema)
    if found["but_for_keys"]:
        places = np.flatnonzero(first)
        told = f"{repeating(found['but_for_keys'])} in all but the key; if it is an error, {how_to_remove(EXCEPT_KEY)}"
        examples = [{"rows": [int(places[row]) for row in pair]} for pair in found["examples"]]
        yield Issue("duplicate", "medium", found["but_for_keys"], told, examples)
    yield from _shared_keys(frame[first], schema)
    groups = [each for each in near_duplicates(frame, schema.columns) if not _are_equal(frame, each.rows)]
    if groups:
        near = [{"rows": list(each.rows), "confidence": each.confidence, "why": each.why} for each in groups[:_SHOWN]]
        count = "1 group of rows is" if len(groups) == 1 else f"{len(groups):,} groups of rows are"
        sentence = f"{count} probably the same, written differently: {groups[0].why[:-1]}; {how_to_remove(NEAR)}"
        yield Issue("near_duplicate", "medium", sum(len(each.rows) - 1 for each in groups), sentence, near)


def _but_for_keys(rows: pd.DataFrame, schema: TableSchema) -> dict[str, Any]:
    """What `duplicates` tells of rows that all differ: a column may be a key among them that was none before."""
    unique = RULES["unique"].discover(TableView(rows, schema.columns))
    return duplicates(replace(schema, rules=(*schema.rules, *unique)), [rows])


def _shared_keys(frame: pd.DataFrame, schema: TableSchema) -> Iterator[Issue]:
    """Values of keys that two rows have; none of the rows is equal to another one."""
    for rule in schema.rules:
        if rule.kind != "unique" or not rule.exceptions:
            continue
        view = TableView(frame, {name: schema.columns[name] for name in rule.columns})
        names = ", ".join(rule.columns)
        breaking = np.flatnonzero(RULES["unique"].breaks(view, rule))
        if not len(breaking):
            continue
        personal = any(schema.columns[name].personal for name in rule.columns)
        examples = [
            {
                "row": int(frame.index[row]),
                "found": None if personal else [str(frame[name].iloc[row]) for name in rule.columns],
            }
            for row in breaking[:_SHOWN]
        ]
        sentence = f"{len(breaking):,} rows share a value of {names}, which is another one in all other rows."
        yield Issue("duplicate", "high", len(breaking), sentence, examples, rule.columns[0])


def _are_equal(frame: pd.DataFrame, rows: tuple[int, ...]) -> bool:
    """Whether rows are duplicates in every column, which are told of already."""
    return bool(frame.iloc[list(rows)].astype(str).duplicated(keep=False).all())


def _missing(
    frame: pd.DataFrame, schema: TableSchema, reading: Mapping[str, Any], checks: CellChecks
) -> Iterator[Issue]:
    for note in reading.get("notes", []):
        if "missing_spellings" in note:
            yield Issue("missing", "medium", 1, note)
    for name, known in checks.states["ranges"].items():
        numbers = TableView(frame, {name: schema.columns[name]}).numbers(name) if known["shared"] else None
        for value in known["shared"]:
            rows = 0 if numbers is None else int((numbers == value).sum())
            sentence = (
                f"{name} is {value:.15g} in {rows:,} rows, far from all its other values; if that means missing, name "
                "it in read_options.missing_spellings."
            )
            yield Issue("missing", "medium", rows, sentence, column=name)
    for name, column in schema.columns.items():
        share = column.missing / max(schema.rows, 1)
        if share >= _MANY_MISSING:
            sentence = f"{name} has no value in {share:.0%} of the rows."
            yield Issue("missing", "low", column.missing, sentence, column=name)


def _imbalance(frame: pd.DataFrame, label: str | None) -> Iterator[Issue]:
    if label is None:
        return
    counts = frame[label].value_counts()
    for value, count in counts[counts < _RARE_CLASS * counts.sum()].items() if len(counts) <= _MOST_CLASSES else ():
        yield Issue(
            "imbalance",
            "medium",
            int(count),
            f"Only {count:,} of {counts.sum():,} rows have {label} {value}; judge models by more than accuracy.",
            column=label,
        )


def _drift(
    frame: pd.DataFrame, schema: TableSchema, reference: tuple[pd.DataFrame, TableSchema] | None
) -> Iterator[Issue]:
    if reference is None:
        return
    rows, before = reference
    now = frame if len(frame) <= _MOST_TO_LEARN else frame.sample(_MOST_TO_LEARN, random_state=_SEED)
    changes = drift(schema, now, rows)
    for change in changes:
        severity = "high" if change["change"] == "gone" else "medium"
        yield Issue("drift", severity, 1, change["sentence"], column=change["column"])
    told = {change["column"] for change in changes}
    for name, column in schema.columns.items():
        if name in before.columns and name not in told:
            texts = [each.dtype == "object" for each in (before.columns[name], column)]
            if texts[0] != texts[1]:
                were, are = ("texts" if text else "no texts" for text in texts)
                sentence = f"The values of {name!r} were {were} and are {are} now."
                yield Issue("drift", "high", 1, sentence, column=name)
