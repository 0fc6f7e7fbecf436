"""Keys: values that name a row or a thing, by their pattern or by counting."""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.schema.evidence import Evidence, Finding

PERSONAL = False
MODELLED = False
_UUID = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_NAMES = (
    "id",
    "key",
    "no",
    "nr",
    "number",
    "code",
    "index",
    "uuid",
    "guid",
    "ref",
    "reference",
    "sku",
    "identifier",
    "num",
)
_THINGS: tuple[str, ...] = (
    "customer",
    "client",
    "kunde",
    "cliente",
    "patient",
    "account",
    "member",
    "order",
    "invoice",
    "ticket",
    "case",
)
_THINGS += ("employee", "device", "sensor", "machine", "contract", "policy", "vertrag", "product", "produkt", "article")
_THINGS += ("commande", "bestellung", "auftrag", "rechnung", "facture", "pedido", "ordine", "fattura")
# At least four digits beside letters: POL-012345, but not the size 42 of a shoe.
_NUMBERED = re.compile(r"(?<!\\)[A-Za-z].*\\d\{([4-9]|\d\d)\}")
_MANY = 50
_UNIQUE = 0.98
_FEWEST = 10
_LONG = 10**6


def recognise(evidence: Evidence) -> Finding | None:
    """A UUID; or unique and counting, or in one pattern of letters and digits; or named so and unlike a measurement."""
    if len(evidence.values) < 2:
        return None
    if evidence.share(lambda text: bool(_UUID.fullmatch(text))) >= 0.95:
        return Finding(0.99, "Its values are UUIDs.", {"pattern": "uuid"})
    if evidence.is_number:
        return _of_numbers(evidence)
    return _of_texts(evidence) if evidence.is_text else None


def check(values: pd.Series, format: Mapping[str, Any]) -> np.ndarray:
    """(n,) bool: which values follow the pattern."""
    pattern = str(format.get("pattern", ".*"))
    if pattern == "uuid":
        pattern = _UUID.pattern
    return np.array([bool(re.fullmatch(pattern, each)) for each in values.astype(str)], dtype=bool)


def _of_numbers(evidence: Evidence) -> Finding | None:
    """Whole numbers that are all different and count, or are named as keys."""
    values = evidence.values
    if not pd.api.types.is_integer_dtype(values.dtype) and not bool((values == np.floor(values)).all()):
        return None
    if evidence.uniqueness < _UNIQUE:
        named = evidence.named("id", "key", "uuid") and evidence.distinct >= 20
        # A measurement has numbers of several lengths; `NHS No` and `account number` have one.
        numbered = evidence.distinct >= _MANY and any(word in evidence.words for word in (*_NAMES, *_THINGS))
        named = named or (
            numbered and values.min() >= _LONG and len(str(int(values.min()))) == len(str(int(values.max())))
        )
        return (
            Finding(0.8, "Its name says that it names a thing; values repeat.", {"pattern": r"\d+"}) if named else None
        )
    width = float(values.max() - values.min()) + 1
    counts = width <= 1.5 * evidence.rows and evidence.rows >= 5
    if counts and (values.is_monotonic_increasing or evidence.named(*_NAMES) or width <= 1.01 * evidence.rows):
        return Finding(0.95, "Its values count the rows.", {"pattern": r"\d+", "counting": True})
    if evidence.named(*_NAMES, *_THINGS) and evidence.rows >= _FEWEST and values.min() >= 0:
        return Finding(0.93, f"{_differ(evidence)}, and its name says that it names a row.", {"pattern": r"\d+"})
    return None


