"""One labeling request on its way: table -> votes -> summary -> aggregator -> labels -> table, block by block."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from DataFoundry.errors import ColumnError
from DataFoundry.labeling.aggregation.aggregators import Choice, tied
from DataFoundry.labeling.aggregation.vote_summary import Patterns, VoteSummary, patterns_of
from DataFoundry.labeling.analysis.conflict_examples import Disagreements
from DataFoundry.labeling.execution.apply import Applier
from DataFoundry.labeling.execution.failures import Fault
from DataFoundry.labeling.execution.voting import voted_blocks
from DataFoundry.labeling.functions.reading import LabelingFunction
from DataFoundry.labeling.functions.return_values import possible_votes
from DataFoundry.labeling.prediction import uncovered
from DataFoundry.labeling.prediction.table_features import plain
from DataFoundry.progress import Progress
from DataFoundry.sources.coded import CodedBlock, coded_blocks, plain_schema
from DataFoundry.sources.table import Table
from DataFoundry.storage.tables import TableWriter

LABEL = "label"
PROBABILITY = "label_probability"
_BINS = 10
_KEPT_VOTES_BYTES = 64 * 2**20  # votes up to this size are kept between the passes, larger ones are made again


@dataclass
class Pass:
    """What one pass over the table found.

    Attributes
    ----------
    summary
        Of the votes so far.
    examples
        Rows where functions disagree.
    explain
        For each function how it was run.
    kept
        The blocks' votes where they are few, else None.
    """

    summary: VoteSummary
    examples: Disagreements = field(default_factory=Disagreements)
    explain: list[dict[str, object]] = field(default_factory=list)
    kept: list[np.ndarray] | None = field(default_factory=list)

    def take(self, matrix: np.ndarray, found: Patterns, cardinality: int, block: pd.DataFrame, start: int) -> None:
        """Count the votes of one more block, whose first row is row `start` of the table."""
        part = VoteSummary.of(found, cardinality)
        self.summary = self.summary + part
        self.examples.take(found, block, start)
        if self.kept is not None:
            self.kept.append(matrix)
            if self.summary.rows * matrix.shape[1] > _KEPT_VOTES_BYTES:
                self.kept = None

    def finish(self, applier: Applier) -> None:
        """Take over what the applier counted itself."""
        faults = np.array([fault is not None for fault in applier.faults], dtype=np.int64)
        self.summary = self.summary.noting(applier.nones, faults)
        self.explain = applier.explain()


@dataclass(frozen=True)
class Written:
    """What was written.

    Attributes
    ----------
    rows, labeled, ties
        Rows of the table, those with a label, and those without one because the best classes tie.
    counts
        (k,) rows with each label.
    histogram
        (10,) rows in tenths of the probability: of class 1, or of the likeliest class where there are more than two.
    mass
        (k,) sum of the probabilities.
    predicted
        Rows without a vote whose label a classifier gave.
    """

    rows: int
    labeled: int
    ties: int
    counts: np.ndarray
    histogram: np.ndarray
    mass: np.ndarray
    predicted: int = 0

    @property
    def labeled_mass(self) -> np.ndarray:
        """(k,) the share of `mass` that the rows with a label have; 0 for a class that none has."""
        return np.where(self.counts > 0, self.mass * self.labeled / max(self.rows, 1), 0.0)

    @property
    def columns(self) -> list[str]:
        """Names of the columns of probabilities."""
        return probability_columns(len(self.counts))


@dataclass(frozen=True)
class Fill:
    """Gives rows without a vote the label that a classifier predicts; none where there is no classifier."""

    predictor: uncovered.Predictor | None

    def into(self, labels: np.ndarray, probabilities: np.ndarray, matrix: np.ndarray, block: CodedBlock) -> np.ndarray:
        """Write the predictions of a block into its labels and probabilities; gives (n,) bool, which rows have one."""
        silent = matrix.max(axis=1, initial=-1) < 0
        if self.predictor is None or not silent.any():
            return np.zeros(len(labels), dtype=bool)
        said = self.predictor.predict_proba(block.frame(self.predictor.columns)[silent])
        probabilities[silent] = said
        labels[silent] = np.where(tied(said), np.nan, said.argmax(axis=1))
        return silent & ~np.isnan(labels)


def known_cardinality(functions: Sequence[LabelingFunction]) -> int | None:
    """2 where the sources tell that no function returns a class above 1, else None: only the votes tell."""
    for function in functions:
        votes = possible_votes(function.target)
        if votes is None or max(votes, default=-1) > 1:
            return None
    return 2


def refuse_label_columns(columns: Sequence[str], cardinality: int | None, predicted: bool = False) -> None:
    """Raise ColumnError if the table has a column that the labels would overwrite."""
    probabilities = probability_columns(2) + ([] if cardinality is None else probability_columns(cardinality))
    for name in [LABEL, *probabilities, *([uncovered.COLUMN] if predicted else [])]:
        if name in columns:
            raise ColumnError(
                f"The table has a column {name!r} already; rename or remove it, since the labels are written there.",
                column=name,
            )


def probability_columns(cardinality: int) -> list[str]:
    """`label_probability` (of class 1), or with more than two classes `label_probability_<k>` for each."""
    return [PROBABILITY] if cardinality == 2 else [f"{PROBABILITY}_{label}" for label in range(cardinality)]


def summarise(table: Table, functions: Sequence[LabelingFunction], cardinality: int | None) -> Pass:
    """Apply the functions to the whole table, reading only the columns that they read.

    Raises
    ------
    LabelingFunctionError
        Of the first function that fails on some row.
    """
    found = Pass(VoteSummary.of_nothing(len(functions)))
    progress = Progress("voting", table.num_rows)
    with Applier(functions, table.columns) as applier:
        for block, matrix in voted_blocks(applier, coded_blocks(table, applier.columns)):
            start = applier.rows_done - block.rows
            _refuse_faults(applier, matrix, cardinality, start)
            patterns = patterns_of(matrix)
            k = cardinality or max(2, int(matrix.max(initial=-1)) + 1)
            found.take(matrix, patterns, k, block.frame(applier.columns), start)
            progress.advance(block.rows)
        found.finish(applier)
    return found


def voted(applier: Applier, block: pd.DataFrame, cardinality: int | None) -> np.ndarray:
    """(n, m) votes on the next block, all of them below `cardinality`; raises LabelingFunctionError."""
    start = applier.rows_done
    matrix = applier.votes(block)
    _refuse_faults(applier, matrix, cardinality, start)
    return matrix


def _refuse_faults(applier: Applier, matrix: np.ndarray, cardinality: int | None, start: int) -> None:
    for place in range(len(applier.functions)):
        fault = vote_fault(applier, place, matrix[:, place], cardinality, start)
        if fault is not None:
            raise fault.error()


def _voted(
    applier: Applier, table: Table, cardinality: int, known: Pass | None
) -> Iterator[tuple[CodedBlock, np.ndarray]]:
    """The table's blocks with their votes, those of the first pass where it kept them."""
    if known is not None and known.kept is not None:
        yield from zip(coded_blocks(table), known.kept, strict=True)
        return
    for block, matrix in voted_blocks(applier, coded_blocks(table)):
        _refuse_faults(applier, matrix, cardinality, applier.rows_done - block.rows)
        yield block, matrix


