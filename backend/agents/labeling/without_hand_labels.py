"""Labels where nobody has labeled a row by hand: by functions that somebody gives, or a language model proposes."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from agents.labeling.proposing import proposed
from DataFoundry import labeler
from DataFoundry.errors import RequestError
from DataFoundry.labeling.suggesting.examples import Examples

_CLASSES = (0, 1)
_TAKEN_OVER = ("output_path", "report_path", "num_rows", "num_labeled", "label_distribution", "aggregator")


def proposed_functions(goal: str, profiled: pd.DataFrame) -> list[dict[str, str]]:
    """The functions of two classes that a language model proposes from the columns of `profiled`.

    Raises
    ------
    RequestError
        If none is plugged in, or it gives no usable answer.
    """
    rules = proposed(goal, Examples(profiled, np.zeros(0, dtype=np.int64), _CLASSES, "label"))
    if not rules:
        raise RequestError(
            "Without hand-labeled rows the pipeline needs labeling functions: give labeling_functions, or "
            "hand_labeled_examples_path with ten rows or more, from which it finds functions itself, or plug in a "
            "language model that proposes them.",
            field="hand_labeled_examples_path",
        )
    return [rule.named(number).as_request() for number, rule in enumerate(rules, start=1)]


def labeled_without(
    raw_path: Path,
    output_path: str | None,
    functions: Sequence[Mapping[str, str]],
    proposer: str,
    seed: int,
    read_options: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """Label the table, and say that nothing has measured the labels, so that no target can be met.

    Parameters
    ----------
    functions
        As `labeler.create_labels` takes them.
    proposer
        Who they come from, `given` or `language model`.
    """
    labels = labeler.create_labels(
        str(raw_path), functions, output_path=output_path, seed=seed, read_options=read_options
    )
    given = proposer == "given"
    return {
        **{key: labels[key] for key in _TAKEN_OVER},
        "auc": None,
        "auc_interval": None,
        "target_reached": False,
        "outcome": "not_measured",
        "attempts": [],
        "stopped": "no hand-labeled rows tell how good the labels are",
        "functions": labels["lf_analysis"],
        "proposer": proposer,
        "labeling_functions": [] if given else [dict(each) for each in functions],
        "num_hand_labels": 0,
        "seed": seed,
        "warnings": [
            *labels["warnings"],  # type: ignore[misc]
            f"The labels come from functions {'that were given' if given else 'of a language model'}, and nothing has "
            "measured them, so that no target can be met; label some rows by hand (suggest-rows names those that tell "
            "most) and call again with hand_labeled_examples_path.",
        ],
    }
