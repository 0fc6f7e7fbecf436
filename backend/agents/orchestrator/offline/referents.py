"""What `it`, `the result`, `that model` and things left unsaid mean, in a request and in the conversation before it."""

from dataclasses import dataclass, field
from typing import Any

from agents.orchestrator.dialogue.memory import Memory
from agents.orchestrator.offline import roles
from agents.orchestrator.offline.acts import Act
from agents.orchestrator.offline.mention import Unclear
from agents.orchestrator.plan import Step

_LABELING = ("label", "label_agent")
_TRAINING = ("train", "train_agent")
_CHANGING = ("apply_fixes", "fill_missing", "convert")


@dataclass
class Referents:
    """Steps so far (shared with the builder), and the data that the sentence names, in the order of the text."""

    acts: list[Act]
    steps: list[Step]
    memory: Memory
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        files = sorted((m for act in self.acts for m in act.files()), key=lambda mention: mention.first)
        made_by = [
            m for act in self.acts if act.tool in ("generate", "evaluate") for m in act.files() if roles.plain_model(m)
        ]
        models = {id(mention) for mention in [*made_by, *(each for each in files if roles.says_model(each))]}
        self.said = [str(mention.value) for mention in files if id(mention) not in models]

    def last(self, *tools: str) -> str:
        """`$n` of the last step by one of the tools, empty when there is none."""
        places = [place for place, step in enumerate(self.steps, start=1) if step.tool in tools]
        return f"${places[-1]}" if places else ""

    def instead(self, path: str, tool: str) -> str:
        """A file that was labeled or repaired before is trained on as it is then; one named twice is asked about."""
        if tool not in _TRAINING:
            return path
        for place in range(len(self.steps), 0, -1):
            step = self.steps[place - 1]
            if step.tool in (*_LABELING, *_CHANGING) and path in (
                step.args.get("data"),
                step.args.get("raw_data_path"),
            ):
                if self.said.count(path) > 1:
                    raise Unclear(f"Shall I train on {path} as it is, or on its {_changed(step)} version?")
                return f"${place}"
        return path

    def resolve(self, reference: str, tool: str) -> str:
        """`$n` or a path for `it`, `result`, `labeled`, `generated`, `rows`, `data`; empty when there is none."""
        if not self.steps and not self.said:
            return self._remembered(reference, tool)
        tables = self.last(*_LABELING, "generate", *_CHANGING)
        labeled = [step for step in self.steps if step.tool in _LABELING]
        if len(labeled) > 1 and reference in ("it", "result", "labeled"):
            raise Unclear("Which of the labeled tables do you mean?")
        if reference in ("it", "result", "rows") and self.steps and self.steps[-1].tool == "detect_anomalies":
            raise Unclear("Do you mean the odd rows that were found, or the table itself?")
        if reference in ("labeled", "generated", "rows"):
            return self.last(*(_LABELING if reference == "labeled" else ("generate", "convert")))
        if reference == "result":
            return tables if self.steps and tables == f"${len(self.steps)}" else ""
        made = self.last("generate", *_CHANGING)
        if reference == "it" and tables and (tool in _TRAINING or tables == made != "" and tool not in _LABELING):
            return tables
        if tables and len(set(self.said)) == 1 and reference in ("it", "data") and labeled:
            raise Unclear(f"Do you mean {self.said[0]} as it is, or its labeled version?")
        said = list(dict.fromkeys(self.said))
        return said[0] if len(said) == 1 else self._latest_said()

    def _remembered(self, reference: str, tool: str) -> str:
        """The same of the conversation."""
        memory = self.memory
        if reference == "labeled":
            return memory.labeled
        if reference in ("generated", "rows"):
            return memory.generated
        if reference == "result" or reference == "it" and tool in _TRAINING:
            return memory.product or memory.said
        last = memory.steps[-1].tool if memory.steps else ""
        return memory.generated if reference == "it" and last == "generate" and memory.generated else memory.said

    def _latest_said(self) -> str:
        values = [
            step.args.get(name) for step in self.steps[::-1] for name in ("data", "raw_data_path", "labeled_data_path")
        ]
        return next((value for value in values if isinstance(value, str) and not value.startswith("$")), "")

    def unsaid(self, act: Act, later: list[Act], purpose: str) -> str:
        """What an act without data works on: the product of the chain, or the one file that is spoken of."""
        if act.tool in _TRAINING:
            if sum(step.tool in _LABELING for step in self.steps) > 1:
                raise Unclear("Which of the labeled tables shall I train on?")
            if product := self.last(*_LABELING, *_CHANGING):
                return product
        several = len(set(self.said)) > 1
        changed = self.last(*_LABELING, "generate")
        if act.tool == "detect_anomalies" and self.steps and (changed or several) and "v.clean" not in act.features:
            raise Unclear("In which table shall I look for anomalies?")
        said = list(dict.fromkeys(self.said))
        if len(said) == 1 and (self.steps or later):
            self._borrow(later, said[0])
            return said[0]
        return "" if self.steps or said else self.memory.said

    @staticmethod
    def _borrow(later: list[Act], path: str) -> None:
        """`Label and train on a.csv`: the file stands in the later act, and is then the product for that one."""
        for act in later:
            for mention in act.files():
                if mention.value == path and act.tool in _TRAINING:
                    return
                if mention.value == path and act.tool == "generate":
                    mention.taken = True
                    return

    def trained(self, each: bool, act: Act) -> list[str]:
        """The models of this request that rows can come from: the last, or each of several."""
        places = [place for place, step in enumerate(self.steps, start=1) if step.tool in _TRAINING]
        since = max((p for p, step in enumerate(self.steps, start=1) if step.tool == "generate"), default=0)
        fresh = [place for place in places if place > since] or places[-1:]
        if each and len(fresh) > 1:
            return [f"${place}" for place in fresh]
        if each:
            raise Unclear("From each of which models shall the rows come?")
        if len(fresh) > 1 and fresh[-1] - fresh[0] == len(fresh) - 1:
            raise Unclear("From which of the models shall the rows come, or from each?")
        return [f"${fresh[-1]}"] if fresh else []

    def judged(self, act: Act) -> dict[str, Any]:
        """What `how good is it` asks about."""
        names = {mention.value for mention in act.mentions if mention.kind == "reference"}
        several = any(mention.kind == "reference" and mention.name == "many" for mention in act.mentions)
        rows = bool({"generated", "rows"} & names) or several
        model, made = self.last(*_TRAINING), self.last("generate")
        if "it" in names and not rows and model and made:
            raise Unclear("Shall I evaluate the model, or the rows that it generated?")
        if made and (rows or not model or "n.evaluate" in act.features):
            return {"synthetic": made}
        if model:
            return {"model": model}
        if self.memory.generated and (rows or not self.memory.model):
            return {"synthetic": self.memory.generated}
        return {"model": self.memory.model} if self.memory.model and not self.steps else {}

    def learnt_from(self, subject: dict[str, Any]) -> str:
        """The table behind a model or synthetic rows of this request, to compare with where nothing else is named."""
        for value in subject.values():
            place = int(value[1:]) - 1 if str(value).startswith("$") else -1
            if place >= 0 and self.steps[place].tool == "generate":
                return self.learnt_from({"model": self.steps[place].args.get("model", "")})
            if place >= 0:
                return str(self.steps[place].args.get("data") or self.steps[place].args.get("holdout_test_path", ""))
        return self.memory.said if subject and not self.steps and self.memory.said not in subject.values() else ""


def _changed(step: Step) -> str:
    return "labeled" if step.tool in _LABELING else "changed"
