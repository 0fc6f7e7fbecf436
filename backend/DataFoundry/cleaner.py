"""Clean tables: everything that is wrong with one, found without a model, repaired where it is sure, and filled in."""

import secrets
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.checking.fixes import applied
from DataFoundry.checking.issues import OF_CELLS
from DataFoundry.checking.page import check_page
from DataFoundry.checking.table_check import checked
from DataFoundry.cleaning.spreadsheet import as_frame
from DataFoundry.config import ReadOptions
from DataFoundry.errors import ColumnError, RequestError
from DataFoundry.filling.table import fill_table
from DataFoundry.metrics.plain import plain
from DataFoundry.models.bundle import load_bundle
from DataFoundry.models.sampling import sample_chunks
from DataFoundry.schema.discovery import discover
from DataFoundry.schema.table_schema import TableSchema
from DataFoundry.sources.coded import plain_schema, signs_of
from DataFoundry.sources.integers import as_in_file
from DataFoundry.sources.opening import open_table
from DataFoundry.storage.configs import load_config
from DataFoundry.storage.files import claim_output, write_text
from DataFoundry.storage.paths import input_path, refuse_input_as_output
from DataFoundry.storage.paths import output_path as checked_output
from DataFoundry.storage.row_files import ROW_SUFFIXES, row_writer
from DataFoundry.storage.tables import TableWriter

KINDS = tuple(OF_CELLS)
MODES = ("likely", "draw")
_MIN_CONFIDENCE = 0.9
_MOSTLY = 0.5  # a column missing more often than this is left as it is unless it is named
_ENOUGH_ROWS = 20_000  # to learn from; a smaller table takes the rest from a model, where one is given


def check_table(
    data_path: str,
    label_column: str | None = None,
    reference_path: str | None = None,
    columns: Mapping[str, Mapping[str, Any]] | None = None,
    read_options: Mapping[str, Any] | None = None,
    output_path: str | None = None,
) -> dict[str, object]:
    """Everything that is wrong with a table, the gravest first, with what should stand there instead.

    Parameters
    ----------
    label_column
        What is to be predicted, if there is one: labels that are probably another class, and rare classes, are told.
    reference_path
        The same table as it was when it was right: what is usual is learnt from it, and what changed since is told.
    columns
        What somebody knows better of the columns, see `schema.discovery.discover`.
    read_options
        How both tables are read.
    output_path
        The page, `.html`; findings and fixes lie beside it as csv.

    Returns
    -------
    dict
        `issues` (`kind, severity, count, sentence, examples, column`), `num_rows`, `num_findings`, `num_fixes`,
        `report_path`, `findings_path`, `fixes_path`, `reading`, `warnings` (what could not be checked).

    Raises
    ------
    ColumnError
        If there is no such label, or `columns` names no column.
    DataFoundryError
        As `storage.paths` and `sources.opening.open_table`.
    """
    data = input_path(data_path, "data_path")
    reference = None if reference_path is None else input_path(reference_path, "reference_path")
    page = checked_output(output_path, "output_path", (".html",), f"{data.name.split('.')[0]}_check.html")
    findings_path, fixes_path = (page.with_name(f"{page.stem}_{each}.csv") for each in ("findings", "fixes"))
    for path in (findings_path, fixes_path):
        refuse_input_as_output(path, data, *([reference] if reference else []))
    options = ReadOptions.of(read_options)
    table = open_table(data, options)
    table.check(None if label_column is None else [label_column])
    with ExitStack() as stack:
        for path in (page, findings_path, fixes_path):
            stack.enter_context(claim_output(path))
        schema = discover(table, columns)
        earlier = None if reference is None else _whole(open_table(reference, options), columns)
        found = checked(table.read().reset_index(drop=True), schema, table.reading, label_column, earlier)
        cells = as_frame(found.findings)
        for path, rows in ((findings_path, cells), (fixes_path, cells[cells["suggested"].notna()])):
            with TableWriter(path) as writer:
                writer.write(rows)
        write_text(page, check_page(data.name, schema, found))
    return {
        "issues": plain([each.told() for each in found.issues]),
        "num_rows": schema.rows,
        "num_findings": len(cells),
        "num_fixes": int(cells["suggested"].notna().sum()),
        "report_path": str(page),
        "findings_path": str(findings_path),
        "fixes_path": str(fixes_path),
        "reading": table.reading,
        "warnings": found.notes,
    }


