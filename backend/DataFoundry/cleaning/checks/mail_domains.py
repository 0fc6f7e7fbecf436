"""E-mail addresses at a rare domain that is written nearly as a frequent one: `ann@gmial.com`."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.cleaning.finding import Mark
from DataFoundry.cleaning.spelling import Near, nearest
from DataFoundry.schema.table_schema import Rule
from DataFoundry.schema.view import TableView

_FEWEST_ROWS = 50
_MOST_FREQUENT = 50
_ONE_LETTER = 0.97  # confidence of `spelling.nearest` where no more than one is wrong
_OTHERS = ("mail.com", "email.com", "ymail.com", "gmx.com", "gmx.net")  # providers, one letter from another provider


def learn(view: TableView, rules: Sequence[Rule]) -> dict[str, Any]:
    """For each column of addresses in how many rows each domain stands."""
    found = {}
    for name, column in view.columns.items():
        if column.kind == "email" and view.frame[name].notna().sum() >= _FEWEST_ROWS:
            counts = _domains(view.frame[name]).value_counts()
            found[name] = {str(domain): int(count) for domain, count in counts.items()}
    return found


def look(state: dict[str, Any], view: TableView) -> Iterator[Mark]:
    """Cells with such a domain, and the address with the other one."""
    for name, counts in state.items():
        domains = _domains(view.frame[name])
        frequent = _frequent(counts)
        near = {domain: _meant(domain, counts.get(domain, 0), frequent) for domain in domains.dropna().unique()}
        meant = {domain: other for domain, other in near.items() if other is not None}
        rows = np.flatnonzero(domains.isin(list(meant)))
        if len(rows):
            found = domains.iloc[rows].tolist()
            addresses = view.frame[name].iloc[rows].astype(str).str.rstrip()
            right = [
                f"{address[: -len(domain)]}{meant[domain].suggested}"
                for address, domain in zip(addresses, found, strict=True)
            ]
            sure = np.array([meant[domain].confidence for domain in found])
            yield Mark("spelling", name, rows, sure, np.array(right, dtype=object), _teller(found, meant, counts))


def _frequent(counts: Mapping[str, int]) -> dict[str, int]:
    """The domains that may have been meant: where each firm has its own, all against all would take minutes."""
    return dict(sorted(counts.items(), key=lambda each: -each[1])[:_MOST_FREQUENT])


def _meant(domain: str, own: int, frequent: Mapping[str, int]) -> Near | None:
    """The frequent domain that a rare one was meant to be; the same name in another country is another domain."""
    country = domain.rpartition(".")[2]
    rivals = {each: count for each, count in frequent.items() if len(country) > 2 or each.endswith(f".{country}")}
    near = None if domain.casefold() in _OTHERS else nearest(domain, own, rivals)
    return near if near is not None and near.confidence >= _ONE_LETTER else None


def _domains(column: pd.Series) -> pd.Series:
    """What stands behind the @; missing where there is none."""
    texts = column.where(column.notna()).astype(object).map(str, na_action="ignore")
    return texts.str.extract(r"@([^@\s]+)\s*$", expand=False)


def _teller(found: list[str], meant: dict[str, Near], counts: dict[str, int]) -> Any:
    def why(place: int) -> str:
        domain, other = found[place], meant[found[place]].suggested
        return f"The domain {domain!r} is written nearly as {other!r}, which {counts[other]:,} rows have."

    return why
