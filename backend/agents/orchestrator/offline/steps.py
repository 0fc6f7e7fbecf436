"""Acts in the order of doing -> steps with arguments, references resolved; raises `Unclear` rather than guess."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from agents.orchestrator.dialogue import questions
from agents.orchestrator.dialogue.memory import Memory
from agents.orchestrator.offline import roles
from agents.orchestrator.offline.acts import Act, names_holdout, nouns, of_its_training, speaks_of_hand_labels
from agents.orchestrator.offline.lexicon import words
from agents.orchestrator.offline.mention import Mention, Unclear
from agents.orchestrator.offline.referents import Referents
from agents.orchestrator.paths import is_table
from agents.orchestrator.plan import Step
from agents.orchestrator.resolve import is_model
from agents.orchestrator.tool_names import ARGUMENTS

_ASIDE = frozenset(words("with using from by via against for to as like"))  # `label a.csv with b.csv`: not two tables
_DATA = {"label_agent": "raw_data_path", "train_agent": "labeled_data_path"}
_OWN_ROWS = frozenset(words("sample draw give get need want provide take have put extract show"))


@dataclass(frozen=True)
class Missing:
    """What a step lacks: the place of the step, the argument, and the question that asks for it."""

    place: int
    argument: str
    question: str


@dataclass
class Steps:
    """Steps so far, what they lack, and whether something was taken that a person may have meant otherwise."""

    acts: list[Act]
    memory: Memory = field(default_factory=Memory)
    steps: list[Step] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)
    unsure: bool = False
    notes: list[str] = field(default_factory=list)

    def build(self) -> tuple[Step, ...]:
        self.refers = Referents(self.acts, self.steps, self.memory)
        for place, act in enumerate(self.acts):
            if act.tool == "save":
                self._save(act)
            else:
                self._act(act, self.acts[place + 1 :])
        return tuple(self.steps)

    def _act(self, act: Act, later: list[Act]) -> None:
        tool = self._tool(act)
        limits = self._limits(act, tool)
        training = self._of_training(act) if tool == "generate" else {}
        args = self._amounts(act, tool)
        others = sum(mention.kind in ("file", "reference") for mention in act.mentions) - 1
        output = take(act, lambda mention: roles.is_output(mention, others, act.tool))
        act.tool = tool
        make: Callable[[Act, dict[str, Any], list[Act]], list[Step]] = getattr(self, f"_{tool}", self._on_data)
        steps = make(act, args, later)
        if training:
            steps[0].args.update(training)
        if output:
            if len(steps) != 1 + bool(training) or "output" not in ARGUMENTS[tool]:
                raise Unclear(f"What shall be written to {output[0].value}?")
            steps[-1].args["output"] = output[0].value
        left = [mention for mention in act.files() if not mention.taken]
        if left:
            raise Unclear(f"What shall I do with {left[0].value}?")
        self.steps += self._limited(steps, limits) if limits else steps

    def _of_training(self, act: Act) -> dict[str, Any]:
        """What `generate 100 rows from a.csv, 1 epoch` says of the training that comes first."""
        said = [] if self.refers.last("train", "train_agent") else [m for m in act.mentions if of_its_training(act, m)]
        act.mentions = [mention for mention in act.mentions if mention not in said]
        act.features |= {"trained"} if said else set()
        return self._amounts(replace(act, mentions=said), "train")

    @staticmethod
    def _limits(act: Act, tool: str) -> list[Mention]:
        """Conditions of a tool that takes whole tables only; its rows are picked before."""
        if tool == "label" or "data" not in ARGUMENTS.get(tool, ()) or "where" in ARGUMENTS[tool]:
            return []
        limits = [mention for mention in act.mentions if mention.kind == "condition"]
        act.mentions = [mention for mention in act.mentions if mention.kind != "condition"]
        return limits

    def _limited(self, steps: list[Step], limits: list[Mention]) -> list[Step]:
        """`train on the women of a.csv`: the rows that are meant into a table of their own, and the step on that."""
        if len(steps) != 1 or len(limits) != 1 or "data" not in steps[0].args:
            raise Unclear(
                f"{roles.shown(limits[0])} means nothing for {steps[0].tool.replace('_', ' ')}; say it otherwise."
            )
        self.unsure = True
        picked = Step("convert", {"data": steps[0].args["data"], "where": limits[0].value})
        return [picked, Step(steps[0].tool, {**steps[0].args, "data": f"${len(self.steps) + 1}"})]

    def _tool(self, act: Act) -> str:
        """The self-correcting pipelines take over where a target or a number of attempts is named."""
        amounts = {mention.name for mention in act.mentions if mention.kind == "amount"}
        if act.tool == "label" and ({"target_auc_score", "max_attempts"} & amounts or speaks_of_hand_labels(act)):
            return "label_agent"
        if act.tool == "train" and {"target_utility_pct", "max_attempts"} & amounts:
            return "train_agent"
        return act.tool

    def _amounts(self, act: Act, tool: str) -> dict[str, Any]:
        args: dict[str, Any] = {}
        renamed = {("describe", "head"): "rows", ("generate", "head"): "num_rows", ("suggest_rows", "top"): "num_rows"}
        for mention in act.mentions:
            if mention.kind not in ("amount", "model_type", "format", "condition", "columns"):
                continue
            name = renamed.get((tool, mention.name), mention.name or "where")
            if name not in ARGUMENTS.get(tool, ()):
                raise Unclear(f"{roles.shown(mention)} means nothing for {tool.replace('_', ' ')}; say it otherwise.")
            value = mention.value
            if name == "where" and name in args and (isinstance(args[name], dict) or isinstance(value, dict)):
                both = [each if isinstance(each, dict) else {"": each} for each in (args[name], value)]
                value = {**both[0], **both[1]}
            elif name == "where" and args.get(name, value) != value:
                args[name] = value = f"{args[name]} {value}"
            elif args.get(name, value) != value:
                spoken = name.replace("_", " ")
                raise Unclear(f"There are two values for {spoken}, {args[name]} and {value}; which?")
            args[name] = value
            if mention.which:
                if "where" in args:
                    raise Unclear(f"Which rows are meant: {args['where']} or {mention.which}?")
                args["where"] = mention.which
        return args

    def _lacks(self, tool: str, argument: str) -> None:
        self.missing.append(Missing(len(self.steps), argument, questions.question_for(tool, argument)))

    def _save(self, act: Act) -> None:
        """`save it to PATH` belongs to the step before, or to the one whose product it names."""
        targets = take(act, lambda mention: mention.kind == "file")
        if not self.steps or len(targets) != 1:
            raise Unclear("What shall be saved, and where?")
        named = [mention.value for mention in act.mentions if mention.kind == "reference"]
        said = named[0] if named else "model" if "model" in nouns(act) else "rows" if "rows" in nouns(act) else ""
        wanted = {
            "model": ("train", "train_agent"),
            "labeled": ("label", "label_agent"),
            "generated": ("generate",),
            "rows": ("generate", "convert"),
        }.get(said, ())
        fitting = [step for step in self.steps if not wanted or step.tool in wanted]
        if not fitting or "output" not in ARGUMENTS[fitting[-1].tool] or "output" in fitting[-1].args:
            raise Unclear(f"What shall be saved to {targets[0].value}?")
        fitting[-1].args["output"] = targets[0].value
        fitting[-1].args.update(self._amounts(act, fitting[-1].tool))

    def _data(self, act: Act, later: list[Act]) -> list[str]:
        """The tables that an act works on; none where the sentence does not say, which is then asked."""
        purpose = questions.purpose(act.tool)
        files = take(act, lambda mention: mention.kind == "file" and not roles.says_model(mention))
        references = take(act, lambda mention: mention.kind == "reference" and mention.value != "model")
        aside = next((mention for mention in files[1:] if _ASIDE & set(mention.before[:3])), None)
        if aside:
            raise Unclear(f"What shall I do with {aside.value}?")
        values = [self.refers.instead(str(mention.value), act.tool) for mention in files]
        if not values:
            found = [self.refers.resolve(str(mention.value), act.tool) for mention in references]
            values = [each for each in found if each]
            if references and not values and references[-1].value not in ("it", "data"):
                raise Unclear(f"Which data shall I {purpose}? No earlier step of this request makes it.")
        elif any(each.value in ("labeled", "generated", "result") and self.refers.resolve(str(each.value), act.tool)
                 for each in references):  # fmt: skip
            raise Unclear(f"Shall I {purpose} {values[0]}, or the result of an earlier step?")
        if not values and (unsaid := self.refers.unsaid(act, later, purpose)):
            values = [unsaid]
            self.unsure |= not self.steps and not references and unsaid == self.memory.said
        if not values:
            self._lacks(act.tool, _DATA.get(act.tool, "data"))
        if len(set(values)) > 1:
            raise Unclear(f"Which of {' and '.join(values)} shall I {purpose}?")
        return list(dict.fromkeys(values))

    def _on_data(self, act: Act, args: dict[str, Any], later: list[Act]) -> list[Step]:
        """A tool that only needs tables, each by itself."""
        return [Step(act.tool, {"data": data, **args}) for data in self._data(act, later)] or [Step(act.tool, args)]

    def _label_agent(self, act: Act, args: dict[str, Any], later: list[Act]) -> list[Step]:
        hand = self._hand(act)
        if not hand and len(act.files()) > 1:
            raise Unclear("Which file holds the hand-labeled examples?")
        if not hand:
            self._lacks(act.tool, "hand_labeled_examples_path")
        data = self._data(act, later)
        goals = [mention.value for each in self.acts for mention in each.mentions if mention.kind == "goal"]
        found = {"user_goal": goals[0]} if goals else {}
        found |= {"raw_data_path": data[0]} if data else {}
        found |= {"hand_labeled_examples_path": hand} if hand else {}
        return [Step("label_agent", {**found, **args})]

    @staticmethod
    def _hand(act: Act) -> str:
        """The file with hand labels, which is then taken."""
        hand = [mention for mention in act.files() if roles.says_hand(mention) and not mention.taken]
        if len(hand) > 1:
            hand = [mention for mention in hand if roles.HAND & set(mention.before[:5])]
        if len(hand) > 1:
            raise Unclear("Which file holds the hand-labeled examples?")
        for mention in hand:
            mention.taken = True
        return str(hand[0].value) if hand else ""

    def _train(self, act: Act, args: dict[str, Any], later: list[Act]) -> list[Step]:
        same = [other for other in self.acts if other.group == act.group >= 0]
        listed = [mention.value for other in same for mention in other.files() if roles.data_like(mention)]
        types = {mention.value for other in same for mention in other.mentions if mention.kind == "model_type"}
        labeled = [
            f"${place}" for place, step in enumerate(self.steps, start=1) if step.tool in ("label", "label_agent")
        ]
        if "each" in act.features and len(labeled) > 1 and not act.files():
            return [Step("train", {"data": each, **args}) for each in labeled]
        data = self._data(act, later)
        if len(data) > 1 or len(set(listed)) > 1 and len(types) < 2 and any(o.opener != "then" for o in same[1:]):
            named = " and ".join(map(str, dict.fromkeys(listed or data)))
            raise Unclear(f"Shall I train one model on each of {named}, or only on one?")
        return [Step("train", {**({"data": data[0]} if data else {}), **args})]

    def _train_agent(self, act: Act, args: dict[str, Any], later: list[Act]) -> list[Step]:
        files = act.files()
        holdout = [mention for mention in files if names_holdout(mention)]
        targets = [mention for mention in act.mentions if mention.name == "target_utility_pct"]
        if not holdout and len(files) == 2 and any(files[0].first < each.first < files[1].first for each in targets):
            holdout = [files[1]]
        if len(holdout) > 1:
            holdout = [mention for mention in holdout if roles.HOLDOUT & set(mention.before[:4])]
        if len(holdout) != 1 and (holdout or len(files) > 1):
            raise Unclear("Which file is the holdout that the model is measured on?")
        for mention in holdout:
            mention.taken = True
        data = self._data(act, later)
        found = {"labeled_data_path": data[0]} if data else {}
        if holdout:
            found["holdout_test_path"] = str(holdout[0].value)
        else:
            self._lacks("train_agent", "holdout_test_path")
        return [Step("train_agent", {**found, **args})]

    def _generate(self, act: Act, args: dict[str, Any], later: list[Act]) -> list[Step]:
        files = take(act, lambda mention: mention.kind == "file")
        models = [mention for mention in files if roles.says_model(mention) or roles.plain_model(mention)]
        tables = [mention for mention in files if mention not in models]
        trained = [] if models else self.refers.trained(each="each" in act.features, act=act)
        if tables and trained and not models and tables[0].value == self.refers.said[0]:
            tables = []
        if len(models) == 1 and "each" in act.features:
            raise Unclear("For each of what shall I generate rows? I can make rows of one label at a time.")
        if len(models) == 1 and not tables or len(models) > 1 and "each" in act.features:
            return [Step("generate", {"model": model.value, **args}) for model in models]
        if len(tables) == 1 and not models and not trained:
            return self._from_table(act, tables[0], args)
        if models or tables:
            raise Unclear(
                "Which model shall generate the rows? Name one model folder or file, or one table to learn from."
            )
        if trained:
            return [Step("generate", {"model": each, **args}) for each in self._sized(trained, args)]
        names_model = any(mention.kind == "reference" and mention.value == "model" for mention in act.mentions)
        if self.refers.last("label", "label_agent") and not names_model:
            raise Unclear("Shall I train a model on the labeled data first, or use a model that exists?")
        pronoun = any(mention.kind == "reference" and mention.value in ("it", "data") for mention in act.mentions)
        if self.memory.model and not (pronoun and self.refers.said):
            return [Step("generate", {**self._as_before(act), "model": self.memory.model, **args})]
        if pronoun and len(set(self.refers.said)) == 1:
            return [
                Step("train", {"data": self.refers.said[0]}),
                Step("generate", {"model": f"${len(self.steps) + 1}", **args}),
            ]
        self._lacks("generate", "model")
        return [Step("generate", args)]

    def _as_before(self, act: Act) -> dict[str, Any]:
        """`50 more`: rows of the same kind as those made last, new ones, in a new file."""
        last = next((step for step in reversed(self.memory.steps) if step.tool == "generate"), None)
        if last is None or "more" not in act.features:
            return {}
        if "seed" in last.args:
            self.notes.append("The seed of before is not used again, so that the rows are new ones.")
        return {name: value for name, value in last.args.items() if name in ("where", "output_format")}

    def _sized(self, models: list[str], args: dict[str, Any]) -> list[str]:
        """`same size`: as many rows as the table that the model learnt from."""
        if args.get("num_rows") == "same":
            data = self.steps[int(models[0][1:]) - 1].args.get("data", "")
            args["num_rows"] = {"times_rows_of": data, "factor": 1}
        return models

    def _from_table(self, act: Act, table: Mention, args: dict[str, Any]) -> list[Step]:
        """`500 rows like a.csv`: a model of the table first."""
        if act.verb in _OWN_ROWS and not {"synthetic", "trained"} & act.features and "like" not in table.before:
            raise Unclear(f"Synthetic rows like those of {table.value}, or its own rows? I can make synthetic ones.")
        if not (is_table(str(table.value)) or roles.says_data(table) or {"synthetic", "trained"} & act.features):
            self.unsure = True
            if is_model(str(table.value)):
                return [Step("generate", {"model": table.value, **args})]
        if args.get("num_rows") == "same":
            args["num_rows"] = {"times_rows_of": str(table.value), "factor": 1}
        return [Step("train", {"data": table.value}), Step("generate", {"model": f"${len(self.steps) + 1}", **args})]

    def _detect_anomalies(self, act: Act, args: dict[str, Any], later: list[Act]) -> list[Step]:
        model = self._model(act)
        named = any(mention.kind == "reference" and mention.value == "model" for mention in act.mentions)
        data = self._data(act, later)
        if not model and named:
            model = self.refers.last("train", "train_agent") or self.memory.model
            if not model:
                raise Unclear("Which model do you mean?")
        found = {"model": model, **args} if model else args
        return [Step("detect_anomalies", {"data": each, **found}) for each in data] or [Step("detect_anomalies", found)]

    @staticmethod
    def _model(act: Act) -> str:
        """A model named beside a table, which is then taken."""
        tables = any(is_table(str(mention.value)) or mention.name == "name" for mention in act.files())
        models = take(
            act,
            lambda mention: (
                roles.says_model(mention)
                or (roles.plain_model(mention) and (tables or bool({"with", "using", "by"} & set(mention.before[:1]))))
            ),
        )
        if len(models) > 1:
            raise Unclear("Which model shall I use?")
        return str(models[0].value) if models else ""

    def _clean(self, act: Act, args: dict[str, Any], later: list[Act]) -> list[Step]:
        """In a chain with a model, what is odd by that model; alone, it is asked what cleaning means."""
        self.unsure = True
        if not any(step.tool.startswith("train") for step in self.steps):
            data = self._data(act, later)
            place = len(self.steps)
            self.missing = [Missing(place, "clean", "What does clean mean here: check the table for what is wrong, fix "
                                    "it, fill in missing values, or find anomalies?")]  # fmt: skip
            return [Step("check_table", {"data": data[0]} if data else {})]
        act.tool = "detect_anomalies"
        return self._detect_anomalies(act, args, later)


def take(act: Act, wanted: Callable[[Mention], bool]) -> list[Mention]:
    taken = [mention for mention in act.mentions if not mention.taken and wanted(mention)]
    for mention in taken:
        mention.taken = True
    return taken