def apply_fixes(
    data_path: str,
    fixes_path: str | None = None,
    min_confidence: float = _MIN_CONFIDENCE,
    kinds: Sequence[str] | None = None,
    journal_path: str | None = None,
    undo: bool = False,
    output_path: str | None = None,
    read_options: Mapping[str, Any] | None = None,
) -> dict[str, object]:
    """Write the table with the cells changed that fixes name, and a journal by which every change can be undone.

    Parameters
    ----------
    data_path
        The table that was checked; with `undo`, the one that was written.
    fixes_path
        Of `check_table`; people may remove rows from it, or correct `suggested`.
    min_confidence
        0 to 1; fixes of less are left alone.
    kinds
        Of the fixes to apply, of `rule, spelling, outlier, label ...`; all by default.
    journal_path
        With `undo`: the journal of the changes to take back.
    output_path
        The changed table, in any format; the journal lies beside it as csv. A csv made of a csv has the same signs
        between cells and before decimals.

    Returns
    -------
    dict
        `num_changed`, `output_path`, `journal_path`, `changes` (by column), `warnings`.

    Raises
    ------
    RequestError
        If neither fixes nor a journal to undo are given, or a kind is not known.
    TableError, ColumnError
        If the fixes are not of this table.
    """
    given, field = (journal_path, "journal_path") if undo else (fixes_path, "fixes_path")
    if given is None:
        raise RequestError(
            "undo needs journal_path, the file that apply-fixes wrote."
            if undo
            else "apply-fixes needs fixes_path, the file that check-table wrote; or undo and journal_path.",
            field=field,
        )
    if not 0 <= min_confidence <= 1:
        raise RequestError(f"min_confidence lies between 0 and 1, not {min_confidence!r}.", field="min_confidence")
    unknown = [each for each in kinds or () if each not in KINDS]
    if unknown:
        raise RequestError(f"There is no kind {unknown[0]!r:.60}; the kinds are {', '.join(KINDS)}.", field="kinds")
    data, fixes = input_path(data_path, "data_path"), input_path(given, field)
    stem = data.name.split(".")[0]
    written = checked_output(output_path, "output_path", ROW_SUFFIXES, f"{stem}_{'undone' if undo else 'cleaned'}.csv")
    journal = written.with_name(f"{written.stem}_journal.csv")
    for path in (written, journal):
        refuse_input_as_output(path, data, fixes)
    with ExitStack() as stack:
        for path in (written, journal):
            stack.enter_context(claim_output(path))
        table = open_table(data, ReadOptions.of(read_options))
        frame = table.read().reset_index(drop=True)
        wanted = open_table(fixes).read().reset_index(drop=True)
        before, after = ("after", "before") if undo else ("found", "suggested")
        done = applied(
            frame, wanted, before, after, 0.0 if undo else min_confidence, None if undo else list(kinds or KINDS)
        )
        with row_writer(written, signs_of(table)) as rows:
            rows.write(as_in_file(done.frame, plain_schema(table)))
        with TableWriter(journal) as changes:
            changes.write(done.journal)
    warnings = []
    if done.stale:
        cells = "1 cell was" if done.stale == 1 else f"{done.stale:,} cells were"
        warnings.append(f"{cells} left alone, since something else stands there than in {fixes.name}.")
    return {
        "num_changed": len(done.journal),
        "output_path": str(written),
        "journal_path": str(journal),
        "changes": {str(name): int(count) for name, count in done.journal["column"].value_counts().items()},
        "warnings": warnings,
    }


