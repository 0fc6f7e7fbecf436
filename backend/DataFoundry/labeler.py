"""Labels for a table from labeling functions: what the routes and the agents call."""

import logging
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from DataFoundry.config import ReadOptions
from DataFoundry.errors import ImpossibleError, RequestError
from DataFoundry.labeling import labeling_run
from DataFoundry.labeling.aggregation import aggregators, calibration, selection
from DataFoundry.labeling.aggregation.hand_labels import HandLabels, label_column_of, read_hand_labels
from DataFoundry.labeling.aggregation.vote_summary import VoteSummary
from DataFoundry.labeling.analysis import function_analysis, function_warnings, label_warnings, trial
from DataFoundry.labeling.analysis import report as report_page
from DataFoundry.labeling.execution.sandbox import MAX_CLASSES
from DataFoundry.labeling.functions.reading import LabelingFunction, read_functions
from DataFoundry.labeling.prediction import uncovered
from DataFoundry.labeling.prediction.uncovered import COLUMN, Predictor
from DataFoundry.labeling.suggesting import rows_to_label
from DataFoundry.labeling.suggesting.suggested import answered
from DataFoundry.offered import AUTO, SUGGESTED_FUNCTIONS, SUGGESTED_ROWS, TRIED_ROWS
from DataFoundry.sources.opening import open_table
from DataFoundry.sources.table import Table
from DataFoundry.storage.files import claim_output, write_text
from DataFoundry.storage.paths import input_path, refuse_input_as_output
from DataFoundry.storage.paths import output_path as checked_output

_ROUNDED = 0.005  # how far the shares of a class balance may be from adding up to 1
logger = logging.getLogger(__name__)


def create_labels(
    data_path: str,
    labeling_functions: Sequence[Mapping[str, str]],
    output_path: str | None = None,
    cardinality: int | None = None,
    hand_labeled_examples_path: str | None = None,
    aggregator: str = AUTO,
    seed: int | None = None,
    read_options: Mapping[str, Any] | None = None,
    label_column: str | None = None,
    class_balance: Sequence[float] | None = None,
    default_label: int | None = None,
    predict_uncovered: bool = False,
) -> dict[str, object]:
    """Label a table by weak supervision.

    Parameters
    ----------
    data_path
        A table file of any kind, or a folder of parquet files.
    labeling_functions
        Mappings with `name` and `code`: Python source of a function of one row that returns a class number or -1.
    output_path
        Where the table goes with its `label` and `label_probability`; by default under the output folder.
    cardinality
        Number of classes; by default one more than the greatest class number voted for, at least 2.
    hand_labeled_examples_path
        A table with the columns that the functions read and one of labels.
    aggregator
        One of `offered.AGGREGATORS`.
    seed
        The same seed gives the same bytes; by default one is drawn.
    read_options
        How the tables are read, where what is found is not right: see `config.ReadOptions`.
    label_column
        The column of the hand-given labels; by default `label`, or the one that the table lacks.
    class_balance
        How frequent each class is, from class 0 on: shares above 0 that add up to 1; by default estimated.
    default_label
        The class of rows where every function abstains, with probability 1; by default they stay without a label.
    predict_uncovered
        Whether rows where every function abstains get the label that a classifier predicts, which learns from the
        other rows; they are marked in the column `label_predicted`.

    Returns
    -------
    The response of API.md without `success`.

    Raises
    ------
    DataFoundryError
        One of its classes, and then nothing is written.
    """
    aggregators.refuse_unknown(aggregator)
    _refuse_number("cardinality", cardinality, 2, MAX_CLASSES)
    _refuse_number("seed", seed, 0, 2**63 - 1)
    balance = _balance(class_balance, cardinality)
    cardinality = cardinality if balance is None else len(balance)
    _refuse_number("default_label", default_label, 0, (cardinality or MAX_CLASSES) - 1)
    _refuse_two_fills(default_label, predict_uncovered)
    data = input_path(data_path, "data_path")
    inputs = [data]
    if hand_labeled_examples_path is not None:
        inputs.append(input_path(hand_labeled_examples_path, "hand_labeled_examples_path"))
    output = checked_output(output_path, "output_path", default=f"{data.stem}_labeled.parquet")
    report = output.with_name(f"{output.stem}_report.html")
    refuse_input_as_output(output, *inputs)
    functions = read_functions(labeling_functions)
    with claim_output(output):
        options = ReadOptions.of(read_options)
        table = open_table(data, options)
        labeling_run.refuse_label_columns(table.columns, cardinality, predict_uncovered)
        hand = None
        if len(inputs) > 1:
            hand = read_hand_labels(open_table(inputs[1], options), functions, table.columns, label_column)
        _refuse_classes(cardinality, hand)
        seed = secrets.randbits(32) if seed is None else seed
        order = _Order(
            table, functions, output, cardinality, hand, aggregator, seed, balance, default_label, predict_uncovered
        )
        response, page = _labeled(order)
        write_text(report, page)
    return {**response, "report_path": str(report)}


