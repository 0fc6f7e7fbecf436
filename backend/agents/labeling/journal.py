"""What a labeling pipeline remembers of its attempts."""

import time
from dataclasses import dataclass, field

from agents.labeling.diagnosis import Diagnosis
from agents.labeling.measure import Measure
from DataFoundry.labeling.suggesting.mining import Harvest, Recipe
from DataFoundry.labeling.suggesting.rules import Mined


@dataclass(frozen=True)
class Attempt:
    """One round of propose, apply, measure, diagnose."""

    number: int
    action: str
    why: str
    recipe: Recipe
    harvest: Harvest
    functions: list[Mined]
    measure: Measure
    diagnosis: Diagnosis
    seconds: float
    proposer: str = "mined"

    def as_dict(self) -> dict[str, object]:
        low, high = self.measure.interval
        return {
            "attempt": self.number,
            "action": self.action,
            "why": self.why,
            "proposer": self.proposer,
            "functions": [
                {"name": function.name, "code": function.code, "kept_because": _why_kept(figures), **figures}
                for function, figures in zip(self.functions, self.harvest.figures, strict=True)
            ],
            "dropped": dict(self.harvest.dropped),
            "dropped_functions": self.harvest.dropped_rules,
            "auc": round(self.measure.auc, 6),
            "auc_interval": [round(low, 6), round(high, 6)],
            "diagnosis": self.diagnosis.as_dict(),
            "seconds": round(self.seconds, 3),
        }


def _why_kept(figures: dict[str, float]) -> str:
    return f"lift {figures['lift']:.2f} over the prior on {figures['coverage']:.1%} of the hand-labeled rows"


@dataclass
class Stopwatch:
    """Seconds since it was made."""

    started: float = field(default_factory=time.monotonic)

    def seconds(self) -> float:
        return time.monotonic() - self.started
