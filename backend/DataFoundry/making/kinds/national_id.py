"""Numbers that a state gives to a person: in the same form, and right by the check of the country."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.making.formed import learn_formed, make_formed, plain
from DataFoundry.making.unseen import remember
from DataFoundry.schema.kinds.national_id import CHECKED, validator

HOW = "new numbers that pass the check of the country"
# Signs at the end that follow from the rest.
_CHECK_LENGTH = {"br.cpf": 2, "fr.nir": 2, "be.nn": 2, "no.fodselsnummer": 2, "tr.tckimlik": 2, "us.ssn": 0}
_DIGITS, _LETTERS = "0123456789", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def learn(values: pd.Series, others: pd.DataFrame, salt: int) -> dict[str, Any]:
    """The forms of the numbers without their check digits, and which country's they are."""
    texts = values.map(plain)
    module = _module(texts)
    length = _CHECK_LENGTH.get(module, 1)
    bodies = texts.map(lambda text: text[: len(text) - length])
    state = learn_formed(bodies, others, salt, remembered=False)
    return state | {"number": module, "length": length, "seen": remember(texts, salt)}


def make(state: Mapping[str, Any], numbers: np.ndarray, rows: pd.DataFrame, salt: int) -> np.ndarray:
    """(n,) object texts."""
    number, length = str(state["number"]), int(state["length"])
    valid = validator(number) if number else _any

    def finish(texts: np.ndarray) -> np.ndarray:
        return np.array([None if each is None else _checked(each, length, valid) for each in texts], dtype=object)

    return make_formed(state, numbers, rows, salt, finish)


def _checked(body: str, length: int, valid: Callable[[str], bool]) -> str | None:
    """The body with the check that makes it right; None where none does, as for a month 13."""
    for check in _checks(length):
        if valid(body + check):
            return body + check
    return None


def _checks(length: int) -> list[str]:
    if length == 0:
        return [""]
    return [f"{number:0{length}d}" for number in range(10**length)] + (list(_LETTERS) if length == 1 else [])


def _any(text: str) -> bool:
    return True


def _module(texts: pd.Series) -> str:
    """The number that nearly all are, as `schema.kinds.national_id` tells; "" for one that it does not know."""
    sample = texts.iloc[:200]
    for number in ("us.ssn", *CHECKED):
        valid = validator(number)
        if sum(map(valid, sample)) >= 0.9 * len(sample):
            return number
    return ""
