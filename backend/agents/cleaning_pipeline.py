"""The cleaning pipeline that corrects itself: check -> fix -> check anew -> train and measure -> revise, best kept."""

import logging
import secrets
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from agents.cleaning.changes import SURE, Plan, changed, chosen_fixes, errors_of, joined
from agents.cleaning.words import attempt_in_words, summary, tried
from agents.cleaning.yardstick import Worth, Yardstick, with_holdout, without_holdout
from agents.requested import checked_attempts, checked_seed, checked_share
from DataFoundry.checking.duplicate_rows import ROW_KINDS
from DataFoundry.checking.fixes import Applied
from DataFoundry.checking.page import check_page
from DataFoundry.checking.table_check import Checked, checked
from DataFoundry.cleaning.finding import Finding
from DataFoundry.config import ReadOptions
from DataFoundry.errors import ColumnError
from DataFoundry.preprocessing.schema import LABEL
from DataFoundry.progress import Progress
from DataFoundry.schema.discovery import discover, discover_in
from DataFoundry.schema.table_schema import TableSchema
from DataFoundry.sources.coded import plain_schema
from DataFoundry.sources.integers import as_in_file
from DataFoundry.sources.opening import open_table
from DataFoundry.sources.table import Table
from DataFoundry.storage.files import claim_output, write_json, write_text
from DataFoundry.storage.paths import input_path, refuse_input_as_output
from DataFoundry.storage.paths import output_path as checked_output
from DataFoundry.storage.row_files import ROW_SUFFIXES, row_writer
from DataFoundry.storage.tables import TableWriter

logger = logging.getLogger(__name__)

_LEAST_SURE = 0.5
_MOST_PASSES = 3


