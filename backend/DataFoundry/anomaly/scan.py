"""Scan a table: score it in blocks, sort, choose a threshold, explain the flagged rows, and write it all down."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from DataFoundry.anomaly.detector import Detector
from DataFoundry.anomaly.expectation import Expected, expect
from DataFoundry.anomaly.report import CONTRIBUTION, EXPECTED, SCORE, TOP, Layout, judged, ordered
from DataFoundry.anomaly.sorting import RowSorter
from DataFoundry.anomaly.threshold import Threshold, ThresholdRule
from DataFoundry.blocks import in_order
from DataFoundry.cleaning.cell_checks import findings
from DataFoundry.cleaning.spreadsheet import as_frame, spreadsheet_safe
from DataFoundry.errors import ColumnError, TableError
from DataFoundry.preprocessing.labels import LabelCodec
from DataFoundry.progress import Progress
from DataFoundry.sources.table import Table
from DataFoundry.storage.tables import TableWriter

SURE = 0.9  # a fix is suggested from this confidence on
_BLOCK_ROWS = 50_000
_SHOWN_ROWS = 50
FIX_COLUMNS = ["row", "column", "found", "expected", "confidence"]


@dataclass
class ScanResult:
    """What a scan found besides the report.

    Attributes
    ----------
    scores
        (n,) in the order of the table.
    threshold
        The score above which a row is flagged, and how it was chosen.
    layout
        Columns of the report.
    ignored
        Scanned columns that the model does not know.
    novel
        Column to the number of cells with something that training never had.
    blame
        (d,) mean contributions of the flagged rows, in the order of `layout.features`.
    shown
        The oddest rows of the report, for the page.
    fixes
        Number of suggested fixes.
    wrong
        Number of cells that are wrong by themselves.
    """

    scores: np.ndarray
    threshold: Threshold
    layout: Layout
    ignored: list[str]
    novel: Counter[str] = field(default_factory=Counter)
    blame: np.ndarray = field(default_factory=lambda: np.zeros(0))
    shown: pd.DataFrame = field(default_factory=pd.DataFrame)
    fixes: int = 0
    wrong: int = 0


def scan(
    table: Table,
    detector: Detector,
    labels: LabelCodec | None,
    rule: ThresholdRule,
    report: Path,
    fixes: Path,
    wrong: Path,
) -> ScanResult:
    """Write the report, sorted by score, the suggested fixes, and the cells that are wrong by themselves.

    Memory is that of a few blocks and all scores.

    Raises
    ------
    ColumnError
        If a feature column is missing.
    TableError
        If the table has no rows.
    """
    layout, ignored = _planned(table, detector, labels)
    with RowSorter(report.parent) as sorter:
        with TableWriter(wrong) as cells:
            novel = _score_all(table, detector, labels, layout, sorter, cells)
            if not len(sorter.scores):
                raise TableError(f"{table.path.name} has no rows to scan.")
            found = cells.num_rows
        result = ScanResult(sorter.scores, rule.chosen(sorter.scores, detector), layout, ignored, novel, wrong=found)
        with TableWriter(report) as rows, TableWriter(fixes) as suggestions:
            for block, suggested in _finished(sorter, detector, result):
                rows.write(block)
                suggestions.write(spreadsheet_safe(suggested))
                result.fixes += len(suggested)
    return result


def _planned(table: Table, detector: Detector, labels: LabelCodec | None) -> tuple[Layout, list[str]]:
    missing = [name for name in detector.names if name not in table.columns]
    if missing:
        raise ColumnError(
            f"{table.path.name} has no column {missing[0]!r}, which the model was trained on; add it.",
            missing=missing,
        )
    has_labels = labels is not None and detector.label_head is not None and labels.name in table.columns
    known = {*detector.names, *([labels.name] if labels is not None and has_labels else [])}
    return Layout.planned(table.columns, detector.names, has_labels), [
        each for each in table.columns if each not in known
    ]


def _score_all(
    table: Table, detector: Detector, labels: LabelCodec | None, layout: Layout, sorter: RowSorter, cells: TableWriter
) -> Counter[str]:
    """Score block by block; counts novel cells by column."""
    cells.write(as_frame([]))
    novel: Counter[str] = Counter()
    progress = Progress("scanning", table.num_rows)
    filled = (block for block in table.blocks(rows=_BLOCK_ROWS) if len(block))
    for found in in_order(_Judging(detector, labels, layout), filled):
        novel.update(found.novel)
        cells.write(found.wrong)
        sorter.add(found.judged, found.scores)
        progress.advance(len(found.scores))
    return novel


@dataclass(frozen=True)
class _Judged:
    """What is found in one block; see `_score_all`."""

    novel: dict[str, int]
    wrong: pd.DataFrame
    judged: pd.DataFrame
    scores: np.ndarray


@dataclass(frozen=True)
class _Judging:
    detector: Detector
    labels: LabelCodec | None
    layout: Layout

    def __call__(self, block: pd.DataFrame) -> _Judged:
        scored, names = self.detector.score(block), self.layout.features
        novel = {name: int(count) for name, count in zip(names, scored.novel.sum(axis=0), strict=True) if count}
        wrong = list(findings(scored.marks, block, int(block.index[0])))
        rows = judged(block, scored, self.detector, self.labels, self.layout, wrong)
        return _Judged(novel, as_frame(wrong), rows, scored.score)


def _finished(sorter: RowSorter, detector: Detector, result: ScanResult) -> Iterator[tuple[pd.DataFrame, pd.DataFrame]]:
    """Blocks of the report in order, each with its suggested fixes; completes what `result` tells of flagged rows."""
    total = np.zeros(len(result.layout.features))
    for block in sorter.ordered():
        scores = block[SCORE].to_numpy()
        block["percentile"] = detector.percentile(scores)
        block["rank"] = block.index.to_numpy() + 1
        block["is_anomaly"] = result.threshold.flags(scores, block.index.to_numpy())
        columns, suggested = _explain(block, detector, result)
        block = pd.concat([block, columns], axis=1)
        contributions = block[[f"{CONTRIBUTION}{name}" for name in result.layout.features]].to_numpy()
        total += contributions[block["is_anomaly"].to_numpy()].sum(axis=0)
        block = block[ordered(list(block.columns), result.layout)]
        if not len(result.shown):
            result.shown = block.head(_SHOWN_ROWS)
        yield block, suggested
    result.blame = total / max(result.threshold.flagged, 1)


def _explain(block: pd.DataFrame, detector: Detector, result: ScanResult) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The `expected__` columns of a block, filled for its flagged rows, and the fixes that they suggest."""
    names, carried = result.layout.features, result.layout.carried
    flagged = np.flatnonzero(block["is_anomaly"].to_numpy())
    rows = block.iloc[flagged]
    original = pd.DataFrame({name: rows[carried[name]] for name in names}, index=rows.index)
    contributions = rows[[f"{CONTRIBUTION}{name}" for name in names]].to_numpy()
    suspects = np.argsort(-contributions, axis=1, kind="stable")[:, :TOP]
    expected = expect(detector, original, suspects)
    columns = {}
    for place, name in enumerate(names):
        values = np.full(len(block), None, dtype=object)
        values[flagged] = expected.values[:, place]
        numeric = name in detector.cells.numbers and detector.cells.numbers[name]["kind"] == "number"
        columns[f"{EXPECTED}{name}"] = values.astype(float) if numeric else values
    positions = rows["row_index"].to_numpy()
    suggested = _fixes(positions, original, contributions, suspects, expected)
    return pd.DataFrame(columns, index=block.index), suggested


def _fixes(
    row_index: np.ndarray, found: pd.DataFrame, contributions: np.ndarray, suspects: np.ndarray, expected: Expected
) -> pd.DataFrame:
    """One row for each suspect cell that the model is sure about."""
    names, fixes = list(found.columns), []
    for row, columns in enumerate(suspects):
        for column in columns:
            value, sure = expected.values[row, column], float(expected.confidence[row, column])
            if sure >= SURE and contributions[row, column] > 0 and value is not None:
                fixes.append((int(row_index[row]), names[column], found.iat[row, column], value, round(sure, 4)))
    return pd.DataFrame(fixes, columns=FIX_COLUMNS)
