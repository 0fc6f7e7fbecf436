"""What was done, in words."""

from typing import Any


def reply(plan: list[dict[str, Any]], results: list[dict[str, Any]]) -> str:
    """One line for each finished step, numbered where there are several."""
    if len(results) == 1:
        return str(results[0]["summary"])
    lines = [f"{place}. {result['summary']}" for place, result in enumerate(results, start=1)]
    return "\n".join([f"Done, {len(plan)} steps:", *lines])


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
        return " and ".join(f"{name} {each}" for name, each in value.items())
    if isinstance(value, str) and value.startswith("$"):
        return f"from step {value[1:]}"
    return str(value)


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
