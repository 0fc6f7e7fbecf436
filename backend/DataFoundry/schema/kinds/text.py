"""Free text: sentences that people wrote."""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.schema.evidence import Evidence, Finding

_UNPARTED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]")
PERSONAL = False
MODELLED = False


def recognise(evidence: Evidence) -> Finding | None:
    """Several words a value, and few values that repeat."""
    if not evidence.is_text or evidence.distinct < 5:
        return None
    words = float(np.average([len(text.split()) for text in evidence.texts], weights=evidence.counts.to_numpy()))
    if words >= 4 and evidence.uniqueness >= 0.3 or words >= 8 and evidence.distinct >= 50:
        return Finding(0.8, f"Its values have {words:.1f} words on average, and {evidence.distinct} of them differ.")
    if evidence.uniqueness >= 0.9 and evidence.rows >= 50 and words >= 2:
        return Finding(0.65, "Nearly every row has words of its own.")
    if evidence.uniqueness >= 0.5 and evidence.distinct >= 20 and evidence.share(_is_unparted) >= 0.8:
        return Finding(0.75, "Its values are sentences in a script without spaces.")
    return None


def _is_unparted(text: str) -> bool:
    """At least a dozen signs of a script that puts no spaces between words."""
    return len(_UNPARTED.findall(text)) >= 12


def check(values: pd.Series, format: Mapping[str, Any]) -> np.ndarray:
    """(n,) bool: which values are text."""
    return np.array([isinstance(each, str) for each in values], dtype=bool)