def try_functions(
    data_path: str,
    labeling_functions: Sequence[Mapping[str, str]],
    max_rows: int = TRIED_ROWS.usual,
    cardinality: int | None = None,
    hand_labeled_examples_path: str | None = None,
    read_options: Mapping[str, Any] | None = None,
    label_column: str | None = None,
) -> dict[str, object]:
    """What labeling functions would do, on the first rows of a table: in a moment, and nothing is written.

    A function that fails has its error in its place and counts for nothing in the figures of the others.

    Parameters
    ----------
    max_rows
        How many of the first rows.

    The others are those of `create_labels`.

    Raises
    ------
    DataFoundryError
        One of its classes, of the tables and of the request as a whole.
    """
    _refuse_number("max_rows", max_rows, 1, TRIED_ROWS.most)
    _refuse_number("cardinality", cardinality, 2, MAX_CLASSES)
    options = ReadOptions.of(read_options)
    table = open_table(input_path(data_path, "data_path"), options, max_rows)
    hand = None
    if hand_labeled_examples_path is not None:
        path = input_path(hand_labeled_examples_path, "hand_labeled_examples_path")
        hand = trial.Hand(open_table(path, options), label_column)
    return trial.trial(table, labeling_functions, max_rows, cardinality, hand)


def suggest_rows(
    data_path: str,
    labeling_functions: Sequence[Mapping[str, str]] | None = None,
    hand_labeled_examples_path: str | None = None,
    num_rows: int = SUGGESTED_ROWS.usual,
    seed: int | None = None,
    read_options: Mapping[str, Any] | None = None,
    label_column: str | None = None,
) -> dict[str, object]:
    """Which rows of a table are worth labeling by hand next: uncertain, representative and unlike each other.

    Parameters
    ----------
    num_rows
        How many; there may be fewer that are unlike those labeled already.
    seed
        Of the sample of the table from which they are taken; by default 0, so that the answer stays the same.

    The others are those of `create_labels`.

    Raises
    ------
    DataFoundryError
        One of its classes.
    """
    _refuse_number("num_rows", num_rows, 1, SUGGESTED_ROWS.most)
    _refuse_number("seed", seed, 0, 2**63 - 1)
    options = ReadOptions.of(read_options)
    table = open_table(input_path(data_path, "data_path"), options)
    functions = read_functions(labeling_functions) if labeling_functions else []
    hand, columns = None, list(table.columns)
    if hand_labeled_examples_path is not None:
        path = input_path(hand_labeled_examples_path, "hand_labeled_examples_path")
        hand = read_hand_labels(open_table(path, options), functions, columns, label_column)
        columns = [name for name in columns if name != hand.column]
    candidates = rows_to_label.drawn(table, functions, seed or 0)
    return rows_to_label.suggested(candidates, [each.name for each in functions], hand, columns, num_rows, seed or 0)


