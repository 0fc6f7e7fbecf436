"""Evaluate a folder of synthetic tables against a folder of real ones."""

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pandas as pd

from DataFoundry.config import ReadOptions
from DataFoundry.errors import ColumnError, MissingFileError
from DataFoundry.metrics.plain import plain
from DataFoundry.relational.config import RelatedConfig
from DataFoundry.relational.judging import judge
from DataFoundry.relational.sequences import entity_table, frames_of
from DataFoundry.reporting import charts
from DataFoundry.reporting.page import Grid, Section, render
from DataFoundry.sources.opening import open_table
from DataFoundry.storage.files import claim_output, write_json, write_text
from DataFoundry.storage.paths import READ_SUFFIXES, input_folder, output_path, refuse_input_as_output

_MEANINGS = {
    "integrity": "share of foreign keys that name a row that is there; 1 is right",
    "keys": "share of primary keys that differ from all others; 1 is right",
    "children": "how alike the numbers of children of a parent are; 1 is best",
    "shapes": "how alike single columns are; 1 is best",
    "trends": "how alike pairs of columns of a table are; 1 is best",
    "c2st_child": "how well boosted trees tell children with their parents from real ones; .5 is best",
    "c2st_agg": "how well they tell parents with what their children are like; .5 is best",
}


def evaluate_related(
    config: RelatedConfig,
    real_path: str,
    synthetic_path: str,
    holdout_path: str | None = None,
    report_path: str | None = None,
    seed: int | None = None,
) -> dict[str, Any]:
    """Compare two folders that hold the tables of a configuration, one file each.

    Parameters
    ----------
    holdout_path
        A folder of entities that the model never saw: with it, privacy by entity is measured.

    Returns
    -------
    `output_path`, `report_path` (the page), and the report: see `relational.judging.judge`.

    Raises
    ------
    MissingFileError, ColumnError, and those of `storage.paths` and `sources.opening`
    """
    named = {"real_path": real_path, "synthetic_path": synthetic_path, "holdout_path": holdout_path}
    folders = {field: input_folder(text, field) for field, text in named.items() if text is not None}
    written = output_path(report_path, "output_path", (".json",), f"{folders['synthetic_path'].name}_quality.json")
    page = written.with_suffix(".html")
    frames = {field: _tables(folder, config, field) for field, folder in folders.items()}
    for folder in folders.values():
        refuse_input_as_output(written, *(_file(folder, name) for name in config.tables if _is_file(name, config)))
    with ExitStack() as stack:
        for path in (written, page):
            stack.enter_context(claim_output(path))
        report: Any = plain(
            judge(
                frames["real_path"], frames["synthetic_path"], config, frames.get("holdout_path"), (seed or 0) % 2**32
            )
        )
        write_text(page, related_page(report, folders["synthetic_path"].name))
        write_json(written, report)
    return {"output_path": str(written), "report_path": str(page), **report}


def _is_file(name: str, config: RelatedConfig) -> bool:
    return name not in map(entity_table, config.sequences)


def _file(folder: Path, name: str) -> Path:
    """The file of a table in a folder.

    Raises
    ------
    MissingFileError
    """
    for suffix in READ_SUFFIXES:
        path = folder / f"{name}{suffix}"
        if path.is_file():
            return path
    raise MissingFileError(f"The folder {folder.name!r} has no file of the table {name!r}, such as {name}.parquet.")


def _tables(folder: Path, config: RelatedConfig, field: str) -> dict[str, pd.DataFrame]:
    frames = {}
    for name, choice in config.tables.items():
        if not _is_file(name, config):
            continue
        options = choice.read_options if field != "synthetic_path" else ReadOptions()
        frames[name] = open_table(_file(folder, name), options).read()
    related = frames_of(frames, config.sequences)
    for name, choice in config.tables.items():
        gone = [column for column in choice.columns if column not in related[name]]
        if gone:
            raise ColumnError(f"{field}: the table {name!r} has no column {gone[0]!r}.", missing=gone)
    return related


def related_page(report: dict[str, Any], name: str) -> str:
    """HTML text of a report."""
    scores = Grid(
        ["score", "worst", "meaning"], [[key, report["scores"][key], said] for key, said in _MEANINGS.items()]
    )
    sections = [Section("Scores", "Of all tables and relations the worst.", grids=[scores])]
    shapes = {key: each["shapes"] for key, each in report["tables"].items() if each["shapes"] is not None}
    columns = [
        [table, column, score] for table, each in report["tables"].items() for column, score in each["columns"].items()
    ]
    columns.sort(key=lambda row: 2.0 if row[2] is None else row[2])
    tables = Grid(
        ["table", "rows", "real rows", "shapes", "trends"],
        [[k, each["rows"], each["real_rows"], each["shapes"], each["trends"]] for k, each in report["tables"].items()],
    )
    drawn = [charts.bars("Shapes", list(shapes), {"shapes": list(shapes.values())})] if shapes else []
    worst = Grid(["table", "column", "shape"], columns[:30], "Worst columns")
    sections.append(Section("Tables", "", charts=drawn, grids=[tables, worst]))
    keys = ("integrity", "keys", "children", "missing", "across", "c2st_child")
    links = Grid(["relation", *keys], [[k, *(each[key] for key in keys)] for k, each in report["relations"].items()])
    parents = Grid(["parent", "c2st_agg"], [[k, each["c2st_agg"]] for k, each in report["parents"].items()])
    sections.append(Section("Relations", "", grids=[links, parents]))
    for relation, told in report["sequences"].items():
        rows: list[list[object]] = [["gaps", "distance", told["gaps"], None]]
        rows += [[column, "transitions", value, None] for column, value in told["transitions"].items()]
        rows += [[column, "autocorrelation", *pair] for column, pair in told["autocorrelation"].items()]
        sections.append(
            Section(f"Sequences of {relation}", grids=[Grid(["column", "what", "value", "synthetic"], rows)])
        )
    for table, told in (report["privacy"] or {}).items():
        sections.append(Section(f"Privacy of {table}, each with all that hangs on it", figures=told))
    return render(f"Quality of {name}", sections)