def vote_fault(applier: Applier, place: int, votes: np.ndarray, cardinality: int | None, start: int) -> Fault | None:
    """What is wrong with a function's (n,) votes on the block that begins with row `start`, or None."""
    function, fault = applier.functions[place], applier.faults[place]
    if fault is not None or cardinality is None or votes.max(initial=-1) < cardinality:
        return fault
    row = int(np.argmax(votes >= cardinality))
    reason = f"it returned {votes[row]}, but cardinality is {cardinality}; return 0..{cardinality - 1} or -1."
    return Fault(function.name, reason, function.return_line, start + row)


def write_labels(
    table: Table,
    path: Path,
    functions: Sequence[LabelingFunction],
    choice: Choice,
    cardinality: int,
    known: Pass | None,
    fill: Fill | None = None,
) -> tuple[Written, Pass]:
    """Write the table with its labels to `path`, in constant memory.

    Parameters
    ----------
    known
        The first pass, if there was one; its votes are taken where it kept them.
    fill
        What gives rows without a vote their label, where that was asked for.
    """
    found = Pass(VoteSummary.of_nothing(len(functions)), kept=None)
    written = Written(
        0, 0, 0, np.zeros(cardinality, dtype=np.int64), np.zeros(_BINS, dtype=np.int64), np.zeros(cardinality)
    )
    progress = Progress("labeling", table.num_rows)
    with Applier(functions, table.columns) as applier, TableWriter(path, plain_schema(table)) as writer:
        for block, matrix in _voted(applier, table, cardinality, known):
            patterns = patterns_of(matrix)
            if known is None:
                found.take(matrix, patterns, cardinality, block.frame(applier.columns), written.rows)
            labels, probabilities = _aggregated(choice, matrix, patterns, block)
            filled = None if fill is None else fill.into(labels, probabilities, matrix, block)
            _write(writer, block, table.columns, _added(labels, probabilities, filled))
            written = _counted(written, labels, probabilities, matrix, filled)
            progress.advance(block.rows)
        if known is None:
            found.finish(applier)
    return written, known or found


