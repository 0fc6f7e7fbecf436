"""What an attempt's training and its rows say, and the correction that follows."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from agents.training import proposals
from agents.training.proposals import Settings

TOO_SLOW_SECONDS = 900.0
_FREQUENT = 0.005  # share of the real rows from which a missing category counts
_MEMORISED = 0.02  # share of synthetic rows that are copies, above the holdout's own
_OVERFIT = 0.25  # relative gap between validation and training loss


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, in words, and the settings that answer it."""

    name: str
    text: str
    settings: Settings

    def as_dict(self) -> dict[str, Any]:
        return {"finding": self.name, "text": self.text, "correction": self.settings}


def diverged(settings: Settings, message: str) -> Finding:
    """Training stopped with an error."""
    slower = {**settings, "learning_rate": settings["learning_rate"] / 3}
    return Finding("diverged", f"training failed ({message}), so the learning rate is divided by three", slower)


def diagnose(
    settings: Settings,
    trained: dict[str, Any],
    real: pd.DataFrame,
    synthetic: pd.DataFrame,
    holdout: pd.DataFrame,
    seconds: float,
) -> list[Finding]:
    """What is wrong with an attempt, the most telling first.

    Parameters
    ----------
    trained
        The answer of `trainer.train_model`.
    real, synthetic, holdout
        The table trained on, rows drawn from the model, and rows that decide.
    seconds
        What the attempt took.
    """
    found = []
    history = trained.get("history") or []
    last = history[-1] if history else {}
    if seconds > TOO_SLOW_SECONDS:
        quicker = proposals.doubled(proposals.halved(settings, "epochs"), "batch_size", 4096)
        found.append(Finding("too_slow", f"it took {seconds:.0f} s, so batches are doubled and epochs halved", quicker))
    lost = missing_categories(real, synthetic)
    if lost:
        larger = proposals.doubled(settings, "width", 768)
        found.append(
            Finding(
                "missing_classes", f"synthetic rows never have {', '.join(lost[:5])}; the decoder is widened", larger
            )
        )
    copies = copied_share(synthetic, real) - copied_share(holdout, real)
    if copies > _MEMORISED:
        smaller = proposals.halved(proposals.halved(settings, "width"), "latent_dim")
        found.append(
            Finding(
                "memorising", f"{copies:.1%} more copies of training rows than real rows have; less capacity", smaller
            )
        )
    gap = _gap(last)
    if gap > _OVERFIT:
        smaller = proposals.halved(settings, "width")
        found.append(
            Finding("overfitting", f"validation loss is {gap:.0%} above training loss; less capacity", smaller)
        )
    if history and _still_improving(history, settings):
        longer = proposals.doubled(settings, "epochs", proposals.MOST_EPOCHS)
        found.append(
            Finding(
                "still_improving", "the validation loss was still falling at the last epoch; twice the epochs", longer
            )
        )
    return [finding for finding in found if finding.settings != settings]


def missing_categories(real: pd.DataFrame, synthetic: pd.DataFrame) -> list[str]:
    """`column=value` of frequent categories that no synthetic row has."""
    lost = []
    for name in real.columns:
        if (
            name in synthetic.columns
            and not pd.api.types.is_float_dtype(real[name].dtype)
            and real[name].nunique() <= 100
        ):
            shares = real[name].astype(str).value_counts(normalize=True)
            seen = set(synthetic[name].astype(str))
            lost += [f"{name}={value}" for value, share in shares.items() if share >= _FREQUENT and value not in seen]
    return lost


def copied_share(rows: pd.DataFrame, real: pd.DataFrame) -> float:
    """Share of `rows` that stand in `real` to the letter, over the columns that both have."""
    shared = [name for name in real.columns if name in rows.columns and not name.startswith("label")]
    if not shared or rows.empty:
        return 0.0
    known = set(pd.util.hash_pandas_object(real[shared].astype(str), index=False))
    return float(pd.util.hash_pandas_object(rows[shared].astype(str), index=False).isin(known).mean())


def _gap(last: dict[str, Any]) -> float:
    train, validation = last.get("train_loss"), last.get("validation_loss")
    if not train or not validation or train <= 0:
        return 0.0
    return float((validation - train) / train)


def _still_improving(history: list[dict[str, Any]], settings: Settings) -> bool:
    """All epochs were run, and the last tenth still brought half a percent."""
    losses = [float(entry.get("validation_loss", entry.get("train_loss", 0.0))) for entry in history]
    if len(losses) < settings["epochs"] or len(losses) < 4:
        return False
    before = min(losses[: -max(1, len(losses) // 10)])
    return bool(losses[-1] < before - 0.005 * abs(before))
