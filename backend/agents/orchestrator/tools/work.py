"""One step's work and what comes of it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agents.orchestrator import resolve


class Question(Exception):
    """The step needs an answer before it can begin; the message is the question."""


@dataclass(frozen=True)
class Work:
    """A step with the results of the steps before it; `tag` names the outputs of the request, and no other's."""

    tool: str
    args: dict[str, Any]
    results: list[dict[str, Any]]
    tag: str

    def table(self, name: str = "data") -> str:
        """The path of the table that the argument names."""
        return resolve.table(str(self.args[name]), self.results)

    def model(self) -> resolve.ModelFiles:
        """The model that the step uses."""
        return resolve.model(str(self.args["model"]), self.results)

    def output(self, stem: str, suffix: str = ".parquet") -> str | None:
        """Where the step writes: what the request says, else a name that no other request and step has."""
        said = self.args.get("output")
        if suffix == ".parquet" and self.args.get("output_format") in ("csv", "parquet"):
            suffix = f".{self.args['output_format']}"
        if said is None:
            return f"output_data/{stem}_{self.tag}_{len(self.results) + 1}{suffix}"
        said = in_output_folder(str(said))
        return said if Path(said).suffix else f"{said}/{stem}{suffix}"


@dataclass(frozen=True)
class Result:
    """What a step gave.

    Attributes
    ----------
    summary
        A sentence or two for people, with the files.
    files
        What was written, by name; `table` is what `$n` means for a step that reads a table.
    model
        The model's files, for a step that made one.
    details
        Figures for programs.
    """

    summary: str
    files: dict[str, str] = field(default_factory=dict)
    model: dict[str, str] | None = None
    details: dict[str, Any] = field(default_factory=dict)

    def as_dict(self, tool: str) -> dict[str, Any]:
        return {
            "tool": tool,
            "summary": self.summary,
            "files": self.files,
            "model": self.model,
            "details": self.details,
        }


def in_output_folder(said: str) -> str:
    """A name without a folder lies in the folder of outputs."""
    return said if "/" in said else f"output_data/{said}"


def stem_of(path: str) -> str:
    """The name of a table without what earlier steps added to it."""
    return Path(path).stem