def covered_sample(
    table: Table, functions: Sequence[LabelingFunction], choice: Choice, cardinality: int, known: Pass | None, seed: int
) -> uncovered.Covered:
    """A uniform sample of the rows with a vote, in an order of its own, and what the aggregator says of them."""
    generator = np.random.default_rng(seed)
    frames: list[pd.DataFrame] = []
    said, keys, rows = np.zeros((0, cardinality)), np.zeros(0), 0
    progress = Progress("learning", table.num_rows)
    with Applier(functions, table.columns) as applier:
        for block, matrix in _voted(applier, table, cardinality, known):
            drawn = generator.random(block.rows)
            bar = np.inf if len(keys) < uncovered.SAMPLE_ROWS else keys[-1]
            has_vote = matrix.max(axis=1, initial=-1) >= 0
            rows += int(has_vote.sum())
            chosen = np.flatnonzero(has_vote & (drawn < bar))
            chosen = np.sort(chosen[np.argsort(drawn[chosen], kind="stable")[: uncovered.SAMPLE_ROWS]])
            frames.append(plain(block.frame(table.columns).iloc[chosen]))
            probabilities = _aggregated(choice, matrix, patterns_of(matrix), block)[1][chosen]
            keys, said = np.concatenate([keys, drawn[chosen]]), np.concatenate([said, probabilities])
            order = np.argsort(keys, kind="stable")[: uncovered.SAMPLE_ROWS]
            frames = [pd.concat(frames).iloc[order]]
            keys, said = keys[order], said[order]
            progress.advance(block.rows)
    return uncovered.Covered(frames[0], said, rows)


def _counted(
    before: Written, labels: np.ndarray, probabilities: np.ndarray, matrix: np.ndarray, filled: np.ndarray | None
) -> Written:
    counts = np.bincount(labels[~np.isnan(labels)].astype(np.int64), minlength=probabilities.shape[1])
    ties = int((np.isnan(labels) & (matrix.max(axis=1, initial=-1) >= 0)).sum())
    shown = probabilities[:, 1] if probabilities.shape[1] == 2 else probabilities.max(axis=1, initial=0.0)
    histogram = np.bincount(np.minimum((shown * _BINS).astype(np.int64), _BINS - 1), minlength=_BINS)
    return Written(
        before.rows + len(labels),
        before.labeled + int(counts.sum()),
        before.ties + ties,
        before.counts + counts,
        before.histogram + histogram,
        before.mass + probabilities.sum(axis=0),
        before.predicted + (0 if filled is None else int(filled.sum())),
    )


def _aggregated(
    choice: Choice, matrix: np.ndarray, patterns: Patterns, block: CodedBlock
) -> tuple[np.ndarray, np.ndarray]:
    """(n,) labels and (n, k) probabilities; once per distinct row of votes where only the votes count."""
    aggregator = choice.aggregator
    if aggregator.features:
        return choice.labels(matrix, block.frame(list(aggregator.features)))
    labels, probabilities = choice.labels(patterns.votes)
    return labels[patterns.places], probabilities[patterns.places]


def _added(labels: np.ndarray, probabilities: np.ndarray, filled: np.ndarray | None) -> dict[str, np.ndarray]:
    """The columns that stand behind the table's own."""
    k = probabilities.shape[1]
    shown = zip(probability_columns(k), [1] if k == 2 else range(k), strict=True)
    added = {LABEL: labels, **{name: probabilities[:, label] for name, label in shown}}
    return added if filled is None else {**added, uncovered.COLUMN: filled}


def _write(writer: TableWriter, block: CodedBlock, columns: Sequence[str], added: Mapping[str, np.ndarray]) -> None:
    if block.arrow is None or writer.path.suffix.lower() == ".csv":
        writer.write(block.frame(columns).assign(**added))
        return
    table = block.arrow
    for name, values in added.items():
        table = table.append_column(name, pa.array(values, from_pandas=True))
    writer.write_arrow(table)