def suggest_functions(
    data_path: str,
    hand_labeled_examples_path: str,
    max_functions: int = SUGGESTED_FUNCTIONS.usual,
    user_goal: str = "",
    seed: int | None = None,
    read_options: Mapping[str, Any] | None = None,
    label_column: str | None = None,
) -> dict[str, object]:
    """Labeling functions for a table, found in hand-labeled rows; each with a sentence and how right it is.

    They are found on six tenths of the hand-labeled rows, and measured on the others.

    Parameters
    ----------
    max_functions
        1 to 100.
    user_goal
        What the labels mean; columns and values that it names come first in the search.
    seed
        Of which rows are which; by default 0, so that the answer stays the same.

    The others are those of `create_labels`.

    Raises
    ------
    DataFoundryError
        One of its classes.
    """
    _refuse_number("max_functions", max_functions, 1, SUGGESTED_FUNCTIONS.most)
    _refuse_number("seed", seed, 0, 2**63 - 1)
    options = ReadOptions.of(read_options)
    table = open_table(input_path(data_path, "data_path"), options)
    path = input_path(hand_labeled_examples_path, "hand_labeled_examples_path")
    hand = open_table(path, options)
    column = label_column_of(hand.columns, table.columns, path.name, label_column)
    return answered(hand, column, table.columns, max_functions, user_goal, seed or 0)


@dataclass(frozen=True)
class _Order:
    """A checked request."""

    table: Table
    functions: list[LabelingFunction]
    output: Path
    cardinality: int | None
    hand: HandLabels | None
    aggregator: str
    seed: int
    balance: np.ndarray | None
    default_label: int | None
    predict_uncovered: bool

    @property
    def names(self) -> list[str]:
        return [function.name for function in self.functions]


def _labeled(order: _Order) -> tuple[dict[str, object], str]:
    """Write the labels; gives the response and the page about it."""
    chosen, cardinality, known = _chosen(order)
    predictor = _predictor(order, chosen, cardinality, known) if order.predict_uncovered else None
    fill = (
        labeling_run.Fill(predictor if isinstance(predictor, Predictor) else None) if order.predict_uncovered else None
    )
    written, found = labeling_run.write_labels(
        order.table, order.output, order.functions, chosen, cardinality, known, fill
    )
    logger.info("labeled %d of %d rows of %s", written.labeled, written.rows, order.table.path.name)
    summary, names = found.summary.widened(cardinality), order.names
    response: dict[str, object] = {
        "output_path": str(order.output),
        "num_rows": written.rows,
        "num_labeled": written.labeled,
        "num_ties": written.ties,
        "label_distribution": {str(label): int(count) for label, count in enumerate(written.counts)},
        **_probabilities(order, chosen, written),
        "aggregator": {"name": chosen.aggregator.name, "why": chosen.why, **chosen.figures},
        "lf_analysis": function_analysis.by_function(names, summary, order.hand),
        "conflicts": function_analysis.conflicting_pairs(names, summary),
        "examples": found.examples.rows,
        "warnings": [
            *function_warnings.on_columns(order.functions, order.table.columns),
            *function_warnings.on_dates(order.functions, order.table),
            *function_warnings.on_votes(names, summary),
            *function_warnings.on_ties(written.ties),
            *function_warnings.on_accuracy(names, order.hand),
            *chosen.warnings,
            *_doubts(order, chosen, written, summary),
            *([f"predict_uncovered: nothing was predicted. {predictor}"] if isinstance(predictor, str) else []),
        ],
        "explain": found.explain,
        "seed": order.seed,
    }
    if order.predict_uncovered:
        told = predictor.told if isinstance(predictor, Predictor) else {"measured": False, "note": predictor}
        response["predicted"] = {"rows": written.predicted, "column": COLUMN, **told}
    if order.hand is not None:
        response["hand_labels"] = {
            "rows": len(order.hand.labels),
            "column": order.hand.column,
            "classes": order.hand.mapping,
        }
    return response, report_page.page(response, summary, names, written.histogram)


def _predictor(
    order: _Order, chosen: aggregators.Choice, cardinality: int, known: labeling_run.Pass | None
) -> Predictor | str:
    """What predicts the rows without votes, or why nothing can."""
    covered = labeling_run.covered_sample(order.table, order.functions, chosen, cardinality, known, order.seed)
    columns = [name for name in order.table.columns if order.hand is None or name != order.hand.column]
    return uncovered.fit(covered, order.hand, columns, order.seed)


