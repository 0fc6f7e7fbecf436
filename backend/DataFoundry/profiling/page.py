"""The profile of a table as one self-contained HTML page."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from DataFoundry.profiling.findings import Findings
from DataFoundry.profiling.masking import masked
from DataFoundry.reporting import charts
from DataFoundry.reporting.histograms import histogram
from DataFoundry.reporting.page import Cell, Grid, Section, render
from DataFoundry.schema.kinds import KINDS
from DataFoundry.schema.table_schema import Column, TableSchema

_MOST_DRAWN = 60
_TOP_VALUES = 10
_EXAMPLES = 3


def profile_page(
    name: str, schema: TableSchema, sample: pd.DataFrame, found: Findings, reading: Mapping[str, Any]
) -> str:
    """HTML text: warnings first, then what changed, what was decided while reading, all columns, rules, and charts."""
    sections = [
        _overview(schema, found.told()["warnings"]),
        _drift(found),
        _reading(reading),
        _table(schema, sample),
        _rules(schema, found),
        _missing(found),
        _duplicates(found),
        _associations(found),
        _charts(schema, sample),
    ]
    text = f"{schema.rows:,} rows, {len(schema.columns)} columns"
    return render(f"Profile of {name}", [each for each in sections if each is not None], text)


def _overview(schema: TableSchema, warnings: list[str]) -> Section:
    kinds = pd.Series([column.kind for column in schema.columns.values()]).value_counts()
    cells = schema.rows * max(len(schema.columns), 1)
    missing = sum(column.missing for column in schema.columns.values())
    figures: dict[str, object] = {
        "rows": schema.rows,
        "columns": len(schema.columns),
        "columns with personal data": sum(column.personal for column in schema.columns.values()),
        "cells without a value": f"{missing / max(cells, 1):.1%}",
    }
    grids = [Grid(["what to look at first"], [[each] for each in warnings])] if warnings else []
    grids.append(Grid(["kind of column", "columns"], [[str(kind), int(count)] for kind, count in kinds.items()]))
    return Section(
        "Overview", "" if warnings else "Nothing about this table is a cause for concern.", figures, grids=grids
    )


def _reading(reading: Mapping[str, Any]) -> Section | None:
    said = {key: _told(value) for key, value in reading.items() if key != "notes"}
    notes = list(reading.get("notes", []))
    if not said and not notes:
        return None
    grids = [Grid(["decided while reading"], [[each] for each in notes])] if notes else []
    return Section("How the file was read", "read_options in a request overrides each of these.", said, grids=grids)


def _told(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join("(empty)" if each == "" else str(each) for each in value)
    return {"\t": "tab", "": "none"}.get(str(value), str(value))


def _table(schema: TableSchema, sample: pd.DataFrame) -> Section:
    rows = [
        [
            name,
            column.kind + (" (personal)" if column.personal else ""),
            column.reason,
            f"{column.missing / max(schema.rows, 1):.1%}",
            column.distinct,
            ", ".join(_examples(sample[name], column)),
        ]
        for name, column in schema.columns.items()
    ]
    return Section(
        "Columns",
        "Personal values are masked. A kind that is wrong can be set in the request that uses it.",
        grids=[Grid(["column", "kind", "why", "missing", "distinct", "examples"], rows)],
    )


def _drift(found: Findings) -> Section | None:
    if found.drift is None:
        return None
    if not found.drift:
        return Section("Since the earlier table", "Nothing changed that could not be chance.")
    rows = [[change["sentence"], change["distance"]] for change in found.drift]
    text = "What changed, beyond chance. The distance is 0 for equal columns and 1 for columns that share no value."
    return Section("Since the earlier table", text, grids=[Grid(["change", "distance"], rows)])


def _rules(schema: TableSchema, found: Findings) -> Section | None:
    if not schema.rules:
        return None
    rows = [[rule.sentence, rule.support, Cell(rule.exceptions, mark=rule.exceptions > 0)] for rule in schema.rules]
    text = "Found from the values. A rule without exceptions is a promise; one with a few points to errors."
    grids = [Grid(["rule", "rows that could break it", "rows that do"], rows)]
    broken = [
        [rule["sentence"], row["row"], ", ".join(f"{name}: {value}" for name, value in row["values"].items())]
        for rule in found.rules
        for row in rule["rows"]
    ]
    if broken:
        grids.append(Grid(["rule", "row, from 0", "what stands there"], broken))
    return Section("Keys and rules", text, grids=grids)


def _missing(found: Findings) -> Section | None:
    if not found.missing:
        return None
    rows = [[", ".join(pattern["columns"]), f"{pattern['share']:.1%}"] for pattern in found.missing]
    text = "The columns that have no value in the same rows, and how many rows that are."
    return Section("Missing values", text, grids=[Grid(["columns without a value", "rows"], rows)])


def _duplicates(found: Findings) -> Section | None:
    told = found.duplicates
    if not told["rows"] and not told["but_for_keys"]:
        return None
    figures: dict[str, object] = {"rows that repeat an earlier one": told["rows"]}
    if told["but_for_keys"] is not None:
        figures["rows that do but for their keys"] = told["but_for_keys"]
    grids = [Grid(["row, from 0", "is equal to row"], [[second, first] for first, second in told["examples"]])]
    return Section("Duplicates", "", figures, grids=grids)


def _associations(found: Findings) -> Section | None:
    names = found.association_names
    if len(names) < 2:
        return None
    text = (
        "How much columns tell of each other, from 0 (nothing) to 1 (all): Cramer's V, corrected for chance, with "
        "numbers in ten bins of equally many rows."
    )
    pairs = found.told()["associations"]
    rows = [[*pair["columns"], pair["strength"]] for pair in pairs]
    grids = [Grid(["column", "column", "strength"], rows)] if rows else []
    return Section(
        "Associations", text, charts=[charts.heatmap("associations", names, found.associations.tolist())], grids=grids
    )


def _examples(values: pd.Series, column: Column) -> list[str]:
    texts = values.dropna().head(1000).map(str).drop_duplicates().head(_EXAMPLES)
    return [masked(text) if column.personal else text[:40] for text in texts]


def _charts(schema: TableSchema, sample: pd.DataFrame) -> Section | None:
    drawn: list[Markup] = []
    for name, column in schema.columns.items():
        chart = _chart(sample[name], column)
        if chart is not None and len(drawn) < _MOST_DRAWN:
            drawn.append(chart)
    text = f"From a sample of {len(sample):,} rows." if len(sample) < schema.rows else ""
    return Section("Distributions", text, charts=drawn) if drawn else None


def _chart(values: pd.Series, column: Column) -> Markup | None:
    """A histogram of what has an order, bars of the frequent values of the rest; keys and personal values have none."""
    kind = KINDS[column.kind]
    if not kind.MODELLED:
        return None
    present = values.dropna()
    if hasattr(kind, "to_numbers") and column.kind != "moment":
        numbers, missing = kind.to_numbers(present, column.format)
        return histogram(column.name, {"rows": numbers[~missing]})
    if column.kind == "moment":
        if column.format.get("unit") == "duration":
            return None
        numbers, missing = kind.to_numbers(present, column.format)
        years = 1970 + numbers[~missing].astype(np.float64) / (365.2425 * 86_400e9)
        return histogram(f"{column.name} (year)", {"rows": years})
    top = present.map(str).value_counts(normalize=True).head(_TOP_VALUES)
    return charts.bars(column.name, top.index.tolist(), {"share of rows": top.tolist()})
