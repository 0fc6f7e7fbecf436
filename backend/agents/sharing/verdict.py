"""Whether a synthetic table may be shared: each check with its figure, its limit, and a sentence."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from agents.sharing.tables import copied
from DataFoundry.schema.personal_parts import told_of_people, warning_of_people

# Beyond chance: half of the synthetic rows may lie closer to training rows, an attack may win as often as a coin.
_CLOSER = 0.55
_ATTACK = 0.55
_DEVIATIONS = 3.0
_MOST_TEXTS = 20_000
_GUARANTEE = (
    "The checks measure copying with the attacks that are known here; they are no proof, as differential privacy "
    "would be."
)


@dataclass(frozen=True)
class Check:
    """One question about a synthetic table.

    Attributes
    ----------
    value, limit
        The figure, and what it may be at most; value is None where it could not be measured.
    about
        `privacy` or `truth` (what the real table promises).
    """

    name: str
    about: str
    value: float | None
    limit: float
    sentence: str

    @property
    def passed(self) -> bool | None:
        return None if self.value is None else self.value <= self.limit

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "passed": self.passed}


def checks(
    synthetic: pd.DataFrame,
    whole: pd.DataFrame,
    identifying: Sequence[str],
    report: Mapping[str, Any],
    rows: int,
    texts: Sequence[str] = (),
) -> list[Check]:
    """All checks of a synthetic table.

    Parameters
    ----------
    whole
        Every real row that is known.
    identifying
        The columns no single value of which may stand in a real row.
    report
        The answer of `evaluator.evaluate_synthetic` with a holdout.
    rows
        How many rows the measures of closeness compared with: the fewer, the more chance.
    texts
        Other columns of texts, no value of which may hold what tells of somebody in a real row.
    """
    return [
        _identifying(synthetic, whole, identifying),
        _people(synthetic, whole, texts),
        *_closeness(report["privacy"] or {}, rows),
        _forms(report["by_column"]),
        _rules(report["rules"]),
    ]


def passed(found: Sequence[Check]) -> bool:
    """Nothing failed, and every check of privacy but the attack was measured: that one needs many rows."""
    measured = all(each.passed is not None for each in found if each.name in ("copied_values", "copied_rows", "closer"))
    return measured and not any(each.passed is False for each in found)


def verdict(found: Sequence[Check]) -> dict[str, Any]:
    """As JSON has it: `safe_to_share`, `checks`, and sentences for people."""
    failed = [each.sentence for each in found if each.passed is False]
    lacking = [each.sentence for each in found if each.passed is None]
    if passed(found):
        head = f"Safe to share by all {sum(each.passed is True for each in found)} checks that could be made."
    else:
        head = f"Not safe to share: {' '.join(failed or lacking)}"
    return {
        "safe_to_share": passed(found),
        "sentence": head,
        "checks": [each.as_dict() for each in found],
        "note": _GUARANTEE,
    }


def _identifying(synthetic: pd.DataFrame, whole: pd.DataFrame, columns: Sequence[str]) -> Check:
    shares = {name: float(marks.mean()) for name, marks in copied(synthetic, whole, columns).items()}
    worst = max(shares, key=lambda name: shares[name]) if shares else None
    value = shares[worst] if worst else 0.0
    if worst is None:
        sentence = "No column holds values that name a person or a row."
    elif value:
        sentence = f"{value:.3f} of the values of {worst} stand in a real row."
    else:
        sentence = f"0.000 of the values of {', '.join(shares)} stand in a real row."
    return Check("copied_values", "privacy", value, 0.0, sentence)


def _people(synthetic: pd.DataFrame, whole: pd.DataFrame, columns: Sequence[str]) -> Check:
    """Values of several words that hold a name, an address or a number of somebody who is in a real row."""
    worst, value = "No value of several words holds what tells of somebody in a real row.", 0.0
    for name in columns:
        if name not in synthetic or name not in whole:
            continue
        known = {text[part.start : part.end] for text, part in told_of_people(_texts(whole[name])).items()}
        if not known:
            continue
        texts = _texts(synthetic[name])
        told = told_of_people(texts)
        copied_ones = [text for text, part in told.items() if text[part.start : part.end] in known]
        share = float(synthetic[name].map(str).isin(copied_ones).mean())
        if share > value:
            worst, value = warning_of_people(name, texts) or worst, share
    return Check("people_in_texts", "privacy", value, 0.0, worst)


def _texts(column: pd.Series) -> list[str]:
    """The distinct values, the most frequent ones where there are many."""
    return [str(text) for text in column.dropna().map(str).value_counts().index[:_MOST_TEXTS]]


def _closeness(found: Mapping[str, Any], rows: int) -> list[Check]:
    copies, beside = found.get("copies"), found.get("holdout_copies") or 0.0
    closer, attack = found.get("dcr_share"), found.get("membership_auroc")
    by_chance = _DEVIATIONS * float(np.sqrt(max(beside * (1 - beside), 1 / rows) / rows)) if rows else 1.0
    spread = _DEVIATIONS * float(np.sqrt(0.25 / rows)) if rows else 1.0
    noise = _DEVIATIONS * float(np.sqrt(1 / (6 * (rows / 2)))) if rows else 1.0  # of an AUROC of two halves, by chance
    return [
        Check(
            "copied_rows",
            "privacy",
            copies,
            round(beside + by_chance, 4),
            "Whether whole rows are copied could not be measured."
            if copies is None
            else f"{copies:.3f} of the rows equal a training row, {beside:.3f} a row never seen.",
        ),
        Check(
            "closer",
            "privacy",
            closer,
            round(max(_CLOSER, 0.5 + spread), 4),
            "Whether rows lie closer to training rows could not be measured."
            if closer is None
            else f"{closer:.3f} of the rows lie closer to a training row than to a row never seen; .5 is chance.",
        ),
        Check(
            "membership_attack",
            "privacy",
            attack,
            round(max(_ATTACK, 0.5 + noise), 4),
            "Too few rows to attack: whether somebody was in the table could not be tried."
            if attack is None
            else f"The best of three attacks tells training rows from others with an AUROC of {attack:.3f}; .5 is a "
            "coin.",
        ),
    ]


def _forms(by_column: Mapping[str, Mapping[str, Any]]) -> Check:
    """A value in a wrong form; as many as held-out values have are no fault of the synthetic ones."""
    wrong = {
        name: max(0.0, (each.get("holdout_form") or 1.0) - each["form"])
        for name, each in by_column.items()
        if each.get("form") is not None
    }
    worst = max(wrong, key=lambda name: wrong[name]) if wrong else None
    value = wrong[worst] if worst else 0.0
    sentence = (
        f"{value:.3f} more of the values of {worst} than of real ones are written in another form."
        if value
        else "0.000 of the values are written in another form than the real ones."
    )
    return Check("wrong_form", "truth", value, 0.0, sentence)


def _rules(rules: Sequence[Mapping[str, Any]]) -> Check:
    shares = {str(each["sentence"]): float(each["synthetic"] or 0.0) for each in rules}
    worst = max(shares, key=lambda name: shares[name]) if shares else None
    value = shares[worst] if worst else 0.0
    sentence = (
        f"{value:.3f} of the rows break a rule of the real table: {worst}"
        if value
        else f"0.000 of the rows break any of the {len(shares)} rules that every real row keeps."
    )
    return Check("broken_rules", "truth", value, 0.0, sentence)
