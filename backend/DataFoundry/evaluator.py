"""Judge tables: what one holds, how good a synthetic one is, which rows of one are odd."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.anomaly.detector import Detector
from DataFoundry.anomaly.page import anomaly_page
from DataFoundry.anomaly.scan import ScanResult, scan
from DataFoundry.anomaly.threshold import ThresholdRule
from DataFoundry.config import ReadOptions, parse_config
from DataFoundry.errors import ArtifactError, IncompatibleArtifactError, UnsupportedModelError, first_line
from DataFoundry.metrics.description import describe
from DataFoundry.metrics.plain import plain
from DataFoundry.metrics.quality import align, quality
from DataFoundry.metrics.quality_page import quality_page
from DataFoundry.models.bundle import Bundle, load_bundle
from DataFoundry.models.registry import MODELS, model_type
from DataFoundry.preprocessing.filtering import rows_where
from DataFoundry.profiling.associations import associations
from DataFoundry.profiling.broken import broken_at_first_sight, broken_rules
from DataFoundry.profiling.drift import drift
from DataFoundry.profiling.duplicates import duplicates
from DataFoundry.profiling.findings import Findings
from DataFoundry.profiling.missing import missing_patterns
from DataFoundry.profiling.page import profile_page
from DataFoundry.profiling.warnings import warnings as profile_warnings
from DataFoundry.relational.config import is_related, parse_related
from DataFoundry.relational.evaluating import evaluate_related
from DataFoundry.schema.configured import schema_by
from DataFoundry.schema.discovery import discover_with_sample, sample_of
from DataFoundry.sources.coded import plain_schema
from DataFoundry.sources.integers import as_in_file
from DataFoundry.sources.opening import open_table
from DataFoundry.storage.configs import load_config, read_config
from DataFoundry.storage.files import claim_output, write_json, write_text
from DataFoundry.storage.paths import input_path, refuse_input_as_output
from DataFoundry.storage.paths import output_path as checked_output
from DataFoundry.storage.row_files import ROW_SUFFIXES, row_writer

_LOOKED_AT = 20_000  # rows in which `describe_dataset` looks for broken rules


def describe_dataset(data_path: str, read_options: Mapping[str, Any] | None = None) -> dict[str, object]:
    """Rows, columns, dtypes, missing values, first rows and summaries of a table, read in constant memory.

    Parameters
    ----------
    data_path
        A table file, or a folder of parquet files, inside a data root.
    read_options
        What is known better than found: see `config.ReadOptions`.

    Returns
    -------
    dict
        See `metrics.description.describe`; `warnings`: the rules between columns that a few of the first 20,000 rows
        break; and `reading`: how the file was read.

    Raises
    ------
    PathTextError, OutsideDataRootsError, NotDataError, MissingFileError, ImpossibleError, TooLargeError
        See `storage.paths.input_path` and `sources.opening.open_table`.
    """
    table = open_table(input_path(data_path, "data_path"), ReadOptions.of(read_options))
    first: list[pd.DataFrame] = []

    def blocks() -> Iterator[pd.DataFrame]:
        for block in table.blocks():
            if not first:
                first.append(block.head(_LOOKED_AT))
            yield block

    described = describe(table.columns, blocks())
    return {
        **described,
        "warnings": broken_at_first_sight(first[0], int(str(described["num_rows"]))),
        "reading": table.reading,
    }


def profile_dataset(
    data_path: str,
    label_column: str | None = None,
    columns: Mapping[str, Mapping[str, Any]] | None = None,
    read_options: Mapping[str, Any] | None = None,
    output_path: str | None = None,
    reference_path: str | None = None,
) -> dict[str, object]:
    """What each column of a table is, and why, with a page for people and the same as JSON.

    Parameters
    ----------
    label_column
        What is to be predicted, if there is one: rare classes are warned of.
    columns
        What somebody knows better: `{"zip": {"kind": "category"}}`, see `schema.discovery.discover`.
    output_path
        The page, `.html`; the schema lies beside it as `.json`.
    reference_path
        The same table as it was before: what changed since is told.

    Returns
    -------
    dict
        `schema`, `warnings`, `rules_broken` (with the first rows that break each), `duplicates`, `missing_patterns`,
        `associations` (the strongest pairs), `drift` (null without a reference), `reading`, `report_path`,
        `schema_path`.

    Raises
    ------
    ColumnError
        If there is no such label, or an override names no column.
    DataFoundryError
        As `storage.paths` and `sources.opening.open_table`.
    """
    data = input_path(data_path, "data_path")
    reference = None if reference_path is None else input_path(reference_path, "reference_path")
    page = checked_output(output_path, "output_path", (".html",), f"{data.name.split('.')[0]}_profile.html")
    schema_path = page.with_suffix(".json")
    refuse_input_as_output(schema_path, data, *([reference] if reference else []))
    options = ReadOptions.of(read_options)
    table = open_table(data, options)
    table.check(None if label_column is None else [label_column])
    with ExitStack() as stack:
        for path in (page, schema_path):
            stack.enter_context(claim_output(path))
        schema, sample = discover_with_sample(table, columns)
        counts = None if label_column is None else sample[label_column].dropna().map(str).value_counts().to_dict()
        names, measures = associations(schema, sample)
        earlier = None if reference is None else sample_of(open_table(reference, options))
        found = Findings(
            warnings=profile_warnings(schema, counts, sample),
            rules=broken_rules(schema, table),
            duplicates=duplicates(schema, table.blocks()),
            missing=missing_patterns(sample),
            association_names=names,
            associations=measures,
            drift=None if earlier is None else drift(schema, sample, earlier),
        )
        write_text(page, profile_page(data.name, schema, sample, found, table.reading))
        told = plain(schema.as_dict())
        write_json(schema_path, told)
    return {
        "schema": told,
        **found.told(),
        "reading": table.reading,
        "report_path": str(page),
        "schema_path": str(schema_path),
    }


def convert_dataset(
    data_path: str,
    output_path: str | None = None,
    columns: Sequence[str] | None = None,
    where: Mapping[str, Any] | None = None,
    read_options: Mapping[str, Any] | None = None,
) -> dict[str, object]:
    """Write any table that can be read as parquet, csv, xlsx, feather or jsonl, block by block.

    Parameters
    ----------
    columns
        Those to keep, in this order; all by default.
    where
        Conditions that every row meets, as `generator.generate_data` takes them.

    Returns
    -------
    dict
        `output_path`, `num_rows`, `reading`, `warnings`.

    Raises
    ------
    ColumnError
        If a column is not there.
    DataFoundryError
        As `storage.paths`, `sources.opening.open_table` and `storage.row_files.row_writer`.
    """
    data = input_path(data_path, "data_path")
    written = checked_output(output_path, "output_path", ROW_SUFFIXES, f"{data.name.split('.')[0]}.parquet")
    refuse_input_as_output(written, data)
    table = open_table(data, ReadOptions.of(read_options))
    kept, where = table.check(columns), where or {}
    table.check(list(where))
    read, rows = list(dict.fromkeys([*kept, *where])), 0
    with claim_output(written), row_writer(written) as writer:
        own = plain_schema(table)
        for block in table.blocks(read):
            block = block[rows_where(block, where)][kept]
            if len(block) or rows == 0:
                writer.write(as_in_file(block, own))
            rows += len(block)
    reading = table.reading
    return {
        "output_path": str(written),
        "num_rows": rows,
        "reading": reading,
        "warnings": [
            *reading.get("notes", []),
            *([] if rows else ["No row meets the conditions; the table is empty."]),
        ],
    }


def evaluate_synthetic(
    real_path: str,
    synthetic_path: str,
    holdout_path: str | None = None,
    label_column: str | None = None,
    output_path: str | None = None,
    seed: int | None = None,
    read_options: Mapping[str, Any] | None = None,
    config_path: str | None = None,
) -> dict[str, object]:
    """How good a synthetic table is: utility, shapes, trends, detection and closeness, each beside the holdout's own.

    Parameters
    ----------
    real_path, synthetic_path
        The table that the generator was trained on, and that to judge. With a configuration of related tables they are
        folders: see `relational.evaluating`.
    holdout_path
        Real rows that the generator never saw. Without, a quarter of the real rows stands in, and the share of rows
        closer to training rows is not measured.
    label_column
        What a learner should predict; that of the configuration, or `label` where the tables have it, else utility is
        not measured.
    output_path
        The report as `.json`; the HTML page lies beside it.
    seed
        Of learners and samples; without one, 0: the same tables give the same scores.
    read_options
        How the real tables are read, where what is found is not right; that of the configuration, if there is one.
    config_path
        The training's configuration: its label, and what its columns are and which rules they keep. Without, both are
        found in the real table.

    Returns
    -------
    dict
        `output_path`, `report_path` (the page), and the content of the report: see `metrics.quality.Quality.report`.

    Raises
    ------
    ColumnError
        If a table lacks the label column, or the tables have nothing in common.
    DataFoundryError
    """
    content = None if config_path is None else read_config(input_path(config_path, "config_path", (".json",)))
    if is_related(content):
        return evaluate_related(parse_related(content), real_path, synthetic_path, holdout_path, output_path, seed)
    named = {"real_path": real_path, "synthetic_path": synthetic_path, "holdout_path": holdout_path}
    paths = {field: input_path(text, field) for field, text in named.items() if text is not None}
    default = f"{paths['synthetic_path'].stem}_quality.json"
    written = checked_output(output_path, "output_path", (".json",), default)
    page = written.with_suffix(".html")
    refuse_input_as_output(written, *paths.values())
    with ExitStack() as stack:
        for path in (written, page):
            stack.enter_context(claim_output(path))
        config = None if content is None else parse_config(content)
        options = config.read_options if config and not read_options else ReadOptions.of(read_options)
        table = open_table(paths["real_path"], options)
        real, synthetic = table.read(), open_table(paths["synthetic_path"]).read()
        holdout = open_table(paths["holdout_path"], options).read() if holdout_path is not None else None
        label = label_column or (config.label if config else None)
        schema = schema_by(table, config)
        folded = (seed or 0) % 2**32  # what pandas and scikit-learn take
        found = quality(align(real, synthetic, holdout, label, folded, schema), folded)
        report = plain(found.report())
        write_text(page, quality_page(found, paths["synthetic_path"].name))
        write_json(written, report)
    return {"output_path": str(written), "report_path": str(page), **report}  # type: ignore[dict-item]


def detect_anomalies(
    config_path: str,
    model_path: str,
    preprocessor_path: str,
    data_to_scan_path: str,
    output_path: str | None = None,
    contamination: float | None = None,
    top_k: int | None = None,
    false_alarm_rate: float | None = None,
    read_options: Mapping[str, Any] | None = None,
) -> dict[str, object]:
    """Score every row of a table by how unlikely it is, say which cells make it so, and what was expected there.

    Parameters
    ----------
    config_path, model_path, preprocessor_path
        The files of one training of a type that has a likelihood.
    data_to_scan_path
        A table with all feature columns, with or without labels; other columns are carried through.
    output_path
        The report, parquet or csv; an HTML page, and findings and suggested fixes as csv lie beside it.
    contamination, top_k, false_alarm_rate
        At most one of: the share of rows to flag, their number, or the share of ordinary rows that may be flagged
        (default 0.01).
    read_options
        How the scanned table is read; by default as the training table was.

    Returns
    -------
    dict
        `num_samples_scanned`, `anomaly_score_range`, `mean_anomaly_score`, `output_path`, `report_path`,
        `findings_path` (cells that are wrong by themselves), `num_findings`, `suggested_fixes_path`,
        `num_suggested_fixes`, `threshold`, `threshold_method`, `threshold_setting`,
        `num_flagged`, `score_quantiles`, `ignored_columns`, `novel_values`, `warnings`.

    Raises
    ------
    UnsupportedModelError
        If the model type has no likelihood.
    ColumnError
        If a feature column is missing.
    RequestError
        If the threshold is given in two ways or out of range.
    DataFoundryError
        As `storage.paths`, `storage.tables` and `models.bundle.load_bundle`.
    """
    rule = ThresholdRule(contamination, top_k, false_alarm_rate)
    config = load_config(input_path(config_path, "config_path", (".json",)))
    _refuse_without_likelihood(config.model_type)
    model = input_path(model_path, "model_path", (".pth",))
    preprocessor = input_path(preprocessor_path, "preprocessor_path", (".joblib",))
    data = input_path(data_to_scan_path, "data_to_scan_path")
    report = checked_output(output_path, "output_path", default=f"{data.stem}_anomalies.parquet")
    page = report.with_suffix(".html")
    fixes, wrong = (report.with_name(f"{report.stem}_{each}.csv") for each in ("fixes", "findings"))
    for path in (report, fixes, wrong):
        refuse_input_as_output(path, data)
    with ExitStack() as stack:
        for path in (report, page, fixes, wrong):
            stack.enter_context(claim_output(path))
        table = open_table(data, ReadOptions.of(read_options) if read_options else config.read_options)
        bundle = load_bundle(config, model, preprocessor)
        result = scan(table, _detector(bundle), bundle.labels, rule, report, fixes, wrong)
        warnings = _scan_warnings(result)
        write_text(page, anomaly_page(result, data.name, warnings))
    paths = {"report_path": page, "suggested_fixes_path": fixes, "findings_path": wrong}
    return {"output_path": str(report), **{name: str(path) for name, path in paths.items()}, **_told(result, warnings)}


def _refuse_without_likelihood(name: str) -> None:
    if not model_type(name).likelihood:
        able = [each for each, kind in MODELS.items() if kind.likelihood]
        raise UnsupportedModelError(
            f"A {name} cannot say how likely a row is; train one of {', '.join(able)} to find anomalies.",
            model_types=able,
        )


def _detector(bundle: Bundle) -> Detector:
    if bundle.detector is None:
        raise IncompatibleArtifactError(
            "The model was saved without an anomaly detector; train it again to find anomalies."
        )
    try:
        return Detector.from_state(bundle.detector)
    except Exception as error:  # hand-made content: whatever breaks, it is the file that is wrong
        raise ArtifactError(
            f"The model's anomaly detector is damaged ({first_line(error, 120)}); train the model again."
        ) from None


def _scan_warnings(result: ScanResult) -> list[str]:
    warnings = [
        f"The scanned column {name!r} is {new!r} in the report, which has a column of that name itself."
        for name, new in result.layout.renamed.items()
    ]
    if result.novel:
        columns = ", ".join(repr(name) for name, _ in result.novel.most_common(10))
        warnings.append(f"Some cells hold what training never had (in {columns}); see novel_values in the report.")
    return warnings


def _told(result: ScanResult, warnings: list[str]) -> dict[str, object]:
    scores, threshold = result.scores, result.threshold
    shares = (0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1)
    return {
        "num_samples_scanned": len(scores),
        "anomaly_score_range": [float(scores.min()), float(scores.max())],
        "mean_anomaly_score": float(scores.mean()),
        "threshold": threshold.value,
        "threshold_method": threshold.method,
        "threshold_setting": threshold.setting,
        "num_flagged": threshold.flagged,
        "score_quantiles": {f"{share:g}": float(np.quantile(scores, share)) for share in shares},
        "ignored_columns": result.ignored,
        "novel_values": dict(result.novel.most_common()),
        "num_suggested_fixes": result.fixes,
        "num_findings": result.wrong,
        "warnings": warnings,
    }
