"""Clean tables: everything that is wrong with one, found without a model, repaired where it is sure, and filled in."""

import secrets
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.checking.duplicate_rows import CHOICES as DUPLICATES
from DataFoundry.checking.duplicate_rows import how_to_remove, repeated_rows, repeating
from DataFoundry.checking.fixing import Fixed, fixed, undone
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
from DataFoundry.relational.folder_check import check_folder, related_files
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
    data_path
        A table, or a folder of related tables, one file each: then also what is wrong between them, and `relations`;
        see `relational.folder_check`.
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
    files = related_files(data_path)
    if files:
        single = {"label_column": label_column, "reference_path": reference_path, "columns": columns}
        return check_folder(files, read_options, output_path, **single)
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
    remove_duplicates: str | None = None,
) -> dict[str, object]:
    """Write the table with the cells changed that fixes name, and a journal by which every change can be undone.

    Rows that repeat others stay unless it is said which of them are to go; how many there are is told.

    Parameters
    ----------
    data_path
        The table that was checked; with `undo`, the one that was written.
    fixes_path
        Of `check_table`; people may remove rows from it, or correct `suggested`. With `remove_duplicates` it may be
        left out: no cell is changed then.
    min_confidence
        0 to 1; fixes of less are left alone.
    kinds
        Of the fixes to apply, of `rule, spelling, outlier, label ...`; all by default.
    journal_path
        With `undo`: the journal of the changes to take back.
    output_path
        The changed table, in any format; the journal lies beside it as csv. A csv made of a csv has the same signs
        between cells and before decimals.
    remove_duplicates
        Rows to leave out once the cells are changed: `exact` those that repeat an earlier one in every column,
        `except_key` also those that do in all but the key, `near` the exact ones and those that are probably the same
        person or thing, written differently, as sure as `min_confidence`; of these the most complete one stays.

    Returns
    -------
    dict
        `num_changed` (cells), `num_rows_removed`, `num_rows_restored` (by `undo`), `duplicates_left` (rows of the
        written table that repeat an earlier one in every column), `output_path`, `journal_path`, `changes` (by column),
        `warnings`.

    Raises
    ------
    RequestError
        If neither fixes nor duplicates nor a journal to undo are given, or a kind is not known.
    TableError, ColumnError
        If the fixes are not of this table.
    """
    given, field = (journal_path, "journal_path") if undo else (fixes_path, "fixes_path")
    _refuse_nothing_to_do(given, undo, remove_duplicates)
    if not 0 <= min_confidence <= 1:
        raise RequestError(f"min_confidence lies between 0 and 1, not {min_confidence!r}.", field="min_confidence")
    unknown = [each for each in kinds or () if each not in KINDS]
    if unknown:
        raise RequestError(f"There is no kind {unknown[0]!r:.60}; the kinds are {', '.join(KINDS)}.", field="kinds")
    data, fixes = input_path(data_path, "data_path"), None if given is None else input_path(given, field)
    stem = data.name.split(".")[0]
    written = checked_output(output_path, "output_path", ROW_SUFFIXES, f"{stem}_{'undone' if undo else 'cleaned'}.csv")
    journal = written.with_name(f"{written.stem}_journal.csv")
    for path in (written, journal):
        refuse_input_as_output(path, data, *([fixes] if fixes else []))
    with ExitStack() as stack:
        for path in (written, journal):
            stack.enter_context(claim_output(path))
        table = open_table(data, ReadOptions.of(read_options))
        frame = table.read().reset_index(drop=True)
        wanted = None if fixes is None else open_table(fixes).read().reset_index(drop=True)
        if undo and wanted is not None:
            done = undone(frame, wanted)
        else:
            done = fixed(frame, wanted, min_confidence, list(kinds or KINDS), remove_duplicates)
        with row_writer(written, signs_of(table)) as rows:
            rows.write(as_in_file(done.frame, plain_schema(table)))
        with TableWriter(journal) as changes:
            changes.write(done.journal)
    left = repeated_rows(done.frame)
    return {
        "num_changed": int(done.of_cells.sum()),
        "num_rows_removed": done.removed,
        "num_rows_restored": done.restored,
        "duplicates_left": left,
        "output_path": str(written),
        "journal_path": str(journal),
        "changes": {str(name): int(count) for name, count in done.journal["column"].value_counts().items()},
        "warnings": _told_of_fixes(done, "" if fixes is None else fixes.name, 0 if undo else left),
    }


def _refuse_nothing_to_do(given: str | None, undo: bool, duplicates: str | None) -> None:
    """Raise RequestError where it is not said what is to be done, or two things are that exclude one another."""
    if duplicates is not None and duplicates not in DUPLICATES:
        known = ", ".join(DUPLICATES)
        raise RequestError(
            f"remove_duplicates takes one of {known}, not {duplicates!r:.60}; left out, no row is removed.",
            field="remove_duplicates",
        )
    if undo and duplicates is not None:
        raise RequestError(
            "undo takes changes back and removes no rows; leave remove_duplicates out.", field="remove_duplicates"
        )
    if given is None and (undo or duplicates is None):
        raise RequestError(
            "undo needs journal_path, the file that apply-fixes wrote."
            if undo
            else "apply-fixes needs fixes_path, the file that check-table wrote; or remove_duplicates; or undo and "
            "journal_path.",
            field="journal_path" if undo else "fixes_path",
        )


def _told_of_fixes(done: Fixed, name: str, repeated: int) -> list[str]:
    """What was not done, and why."""
    told = []
    if done.stale:
        cells = "1 cell was" if done.stale == 1 else f"{done.stale:,} cells were"
        told.append(f"{cells} left alone, since something else stands there than in {name}.")
    if done.stale_rows:
        rows = "1 row was" if done.stale_rows == 1 else f"{done.stale_rows:,} rows were"
        told.append(f"{rows} left where they are, since something else stands there than in {name}.")
    if repeated:
        told.append(f"{repeating(repeated)}; {how_to_remove('exact')}")
    return told


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
        The columns to fill. By default all but those that are missing more often than not or hold notes, where it may
        mean something; each is told.
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
        filled = fill_table(frame, schema, wanted, mode == "draw", seed, drawn, most, columns is None)
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
