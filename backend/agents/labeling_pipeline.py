"""The labeling pipeline that corrects itself: propose -> apply -> measure -> diagnose -> revise, best attempt kept."""

import logging
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from agents.labeling.combiner import Combiner, Encoder, fit
from agents.labeling.diagnosis import correction, diagnose
from agents.labeling.journal import Attempt, Stopwatch
from agents.labeling.measure import added_by, cross_fitted
from agents.labeling.proposing import proposed
from agents.labeling.without_hand_labels import labeled_without, proposed_functions
from agents.labeling.words import summary
from DataFoundry.config import ReadOptions
from DataFoundry.errors import ImpossibleError, RequestError
from DataFoundry.labeling import labeling_run as labeling
from DataFoundry.labeling.aggregation.aggregators import Choice
from DataFoundry.labeling.aggregation.hand_labels import label_column_of
from DataFoundry.labeling.analysis import label_warnings
from DataFoundry.labeling.execution.apply import Applier
from DataFoundry.labeling.functions.reading import LabelingFunction, read_functions
from DataFoundry.labeling.suggesting.examples import Examples, read_examples
from DataFoundry.labeling.suggesting.goal import Mentioned, mentioned
from DataFoundry.labeling.suggesting.mining import Harvest, Recipe, mine
from DataFoundry.labeling.suggesting.rules import Mined, Rule, votes_of
from DataFoundry.sources.opening import open_table
from DataFoundry.sources.table import Table
from DataFoundry.storage.files import claim_output, write_json
from DataFoundry.storage.paths import input_path, refuse_input_as_output
from DataFoundry.storage.paths import output_path as checked_output

logger = logging.getLogger(__name__)

MOST_ATTEMPTS = 100
PROFILED_ROWS = 50_000


def run(
    user_goal: str,
    raw_data_path: str,
    hand_labeled_examples_path: str | None = None,
    target_auc_score: float = 0.85,
    max_attempts: int = 3,
    output_path: str | None = None,
    seed: int | None = None,
    label_column: str | None = None,
    read_options: Mapping[str, Any] | None = None,
    labeling_functions: Sequence[Mapping[str, str]] | None = None,
) -> dict[str, Any]:
    """Label a table with functions mined from hand-labeled rows, and say how good the labels are.

    Parameters
    ----------
    user_goal
        What the labels mean; kept in the journal. Columns and values that it names come first in the search.
    raw_data_path
        The table to label.
    hand_labeled_examples_path
        Rows with the same columns and one of labels. Without them functions must be given, or a language model be
        plugged in that proposes them; nothing then measures the labels, and the answer says so.
    target_auc_score
        Area under the ROC curve to reach, in (0, 1].
    max_attempts
        At least 1.
    output_path
        By default `<table>_labeled.parquet` under the output folder.
    seed
        The same seed gives the same labels; by default one is drawn.
    label_column
        The column of the labels in the hand-labeled rows; by default `label`, or the one that the table lacks.
    read_options
        How both tables are read, where what is found is not right: see `config.ReadOptions`.
    labeling_functions
        In place of hand-labeled rows, as `labeler.create_labels` takes them.

    Returns
    -------
    `output_path`, `auc` and `auc_interval` (95 %, both cross-fitted), `target_reached`, `outcome` (`met`: the interval
    lies above the target; `met_within_noise`: the estimate does; `not_met`), `attempts`, `best_attempt`, `stopped`,
    `summary` (each attempt told to a person), `journal_path`, counts of labels, what the class numbers stand for, and
    `warnings`. Without hand-labeled rows what `without_hand_labels.labeled_without` tells.

    Raises
    ------
    DataFoundryError
        One of its classes, and then nothing is written.
    """
    _refuse_numbers(target_auc_score, max_attempts, seed)
    raw_path = input_path(raw_data_path, "raw_data_path")
    options = ReadOptions.of(read_options)
    if hand_labeled_examples_path is None:
        if label_column is not None:
            raise RequestError(
                "label_column names the labels of hand-labeled rows; give hand_labeled_examples_path, or leave it out.",
                field="label_column",
            )
        functions, proposer = labeling_functions, "given"
        if not functions:
            table = open_table(raw_path, options)
            functions, proposer = proposed_functions(user_goal, _profiled(table, list(table.columns))), "language model"
        seed = secrets.randbits(32) if seed is None else seed
        return labeled_without(raw_path, output_path, functions, proposer, seed, read_options)
    if labeling_functions:
        raise RequestError(
            "Give labeling_functions or hand_labeled_examples_path: with hand-labeled rows the pipeline finds "
            "functions itself; to combine your own with hand-labeled rows use /api/labeling/create-labels.",
            field="labeling_functions",
        )
    hand_path = input_path(hand_labeled_examples_path, "hand_labeled_examples_path")
    output = checked_output(output_path, "output_path", default=f"{raw_path.stem}_labeled.parquet")
    refuse_input_as_output(output, raw_path, hand_path)
    seed = secrets.randbits(32) if seed is None else seed
    with claim_output(output):
        table, hand = open_table(raw_path, options), open_table(hand_path, options)
        column = label_column_of(hand.columns, table.columns, hand_path.name, label_column)
        examples = read_examples(hand.read(), column, table.columns, np.random.default_rng(seed))
        labeling.refuse_label_columns(table.columns, examples.cardinality)
        encoder = Encoder.learnt(_profiled(table, list(examples.frame.columns)))
        said = mentioned(user_goal, examples.frame)
        workshop = Workshop(examples, encoder, seed, proposed(user_goal, examples), said)
        attempts, stopped = workshop.attempts(target_auc_score, max_attempts)
        best = max(attempts, key=lambda attempt: attempt.measure.auc)
        return _written(user_goal, table, output, workshop, attempts, best, stopped, target_auc_score, seed)


