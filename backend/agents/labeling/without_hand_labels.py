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


def labeled_without(
    goal: str,
    raw_path: Path,
    output: Path,
    profiled: pd.DataFrame,
    functions: Sequence[Mapping[str, str]] | None,
    seed: int,
    read_options: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """Label the table, and say that nothing has measured the labels.

    Parameters
    ----------
    profiled
        Rows of the table, of which a language model is told the columns.
    functions
        As `labeler.create_labels` takes them; None asks the language model, where one is plugged in.

    Raises
    ------
    RequestError
        If there are neither functions nor a language model.
    """
    proposer = "given"
    if not functions:
        proposer = "language model"
        nothing = Examples(profiled, np.zeros(0, dtype=np.int64), _CLASSES, "label")
        rules = proposed(goal, nothing)
        if not rules:
            raise RequestError(
                "Without hand-labeled rows the pipeline needs labeling functions: give labeling_functions, or "
                "hand_labeled_examples_path with ten rows or more, from which it finds functions itself, or plug in a "
                "language model that proposes them.",
                field="hand_labeled_examples_path",
            )
        functions = [rule.named(number).as_request() for number, rule in enumerate(rules, start=1)]
    labels = labeler.create_labels(
        str(raw_path), functions, output_path=str(output), seed=seed, read_options=read_options
    )
    return {
        **{key: labels[key] for key in ("output_path", "num_rows", "num_labeled", "label_distribution", "aggregator")},
        "auc": None,
        "auc_interval": None,
        "target_reached": False,
        "outcome": "not_measured",
        "attempts": [],
        "stopped": "no hand-labeled rows tell how good the labels are",
        "functions": labels["lf_analysis"],
        "proposer": proposer,
        "labeling_functions": [dict(each) for each in functions] if proposer != "given" else [],
        "num_hand_labels": 0,
        "seed": seed,
        "warnings": [
            *labels["warnings"],  # type: ignore[misc]
            f"The labels come from functions {'that were given' if proposer == 'given' else 'of a language model'}, "
            "and nothing has measured them; label some rows by hand (suggest-rows names those that tell most) and call "
            "again with hand_labeled_examples_path.",
        ],
    }
