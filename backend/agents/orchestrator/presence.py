"""Files of a plan that are not there, and those that may have been meant."""

from dataclasses import dataclass
from pathlib import Path

from agents.orchestrator import explaining, resolve
from agents.orchestrator.plan import Step
from agents.orchestrator.tool_names import ARGUMENTS, READ_KINDS
from DataFoundry.errors import DataFoundryError, MissingFileError
from DataFoundry.near_names import nearest


@dataclass(frozen=True)
class Absent:
    """A file that is not there: where the plan names it, the question, and the files to choose from."""

    place: int
    argument: str
    question: str
    choices: tuple[str, ...]


def absent(steps: tuple[Step, ...]) -> Absent | None:
    """The first file that steps read and that neither is there nor is written by a step before."""
    written: list[str] = []
    for place, step in enumerate(steps):
        for name, value in step.args.items():
            kind = ARGUMENTS[step.tool][name][0]
            if kind not in READ_KINDS or not isinstance(value, str) or value.startswith("$"):
                continue
            if not any(value.startswith(each) for each in written) and _missing(value, kind):
                return _asked(place, name, value, kind)
        written += [str(step.args["output"])] if "output" in step.args else []
    return None


def _missing(value: str, kind: str) -> bool:
    try:
        if kind == "model":
            resolve.model(value, [])
        else:
            resolve.table(value, []) if kind == "table" else resolve.made(value, kind, [])
    except MissingFileError:
        return True
    except (DataFoundryError, ValueError, KeyError):
        return False  # there, and of no use: the tool says why
    return False


def _asked(place: int, name: str, value: str, kind: str) -> Absent:
    known = explaining.models() if kind == "model" else explaining.tables()
    by_name = {Path(each).name: each for each in reversed(known)}
    near = [by_name[each] for each in nearest(Path(value).name, list(by_name))]
    what = "model" if kind == "model" else "file"
    if not near:
        return Absent(
            place, name, f"There is no {what} {value}. Which {what} shall I take? Name it, or say cancel.", ()
        )
    listed = " or ".join(near)
    return Absent(
        place, name, f"There is no {what} {value}. Do you mean {listed}? Name it, or say cancel.", tuple(near)
    )
