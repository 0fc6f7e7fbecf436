"""Synthetic rows, odd rows, and how good synthetic rows are."""

import glob
import secrets
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from agents.orchestrator import resolve
from agents.orchestrator.conditions import Conditions, read_conditions
from agents.orchestrator.drawing import Drawing
from agents.orchestrator.resolve import ModelFiles, table
from agents.orchestrator.tools.models import fitted, free_folder
from agents.orchestrator.tools.work import Result, Work, stem_of
from DataFoundry import evaluator, generator
from DataFoundry.errors import DataFoundryError, ImpossibleError
from DataFoundry.roots import output_home
from DataFoundry.sources.opening import open_table
from DataFoundry.storage.files import claim_output
from DataFoundry.storage.paths import input_path, output_path
from DataFoundry.storage.tables import TableWriter

DEFAULT_ROWS = 1_000
_MOST_DRAWN = 20_000_000
_LEAST_SHARE = 1e-4  # of the rows drawn that must fit a condition, told after so many
_LEAST_SHARE_AFTER = 200_000


def generate(work: Work) -> Result:
    """Rows from a model, all of them or only those that a condition asks for."""
    model = work.model()
    rows = wanted_rows(work)
    suffix = {"csv": ".csv", "pt": ".pt"}.get(str(work.args.get("output_format")), ".parquet")
    target = str(work.output("synthetic", suffix))
    seed = work.args.get("seed")
    where = work.args.get("where")
    drawing = Drawing.opened(model) if where else None
    conditions = read_conditions(where, drawing.example()) if drawing else Conditions()
    if drawing and conditions.tests:
        path = _draw_fitting(drawing, conditions, rows, target, seed)
    else:
        done = generator.generate_data(
            model.model_path,
            model.config_path,
            conditions.label,
            rows,
            target,
            Path(target).suffix.lstrip("."),
            seed=seed,
        )
        path = str(done["output_path"])
    said = f" where {conditions}" if where else ""
    return Result(
        f"Generated {rows:,} rows{said} from {model.model_path}: {path}.",
        {"table": path},
        details={"num_generated": rows},
    )


def wanted_rows(work: Work) -> int:
    """The number that is asked for; `as many as a.csv has` is counted."""
    asked = work.args.get("num_rows", DEFAULT_ROWS)
    if isinstance(asked, dict):
        source = open_table(input_path(table(str(asked["times_rows_of"]), work.results), "num_rows"))
        return max(1, round(sum(len(block) for block in source.blocks(source.columns[:1])) * float(asked["factor"])))
    return int(asked)


def _draw_fitting(drawn: Drawing, conditions: Conditions, rows: int, target: str, seed: int | None) -> str:
    """Draw until `rows` rows fit the conditions, and write exactly those."""
    path = output_path(target, "output", (".csv", ".parquet"))
    kept = tried = 0
    with claim_output(path), TableWriter(path) as writer:
        for chunk in drawn.chunks(conditions.label, _MOST_DRAWN, secrets.randbits(63) if seed is None else seed):
            fitting = chunk[conditions.mask(chunk)].head(rows - kept)
            tried += len(chunk)
            if len(fitting):
                writer.write(fitting)
                kept += len(fitting)
            if kept >= rows:
                return str(path)
            if tried > _LEAST_SHARE_AFTER and kept < tried * _LEAST_SHARE:
                break
        raise ImpossibleError(
            f"Only {kept:,} of {tried:,} rows that were drawn fit {conditions}; ask for fewer rows or "
            "a wider condition."
        )


def detect_anomalies(work: Work) -> Result:
    """Odd rows of a table by a model; without one, a model is trained on the table itself."""
    data = work.table()
    model, done, note = _scanned(work, data)
    scanned, report = int(done["num_samples_scanned"]), str(done["output_path"])
    flagged = _flagged(work, scanned)
    files = {"table": report}
    if flagged:
        files["flagged"] = _first_rows(report, flagged)
        note += f" The {flagged:,} oddest rows: {files['flagged']}."
    low, high = done["anomaly_score_range"]
    return Result(
        f"Scanned {scanned:,} rows of {Path(data).name} for anomalies (scores {low:.3g} to {high:.3g}), oddest first: "
        f"{report}.{note}",
        files,
        asdict(model),
        {"num_samples_scanned": scanned, "num_flagged": flagged},
    )


