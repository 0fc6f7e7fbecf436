"""What a person should know about a table before using it, the gravest first."""

from collections.abc import Iterator

import pandas as pd

from DataFoundry.cleaning.likely_orders import likely_orders
from DataFoundry.schema.table_schema import Column, TableSchema
from DataFoundry.schema.view import TableView

_MANY_MISSING = 0.5
_RARE_CLASS = 0.05
_WITH_FORM = ("moment", "formatted_number", "email", "url", "ip_address", "iban", "card_number", "phone", "national_id")


def warnings(
    schema: TableSchema, label_counts: dict[str, int] | None = None, rows: pd.DataFrame | None = None
) -> list[str]:
    """Sentences about personal data, columns that no model can use, missing values and rare classes, and from some rows
    about dates in the wrong order."""
    dates = [] if rows is None else _unlikely_dates(schema, rows)
    return [*_personal(schema), *_broken(schema), *dates, *_label(label_counts or {}), *_columns(schema)]


def _unlikely_dates(schema: TableSchema, rows: pd.DataFrame) -> list[str]:
    """A sentence for each two dates that stand in one order in nearly all of some rows, though it is no rule."""
    return [
        f"{order.sentence[:-1]}; the others are probably errors, and check-table shows where."
        for order in likely_orders(TableView(rows, schema.columns), schema.rules)
    ]


def _personal(schema: TableSchema) -> Iterator[str]:
    personal = [name for name, column in schema.columns.items() if column.personal]
    if personal:
        yield f"Personal data stands in {_listed(personal)}; do not give the table away as it is."


def _broken(schema: TableSchema) -> Iterator[str]:
    for rule in schema.rules:
        if rule.exceptions:
            yield f"{rule.doubt}."


def _label(counts: dict[str, int]) -> Iterator[str]:
    total = sum(counts.values())
    rare = [(value, count) for value, count in counts.items() if count < _RARE_CLASS * total]
    if rare and len(counts) <= 20:
        value, count = min(rare, key=lambda item: item[1])
        yield f"Only {count:,} of {total:,} rows have the label {value!r}; judge models by more than accuracy."
    if len(counts) == 1:
        yield f"Every row has the label {next(iter(counts))!r}; nothing can be learnt from it."


def _columns(schema: TableSchema) -> Iterator[str]:
    by_kind = {
        "empty": "no value in any row",
        "constant": "the same value in every row",
        "nested": "lists, objects or bytes, which no model learns",
    }
    for kind, what in by_kind.items():
        names = [name for name, column in schema.columns.items() if column.kind == kind]
        if names:
            yield f"{_listed(names)} {'have' if len(names) > 1 else 'has'} {what}."
    for name, column in schema.columns.items():
        share = column.missing / max(schema.rows, 1)
        if _MANY_MISSING <= share < 1:
            yield f"{share:.0%} of the rows have no value in {name!r}."
        yield from _unlike(name, column)


def _unlike(name: str, column: Column) -> Iterator[str]:
    """Values that are not what most of their column are; whether a word is a name no list can tell."""
    if column.kind in _WITH_FORM and " of the values" in column.reason:
        yield f"{name!r}: {column.reason[:-1]}; look at the others."


def _listed(names: list[str]) -> str:
    shown = [repr(name) for name in names[:10]]
    more = f" and {len(names) - 10} more" if len(names) > 10 else ""
    return ", ".join(shown) + more
