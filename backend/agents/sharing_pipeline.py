"""The sharing pipeline that corrects itself: profile -> train -> generate -> evaluate -> privacy verdict -> revise."""

import logging
import secrets
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agents.requested import checked_attempts, checked_seed, checked_share
from agents.sharing.tables import Split, drawn, identifying, split, taken_over, telling_texts, written
from agents.sharing.verdict import checks, verdict
from agents.sharing.words import attempt_in_words, profile_in_words, summary
from agents.training import diagnosis, proposals
from agents.training.proposals import Settings, as_params, next_settings
from DataFoundry import evaluator, trainer
from DataFoundry.config import ReadOptions
from DataFoundry.errors import ImpossibleError, RequestError, TooLargeError, TrainingError
from DataFoundry.preprocessing.schema import LABEL
from DataFoundry.progress import Progress
from DataFoundry.schema.discovery import discover
from DataFoundry.schema.table_schema import TableSchema
from DataFoundry.settings import limits
from DataFoundry.sources.coded import signs_of
from DataFoundry.sources.opening import open_table
from DataFoundry.storage.files import claim_output, write_json
from DataFoundry.storage.paths import input_path, output_folder, refuse_input_as_output
from DataFoundry.storage.paths import output_path as checked_output
from DataFoundry.storage.row_files import ROW_SUFFIXES, row_writer
from DataFoundry.training.derived import doubted

logger = logging.getLogger(__name__)

_NAME = "attempts.json"


def run(
    data_path: str,
    label_column: str | None = None,
    holdout_path: str | None = None,
    num_rows: int | None = None,
    target_utility_pct: float = 0.85,
    max_attempts: int = 3,
    output_path: str | None = None,
    output_dir: str | None = None,
    seed: int | None = None,
    read_options: Mapping[str, Any] | None = None,
    columns: Mapping[str, Mapping[str, Any]] | None = None,
) -> dict[str, Any]:
    """Make a synthetic version of a table that may be shared, and say whether it may, and why.

    Each attempt trains a model on the rows that are not held out, draws rows of which no identifying value stands in a
    real row, and evaluates them. Half of the held-out rows decides between attempts; the other half, which no decision
    saw, gives the returned utility and verdict.

    Parameters
    ----------
    data_path
        The table to share.
    label_column
        What a learner should predict; by default `label` where the table has it, else utility is not measured.
    holdout_path
        Real rows like those of the table, which may not be shared either; by default a fifth of the table, which the
        model is not trained on.
    num_rows
        Of the synthetic table; by default as many as the table has.
    target_utility_pct
        What a learner trained on synthetic rows must be worth of one trained on real rows, in (0, 1].
    max_attempts
        At least 1.
    output_path
        The synthetic table, by default `<table>_shared.parquet` under the output folder.
    output_dir
        What was made on the way, by default `sharing_<table>` under the output folder. It holds real rows.
    seed
        By default one is drawn.
    read_options
        How the real tables are read: see `config.ReadOptions`.
    columns
        What columns are where that is found wrongly, as in `create_config`: values of a column of kind `text` or
        `address` are made anew, those of a category are taken over.

    Returns
    -------
    `output_path`, `report_path` (the page of the evaluation), `config_path`, `model_path`, `preprocessor_path`,
    `utility_pct` (null where it was not measured), `verdict` (`safe_to_share`, `sentence`, `checks`, `note`),
    `target_reached`, `outcome` (`met` or `not_met`), `attempts`, `best_attempt`, `stopped`, `summary` (for people),
    `personal_columns`, `made_anew`, `num_rows`, `seed`, `warnings`.

    Raises
    ------
    DataFoundryError
        One of its classes.
    """
    checked_share(target_utility_pct, "target_utility_pct")
    checked_attempts(max_attempts)
    checked_seed(seed)
    _check_rows(num_rows)
    data = input_path(data_path, "data_path")
    held = None if holdout_path is None else input_path(holdout_path, "holdout_path")
    stem = data.name.split(".")[0]
    target = checked_output(output_path, "output_path", ROW_SUFFIXES, f"{stem}_shared.parquet")
    refuse_input_as_output(target, data, *([held] if held else []))
    folder = output_folder(output_dir, "output_dir", f"sharing_{stem}")
    options = ReadOptions.of(read_options)
    table = open_table(data, options)
    table.check(None if label_column is None else [label_column])
    seed = secrets.randbits(32) if seed is None else seed
    with ExitStack() as stack:
        for path in (target, folder / _NAME):
            stack.enter_context(claim_output(path))
        frame = table.read().reset_index(drop=True)
        rows = split(frame, None if held is None else open_table(held, options).read(), held.name if held else "", seed)
        label = label_column or (LABEL if LABEL in frame.columns else None)
        workshop = Workshop(folder, rows, label, discover(table, columns), num_rows or len(frame), seed, columns)
        stopped = workshop.attempts(target_utility_pct, max_attempts)
        answer = workshop.answer(target_utility_pct, stopped, data.name)
        with row_writer(target, signs_of(table)) as writer:
            writer.write(open_table(workshop.synthetic(answer["best_attempt"])).read())
        answer |= {"output_path": str(target), "attempts_path": str(folder / _NAME)}
        write_json(folder / _NAME, answer)
    return answer


