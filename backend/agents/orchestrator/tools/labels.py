"""Labeling: from hand labels, or from a column of the table that is the label already."""

from pathlib import Path
from typing import Any, cast

import pandas as pd

from agents import labeling_pipeline
from agents.orchestrator import resolve
from agents.orchestrator.tools.work import Question, Result, Work, stem_of
from DataFoundry import labeler
from DataFoundry.errors import RequestError
from DataFoundry.sources.opening import open_table
from DataFoundry.storage.configs import read_config
from DataFoundry.storage.files import claim_output, write_json
from DataFoundry.storage.paths import input_path, output_path

LABEL = "label"
# columns that are a label by their name; compared in lower case
TARGET_NAMES = frozenset(
    "income target class outcome y churn churned fraud is_fraud default diagnosis survived response".split()  # noqa: SIM905
)
_MOST_CLASSES = 20


def label(work: Work) -> Result:
    """Labels from a column that says them, since a request names neither functions nor hand labels here."""
    path = work.table()
    table = open_table(input_path(path, "data"))
    if LABEL in table.columns:
        return Result(
            f"{Path(path).name} has a column 'label' already, so it is used as it is: {path}.", {"table": path}
        )
    column, values = _target(table.read(), path)
    functions = [
        {
            "name": f"lf_{number}",
            "code": f"def lf_{number}(x):\n    return {number} if x[{column!r}] == {value!r} else -1",
        }
        for number, value in enumerate(values)
    ]
    done = labeler.create_labels(
        path,
        functions,
        output_path=work.output(f"{stem_of(path)}_labeled"),
        aggregator="majority_vote",
        cardinality=max(2, len(values)),
        seed=work.args.get("seed"),
    )
    meanings = ", ".join(f"{number} is {value}" for number, value in enumerate(values))
    return Result(
        f"Labeled {done['num_labeled']:,} of {done['num_rows']:,} rows of {Path(path).name} from its column {column!r} "
        f"({meanings}), since no hand labels were named: {done['output_path']}.",
        {"table": str(done["output_path"])},
        details={"label_distribution": done["label_distribution"], "column": column},
    )


def _target(frame: pd.DataFrame, path: str) -> tuple[str, list[object]]:
    """The column that is a label by its name, and its values in order; a question where there is none."""
    for name in frame.columns:
        if str(name).lower() in TARGET_NAMES and 2 <= frame[name].nunique() <= _MOST_CLASSES:
            values = frame[name].dropna().unique().tolist()
            return str(name), sorted(values, key=lambda value: (str(type(value)), value))
    raise Question(
        f"What shall the labels of {Path(path).name} be learnt from? Name a file with hand-labeled examples (the same "
        "and a column 'label')."
    )


def label_agent(work: Work) -> Result:
    """The self-correcting pipeline."""
    raw = work.table("raw_data_path")
    done = labeling_pipeline.run(
        str(work.args.get("user_goal", "")),
        raw,
        work.table("hand_labeled_examples_path"),
        target_auc_score=work.args.get("target_auc_score", 0.85),
        max_attempts=work.args.get("max_attempts", 3),
        output_path=work.output(f"{stem_of(raw)}_labeled"),
        seed=work.args.get("seed"),
    )
    low, high = cast(list[float], done["auc_interval"])
    attempts = len(cast(list[Any], done["attempts"]))
    return Result(
        f"Labeled {done['num_labeled']:,} of {done['num_rows']:,} rows of {Path(raw).name} from "
        f"{done['num_hand_labels']} hand labels: AUC {done['auc']:.3f} (95 % interval {low:.3f} to {high:.3f}), target "
        f"{str(done['outcome']).replace('_', ' ')}, "
        f"{attempts} attempt{'s' if attempts > 1 else ''}: {done['output_path']}.",
        {"table": str(done["output_path"]), "journal": str(done["journal_path"])},
        details={name: done[name] for name in ("auc", "auc_interval", "outcome", "target_reached", "best_attempt")},
    )


def suggest_functions(work: Work) -> Result:
    """Labeling functions found in hand-labeled rows, kept as a JSON file that can be edited and tried."""
    path = work.table()
    done = labeler.suggest_functions(
        path,
        work.table("hand_labeled_examples_path"),
        work.args.get("max_functions", 10),
        str(work.args.get("user_goal", "")),
        work.args.get("seed"),
    )
    found = cast(list[dict[str, Any]], done["labeling_functions"])
    target = output_path(str(work.output(f"{stem_of(path)}_functions", ".json")), "output", (".json",))
    with claim_output(target):
        write_json(target, found)
    told = " ".join(f"{place}. {each['sentence']}" for place, each in enumerate(found[:5], start=1))
    return Result(
        f"Found {len(found)} labeling functions for {Path(path).name}: {target}. {told}".strip(),
        {"functions": str(target)},
        details={"labeling_functions": found},
    )


def suggest_rows(work: Work) -> Result:
    """Rows that are worth a hand label next."""
    path = work.table()
    hand = work.table("hand_labeled_examples_path") if "hand_labeled_examples_path" in work.args else None
    told: dict[str, Any] = {"num_rows": int(work.args["num_rows"])} if "num_rows" in work.args else {}
    done = labeler.suggest_rows(path, None, hand, seed=work.args.get("seed"), **told)
    rows = cast(list[dict[str, Any]], done["rows"])
    numbers = ", ".join(str(row.get("row", row.get("row_index", place))) for place, row in enumerate(rows[:50]))
    return Result(
        f"{len(rows)} rows of {Path(path).name} are worth a hand label next, the most telling first: rows {numbers}.",
        details={"rows": rows},
    )


def try_functions(work: Work) -> Result:
    """What labeling functions would do on the first rows; nothing is written."""
    path = work.table()
    source = input_path(resolve.made(str(work.args["functions"]), "functions", work.results), "functions", (".json",))
    functions = read_functions(source)
    told: dict[str, Any] = {"max_rows": int(work.args["max_rows"])} if "max_rows" in work.args else {}
    done = labeler.try_functions(path, functions, **told)
    return Result(
        f"Tried {len(functions)} labeling functions on the first rows of {Path(path).name}; nothing was written.",
        details={name: value for name, value in done.items() if name != "rows"},
    )


def read_functions(path: Path) -> list[dict[str, str]]:
    """Labeling functions of a JSON file: a list of objects with `name` and `code`.

    Raises
    ------
    RequestError
        If the file holds something else.
    """
    try:
        found: Any = read_config(path)
        return [{"name": str(each["name"]), "code": str(each["code"])} for each in found]
    except (ValueError, KeyError, TypeError):
        raise RequestError(
            f"{path.name} holds no labeling functions; write a list of objects with name and code.", field="functions"
        ) from None
