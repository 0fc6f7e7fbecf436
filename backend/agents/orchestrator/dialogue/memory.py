"""What a thread remembers of the work that it has seen: which table, which model, and what was done last."""

from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from agents.orchestrator.plan import Step
from agents.orchestrator.tool_names import ARGUMENTS

_TABLES = ("data", "raw_data_path", "labeled_data_path")


@dataclass(frozen=True)
class Memory:
    """Paths by what they are, empty where there is none yet, and the steps done last, with paths for `$n`.

    `planned` are the same steps as the plan had them, with those that were not reached.
    `said` is the data that the person named last; `product` is the last table that was made;
    `journal` undoes what made that, where it can be undone; `turns` counts the requests that were worked on.
    """

    steps: tuple[Step, ...] = field(default=())
    planned: tuple[Step, ...] = field(default=())
    model: str = ""
    said: str = ""
    labeled: str = ""
    generated: str = ""
    product: str = ""
    journal: str = ""
    turns: int = 0

    def as_dict(self) -> dict[str, Any]:
        steps = {name: [step.as_dict() for step in getattr(self, name)] for name in ("steps", "planned")}
        return {**asdict(self), **steps}

    @classmethod
    def read(cls, value: dict[str, Any] | None) -> "Memory":
        if not value:
            return cls()
        steps = {
            name: tuple(Step(each["tool"], each["args"]) for each in value.get(name, []))
            for name in ("steps", "planned")
        }
        return cls(**{**value, **steps})

    def paths(self) -> tuple[str, ...]:
        """Everything that a later request may mean without naming it."""
        of_steps = [str(each) for step in self.steps for each in step.args.values() if isinstance(each, str)]
        return tuple(
            each for each in (self.model, self.said, self.labeled, self.generated, self.product, *of_steps) if each
        )

    def after(self, plan: list[dict[str, Any]], results: list[dict[str, Any]]) -> "Memory":
        """The memory when steps of a plan are done."""
        found, done = self, []
        for step, result in zip(plan, results, strict=False):
            args = {name: _resolved(value, name, step["tool"], results) for name, value in step["args"].items()}
            done.append(Step(step["tool"], args))
            found = found.with_step(done[-1], result)
        planned = tuple(Step(step["tool"], step["args"]) for step in plan)
        return replace(found, steps=tuple(done), planned=planned, turns=self.turns + 1) if plan else found

    def with_step(self, step: Step, result: dict[str, Any]) -> "Memory":
        """The memory after one step, whose arguments name files."""
        data = next((str(step.args[name]) for name in _TABLES if name in step.args), "")
        named = data or str(step.args.get("model", "")) if step.tool != "list" else ""
        product = str((result.get("files") or {}).get("table", ""))
        found = replace(self, said=data or self.said) if named else self
        if result.get("model"):
            found = replace(found, model=str(Path(result["model"]["config_path"]).parent))
        elif step.args.get("model"):
            found = replace(found, model=str(step.args["model"]))
        if step.tool in ("label", "label_agent") and product:
            found = replace(found, labeled=product, product=product)
        elif step.tool == "generate" and product:
            found = replace(found, generated=product, product=product)
        elif step.tool in ("apply_fixes", "fill_missing", "convert") and product:
            journal = str(result["files"].get("journal", "")) if "undo" not in step.args else ""
            found = replace(found, product=product, journal=journal)
        return found


def drafted(steps: tuple[Step, ...], memory: Memory) -> Memory:
    """The memory with what steps that are not yet done speak of."""
    for step in steps:
        data = next((str(step.args[n]) for n in _TABLES if n in step.args and str(step.args[n])[:1] != "$"), "")
        model = str(step.args.get("model", ""))
        memory = replace(memory, said=data or memory.said)
        memory = replace(memory, model=model if model and model[:1] != "$" else memory.model)
    return replace(memory, steps=steps)


def _resolved(value: Any, name: str, tool: str, results: list[dict[str, Any]]) -> Any:
    """`$1` as the file that step 1 wrote."""
    if not (isinstance(value, str) and value.startswith("$") and value[1:].isdigit()):
        return value
    result = results[int(value[1:]) - 1]
    if ARGUMENTS[tool][name][0] == "model":
        return str(Path(result["model"]["config_path"]).parent)
    kind = {"fixes": "fixes", "functions": "functions"}.get(ARGUMENTS[tool][name][0], "table")
    return str(result["files"].get(kind, value))