def _scanned(work: Work, data: str) -> tuple[ModelFiles, dict[str, Any], str]:
    """The model that scores the rows, the scores, and where the model is from."""
    report = str(work.output(f"{stem_of(data)}_anomalies"))
    if "model" in work.args:
        return _scan(work.model(), data, report, "")
    trained = [ModelFiles(**result["model"]) for result in work.results if result.get("model")]
    if trained:
        return _scan(trained[-1], data, report, "")
    for known in _of_table(data) if "seed" not in work.args else ():
        with suppress(DataFoundryError):  # a model that cannot tell what is odd
            return _scan(known, data, report, f" They are scored by the model that is there: {known.model_path}.")
    options = {"seed": work.args["seed"]} if "seed" in work.args else {}
    model, _ = fitted(data, free_folder(f"output_data/models/{stem_of(data)}"), "tabular_cvae", options)
    return _scan(model, data, report, f" A model was trained on it first: {model.model_path}.")


def _scan(model: ModelFiles, data: str, report: str, note: str) -> tuple[ModelFiles, dict[str, Any], str]:
    done = evaluator.detect_anomalies(model.config_path, model.model_path, model.preprocessor_path, data, report)
    return model, dict(done), note


def _of_table(data: str) -> list[ModelFiles]:
    """Models that learnt from this very table as it is now, the newest first."""
    path = input_path(data, "data")
    found = []
    for folder in sorted((output_home() / "models").glob(f"{glob.escape(stem_of(data))}*")):
        with suppress(DataFoundryError, OSError):
            files = resolve.model(str(folder), [])
            changed = Path(files.model_path).stat().st_mtime
            if Path(files.data_path) == path and changed >= path.stat().st_mtime:
                found.append((changed, files))
    return [files for _, files in sorted(found, key=lambda pair: -pair[0])]


def _flagged(work: Work, scanned: int) -> int:
    if "contamination" in work.args:
        return max(1, round(float(work.args["contamination"]) * scanned))
    return min(scanned, int(work.args.get("top", 0)))


def _first_rows(report: str, rows: int) -> str:
    path = Path(report).with_name(f"{Path(report).stem}_flagged{Path(report).suffix}")
    with TableWriter(path) as writer:
        for block in open_table(input_path(report, "report")).blocks():
            writer.write(block.head(rows))
            rows -= min(rows, len(block))
            if not rows:
                break
    return str(path)


def evaluate(work: Work) -> Result:
    """Synthetic rows, drawn for it if a model is named, beside real ones."""
    holdout = work.table()
    if "synthetic" in work.args:
        real, synthetic = holdout, table(str(work.args["synthetic"]), work.results)
        done = evaluator.evaluate_synthetic(real, synthetic, output_path=work.output("evaluation", ".json"))
    elif "model" in work.args:
        model = work.model()
        synthetic = str(work.output("evaluation_rows"))
        rows = sum(len(block) for block in open_table(input_path(holdout, "data")).blocks())
        generator.generate_data(
            model.model_path, model.config_path, None, max(1, rows), synthetic, seed=work.args.get("seed")
        )
        done = evaluator.evaluate_synthetic(
            model.data_path, synthetic, holdout, output_path=work.output("evaluation", ".json")
        )
    else:
        raise ImpossibleError("Name a model or a synthetic table to evaluate.")
    return Result(
        f"Evaluated against {Path(holdout).name}: {_headline(done)}",
        _files(done),
        details={"scores": done["scores"], "report": str(done["output_path"])},
    )


def _headline(done: dict[str, Any]) -> str:
    """Each score of the report that is a number, and where the page lies."""
    scores = {name: pair.get("synthetic") for name, pair in done["scores"].items() if isinstance(pair, dict)}
    figures = [f"{name.replace('_', ' ')} {value:.3f}" for name, value in scores.items() if isinstance(value, float)]
    return f"{', '.join(figures) or 'done'} ({done['report_path']})."


def _files(done: dict[str, Any]) -> dict[str, str]:
    return {name.removesuffix("_path"): str(value) for name, value in done.items() if name.endswith("_path") and value}
