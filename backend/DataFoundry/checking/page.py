"""What is wrong with a table, as one page to send to a colleague."""

from collections.abc import Mapping

from DataFoundry.checking.issues import SEVERITIES, Issue
from DataFoundry.checking.table_check import Checked
from DataFoundry.profiling.masking import masked
from DataFoundry.reporting import charts
from DataFoundry.reporting.page import Grid, Section, render
from DataFoundry.schema.table_schema import Column, TableSchema

_MOST_CELLS = 200


def check_page(name: str, schema: TableSchema, found: Checked) -> str:
    """HTML text: the issues, the gravest first, then wrong cells and what should stand there; personal ones masked."""
    return render(
        f"Check of {name}", check_sections(schema, found), f"{schema.rows:,} rows, {len(schema.columns)} columns"
    )


def check_sections(schema: TableSchema, found: Checked) -> list[Section]:
    """What the page of one table has."""
    counts = {severity: sum(each.severity == severity for each in found.issues) for severity in SEVERITIES}
    figures: dict[str, object] = {
        "rows": schema.rows,
        "columns": len(schema.columns),
        "wrong cells": len(found.findings),
        "with a suggestion": sum(each.suggested is not None for each in found.findings),
        **{f"issues, {severity}": count for severity, count in counts.items()},
    }
    text = "" if found.issues else "Nothing was found."
    grid = Grid(["what", "kind", "count", "what it costs"], [_row(each, schema.columns) for each in found.issues])
    sections = [Section("Issues", text, figures, grids=[grid] if found.issues else [])]
    if found.findings:
        sections += [_by_column(found), _cells(found, schema.columns)]
    if found.notes:
        sections.append(
            Section(
                "Not checked",
                "",
                {},
                grids=[
                    Grid(
                        [
                            "what",
                        ],
                        [[each] for each in found.notes],
                    )
                ],
            )
        )
    return sections


def _row(issue: Issue, columns: Mapping[str, Column]) -> list[object]:
    personal = issue.column is not None and issue.column in columns and columns[issue.column].personal
    sentence = issue.sentence.partition(":")[0] + "." if personal else issue.sentence
    return [sentence, issue.kind.replace("_", " "), issue.count, issue.severity]


def _by_column(found: Checked) -> Section:
    counts: dict[str, int] = {}
    for each in found.findings:
        counts[each.column] = counts.get(each.column, 0) + 1
    most = sorted(counts, key=lambda name: -counts[name])[:20]
    chart = charts.bars("Wrong cells by column", most, {"cells": [float(counts[name]) for name in most]})
    return Section("Where", "", {}, charts=[chart])


def _cells(found: Checked, columns: Mapping[str, Column]) -> Section:
    rows: list[list[object]] = []
    for each in sorted(found.findings, key=lambda each: (-each.confidence, each.row))[:_MOST_CELLS]:
        personal = columns[each.column].personal
        suggested = None if each.suggested is None else str(each.suggested)
        rows.append(
            [
                each.row,
                each.column,
                masked(str(each.found)) if personal else str(each.found)[:80],
                masked(suggested) if personal and suggested else suggested,
                f"{each.confidence:.0%}",
                "" if personal else each.why,
            ]
        )
    more = len(found.findings) - len(rows)
    text = f"The surest {len(rows)} of {len(found.findings):,}; all of them stand in the findings." if more else ""
    return Section("Wrong cells", text, {}, grids=[Grid(["row", "column", "found", "suggested", "sure", "why"], rows)])
