"""Cells that are not written as all others of their column: an e-mail address without its @, a number with a word."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.cleaning.finding import Mark
from DataFoundry.cleaning.rewriting import Usual, rewritten, usual_of
from DataFoundry.schema.kinds import KINDS
from DataFoundry.schema.table_schema import Column, Rule
from DataFoundry.schema.view import TableView

_FITTING = 0.95  # share of values of the column's own form; of fewer it is no rule
_FEWEST = 20
_SURE = 0.97
_MOST_OTHERS = 1_000  # values of another form that are looked at for how they are to be read
_WORDS = {"formatted_number": "number", "moment": "date or time", "iban": "IBAN", "email": "e-mail address"}
# The checks of values see to categories; what stands in the others has no form.
_FREE = ("category", "boolean", "constant", "text", "nested", "empty", "person_name", "address", "user_name")


def learn(view: TableView, rules: Sequence[Rule]) -> dict[str, Any]:
    """The columns whose values have a form of their own, and how many have it."""
    found = {}
    for name, column in view.columns.items():
        present = view.frame[name].dropna()
        if column.kind in _FREE or len(present) < _FEWEST or not _is_text(present):
            continue
        fits = KINDS[column.kind].check(present, column.format)
        if fits.mean() >= _FITTING:
            usual = usual_of(column, present[fits], [str(each) for each in present[~fits].unique()[:_MOST_OTHERS]])
            found[name] = {"fitting": int(fits.sum()), "rows": len(present), "usual": usual.state()}
    return found


def look(state: dict[str, Any], view: TableView) -> Iterator[Mark]:
    """Cells of another form."""
    for name, known in state.items():
        present = view.frame[name].dropna()
        if not len(present) or not _is_text(present):
            continue
        column = view.columns[name]
        rows = np.flatnonzero(view.frame[name].notna())[~KINDS[column.kind].check(present, column.format)]
        if len(rows):
            told = _suggested(
                view.frame[name].iloc[rows].map(str), name, column, Usual.from_state(known.get("usual", {}))
            )
            suggested = np.array([*(None if each is None else each[0] for each in told), None], dtype=object)[:-1]
            sure = np.array([_SURE if each is None else each[1] for each in told])
            yield Mark("format", name, rows, sure, suggested, _teller(name, known, view, rows))


def _suggested(texts: pd.Series, name: str, column: Column, usual: Usual) -> list[tuple[str, float] | None]:
    """For each text the same in the column's own form, and how sure that is."""
    known = {text: rewritten(text, name, column, usual) for text in texts.unique()}
    return [known[text] for text in texts]


def _teller(name: str, known: dict[str, Any], view: TableView, rows: np.ndarray) -> Any:
    what = _WORDS.get(view.columns[name].kind, view.columns[name].kind.replace("_", " "))
    what = f"{'an' if what[0] in 'aeio' else 'a'} {what}"

    def why(place: int) -> str:
        found = str(view.frame[name].iloc[rows[place]])[:80]
        return f"{found!r} is not written as {what} of {name}; {known['fitting']:,} of {known['rows']:,} values are."

    return why


def _is_text(present: pd.Series) -> bool:
    return bool(present.dtype == object)