def _refuse_two_fills(default_label: int | None, predict_uncovered: bool) -> None:
    if not isinstance(predict_uncovered, bool):
        raise RequestError(
            f"predict_uncovered is true or false, not {predict_uncovered!r:.50}.", field="predict_uncovered"
        )
    if predict_uncovered and default_label is not None:
        raise RequestError(
            "default_label and predict_uncovered both say what a row is on which nobody votes; give one of them.",
            field="predict_uncovered",
        )


def _chosen(order: _Order) -> tuple[aggregators.Choice, int, labeling_run.Pass | None]:
    """The fitted aggregator, the number of classes, and the first pass over the table, where one was needed."""
    features = [name for name in order.table.columns if order.hand is None or name != order.hand.column]
    wish = selection.Wish(order.aggregator, order.seed, order.hand, features, order.balance, order.names)
    cardinality = order.cardinality or labeling_run.known_cardinality(order.functions)
    if cardinality is not None and order.default_label is not None:
        cardinality = max(cardinality, order.default_label + 1)
    if cardinality is not None and not selection.needs_summary(wish, len(order.functions)):
        chosen = selection.majority(cardinality, len(order.functions), wish)
        return replace(chosen, default_label=order.default_label), cardinality, None
    known = labeling_run.summarise(order.table, order.functions, order.cardinality)
    least = 2 if order.hand is None else order.hand.cardinality
    cardinality = order.cardinality or max(least, known.summary.cardinality, (order.default_label or 0) + 1)
    labeling_run.refuse_label_columns(order.table.columns, cardinality)
    chosen = selection.choose(wish, known.summary.widened(cardinality))
    return replace(chosen, default_label=order.default_label), cardinality, known


def _probabilities(order: _Order, chosen: aggregators.Choice, written: labeling_run.Written) -> dict[str, object]:
    """What the answer says of the class balance and of what probabilities mean."""
    shares = written.mass / max(written.rows, 1) if order.balance is None else order.balance
    source = "votes" if order.hand is None else "votes and hand labels"
    return {
        "class_balance": {str(label): float(share) for label, share in enumerate(shares)},
        "class_balance_from": source if order.balance is None else "request",
        "calibration": calibration.unmeasured() if chosen.held_out is None else calibration.measured(*chosen.held_out),
    }


def _doubts(
    order: _Order, chosen: aggregators.Choice, written: labeling_run.Written, summary: VoteSummary
) -> list[str]:
    """What votes alone cannot justify."""
    informed = order.balance is not None or order.hand is not None
    return [
        *([] if informed else label_warnings.on_one_class(summary, order.default_label)),
        *label_warnings.on_missing_labels(summary, written.counts),
        *label_warnings.on_rare_labels(written.counts, written.labeled_mass, written.columns),
        *label_warnings.on_single_votes(order.names, summary, chosen.aggregator),
    ]


def _balance(given: Sequence[float] | None, cardinality: int | None) -> np.ndarray | None:
    """(k,) the class balance of a request."""
    if given is None:
        return None
    numbers = [share for share in given if isinstance(share, int | float) and not isinstance(share, bool)]
    if len(numbers) != len(given) or len(given) < 2 or not min(numbers) > 0 or abs(sum(numbers) - 1) > _ROUNDED:
        raise RequestError(
            "class_balance must be a list of the share of each class, from class 0 on, all above 0 and adding up to 1, "
            f"not {list(given)!r:.100}.",
            field="class_balance",
        )
    if len(given) != (cardinality or len(given)) or len(given) > MAX_CLASSES:
        raise RequestError(
            f"class_balance has {len(given)} shares, but cardinality is {cardinality or MAX_CLASSES} at most; give one "
            "for each class.",
            field="class_balance",
        )
    return np.array(numbers) / sum(numbers)


def _refuse_classes(cardinality: int | None, hand: HandLabels | None) -> None:
    if cardinality is not None and hand is not None and hand.cardinality > cardinality:
        raise ImpossibleError(
            f"hand_labeled_examples_path: the labels need cardinality {hand.cardinality}, but it is {cardinality}.",
            classes=hand.mapping,
        )


def _refuse_number(field: str, value: object, least: int, most: int) -> None:
    if value is not None and not (type(value) is int and least <= value <= most):
        raise RequestError(f"{field} must be a whole number from {least} to {most}, not {value!r:.50}.", field=field)
