"""Check a folder of related tables: each by itself, and what holds between them."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from DataFoundry.checking.issues import issues_of, ordered
from DataFoundry.checking.page import check_sections
from DataFoundry.checking.table_check import Checked, checked
from DataFoundry.cleaning.spreadsheet import as_frame, text_of
from DataFoundry.config import ReadOptions
from DataFoundry.errors import DataFoundryError, ImpossibleError, RequestError, TooLargeError
from DataFoundry.metrics.plain import plain
from DataFoundry.relational.across_checks import across_findings
from DataFoundry.relational.discovery import TableToRelate, discover_relations, with_keys
from DataFoundry.relational.odd_entities import odd_entities
from DataFoundry.relational.relation import Relation
from DataFoundry.reporting.page import Grid, Section, render
from DataFoundry.schema.discovery import discover
from DataFoundry.schema.table_schema import TableSchema
from DataFoundry.sources.opening import open_table
from DataFoundry.storage.addresses import SCHEME
from DataFoundry.storage.files import claim_output, write_text
from DataFoundry.storage.paths import READ_SUFFIXES, input_folder, input_path, output_path, refuse_input_as_output
from DataFoundry.storage.tables import TableWriter

_MOST_TABLES = 200


def related_files(text: str) -> dict[str, Path]:
    """The files of related tables, by name, if a path is that of a folder with several tables; else none.

    A folder of parquet files that all have the same columns is one table.

    Raises
    ------
    ImpossibleError, TooLargeError
        If two files would have the same table, or there are too many.
    OutsideDataRootsError
        If a file is a link that leads out of the data roots.
    """
    if text.startswith(SCHEME):
        return {}
    try:
        folder = input_folder(text, "data_path")
        paths = [path for path in sorted(folder.iterdir()) if path.suffix.lower() in READ_SUFFIXES]
    except (DataFoundryError, OSError):
        return {}  # a file, or a path that the check of one table refuses
    if len(paths) < 2 or _is_one_table(paths):
        return {}
    if len(paths) > _MOST_TABLES:
        raise TooLargeError(f"data_path: {text!r} has {len(paths)} tables, more than the limit of {_MOST_TABLES}.")
    files: dict[str, Path] = {}
    for path in paths:
        name = _table_name(path)
        if name in files:
            raise ImpossibleError(
                f"data_path: {path.name} and {files[name].name} are both the table {name!r}; move one of them.",
                field="data_path",
            )
        files[name] = input_path(str(path), "data_path")
    return files


def _is_one_table(paths: Sequence[Path]) -> bool:
    if any(path.suffix.lower() != ".parquet" for path in paths):
        return False
    return len({tuple(open_table(path).columns) for path in paths}) == 1


def _table_name(path: Path) -> str:
    """The file's name without what tells its kind."""
    name = path.name
    while (suffix := Path(name).suffix.lower()) in READ_SUFFIXES:
        name = name[: -len(suffix)]
    return name


def check_folder(files: dict[str, Path], read_options: Any, page_path: str | None, **single: Any) -> dict[str, object]:
    """As `cleaner.check_table` for the tables of a folder, and what is wrong between them.

    Returns
    -------
    dict
        As `cleaner.check_table`: each issue has its `table`, `findings_path` has a column `table`, `fixes_path` is a
        folder with one file a table, `reading` is by table, and `relations` tells who names whom.

    Raises
    ------
    RequestError
        If something is given that belongs to a single table.
    """
    given = [name for name, value in single.items() if value is not None]
    if given:
        raise RequestError(
            f"{given[0]} belongs to a single table, and data_path is a folder of several.", field=given[0]
        )
    folder = next(iter(files.values())).parent
    page = output_path(page_path, "output_path", (".html",), f"{folder.name}_check.html")
    findings_path, fixes = page.with_name(f"{page.stem}_findings.csv"), page.with_name(f"{page.stem}_fixes")
    written = {name: fixes / f"{name}.csv" for name in files}
    for path in (page, findings_path, *written.values()):
        refuse_input_as_output(path, *files.values())
    tables = {name: open_table(path, ReadOptions.of(read_options)) for name, path in files.items()}
    reading = {name: table.reading for name, table in tables.items()}
    schemas = {name: discover(table) for name, table in tables.items()}
    frames = {name: table.read().reset_index(drop=True) for name, table in tables.items()}
    found, relations = check_related(frames, schemas, reading)
    suggested = {name: _fixes(each) for name, each in found.items()}
    with ExitStack() as stack:
        for path in (page, findings_path, *written.values()):
            stack.enter_context(claim_output(path))
        _write_rows(findings_path, _together(found))
        for name, path in written.items():
            _write_rows(path, suggested[name])
        write_text(page, _page(folder.name, schemas, found, relations))
    return {
        "issues": plain(_told(found)),
        "num_rows": sum(map(len, frames.values())),
        "num_findings": sum(len(each.findings) for each in found.values()),
        "num_fixes": sum(map(len, suggested.values())),
        "report_path": str(page),
        "findings_path": str(findings_path),
        "fixes_path": str(fixes),
        "reading": reading,
        "warnings": [f"{name}: {note}" for name, each in found.items() for note in each.notes],
        "relations": [each.as_dict() for each in relations],
    }


def _fixes(found: Checked) -> pd.DataFrame:
    """The findings of one table that say what should stand there."""
    return as_frame(each for each in found.findings if text_of(each.suggested) is not None)


def _together(found: dict[str, Checked]) -> pd.DataFrame:
    """The findings of all tables."""
    rows = as_frame(finding for each in found.values() for finding in each.findings)
    rows.insert(0, "table", [name for name, each in found.items() for _ in each.findings])
    return rows


def _write_rows(path: Path, rows: pd.DataFrame) -> None:
    with TableWriter(path) as writer:
        writer.write(rows)


def _told(found: dict[str, Checked]) -> list[dict[str, Any]]:
    """The issues of all tables, the gravest first."""
    tables = {id(issue): name for name, each in found.items() for issue in each.issues}
    every = [issue for each in found.values() for issue in each.issues]
    return [{**issue.told(), "table": tables[id(issue)]} for issue in ordered(every)]


def check_related(
    frames: dict[str, pd.DataFrame], schemas: dict[str, TableSchema], reading: dict[str, Any]
) -> tuple[dict[str, Checked], list[Relation]]:
    """What is wrong with each table, and the relations by which that was told."""
    related = with_keys({name: TableToRelate(frames[name], schemas[name]) for name in frames})
    relations = discover_relations(related)
    across = across_findings(frames, schemas, relations)
    odd = odd_entities(frames, schemas, relations)
    found = {}
    for name, frame in frames.items():
        own = checked(frame, schemas[name], reading[name])
        between = [*across[name], *odd[name]]
        cells = sorted([*own.findings, *between], key=lambda each: each.row)
        found[name] = Checked(ordered([*own.issues, *issues_of(between)]), cells, own.notes)
    return found, relations


def _page(name: str, schemas: dict[str, TableSchema], found: dict[str, Checked], relations: list[Relation]) -> str:
    links = [
        [f"{e.child}.{'+'.join(e.child_key)}", f"{e.parent}.{'+'.join(e.parent_key)}", e.reason] for e in relations
    ]
    sections = [Section("Relations", grids=[Grid(["names", "whose", "why"], links)])] if links else []
    for table, one in found.items():
        sections += [replace(each, heading=f"{table}: {each.heading}") for each in check_sections(schemas[table], one)]
    rows = sum(schema.rows for schema in schemas.values())
    return render(f"Check of {name}", sections, f"{rows:,} rows, {len(schemas)} tables")
