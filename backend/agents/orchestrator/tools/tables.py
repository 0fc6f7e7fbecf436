"""Looking only: what a table holds, which files there are."""

from pathlib import Path
from typing import Any

from agents.orchestrator.tools.work import Result, Work
from DataFoundry import evaluator
from DataFoundry.errors import RequestError
from DataFoundry.sources.opening import open_table
from DataFoundry.storage.catalog import list_files
from DataFoundry.storage.paths import TABLE_SUFFIXES, input_path

_MOST_NAMED = 40
_MOST_ROWS = 50


def describe(work: Work) -> Result:
    """Rows, columns and types of a table."""
    path = work.table()
    found = evaluator.describe_dataset(path)
    columns = [str(name) for name in found["columns"]]  # type: ignore[attr-defined]
    first = _first_rows(work, path)
    more = f" and {len(columns) - _MOST_NAMED} more" if len(columns) > _MOST_NAMED else ""
    return Result(
        f"{Path(path).name} has {found['num_rows']:,} rows and {found['num_columns']} columns: "
        f"{', '.join(columns[:_MOST_NAMED])}{more}.{first}",
        {"table": path},
        details={name: found[name] for name in ("num_rows", "num_columns", "columns", "dtypes", "missing_values")},
    )


def _first_rows(work: Work, path: str) -> str:
    """The first rows as text, where they are asked for."""
    if "rows" not in work.args:
        return ""
    wanted = min(int(work.args["rows"]), _MOST_ROWS)
    block = next(iter(open_table(input_path(path, "data")).blocks())).head(wanted)
    told = "" if wanted == work.args["rows"] else f" (I show at most {_MOST_ROWS})"
    return f" The first {len(block)} rows{told}:\n{block.to_csv(index=False).strip()}"


def list_things(work: Work) -> Result:
    """Models, data sets or all files under the output and testing folders, newest first."""
    what = str(work.args["what"])
    files = list_files()
    chosen: list[dict[str, Any]] = {
        "models": [file for file in files if file["name"].endswith(".pth")],
        "datasets": [file for file in files if file["name"].endswith(TABLE_SUFFIXES)],
        "files": files,
    }.get(what) or []
    if what not in ("models", "datasets", "files"):
        raise RequestError(f"I can list models, datasets or files, not {what[:50]!r}.", field="what")
    names = [str(file["path"]) for file in chosen]
    shown = "\n".join(f"- {name}" for name in names[:_MOST_NAMED])
    more = f"\nand {len(names) - _MOST_NAMED} more." if len(names) > _MOST_NAMED else ""
    return Result(
        f"There are {len(names)} {what}.\n{shown}{more}" if names else f"There are no {what} yet.",
        details={"what": what, "paths": names[:1000]},
    )