def run(
    data_path: str,
    label_column: str | None = None,
    holdout_test_path: str | None = None,
    target_errors_removed: float = 0.9,
    max_attempts: int = 3,
    output_path: str | None = None,
    seed: int | None = None,
    read_options: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Make a table clean enough to train on, and say how clean it is and what a learner makes of it.

    Each attempt changes the cells that `cleaner.check_table` finds wrong, checks the result anew, and trains boosted
    trees on the table before and after; errors must be gone and the trees no worse. Half of the held-out rows decides
    between attempts; the other half, which no decision saw, gives the returned utility.

    Parameters
    ----------
    data_path
        The table to clean.
    label_column
        What is to be predicted; by default `label` where the table has it, else utility is not measured.
    holdout_test_path
        Rows like those of the table that are right; by default a quarter of the rows in which no error is found.
    target_errors_removed
        Share of the errors found that a new check must not find any more, in (0, 1].
    max_attempts
        At least 1.
    output_path
        The clean table, by default `<table>_clean.parquet` under the output folder; the changes, a page about what is
        still there, and the attempts lie beside it.
    seed
        Of learners and held-out rows; by default one is drawn.
    read_options
        How the tables are read, where what is found is not right: see `config.ReadOptions`.

    Returns
    -------
    `output_path`, `journal_path` (every change; `cleaner.apply_fixes` with `undo` takes them back), `report_path`,
    `errors_before`, `errors_after`, `errors_removed`, `utility` (`before, after, change, noise, measure, verdict`; null
    where it was not measured), `target_reached`, `outcome` (`met`: errors removed and utility no lower;
    `met_within_noise`: utility lower by no more than its noise; `not_met`), `attempts`, `best_attempt`, `stopped`,
    `summary` (for people), `num_changed`, `num_emptied`, `changes` (by column), `seed`, `warnings`.

    Raises
    ------
    DataFoundryError
        One of its classes, and then nothing is written.
    """
    checked_share(target_errors_removed, "target_errors_removed")
    checked_attempts(max_attempts)
    checked_seed(seed)
    seed = secrets.randbits(32) if seed is None else seed
    data = input_path(data_path, "data_path")
    held = None if holdout_test_path is None else input_path(holdout_test_path, "holdout_test_path")
    written = checked_output(output_path, "output_path", ROW_SUFFIXES, f"{data.name.split('.')[0]}_clean.parquet")
    beside = _beside(written)
    for path in (written, *beside.values()):
        refuse_input_as_output(path, data, *([held] if held else []))
    options = ReadOptions.of(read_options)
    table = open_table(data, options)
    table.check(None if label_column is None else [label_column])
    with ExitStack() as stack:
        for path in (written, *beside.values()):
            stack.enter_context(claim_output(path))
        workshop = Workshop.opened(table, label_column, held, options, seed)
        stopped = workshop.attempts(target_errors_removed, max_attempts)
        answer = workshop.answer(target_errors_removed, stopped, data.name)
        answer |= {"output_path": str(written), **{name: str(path) for name, path in beside.items()}, "seed": seed}
        _write(workshop, table, written, beside, answer)
    return answer


@dataclass(frozen=True)
class Cleaned:
    """A table under a plan: the changes from the original, and what a new check finds."""

    done: Applied
    found: Checked
    schema: TableSchema
    fixes: pd.DataFrame


@dataclass
class Workshop:
    """Everything that attempts share."""

    frame: pd.DataFrame
    reading: Mapping[str, Any]
    label: str | None
    schema: TableSchema
    first: Checked
    yardstick: Yardstick | None
    warnings: list[str]
    records: list[dict[str, Any]] = field(default_factory=list)
    plans: list[Plan] = field(default_factory=list)
    known: dict[Plan, Cleaned] = field(default_factory=dict)

    @classmethod
    def opened(cls, table: Table, label: str | None, held: Path | None, options: ReadOptions, seed: int) -> "Workshop":
        """The table checked for the first time, and rows held out to measure by."""
        frame = table.read().reset_index(drop=True)
        label = label or (LABEL if LABEL in frame.columns else None)
        schema = discover(table, None)
        first = checked(frame, schema, table.reading, label)
        warnings = [*first.notes, *_of_duplicates(first)]
        yardstick = None
        if label is None:
            warnings.append("No label column: utility was not measured; name one with label_column.")
        elif held is not None:
            yardstick = with_holdout(frame, open_table(held, options).read(), label, held.name, seed)
        else:
            yardstick = without_holdout(frame, {each.row for each in errors_of(first.findings)}, label, seed)
            if yardstick is None:
                warnings.append("Utility was not measured: too few rows are without errors; give holdout_test_path.")
        return cls(frame, table.reading, label, schema, first, yardstick, warnings)

    def attempts(self, target: float, most: int) -> str:
        """Attempts until the target is met; says why the last was the last."""
        progress = Progress("cleaning attempts", most, "attempts")
        plan, why = Plan(), f"the product's default of {SURE:.0%}"
        while True:
            record = self._attempt(plan, why)
            self.records.append(record)
            self.plans.append(plan)
            progress.advance()
            logger.info("cleaning attempt %d: %s of errors removed", record["attempt"], record["errors_removed"])
            outcome = _outcome(record, target)
            if outcome != "not_met":  # what is lost within the noise could only be won back by chance
                reason = "the target is met" + (", within the noise of the measure" if outcome != "met" else "")
                return self._ended(f"{reason.capitalize()}.", reason)
            if len(self.records) >= most:
                return self._ended("No attempt is left.", "the attempts are used up")
            change = self._correction(plan, record, target)
            if change is None:
                return self._ended("Nothing else is left to try.", "nothing else is left to try")
            plan, why = change
            record["next"] = f"Next: {why}."

    def _ended(self, sentence: str, reason: str) -> str:
        self.records[-1]["next"] = sentence
        return reason

    def _attempt(self, plan: Plan, why: str) -> dict[str, Any]:
        started = time.monotonic()
        cleaned = self._cleaned(plan)
        before, after = len(errors_of(self.first.findings)), len(errors_of(cleaned.found.findings))
        journal = cleaned.done.journal
        worth = self._worth(cleaned.done.frame)
        return {
            "attempt": len(self.records) + 1,
            "why": why,
            "tried": tried(plan),
            "settings": plan.as_dict(),
            "num_changed": len(journal),
            "num_emptied": int(journal["after"].isna().sum()),
            "errors_before": before,
            "errors_after": after,
            "errors_removed": round(max(0.0, 1 - after / before), 6) if before else 1.0,
            "utility": None if worth is None else worth.as_dict(),
            "seconds": round(time.monotonic() - started, 2),
            "next": "",
        }

    def _cleaned(self, plan: Plan) -> Cleaned:
        """The table under a plan; passes that an earlier attempt made are not made again."""
        if plan not in self.known:
            if plan.passes == 1:
                fixes = chosen_fixes(self.first.findings, plan)
            else:
                earlier = self._cleaned(replace(plan, passes=plan.passes - 1))
                fixes = joined(earlier.fixes, chosen_fixes(earlier.found.findings, plan))
            done = changed(self.frame, fixes)
            schema = discover_in(done.frame)
            self.known[plan] = Cleaned(done, checked(done.frame, schema, self.reading, self.label), schema, fixes)
        return self.known[plan]

    def _worth(self, after: pd.DataFrame, final: bool = False) -> Worth | None:
        if self.yardstick is None:
            return None
        try:
            return self.yardstick.worth(self.frame, after, final)
        except ColumnError as error:
            self.yardstick = None
            self.warnings.append(f"Utility was not measured: {error.message}")
            return None

    def _correction(self, plan: Plan, record: dict[str, Any], target: float) -> tuple[Plan, str] | None:
        """The next plan, and why; None where no untried one would change what is wrong."""
        worth = record["utility"]
        if worth is not None and worth["verdict"] == "lower":
            found = self._without_harm(plan, worth["change"])
        else:
            found = _further(plan, errors_of(self._cleaned(plan).found.findings), record["errors_before"], target)
        return None if found is None or found[0] in self.plans else found

    def _without_harm(self, plan: Plan, change: float) -> tuple[Plan, str] | None:
        """Leave out the kind of fixes that costs the learner most."""
        present = set(self._cleaned(plan).fixes["kind"])
        best: tuple[float, str] | None = None
        for kind in sorted(present):
            fixes = chosen_fixes(self.first.findings, plan.without(kind))
            worth = self._worth(changed(self.frame, fixes).frame)
            if worth is not None and worth.change > change and (best is None or worth.change > best[0]):
                best = (worth.change, kind)
        if best is None or len(present) < 2:
            return None
        return plan.without(best[1]), f"the fixes of kind {best[1]} cost the learner most, so they are left out"

    def answer(self, target: float, stopped: str, name: str) -> dict[str, Any]:
        """The best attempt, with utility measured on the rows that no decision saw."""
        place = max(range(len(self.records)), key=lambda each: _rank(self.records[each], target))
        best, journal = self.records[place], self._cleaned(self.plans[place]).done.journal
        worth = self._worth(self._cleaned(self.plans[place]).done.frame, final=True)
        told = {**best, "utility": None if worth is None else worth.as_dict()}
        outcome = _outcome(told, target)
        answer: dict[str, Any] = {
            **{key: told[key] for key in ("errors_before", "errors_after", "errors_removed", "utility")},
            "target_reached": outcome != "not_met",
            "outcome": outcome,
            "attempts": self.records,
            "best_attempt": best["attempt"],
            "stopped": stopped,
            "num_changed": best["num_changed"],
            "num_emptied": best["num_emptied"],
            "changes": {str(column): int(count) for column, count in journal["column"].value_counts().items()},
            "measured_on": None if self.yardstick is None else self.yardstick.note,
            "num_rows": len(self.frame),
            "warnings": list(dict.fromkeys(self.warnings)),
        }
        sentences = [attempt_in_words(*each) for each in zip(self.records, self.plans, strict=True)]
        return {**answer, "summary": summary(answer, sentences, name)}

    def best(self, answer: Mapping[str, Any]) -> Cleaned:
        """The table of the attempt that the answer tells of."""
        return self._cleaned(self.plans[answer["best_attempt"] - 1])


def _further(plan: Plan, left: list[Finding], before: int, target: float) -> tuple[Plan, str] | None:
    """Another pass over errors that only came to light now, or fixes that are less sure, as far as the target asks."""
    fresh = [each for each in left if each.confidence >= plan.min_confidence and each.kind not in plan.left_out]
    less = sorted(
        (each.confidence for each in left if each.suggested is not None and each.confidence < plan.min_confidence),
        reverse=True,
    )
    if fresh and len(fresh) >= len(less) and plan.passes < _MOST_PASSES:
        why = f"{len(fresh):,} errors came to light once others were mended, so the table is fixed once more"
        return replace(plan, passes=plan.passes + 1), why
    if not less:
        return None
    needed = len(left) - int((1 - target) * before + 1e-9)
    bar = max(_LEAST_SURE, np.floor(less[min(max(needed, 1), len(less)) - 1] * 100) / 100)
    why = f"{len(less):,} of the errors left have fixes of less than {plan.min_confidence:.0%}, so {bar:.0%} is enough"
    return replace(plan, min_confidence=float(bar)), why


def _of_duplicates(found: Checked) -> list[str]:
    """That rows that repeat others stay, and how they are taken out."""
    told = [each for each in found.issues if each.kind in ROW_KINDS and each.column is None]
    return [f"Left as they are: {each.sentence}" for each in told]


def _outcome(record: Mapping[str, Any], target: float) -> str:
    worth = record["utility"]
    if record["errors_removed"] < target or (worth is not None and worth["verdict"] == "lower"):
        return "not_met"
    return "met_within_noise" if worth is not None and worth["verdict"] == "within_noise" else "met"


def _rank(record: Mapping[str, Any], target: float) -> tuple[Any, ...]:
    """A learner that is not harmed comes first, then errors up to the target, then utility; of equals the earlier."""
    worth = record["utility"]
    return (
        worth is None or worth["verdict"] != "lower",
        min(record["errors_removed"], target),
        0.0 if worth is None else worth["change"],
        -record["attempt"],
    )


def _beside(written: Path) -> dict[str, Path]:
    names = {"journal_path": "journal.csv", "report_path": "check.html", "attempts_path": "attempts.json"}
    return {name: written.with_name(f"{written.name.split('.')[0]}_{end}") for name, end in names.items()}


def _write(
    workshop: Workshop, table: Table, written: Path, beside: Mapping[str, Path], answer: Mapping[str, Any]
) -> None:
    best = workshop.best(answer)
    with row_writer(written) as rows:
        rows.write(as_in_file(best.done.frame, plain_schema(table)))
    with TableWriter(beside["journal_path"]) as changes:
        changes.write(best.done.journal)
    write_text(beside["report_path"], check_page(written.name, best.schema, best.found))
    write_json(beside["attempts_path"], dict(answer))