def _of_texts(evidence: Evidence) -> Finding | None:
    """Texts of one pattern with digits in it; all different, or named so."""
    pattern, share = pattern_of(evidence.texts)
    named = evidence.named(*_NAMES)
    one_word = evidence.share(lambda text: " " not in text.strip() and len(text) <= 64) >= 0.95
    digits = evidence.share(lambda text: any(letter.isdigit() for letter in text))
    if not one_word or digits < 0.9:
        return None
    if evidence.uniqueness >= _UNIQUE and (share >= 0.9 or named):
        sure = 0.94 if evidence.rows >= _FEWEST else 0.7
        return Finding(sure, f"{_differ(evidence)} and follow {pattern}.", _parts(evidence, pattern))
    if (named or evidence.named(*_THINGS)) and share >= 0.95 and evidence.distinct >= 20:
        return Finding(
            0.85, f"Its values follow {pattern}, and its name says that they name a thing.", {"pattern": pattern}
        )
    if share >= 0.95 and evidence.distinct >= _MANY and _NUMBERED.search(pattern):
        return Finding(0.75, f"Its values follow {pattern}, and there are many.", {"pattern": pattern})
    return None


def _differ(evidence: Evidence) -> str:
    return "All its values differ" if evidence.uniqueness >= 1 else "Nearly all its values differ"


def pattern_of(texts: list[str]) -> tuple[str, float]:
    """The regular expression that most texts follow, and the share that does: constant parts as they are, digits and
    letters by their number."""
    shapes = pd.Series([_shape(text) for text in texts]).value_counts()
    most = shapes.index[0]
    alike = [text for text in texts if _shape(text) == most]
    if shapes.iloc[0] >= 0.9 * len(texts):
        return _expression(alike), float(shapes.iloc[0] / len(texts))
    # Letters among digits, as in hexadecimal numbers: by the length and the signs between.
    mixed = pd.Series([re.sub(r"[0-9A-Za-z]", "A", text) for text in texts]).value_counts()
    if mixed.iloc[0] >= 0.9 * len(texts):
        same = [text for text in texts if re.sub(r"[0-9A-Za-z]", "A", text) == mixed.index[0]]
        return _expression(same), float(mixed.iloc[0] / len(texts))
    loose = pd.Series([re.sub(r"9+", "9", _shape(text)) for text in texts]).value_counts()
    return _expression(alike, loose=True), float(loose.iloc[0] / len(texts))


def _shape(text: str) -> str:
    return re.sub(r"[a-z]", "a", re.sub(r"[A-Z]", "A", re.sub(r"\d", "9", text)))


def _expression(texts: list[str], loose: bool = False) -> str:
    columns = list(zip(*texts, strict=True))
    parts: list[tuple[str, int]] = []
    for letters in columns:
        seen = set(letters)
        kind = re.escape(letters[0]) if len(seen) == 1 and not letters[0].isdigit() else _class(seen)
        parts = [*parts[:-1], (kind, parts[-1][1] + 1)] if parts and parts[-1][0] == kind else [*parts, (kind, 1)]
    return "".join(_repeated(kind, count, loose) for kind, count in parts)


def _class(letters: set[str]) -> str:
    """The narrowest class that holds the letters of one place."""
    known = {
        r"\d": str.isdigit,
        "[A-Z]": str.isupper,
        "[a-z]": str.islower,
        "[0-9A-F]": lambda each: each in "0123456789ABCDEF",
        "[0-9a-f]": lambda each: each in "0123456789abcdef",
        "[0-9A-Za-z]": lambda each: each.isascii() and each.isalnum(),
    }
    return next((name for name, holds in known.items() if all(map(holds, letters))), ".")


def _repeated(kind: str, count: int, loose: bool) -> str:
    if loose and kind == r"\d":
        return r"\d+"
    return kind if count == 1 else f"{kind}{{{count}}}" if kind.startswith(("\\d", "[")) else kind * count


def _parts(evidence: Evidence, pattern: str) -> dict[str, Any]:
    """The pattern, and whether its last number counts the rows."""
    numbers = evidence.values.head(1000).str.extract(r"(\d+)\D*$")[0]
    counting = bool(numbers.notna().all()) and bool(numbers.astype(float).diff().dropna().gt(0).all())
    return {"pattern": pattern, "counting": counting}
