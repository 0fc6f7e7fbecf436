"""What the orchestrator can be asked, and which files a question may be answered with."""

from pathlib import Path

from DataFoundry.settings import BACKEND
from DataFoundry.storage.catalog import list_files
from DataFoundry.storage.paths import TABLE_SUFFIXES

_MOST = 3
_MOST_LISTED = 20


def tables() -> list[str]:
    """Tables of the user's that can be named, the newest first."""
    own = [Path(file["path"]) for file in list_files() if file["name"].endswith(TABLE_SUFFIXES)]
    return [_short(path) for path in own]


def models() -> list[str]:
    """Folders of trained models, the newest first."""
    found = [Path(file["path"]).parent for file in list_files() if file["name"] == "model.pth"]
    return [_short(path) for path in dict.fromkeys(found)]


def _short(path: Path) -> str:
    return str(path.relative_to(BACKEND)) if path.is_relative_to(BACKEND) else str(path)


def listed(what: str) -> str:
    """`There are 2 models: a and b.`: what somebody asks for while a question is open."""
    found = models() if what == "models" else tables()
    more = f" and {len(found) - _MOST_LISTED} more" if len(found) > _MOST_LISTED else ""
    return (
        f"There are {len(found)} {what}: {', '.join(found[:_MOST_LISTED])}{more}." if found else f"There are no {what}."
    )


def choices(argument: str) -> str:
    """` There are a.csv and b.csv.`: what an argument can be answered with; empty where nothing is there."""
    known = {"model": models, "data": tables, "raw_data_path": tables, "labeled_data_path": tables}.get(argument)
    found = known()[:_MOST] if known else []
    if len(found) < 2:
        return f" There is {found[0]}." if found else ""
    return f" There are {', '.join(found[:-1])} and {found[-1]}."


def what_can_be_asked() -> str:
    """A sentence and three examples that fit the files that are there."""
    table = next(iter(tables()), "testing_data/adult.csv")
    model = next(iter(models()), "")
    second = (
        f"Generate 500 rows from {model}" if model else f"Train a model on {table} for 20 epochs and generate 500 rows"
    )
    return (
        "I label tables, train generative models, make synthetic rows, evaluate them, find anomalies, check, fix and "
        "convert tables, fill in missing values, describe and profile, and suggest labeling functions. For example: "
        f"“Check {table} for errors”, “{second}”, “Find the 20 oddest rows in {table}”."
    )