@dataclass
class Workshop:
    """Everything that attempts share."""

    folder: Path
    rows: Split
    label: str | None
    schema: TableSchema
    wanted: int
    seed: int
    said: Mapping[str, Mapping[str, Any]] | None
    records: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.columns = identifying(self.schema, list(self.rows.whole.columns))
        self.train = written(self.rows.train, self.folder / "train.parquet")
        self.deciding = written(self.rows.deciding, self.folder / "deciding.parquet")
        self.unseen = written(self.rows.unseen, self.folder / "unseen.parquet")

    def synthetic(self, number: int) -> Path:
        """The rows of an attempt."""
        return self.folder / f"attempt_{number}" / "synthetic.parquet"

    def attempts(self, target: float, most: int) -> str:
        """Attempts until one may be shared and is useful enough; says why the last was the last."""
        progress = Progress("sharing attempts", most, "attempts")
        while True:
            settings, why = self._proposed()
            record = self._attempt(len(self.records) + 1, settings, why)
            self.records.append(record)
            progress.advance()
            logger.info("sharing attempt %d: %s", record["attempt"], record["verdict"]["sentence"])
            if _met(record, target):
                record["next"] = "The target is met."
                return "the target is met"
            if len(self.records) >= most:
                record["next"] = "No attempt is left."
                return "the attempts are used up"
            if not record["verdict"]["safe_to_share"] and _hopeless(record):
                record["next"] = "Other settings would not change that."
                return "what is wrong does not depend on the model's settings"
            record["next"] = f"Next: {self._proposed()[1]}."

    def _proposed(self) -> tuple[Settings, str]:
        """Settings for the next attempt: an untried correction of the best attempt, else Optuna's suggestion."""
        done = self.records
        if not done:
            return next_settings((), None, self.seed), "the product's default"
        tried = [each["settings"] for each in done]
        best = max(done, key=lambda each: _rank(each))
        for finding in best["findings"]:
            if finding["correction"] not in tried:
                return dict(finding["correction"]), str(finding["text"])
        return next_settings(done, None, self.seed), "suggested by Optuna (TPE) from the attempts so far"

    def _attempt(self, number: int, settings: Settings, why: str) -> dict[str, Any]:
        started = time.monotonic()
        record: dict[str, Any] = {"attempt": number, "settings": settings, "why": why, "utility": None, "findings": []}
        try:
            trained = self._trained(number, settings)
        except TrainingError as error:
            found = diagnosis.diverged(settings, error.message).as_dict()
            failed = {"safe_to_share": False, "sentence": "There are no rows to share.", "checks": [], "note": ""}
            return {**record, "model_type": "model", "error": error.message, "findings": [found], "verdict": failed}
        path = self.synthetic(number)
        passed_over = drawn(trained, self.wanted, self.rows.whole, self.columns, path, (self.seed + number) % 2**63)
        report, told = self._judged(number, trained, final=False)
        record |= {
            "model_type": trained["config"]["model_type"],
            "utility": report["scores"]["utility"]["synthetic"],
            "verdict": told,
            "scores": report["scores"],
            "num_rows": self.wanted,
            "passed_over": passed_over,
            "metrics": trained["metrics"],
            **{name: trained[name] for name in ("config_path", "model_path", "preprocessor_path")},
        }
        record["findings"] = self._findings(settings, trained, path, told, time.monotonic() - started)
        return {**record, "seconds": round(time.monotonic() - started, 2)}

    def _trained(self, number: int, settings: Settings) -> dict[str, Any]:
        model_params, training_params = as_params(settings, (self.seed + number) % 2**63)
        created = trainer.create_config(
            str(self.train),
            str(self.folder / f"attempt_{number}"),
            model_params=model_params,
            training_params=training_params,
            label_column=self.label,
            columns=self.said,
        )
        return {**trainer.train_model(created["config_path"]), "config": created["config"]}

    def _judged(self, number: int, trained: Mapping[str, Any], final: bool) -> tuple[dict[str, Any], dict[str, Any]]:
        """The evaluation of an attempt's rows, and the verdict on them."""
        path, holdout = self.synthetic(number), self.unseen if final else self.deciding
        report = evaluator.evaluate_synthetic(
            str(self.train),
            str(path),
            str(holdout),
            label_column=self.label,
            output_path=str(path.with_name("quality.json" if final else "quality_deciding.json")),
            seed=self.seed,
            config_path=trained["config_path"],
        )
        held = min(len(self.rows.train), len(self.rows.unseen if final else self.rows.deciding), self.wanted)
        texts = telling_texts(self.schema, self.rows.whole, self.said)
        found = checks(open_table(path).read(), self.rows.whole, self.columns, report, held, texts)
        return report, verdict(found)

    def _findings(
        self, settings: Settings, trained: dict[str, Any], path: Path, told: Mapping[str, Any], seconds: float
    ) -> list[dict[str, Any]]:
        """What to change: less capacity where rows are imitated, else what the training's diagnosis says."""
        close = [each for each in told["checks"] if each["about"] == "privacy" and each["passed"] is False]
        found = []
        if any(each["name"] != "copied_values" for each in close):
            smaller = proposals.halved(proposals.halved(settings, "width"), "epochs")
            text = "the rows imitate those trained on, so the model gets half the width and half the epochs"
            found.append(diagnosis.Finding("imitating", text, smaller).as_dict())
        synthetic = open_table(path).read()
        usual = diagnosis.diagnose(settings, trained, self.rows.train, synthetic, self.rows.deciding, seconds)
        return [*found, *(each.as_dict() for each in usual)]

    def answer(self, target: float, stopped: str, name: str) -> dict[str, Any]:
        """The best attempt, judged on the rows that no decision saw."""
        done = [each for each in self.records if not each.get("error")]
        if not done:
            raise ImpossibleError(f"Every attempt failed to train; the last said: {self.records[-1]['error']}")
        best = max(done, key=_rank)
        report, told = self._judged(best["attempt"], best, final=True)
        utility = report["scores"]["utility"]["synthetic"]
        reached = _met({"utility": utility, "verdict": told}, target)
        personal = [each for each, column in self.schema.columns.items() if column.personal]
        answer: dict[str, Any] = {
            **{key: best[key] for key in ("config_path", "model_path", "preprocessor_path", "num_rows")},
            "report_path": report["report_path"],
            "utility_pct": utility,
            "verdict": told,
            "target_reached": reached,
            "outcome": "met" if reached else "not_met",
            "attempts": self.records,
            "best_attempt": best["attempt"],
            "stopped": stopped,
            "personal_columns": personal,
            "made_anew": self.columns,
            "measured_on": self.rows.note,
            "seed": self.seed,
            "warnings": [
                *report["warnings"],
                *doubted(self.schema.rules),
                *taken_over(self.schema, self.rows.whole, self.label, self.said),
            ],
        }
        profile = profile_in_words(name, len(self.rows.whole), len(self.schema.columns), personal, self.columns)
        return {**answer, "summary": summary(answer, profile, [attempt_in_words(each) for each in self.records], name)}


