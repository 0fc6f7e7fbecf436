"""What is wrong with a table, and the table with that set right; what each column is; the table in another format."""

from pathlib import Path
from typing import Any, cast

from agents.orchestrator import resolve
from agents.orchestrator.conditions import as_wanted
from agents.orchestrator.tools.work import Result, Work, stem_of
from DataFoundry import cleaner, evaluator
from DataFoundry.sources.opening import open_table
from DataFoundry.storage.paths import input_path

_MOST_TOLD = 5


def check_table(work: Work) -> Result:
    """Everything that is wrong, the gravest first."""
    path = work.table()
    done = cleaner.check_table(
        path,
        work.args.get("label_column"),
        _reference(work),
        output_path=work.output(f"{stem_of(path)}_check", ".html"),
    )
    issues = cast(list[dict[str, Any]], done["issues"])
    told = " ".join(str(issue["sentence"]) for issue in issues[:_MOST_TOLD])
    more = f" And {len(issues) - _MOST_TOLD} more kinds of issues." if len(issues) > _MOST_TOLD else ""
    return Result(
        f"Checked {done['num_rows']:,} rows of {Path(path).name}: {done['num_findings']:,} cells to look at, "
        f"{done['num_fixes']:,} with a suggestion ({done['report_path']}). {told}{more}".strip(),
        {
            "table": str(done["findings_path"]),
            "fixes": str(done["fixes_path"]),
            "report": str(done["report_path"]),
        },
        details={"num_findings": done["num_findings"], "num_fixes": done["num_fixes"], "issues": issues[:50]},
    )


def profile(work: Work) -> Result:
    """What each column is, and what to be warned of."""
    path = work.table()
    done = evaluator.profile_dataset(
        path,
        work.args.get("label_column"),
        reference_path=_reference(work),
        output_path=work.output(f"{stem_of(path)}_profile", ".html"),
    )
    columns = cast(dict[str, Any], done["schema"])["columns"]
    kinds = ", ".join(f"{name} ({column['kind']})" for name, column in list(columns.items())[:40])
    warnings = cast(list[Any], done["warnings"])
    told = f" {len(warnings)} warnings, the first: {warnings[0]}" if warnings else ""
    return Result(
        f"Profiled {Path(path).name}, {len(columns)} columns: {kinds}. The page: {done['report_path']}.{told}",
        {"report": str(done["report_path"]), "schema": str(done["schema_path"])},
        details={"columns": {name: column["kind"] for name, column in columns.items()}, "warnings": warnings[:50]},
    )


def _reference(work: Work) -> str | None:
    return work.table("reference") if "reference" in work.args else None


def apply_fixes(work: Work) -> Result:
    """The table with the fixes of a check applied or rows left out, and a journal to undo that; or that undone."""
    path = work.table()
    told: dict[str, Any] = {
        name: work.args[name] for name in ("min_confidence", "remove_duplicates") if name in work.args
    }
    if "fixes" in work.args:
        told["fixes_path"] = resolve.made(str(work.args["fixes"]), "fixes", work.results)
    if "undo" in work.args:
        told |= {"journal_path": work.table("undo"), "undo": True}
    done = cleaner.apply_fixes(
        path, output_path=work.output(f"{stem_of(path)}_{'undone' if 'undo' in told else 'fixed'}"), **told
    )
    changed = [f"Changed {done['num_changed']:,} cells"] if {"fixes", "undo"} & set(work.args) else []
    for name, said in (("num_rows_removed", "left {:,} rows out"), ("num_rows_restored", "put {:,} rows back")):
        changed += [said.format(done[name])] if done[name] or name == "num_rows_removed" and not changed else []
    words = ", ".join(changed)
    return Result(
        f"{words[0].upper()}{words[1:]} of {Path(path).name}: {done['output_path']}. "
        f"Every change can be undone by the journal {done['journal_path']}.",
        {"table": str(done["output_path"]), "journal": str(done["journal_path"])},
        details={"num_changed": done["num_changed"], "changes": done["changes"]},
    )


def fill_missing(work: Work) -> Result:
    """The table with its missing cells filled, each marked."""
    path = work.table()
    model = work.model() if "model" in work.args else None
    done = cleaner.fill_missing(
        path,
        model.model_path if model else None,
        model.config_path if model else None,
        work.args.get("columns"),
        seed=work.args.get("seed"),
        output_path=work.output(f"{stem_of(path)}_filled"),
    )
    return Result(
        f"Filled {done['num_filled']:,} missing cells of {Path(path).name}, each marked in a column filled__<name>: "
        f"{done['output_path']}.",
        {"table": str(done["output_path"])},
        details={"num_filled": done["num_filled"], "columns": done["columns"]},
    )


def convert(work: Work) -> Result:
    """The table in another format, with the columns and rows that are wanted."""
    path = work.table()
    suffix = {"excel": ".xlsx"}.get(
        str(work.args.get("output_format")), f".{work.args.get('output_format', 'parquet')}"
    )
    where, said = None, ""
    if "where" in work.args:
        block = next(iter(open_table(input_path(path, "data")).blocks()))
        where, conditions = as_wanted(work.args["where"], block)
        said = f" where {conditions}"
    done = evaluator.convert_dataset(
        path, work.output(f"{stem_of(path)}_converted", suffix), work.args.get("columns"), where
    )
    return Result(
        f"Wrote {done['num_rows']:,} rows of {Path(path).name}{said}: {done['output_path']}.",
        {"table": str(done["output_path"])},
        details={"num_rows": done["num_rows"]},
    )