@dataclass
class Workshop:
    """Everything that attempts share."""

    examples: Examples
    encoder: Encoder
    seed: int
    proposals: Sequence[Rule] = ()
    said: Mentioned | None = None

    def attempts(self, target: float, most: int) -> tuple[list[Attempt], str]:
        """Attempts until the target is met, and why the last was the last."""
        done: list[Attempt] = []
        action, why, recipe, focus = "first", "the default recipe", Recipe(), None
        tried: set[str] = set()
        while True:
            attempt = self._attempt(len(done) + 1, action, why, recipe, focus)
            if attempt is None and not done and recipe.sureness > 0:
                action, why = "let in", "no function is surely better than chance, so those that seem to be are let in"
                recipe = replace(recipe, lift=1.05, sureness=0.0)
                continue
            if attempt is None:
                if not done:
                    raise ImpossibleError(
                        f"No labeling function holds on the {len(self.examples.labels)} hand-labeled rows: no column "
                        "tells the classes apart well enough; label more rows by hand, or write functions yourself."
                    )
                return done, "no function survives the filters any more"
            repeated = any(_codes(attempt) == _codes(earlier) for earlier in done)
            if not repeated:
                done.append(attempt)
                logger.info("labeling attempt %d (%s): AUC %.3f", attempt.number, action, attempt.measure.auc)
            if _outcome(attempt, target) != "not_met":
                return done, "the target is met"
            if len(done) >= most:
                return done, "the attempts are used up"
            best = max(done, key=lambda each: each.measure.auc)
            change = correction(best.diagnosis, best.recipe, tried)
            if change is None:
                return done, "no further change to try"
            action, why, recipe = change
            tried.add(action)
            focus = best.diagnosis.wrong if recipe.weight > 1 else None

    def _attempt(self, number: int, action: str, why: str, recipe: Recipe, focus: np.ndarray | None) -> Attempt | None:
        watch = Stopwatch()
        harvest = mine(self.examples, recipe, focus, self.proposals, self.said)
        functions = self._checked(harvest)
        if not functions:
            return None
        rng = np.random.default_rng((self.seed, 1))  # the same folds in every attempt: a fair comparison
        measure = cross_fitted(self.examples, recipe, self.encoder, rng, focus, self.proposals, self.said)
        votes = votes_of(harvest.rules, self.examples.frame)
        diagnosis = diagnose(self.examples, measure, harvest, votes, [function.name for function in functions])
        proposer = "mined and language model" if self.proposals else "mined"
        return Attempt(number, action, why, recipe, harvest, functions, measure, diagnosis, watch.seconds(), proposer)

    def _checked(self, harvest: Harvest) -> list[Mined]:
        """The functions as source, run in the sandbox on the hand-labeled rows: each must vote as its rule does."""
        functions = [rule.named(number) for number, rule in enumerate(harvest.rules, start=1)]
        if not functions:
            return []
        with Applier(self.parsed(functions), list(self.examples.frame.columns)) as applier:
            votes = applier.votes(self.examples.frame[applier.columns])
        agree = (votes == votes_of(harvest.rules, self.examples.frame)).all(axis=0)
        kept = [place for place in range(len(functions)) if applier.faults[place] is None and agree[place]]
        for place in sorted(set(range(len(functions))) - set(kept)):
            harvest.drop(harvest.rules[place], "sandbox")
        harvest.rules = [harvest.rules[place] for place in kept]
        harvest.figures = [harvest.figures[place] for place in kept]
        return [functions[place] for place in kept]

    @staticmethod
    def parsed(functions: list[Mined]) -> list[LabelingFunction]:
        return read_functions([function.as_request() for function in functions])

    def table(self, attempt: Attempt) -> list[dict[str, object]]:
        """What each function of an attempt says, how often it is right, and what it adds to the others."""
        votes = votes_of(attempt.harvest.rules, self.examples.frame)
        rng = np.random.default_rng((self.seed, 3))
        added = added_by(votes, self.examples.labels, self.examples.cardinality, rng)
        return [
            {
                "name": function.name,
                "sentence": rule.sentence(self.examples.classes[rule.label], self.examples.column),
                **figures,
                "adds_auc": round(gain, 4),
            }
            for function, rule, figures, gain in zip(
                attempt.functions, attempt.harvest.rules, attempt.harvest.figures, added, strict=True
            )
        ]

    def combiner(self, attempt: Attempt) -> Combiner:
        """Fitted on all hand-labeled rows with the attempt's functions."""
        votes = votes_of(attempt.harvest.rules, self.examples.frame)
        rng = np.random.default_rng((self.seed, 2))
        return fit(votes, self.examples.frame, self.examples.labels, self.examples.cardinality, self.encoder, rng)


