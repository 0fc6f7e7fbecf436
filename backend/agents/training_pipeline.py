"""The training pipeline that corrects itself: propose -> train -> measure utility -> diagnose -> revise, best kept."""

import logging
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from agents.training import diagnosis
from agents.training.journal import NAME, Journal, fingerprint, open_journal
from agents.training.proposals import Settings, as_params, next_settings
from agents.training.target import Target, find_target, halves
from agents.training.words import summary
from DataFoundry import generator, trainer
from DataFoundry.config import ReadOptions
from DataFoundry.errors import ImpossibleError, RequestError, TrainingError
from DataFoundry.metrics.utility import utility
from DataFoundry.preprocessing.schema import LABEL
from DataFoundry.sources.opening import open_table
from DataFoundry.storage.files import claim_output
from DataFoundry.storage.paths import input_path, output_folder

logger = logging.getLogger(__name__)

MOST_ATTEMPTS = 100
REPEATS = 3  # synthetic tables drawn and learnt from: the noise of one is of the size of a correction's gain
MOST_SYNTHETIC_ROWS = 50_000


def run(
    labeled_data_path: str,
    holdout_test_path: str,
    target_utility_pct: float = 0.85,
    max_attempts: int = 3,
    output_dir: str | None = None,
    seed: int | None = None,
    label_column: str | None = None,
    read_options: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Train until synthetic rows are as useful as asked for.

    Utility is the score of boosted trees trained on synthetic rows over that of the same trained on the labeled rows,
    on the holdout. Half of the holdout decides; the other half, which no decision saw, gives the returned figure.

    Parameters
    ----------
    labeled_data_path
        A table with a column of labels.
    holdout_test_path
        Real rows that no training sees, with the label or the column that it was made of.
    target_utility_pct
        A share such as .85; above 1.5 it is read as percent.
    max_attempts
        At least 1.
    output_dir
        By default `training_<table>` under the output folder; each attempt gets a folder in it.
    seed
        The same seed gives the same models; by default one is drawn.
    label_column
        The column of the labels; by default `label`.
    read_options
        How both tables are read, where what is found is not right: see `config.ReadOptions`.

    Returns
    -------
    `config_path`, `model_path`, `preprocessor_path` of the best attempt, `utility_pct` (mean) and `utility_sd` on
    the half that no decision saw, `target_reached`, `outcome` (`met`, `met_within_noise`, `not_met`), `attempts`,
    `stopped`, `summary` (each attempt told to a person).
    A run that was interrupted goes on after its last finished attempt when it is asked for again.

    Raises
    ------
    DataFoundryError
        One of its classes.
    """
    target = _checked(target_utility_pct, max_attempts, seed)
    labeled = input_path(labeled_data_path, "labeled_data_path")
    holdout = input_path(holdout_test_path, "holdout_test_path")
    folder = output_folder(output_dir, "output_dir", f"training_{labeled.stem}")
    with claim_output(folder / NAME):
        options, label = ReadOptions.of(read_options), label_column or LABEL
        inputs = fingerprint([labeled, holdout], target, max_attempts, seed, label, dict(read_options or {}))
        journal = open_journal(folder / NAME, inputs, secrets.randbits(32) if seed is None else seed)
        real = open_table(labeled, options).read()
        found = find_target(real, open_table(holdout, options).read(), label)
        deciding, unseen = halves(found.holdout, np.random.default_rng((journal.seed, 0)))
        workshop = Workshop(str(labeled), folder, real, label, read_options, found, deciding, journal)
        stopped = workshop.attempts(target, max_attempts)
        response = workshop.response(unseen, target, stopped)
        response["summary"] = summary(response, target)
        journal.save("done", **response)
        return {**response, "journal_path": str(journal.path)}


@dataclass
class Workshop:
    """Everything that attempts share."""

    labeled: str
    folder: Path
    real: pd.DataFrame
    label: str
    read_options: Mapping[str, Any] | None
    target: Target
    deciding: pd.DataFrame
    journal: Journal

    def attempts(self, target: float, most: int) -> str:
        """Attempts, each recorded when it is done, until the target is met; says why the last was the last."""
        done = self.journal.attempts
        while not (_met(done, target) or len(done) >= most):
            done.append(self._attempt(len(done) + 1))
            self.journal.save("running")
            logger.info("training attempt %d: utility %s", len(done), done[-1]["utility"])
        return "the target is met" if _met(done, target) else "the attempts are used up"

    def _attempt(self, number: int) -> dict[str, Any]:
        started = time.monotonic()
        settings, why = self._proposed()
        record: dict[str, Any] = {"attempt": number, "settings": settings, "why": why, "utility": None, "findings": []}
        try:
            trained = self._trained(number, settings)
        except TrainingError as error:
            record["error"] = error.message
            record["findings"] = [diagnosis.diverged(settings, error.message).as_dict()]
        else:
            tables = self._drawn(number, trained)
            measured = [
                utility(table, self.real, self.deciding, self.target.column, seed=place, fits=1)
                for place, table in enumerate(tables)
            ]
            ratios = [each.ratio for each in measured]
            findings = diagnosis.diagnose(
                settings, trained, self.real, tables[0], self.deciding, time.monotonic() - started
            )
            record |= {
                "utility": _rounded(np.mean(ratios)),
                "utility_sd": _rounded(np.std(ratios, ddof=1)),
                "measure": measured[0].measure,
                "score_synthetic": _rounded(np.mean([each.tstr for each in measured])),
                "score_real": _rounded(np.mean([each.trtr for each in measured])),
                "metrics": trained["metrics"],
                "findings": [finding.as_dict() for finding in findings],
                **{name: trained[name] for name in ("config_path", "model_path", "preprocessor_path")},
            }
        return {**record, "seconds": round(time.monotonic() - started, 2)}

    def _proposed(self) -> tuple[Settings, str]:
        """Settings for the next attempt: an untried correction of the best attempt, else Optuna's suggestion."""
        done = self.journal.attempts
        tried = [attempt["settings"] for attempt in done]
        ranked = sorted(done, key=lambda attempt: -(attempt["utility"] if attempt["utility"] is not None else -1.0))
        corrections = [
            finding for attempt in ranked[:1] for finding in attempt["findings"] if finding["correction"] not in tried
        ]
        chosen = next_settings(done, corrections[0]["correction"] if corrections else None, self.journal.seed)
        if not done:
            return chosen, "the product's default"
        return chosen, corrections[0]["text"] if corrections else "suggested by Optuna (TPE) from the attempts so far"

    def _trained(self, number: int, settings: Settings) -> dict[str, Any]:
        model_params, training_params = as_params(settings, (self.journal.seed + number) % 2**63)
        created = trainer.create_config(
            self.labeled,
            str(self.folder / f"attempt_{number}"),
            model_params=model_params,
            training_params=training_params,
            label_column=self.label,
            read_options=self.read_options,
        )
        return trainer.train_model(created["config_path"])

    def _drawn(self, number: int, trained: dict[str, Any]) -> list[pd.DataFrame]:
        """Synthetic tables as long as the labeled one, each with a seed of its own."""
        rows = min(int(self.real[self.label].notna().sum()), MOST_SYNTHETIC_ROWS)
        tables = []
        for repeat in range(REPEATS):
            path = self.folder / f"attempt_{number}" / f"synthetic_{repeat + 1}.parquet"
            generator.generate_data(
                trained["model_path"],
                trained["config_path"],
                num_to_generate=rows,
                output_path=str(path),
                seed=(self.journal.seed + repeat) % 2**63,
            )
            tables.append(open_table(path).read())
        return tables

    def response(self, unseen: pd.DataFrame, target: float, stopped: str) -> dict[str, Any]:
        """The best attempt, judged on the half of the holdout that no decision saw."""
        done = [attempt for attempt in self.journal.attempts if attempt["utility"] is not None]
        if not done:
            raise ImpossibleError(f"Every attempt failed to train; the last said: {self.journal.attempts[-1]['error']}")
        best = max(done, key=lambda attempt: attempt["utility"])
        paths = [
            self.folder / f"attempt_{best['attempt']}" / f"synthetic_{repeat + 1}.parquet" for repeat in range(REPEATS)
        ]
        ratios = [
            utility(open_table(path).read(), self.real, unseen, self.target.column, seed=place, fits=1).ratio
            for place, path in enumerate(paths)
        ]
        mean, deviation = float(np.mean(ratios)), float(np.std(ratios, ddof=1))
        outcome = "met" if mean - 2 * deviation >= target else "met_within_noise" if mean >= target else "not_met"
        return {
            **{name: best[name] for name in ("config_path", "model_path", "preprocessor_path")},
            "utility_pct": _rounded(mean),
            "utility_sd": _rounded(deviation),
            "target_reached": outcome != "not_met",
            "outcome": outcome,
            "attempts": self.journal.attempts,
            "best_attempt": best["attempt"],
            "stopped": stopped,
            "measured_on": self.target.note,
            "holdout_rows": {"deciding": len(self.deciding), "unseen": len(unseen)},
            "seed": self.journal.seed,
        }


def _met(done: list[dict[str, Any]], target: float) -> bool:
    return any(attempt["utility"] is not None and attempt["utility"] >= target for attempt in done)


def _rounded(value: Any) -> float:
    return round(float(value), 6)


def _checked(target: float, attempts: int, seed: int | None) -> float:
    """The target as a share."""
    if isinstance(target, bool) or not isinstance(target, int | float) or not 0 < target <= 150:
        raise RequestError(
            f"target_utility_pct must be a share such as 0.85 (or percent), not {target!r:.50}.",
            field="target_utility_pct",
        )
    if type(attempts) is not int or not 1 <= attempts <= MOST_ATTEMPTS:
        raise RequestError(
            f"max_attempts must be a whole number from 1 to {MOST_ATTEMPTS}, not {attempts!r:.50}.",
            field="max_attempts",
        )
    if seed is not None and (type(seed) is not int or not 0 <= seed < 2**63):
        raise RequestError(f"seed must be a whole number from 0, not {seed!r:.50}.", field="seed")
    return target / 100 if target > 1.5 else float(target)
