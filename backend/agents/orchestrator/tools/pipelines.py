"""The self-correcting pipelines that end in a table: a clean one, and one that may be shared."""

from typing import Any

from agents import cleaning_pipeline, sharing_pipeline
from agents.orchestrator.resolve import ModelFiles
from agents.orchestrator.tools.labels import LABEL, TARGET_NAMES
from agents.orchestrator.tools.rows import wanted_rows
from agents.orchestrator.tools.work import Result, Work, stem_of
from DataFoundry.sources.opening import open_table
from DataFoundry.storage.paths import input_path


def clean_agent(work: Work) -> Result:
    """A table that is clean enough to train on."""
    data = work.table()
    done = cleaning_pipeline.run(
        data,
        label_column=_label(work, data),
        holdout_test_path=work.table("holdout_test_path") if "holdout_test_path" in work.args else None,
        target_errors_removed=work.args.get("target_errors_removed", 0.9),
        max_attempts=work.args.get("max_attempts", 3),
        output_path=work.output(f"{stem_of(data)}_clean"),
        seed=work.args.get("seed"),
    )
    names = ("errors_before", "errors_after", "errors_removed", "utility", "outcome", "target_reached", "best_attempt")
    return Result(
        f"{done['summary']} {done['output_path']}.",
        {"table": done["output_path"], "journal": done["journal_path"], "report": done["report_path"]},
        details={name: done[name] for name in names},
    )


def share_agent(work: Work) -> Result:
    """A synthetic table that may be shared."""
    data = work.table()
    output = work.output(f"{stem_of(data)}_shared")
    done = sharing_pipeline.run(
        data,
        label_column=_label(work, data),
        holdout_path=work.table("holdout_path") if "holdout_path" in work.args else None,
        num_rows=wanted_rows(work) if "num_rows" in work.args else None,
        target_utility_pct=work.args.get("target_utility_pct", 0.85),
        max_attempts=work.args.get("max_attempts", 3),
        output_path=output,
        output_dir=f"output_data/sharing_{stem_of(data)}_{work.tag}_{len(work.results) + 1}",
        seed=work.args.get("seed"),
    )
    files = ModelFiles(done["config_path"], done["model_path"], done["preprocessor_path"], data)
    names = ("utility_pct", "verdict", "outcome", "target_reached", "best_attempt", "personal_columns")
    return Result(
        f"{done['summary']} {done['output_path']}.",
        {"table": done["output_path"], "model": files.model_path, "report": done["report_path"]},
        details={name: done[name] for name in names},
    )


def _label(work: Work, data: str) -> str | None:
    """The column that the request says, else one that is a label by its name."""
    said: Any = work.args.get("label_column")
    if said is not None:
        return str(said)
    columns = [str(name) for name in open_table(input_path(data, "data")).columns]
    if LABEL in columns:
        return LABEL
    return next((name for name in columns if name.lower() in TARGET_NAMES), None)
