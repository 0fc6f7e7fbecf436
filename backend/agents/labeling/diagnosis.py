"""Why labels are not better yet, and the one thing to change in the next attempt."""

from dataclasses import dataclass, replace

import numpy as np

from agents.labeling.measure import Measure
from DataFoundry.labeling.suggesting.examples import Examples
from DataFoundry.labeling.suggesting.mining import Harvest, Recipe, single_tests

_FEWEST = 5  # rows of a segment that is worth a word


@dataclass(frozen=True)
class Diagnosis:
    """What an attempt's cross-fitted scores say.

    Attributes
    ----------
    uncovered
        Share of the hand-labeled rows on which no function votes.
    error_rate
        Share that gets the wrong class.
    segments
        Where errors gather: `segment, rows, error_rate`, worst first.
    conflicts
        Pairs of functions that vote for different classes most often: `functions, share`.
    worst
        The functions with the least lift.
    wrong
        (n,) rows that get the wrong class.
    """

    uncovered: float
    error_rate: float
    segments: list[dict[str, object]]
    conflicts: list[dict[str, object]]
    worst: list[str]
    wrong: np.ndarray

    def as_dict(self) -> dict[str, object]:
        return {
            "uncovered_share": round(self.uncovered, 4),
            "error_rate": round(self.error_rate, 4),
            "error_segments": self.segments,
            "conflicts": self.conflicts,
            "worst_functions": self.worst,
        }


def diagnose(examples: Examples, measure: Measure, harvest: Harvest, votes: np.ndarray, names: list[str]) -> Diagnosis:
    """Read an attempt: `votes` (n, m) of its functions `names` on the hand-labeled rows."""
    wrong = measure.scores.argmax(axis=1) != examples.labels
    order = sorted(range(len(names)), key=lambda place: harvest.figures[place]["lift"])
    return Diagnosis(
        uncovered=float((measure.votes_by == 0).mean()),
        error_rate=float(wrong.mean()),
        segments=_segments(examples, wrong),
        conflicts=_conflicts(votes, names),
        worst=[names[place] for place in order[:3]],
        wrong=wrong,
    )


def _segments(examples: Examples, wrong: np.ndarray) -> list[dict[str, object]]:
    found = []
    for predicate in single_tests(examples.frame, 4):
        mask = predicate.mask(examples.frame)
        rows = int(mask.sum())
        if rows >= _FEWEST and rows <= len(wrong) // 2:
            rate = float(wrong[mask].mean())
            surplus = (rate - wrong.mean()) * np.sqrt(rows)
            found.append((surplus, {"segment": str(predicate), "rows": rows, "error_rate": round(rate, 4)}))
    found.sort(key=lambda each: (-each[0], str(each[1]["segment"])))
    return [each for surplus, each in found[:3] if surplus > 0]


def _conflicts(votes: np.ndarray, names: list[str]) -> list[dict[str, object]]:
    found = []
    for one in range(votes.shape[1]):
        for other in range(one + 1, votes.shape[1]):
            both = (votes[:, one] >= 0) & (votes[:, other] >= 0) & (votes[:, one] != votes[:, other])
            if both.any():
                found.append((float(both.mean()), [names[one], names[other]]))
    found.sort(key=lambda each: (-each[0], each[1]))
    return [{"functions": pair, "share": round(share, 4)} for share, pair in found[:3]]


def correction(diagnosis: Diagnosis, recipe: Recipe, tried: set[str]) -> tuple[str, str, Recipe] | None:
    """The next change that was not tried yet: name, reason for people, recipe; None when there is none."""
    changes = (
        (
            "cover",
            diagnosis.uncovered > 0.05,
            f"no function votes on {diagnosis.uncovered:.0%} of the rows, so narrower functions are let in",
            replace(recipe, coverage=recipe.coverage / 2, lift=1.05),
        ),
        (
            "focus",
            diagnosis.error_rate > 0.02 and bool(diagnosis.segments),
            "errors gather in "
            + "; ".join(str(each["segment"]) for each in diagnosis.segments)
            + ", so the rows that were wrong count three times in the mining",
            replace(recipe, weight=3.0),
        ),
        (
            "agree",
            bool(diagnosis.conflicts) and float(str(diagnosis.conflicts[0]["share"])) > 0.05,
            "functions contradict each other, so the weakest are dropped and the rest must differ more",
            replace(recipe, lift=1.4, overlap=0.6),
        ),
        ("thresholds", True, "cuts between the old ones are tried", replace(recipe, thresholds=2 * recipe.thresholds)),
        ("more", True, "more functions are kept", replace(recipe, functions=2 * recipe.functions)),
    )
    return next(((name, why, changed) for name, holds, why, changed in changes if holds and name not in tried), None)
