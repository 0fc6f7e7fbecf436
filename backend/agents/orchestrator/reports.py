"""What was done, in words."""

from collections.abc import Sequence
from typing import Any

from agents.orchestrator.tool_names import ARGUMENTS


def reply(plan: list[dict[str, Any]], results: list[dict[str, Any]]) -> str:
    """One line for each finished step, numbered where there are several."""
    if len(results) == 1:
        return str(results[0]["summary"])
    lines = [f"{place}. {result['summary']}" for place, result in enumerate(results, start=1)]
    return "\n".join([f"Done, {len(plan)} steps:", *lines])


_SENTENCES = {
    "label": "label {data}",
    "label_agent": "label {raw_data_path} from the hand labels in {hand_labeled_examples_path}",
    "train": "train {model_type} on {data}",
    "train_agent": "train on {labeled_data_path} until its rows are useful on {holdout_test_path}",
    "generate": "generate {num_rows} rows from {model}",
    "detect_anomalies": "look for anomalies in {data}",
    "evaluate": "evaluate {subject} against {data}",
    "describe": "describe {data}",
    "list": "list {what}",
    "profile": "profile {data}",
    "check_table": "check {data} for what is wrong",
    "apply_fixes": "apply the fixes of {fixes} to {data}, in a new file",
    "clean_agent": "clean {data} until it is fit to train on",
    "share_agent": "make a synthetic version of {data} that may be shared",
    "undo": "undo the changes of {data} by {undo}",
    "remove_duplicates": "leave the {remove_duplicates} duplicates out of {data}, in a new file",
    "fill_missing": "fill in the missing values of {data}",
    "convert": "convert {data}",
    "suggest_functions": "suggest labeling functions for {data} from {hand_labeled_examples_path}",
    "suggest_rows": "pick rows of {data} to label by hand",
    "try_functions": "try the labeling functions {functions} on {data}",
}
_DEFAULTS = {"num_rows": "1,000", "model_type": "a model"}


def intention(steps: list[dict[str, Any]], notes: Sequence[str] = ()) -> str:
    """`I would train tabular_ctgan on a.csv for 10 epochs. Shall I?`, after what was left aside."""
    return " ".join([*notes, f"I would {', then '.join(map(_sentence, steps))}. Shall I?"])


def in_brief(steps: list[dict[str, Any]]) -> str:
    """`generate 500 rows from ?.`"""
    return f"{', then '.join(map(_sentence, steps))}."


def _sentence(step: dict[str, Any]) -> str:
    args = {name: _shown(value) for name, value in step["args"].items()}
    if "fixes" in args:
        args["fixes"] = args["fixes"].removeprefix("the result of ")
    subject = args.get("model") or args.get("synthetic") or "it"
    pattern = _SENTENCES[step["tool"]]
    if step["tool"] == "apply_fixes" and "fixes" not in args:
        pattern = _SENTENCES["undo" if "undo" in args else "remove_duplicates"]
    said = pattern.format_map({**dict.fromkeys(ARGUMENTS[step["tool"]], "?"), **_DEFAULTS, **args, "subject": subject})
    one = args.get("epochs") == "1"
    told = {
        "epochs": "for {} epoch" if one else "for {} epochs",
        "where": "where {}",
        "output": "to {}",
        "output_format": "as {}",
    }
    rest = [
        told.get(name, name.replace("_", " ") + " {}").format(value)
        for name, value in args.items()
        if f"{{{name}}}" not in pattern and not (step["tool"] == "evaluate" and name in ("model", "synthetic"))
    ]
    return " ".join([said, *rest])


def plan_in_words(steps: list[dict[str, Any]]) -> str:
    """A plan for people: `1. label data adult`."""
    lines = []
    for place, step in enumerate(steps, start=1):
        args = ", ".join(f"{name.replace('_', ' ')} {_shown(value)}" for name, value in step["args"].items())
        lines.append(f"{place}. {step['tool'].replace('_', ' ')}: {args}")
    return "\n".join(["I would do this:", *lines])


def _shown(value: Any) -> str:
    if isinstance(value, dict) and "times_rows_of" in value:
        return f"{value['factor']:g} times the rows of {value['times_rows_of']}"
    if isinstance(value, dict):
        either = {name: " or ".join(map(str, each)) if isinstance(each, list) else each for name, each in value.items()}
        return " and ".join(f"{name} {each}" for name, each in either.items())
    if isinstance(value, str) and value.startswith("$"):
        return f"the result of step {value[1:]}"
    if isinstance(value, list):
        return " and ".join(map(str, value))
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def set_aside(text: str, plan: list[dict[str, Any]], results: list[dict[str, Any]]) -> str:
    """What becomes of a request that was cut off when another is made."""
    return (
        f"Your earlier request (“{text[:80]}”) was cut off after {len(results)} of {len(plan)} steps, and is set aside."
    )


def failure(plan: list[dict[str, Any]], results: list[dict[str, Any]], message: str) -> str:
    """What went wrong where, and what is there already."""
    step = plan[len(results)]["tool"].replace("_", " ") if len(results) < len(plan) else "report"
    place = f"Step {len(results) + 1} of {len(plan)} ({step}) failed: " if len(plan) > 1 else ""
    done = f" Done before: {' '.join(str(result['summary']) for result in results)}" if results else ""
    return f"{place}{message}{done}"


def artifacts(results: list[dict[str, Any]]) -> list[dict[str, str]]:
    """The files of all steps: `step`, `name`, `path`."""
    return [
        {"step": str(place), "name": name, "path": path}
        for place, result in enumerate(results, start=1)
        for name, path in result["files"].items()
    ]