def _written(
    goal: str,
    table: Table,
    output: Path,
    workshop: Workshop,
    attempts: list[Attempt],
    best: Attempt,
    stopped: str,
    target: float,
    seed: int,
) -> dict[str, Any]:
    examples = workshop.examples
    choice = Choice(workshop.combiner(best), f"there are {len(examples.labels)} hand-labeled rows to learn from.")
    written, _ = labeling.write_labels(
        table, output, workshop.parsed(best.functions), choice, examples.cardinality, None
    )
    low, high = best.measure.interval
    outcome = _outcome(best, target)
    response: dict[str, object] = {
        "output_path": str(output),
        "auc": round(best.measure.auc, 6),
        "auc_interval": [round(low, 6), round(high, 6)],
        "target_reached": outcome != "not_met",
        "outcome": outcome,
        "attempts": [attempt.as_dict() for attempt in attempts],
        "best_attempt": best.number,
        "stopped": stopped,
        "functions": workshop.table(best),
        "read_from_goal": {
            "columns": list(workshop.said.columns) if workshop.said else [],
            "values": [f"{column} = {value}" for column, value in (workshop.said.values if workshop.said else ())],
        },
        "num_hand_labels": len(examples.labels),
        "num_rows": written.rows,
        "num_labeled": written.labeled,
        "label_distribution": {str(label): int(count) for label, count in enumerate(written.counts)},
        "classes": {str(number): str(value) for number, value in enumerate(examples.classes)},
        "aggregator": {"name": choice.aggregator.name, "why": choice.why},
        "seed": seed,
        "warnings": label_warnings.on_rare_labels(
            written.counts, written.mass, labeling.probability_columns(examples.cardinality)
        ),
    }
    response["summary"] = summary(response, target)
    journal = output.with_name(f"{output.stem}_attempts.json")
    write_json(journal, {"user_goal": goal, "target_auc_score": target, **response})
    return {**response, "journal_path": str(journal)}


def _outcome(attempt: Attempt, target: float) -> str:
    if attempt.measure.interval[0] >= target:
        return "met"
    return "met_within_noise" if attempt.measure.auc >= target else "not_met"


def _codes(attempt: Attempt) -> set[str]:
    return {str(function.rule) for function in attempt.functions}


def _profiled(table: Table, columns: list[str]) -> pd.DataFrame:
    """The first rows of the raw table: scales and frequent categories, no label."""
    parts, rows = [], 0
    for block in table.blocks(columns):
        parts.append(block.head(PROFILED_ROWS - rows))
        rows += len(parts[-1])
        if rows >= PROFILED_ROWS:
            break
    if not rows:
        raise ImpossibleError("The raw table has no rows; name a table with rows to label.")
    return pd.concat(parts, ignore_index=True)


def _refuse_numbers(target: float, attempts: int, seed: int | None) -> None:
    if isinstance(target, bool) or not isinstance(target, int | float) or not 0 < target <= 1:
        raise RequestError(
            f"target_auc_score must lie above 0 and at most 1, not {target!r:.50}.", field="target_auc_score"
        )
    if type(attempts) is not int or not 1 <= attempts <= MOST_ATTEMPTS:
        raise RequestError(
            f"max_attempts must be a whole number from 1 to {MOST_ATTEMPTS}, not {attempts!r:.50}.",
            field="max_attempts",
        )
    if seed is not None and (type(seed) is not int or not 0 <= seed < 2**63):
        raise RequestError(f"seed must be a whole number from 0, not {seed!r:.50}.", field="seed")
