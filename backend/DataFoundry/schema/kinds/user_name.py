"""Names by which people log in."""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.schema.evidence import Evidence, Finding

PERSONAL = True
MODELLED = False
_FORM = re.compile(r"@?[A-Za-z][\w.-]{2,29}")
_NAMES = ("user", "username", "login", "handle", "nick", "nickname", "account", "screenname", "benutzer", "usuario")


def recognise(evidence: Evidence) -> Finding | None:
    """One word a value and a name that says so."""
    if not evidence.is_text or not evidence.named(*_NAMES) or evidence.uniqueness < 0.2:
        return None
    share = evidence.share(lambda text: bool(_FORM.fullmatch(text)))
    return Finding(0.95, "One word a value, and its name says that people log in with it.") if share >= 0.9 else None


def check(values: pd.Series, format: Mapping[str, Any]) -> np.ndarray:
    """(n,) bool: which values are one such word."""
    return np.array([bool(_FORM.fullmatch(each)) for each in values.astype(str)], dtype=bool)