def fill_missing(
    data_path: str,
    model_path: str | None = None,
    config_path: str | None = None,
    columns: Sequence[str] | None = None,
    mode: str = "likely",
    seed: int | None = None,
    output_path: str | None = None,
    read_options: Mapping[str, Any] | None = None,
) -> dict[str, object]:
    """Write the table with its missing cells filled, each marked in a column `filled__<name>`.

    What follows from a rule of the table is computed; the rest is what rows like this one have, learnt from the rows
    that have a value. Cells that are meant to be missing, and what no other column tells (keys, what names a person,
    texts), stay missing, and are told.

    Parameters
    ----------
    model_path, config_path
        A model of such tables: where the table has few rows, rows drawn from the model join them to learn from.
    columns
        The columns to fill; by default all but those that are missing more often than not, where it may mean something.
    mode
        `likely` takes the likeliest value, of numbers the expected one; `draw` draws one by how likely it is, so that
        shares, spreads and dependence stay as they are.
    seed
        Of what is drawn; the same gives the same table.

    Returns
    -------
    dict
        `num_filled`, `output_path`, `columns` (by name `filled`, `by_rule`, `left`, `quality` in rows held out),
        `rows_learnt` (`of the table`, `drawn`), `seed`, `warnings`.

    Raises
    ------
    RequestError
        If the mode is not known, or only one of model and configuration is given.
    ColumnError
        If there is no such column, or a marker's name is taken.
    """
    if mode not in MODES:
        raise RequestError(f"There is no mode {mode!r:.60}; choose one of {', '.join(MODES)}.", field="mode")
    _refuse_half_a_model(model_path, config_path)
    data = input_path(data_path, "data_path")
    written = checked_output(output_path, "output_path", ROW_SUFFIXES, f"{data.name.split('.')[0]}_filled.csv")
    refuse_input_as_output(written, data)
    seed = secrets.randbits(63) if seed is None else seed
    with claim_output(written):
        table = open_table(data, ReadOptions.of(read_options))
        table.check(columns)
        schema = discover(table, None)
        frame = table.read().reset_index(drop=True)
        wanted = list(frame.columns if columns is None else columns)
        _refuse_markers(wanted, frame)
        drawn = None if model_path is None else _drawn(model_path, str(config_path), frame, seed)
        most = _MOSTLY if columns is None else 1.0
        filled = fill_table(frame, schema, wanted, mode == "draw", seed, drawn, most)
        whole = filled.frame.assign(**{f"filled__{name}": cells for name, cells in filled.marks.items()})
        with row_writer(written, signs_of(table)) as rows:
            rows.write(as_in_file(whole, plain_schema(table)))
    return {
        "num_filled": sum(int(cells.sum()) for cells in filled.marks.values()),
        "output_path": str(written),
        "columns": {name: each.told() for name, each in filled.columns.items()},
        "rows_learnt": {"table": len(frame), "drawn": 0 if drawn is None else len(drawn)},
        "seed": seed,
        "warnings": filled.notes,
    }


def _refuse_half_a_model(model_path: str | None, config_path: str | None) -> None:
    if (model_path is None) != (config_path is None):
        lacking = "config_path" if config_path is None else "model_path"
        raise RequestError(
            f"A model needs both of its files: give {lacking}, too; or neither, to learn from the table alone.",
            field=lacking,
        )


def _refuse_markers(wanted: Sequence[str], frame: pd.DataFrame) -> None:
    """Raise ColumnError if the table has a column that would say what was filled."""
    taken = [name for name in wanted if f"filled__{name}" in frame.columns]
    if taken:
        raise ColumnError(
            f"The table has a column 'filled__{taken[0]}' already, which would say what was filled in; rename or "
            f"remove it, or leave {taken[0]!r} out of columns.",
            missing=[],
        )


def _drawn(model_path: str, config_path: str, frame: pd.DataFrame, seed: int) -> pd.DataFrame | None:
    """Rows of the model, as many as the table lacks, with the columns that both have; None if it lacks none."""
    config = load_config(input_path(config_path, "config_path", (".json",)))
    preprocessor = input_path(config.preprocessor_path, "preprocessor_path", (".joblib",))
    bundle = load_bundle(config, input_path(model_path, "model_path", (".pth",)), preprocessor)
    named = [] if bundle.labels is None else [bundle.labels.name]
    shared = [name for name in (*bundle.derivation.columns, *named) if name in frame.columns]
    if not shared:
        raise ColumnError("The model knows none of the table's columns; give a model of such tables.", missing=[])
    rows = max(0, _ENOUGH_ROWS - len(frame))
    shares = np.ones(1) if bundle.labels is None else np.asarray(bundle.labels.counts, dtype=float)
    chunks = list(sample_chunks(bundle, rows, shares, seed))
    return pd.concat(chunks, ignore_index=True)[shared] if chunks else None


def _whole(table: Any, columns: Mapping[str, Mapping[str, Any]] | None) -> tuple[pd.DataFrame, TableSchema]:
    known = {name: said for name, said in (columns or {}).items() if name in table.columns}
    return table.read().reset_index(drop=True), discover(table, known)
