"""Numbers that a state gives to a person: the check digits of a dozen countries."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.schema.evidence import Evidence, Finding, fitting

PERSONAL = True
MODELLED = False
# stdnum module -> what people call it. Those with check digits are recognised by their values alone.
CHECKED = {
    "br.cpf": "a Brazilian CPF",
    "it.codicefiscale": "an Italian codice fiscale",
    "es.dni": "a Spanish DNI",
    "es.nie": "a Spanish NIE",
    "fr.nir": "a French NIR",
    "pl.pesel": "a Polish PESEL",
    "nl.bsn": "a Dutch BSN",
    "se.personnummer": "a Swedish personnummer",
    "no.fodselsnummer": "a Norwegian fødselsnummer",
    "fi.hetu": "a Finnish henkilötunnus",
    "be.nn": "a Belgian national number",
    "de.idnr": "a German tax number",
    "ro.cnp": "a Romanian CNP",
    "tr.tckimlik": "a Turkish identity number",
    "ch.ssn": "a Swiss AHV number",
    "za.idnr": "a South African identity number",
}
_NAMES = ("ssn", "cpf", "nir", "pesel", "bsn", "dni", "nino", "sin", "taxid", "nationalid", "fiscale", "personnummer")
_STRICT = 0.9
_FEWEST = 5


def recognise(evidence: Evidence) -> Finding | None:
    """Nearly all pass the check of one country; a United States SSN, which has none, by its dashes."""
    if len(evidence.texts) < _FEWEST or evidence.uniqueness < 0.3:
        return None
    ssn = evidence.share(validator("us.ssn"))
    if ssn >= _STRICT and (evidence.named(*_NAMES) or evidence.share(lambda text: text[3:4] == text[6:7] == "-") > 0.9):
        return Finding(0.96, fitting(ssn, "a United States social security number"), {"number": "us.ssn"})
    for module, what in CHECKED.items():
        valid = validator(module)
        if sum(map(valid, evidence.texts[:50])) < 0.8 * min(len(evidence.texts), 50):
            continue
        share = evidence.share(valid)
        if share >= _STRICT and (_is_sure(evidence) or evidence.named(*_NAMES, "id", "number")):
            return Finding(0.96, fitting(share, f"{what} with right check digits"), {"number": module})
    return None


def check(values: pd.Series, format: Mapping[str, Any]) -> np.ndarray:
    """(n,) bool: which values pass the check of the country."""
    valid = validator(str(format.get("number", "us.ssn")))
    return np.array([valid(each) for each in values.astype(str)], dtype=bool)


def _is_sure(evidence: Evidence) -> bool:
    """Twenty values that all pass: one number of ten passes by chance, so twenty do not."""
    return len(evidence.texts) >= 20


def validator(module: str) -> Callable[[str], bool]:
    """The check of one of the numbers that are known here; of any other, none passes."""
    if module not in (*CHECKED, "us.ssn"):
        return lambda text: False
    valid: Callable[[str], bool] = import_module(f"stdnum.{module}").is_valid
    return valid