def _met(record: Mapping[str, Any], target: float) -> bool:
    useful = record["utility"] is None or record["utility"] >= target
    return bool(record["verdict"]["safe_to_share"] and useful)


def _hopeless(record: Mapping[str, Any]) -> bool:
    """Only checks failed that no setting of a model changes: identifying values and rules are the product's to keep."""
    failed = {each["name"] for each in record["verdict"]["checks"] if each["passed"] is False}
    return bool(failed) and failed <= {"copied_values", "people_in_texts", "wrong_form", "broken_rules"}


def _rank(record: Mapping[str, Any]) -> tuple[Any, ...]:
    """What may be shared comes first, then what passes more checks, then what is more useful; of equals the earlier."""
    found = record["verdict"]["checks"]
    utility = record["utility"]
    failed = sum(each["passed"] is False for each in found)
    return record["verdict"]["safe_to_share"], bool(found), -failed, utility or 0.0, -record["attempt"]


def _check_rows(rows: int | None) -> None:
    most = limits().max_rows_generated
    if rows is None:
        return
    if type(rows) is not int or rows < 1:
        raise RequestError(f"num_rows must be a whole number from 1, not {rows!r:.50}.", field="num_rows")
    if rows > most:
        raise TooLargeError(f"num_rows is {rows:,}, more than the limit of {most:,}.", limit=most)
