"""Clauses in the order of doing -> steps with arguments, references resolved; raises `Unclear` rather than guess."""

from dataclasses import dataclass, field
from typing import Any

from agents.orchestrator.offline import roles
from agents.orchestrator.offline.clause import Clause
from agents.orchestrator.offline.mention import Mention
from agents.orchestrator.offline.ordering import Unclear
from agents.orchestrator.offline.wording import words
from agents.orchestrator.paths import is_table
from agents.orchestrator.plan import Step
from agents.orchestrator.tool_names import ARGUMENTS

_ASIDE = frozenset(words("with using from by via against for to as like"))  # `label a.csv with b.csv`: not two tables


@dataclass
class Builder:
    """Steps so far, and what the sentence has spoken of."""

    clauses: list[Clause]
    steps: list[Step] = field(default_factory=list)
    said: list[str] = field(default_factory=list)  # data files in the order of the text

    def build(self) -> tuple[Step, ...]:
        files = [mention for clause in self.clauses for mention in clause.mentions if mention.kind == "file"]
        models = {
            id(mention)
            for clause in self.clauses
            for mention in clause.mentions
            if roles.says_model(mention) or (clause.tool in ("generate", "evaluate") and roles.plain_model(mention))
        }
        self.said = [
            mention.value for mention in sorted(files, key=lambda mention: mention.first) if id(mention) not in models
        ]
        for place, clause in enumerate(self.clauses):
            if clause.kind == "save":
                self._save(clause)
            else:
                self._clause(clause, self.clauses[place + 1 :])
        return tuple(self.steps)

    def _clause(self, clause: Clause, later: list[Clause]) -> None:
        tool = self._tool(clause)
        args = self._amounts(clause, tool)
        output = _take(clause, lambda mention: roles.is_output(mention, clause))
        makers = {
            "label": self._label,
            "label_agent": self._label_agent,
            "train": self._train,
            "train_agent": self._train_agent,
            "generate": self._generate,
            "detect_anomalies": self._detect,
            "describe": self._describe,
            "evaluate": self._evaluate,
            "list": self._list,
        }
        steps = makers[tool](clause, args, later)
        if output:
            if len(steps) != 1 or "output" not in ARGUMENTS[tool]:
                raise Unclear(f"What shall be written to {output[0].value}?")
            steps[0].args["output"] = output[0].value
        left = [mention for mention in clause.mentions if mention.kind == "file" and not mention.taken]
        if left:
            raise Unclear(f"What shall I do with {left[0].value}?")
        self.steps += steps

    def _tool(self, clause: Clause) -> str:
        """The self-correcting pipelines take over where a target or a number of attempts is named."""
        amounts = {mention.name for mention in clause.mentions if mention.kind == "amount"}
        files = [mention for mention in clause.mentions if mention.kind == "file"]
        if clause.tool == "label" and (
            {"target_auc_score", "max_attempts"} & amounts
            or any(map(roles.says_hand, files))
            or "against" in clause.nouns
        ):
            return "label_agent"
        if clause.tool == "train" and ({"target_utility_pct", "max_attempts"} & amounts):
            return "train_agent"
        return clause.tool

    def _amounts(self, clause: Clause, tool: str) -> dict[str, Any]:
        args: dict[str, Any] = {}
        for mention in clause.mentions:
            if mention.kind not in ("amount", "model_type", "format", "condition"):
                continue
            name = mention.name or "where"
            if name not in ARGUMENTS[tool]:
                raise Unclear(f"{roles.shown(mention)} means nothing for {roles.spoken(tool)}; say it otherwise.")
            if name in args:
                raise Unclear(
                    f"There are two values for {name.replace('_', ' ')}, {args[name]} and {mention.value}; which?"
                )
            args[name] = mention.value
            if mention.which:
                if "where" in args:
                    raise Unclear(f"Which rows are meant: {args['where']} or {mention.which}?")
                args["where"] = mention.which
        return args

    def _save(self, clause: Clause) -> None:
        """`save it to PATH` belongs to the step before, or to the one whose product it names."""
        targets = _take(clause, lambda mention: mention.kind == "file")
        if not self.steps or len(targets) != 1:
            raise Unclear("What shall be saved, and where?")
        named = [mention.value for mention in clause.mentions if mention.kind == "reference"]
        wanted = {
            "model": ("train", "train_agent"),
            "labeled": ("label", "label_agent"),
            "generated": ("generate",),
            "rows": ("generate",),
        }.get(named[0] if named else "", ())
        if not named and "model" in clause.nouns:
            wanted = ("train", "train_agent")
        elif not named and ("rows" in clause.nouns):
            wanted = ("generate",)
        fitting = [step for step in self.steps if not wanted or step.tool in wanted]
        if not fitting or "output" not in ARGUMENTS[fitting[-1].tool] or "output" in fitting[-1].args:
            raise Unclear(f"What shall be saved to {targets[0].value}?")
        fitting[-1].args["output"] = targets[0].value
        amounts = self._amounts(clause, fitting[-1].tool)
        fitting[-1].args.update(amounts)

    def _last(self, *tools: str) -> str:
        for place in range(len(self.steps), 0, -1):
            if self.steps[place - 1].tool in tools:
                return f"${place}"
        return ""

    def _data(self, clause: Clause, later: list[Clause], purpose: str) -> list[str]:
        """The tables that a clause works on; one or more."""
        files = _take(clause, lambda mention: mention.kind == "file" and not roles.says_model(mention))
        references = _take(clause, lambda mention: mention.kind == "reference" and mention.value != "model")
        aside = next((mention for mention in files[1:] if _ASIDE & set(mention.before[:3])), None)
        if aside:
            raise Unclear(f"What shall I do with {aside.value}?")
        values = [self._instead(mention.value, clause.tool) for mention in files]
        if not values:
            values = [
                resolved for mention in references if (resolved := self._resolve(str(mention.value), clause.tool))
            ]
            if references and not values and references[-1].value not in ("it", "data"):
                raise Unclear(f"Which data shall I {purpose}? No earlier step of this request makes it.")
        elif references and self._far_reference(references, clause.tool):
            raise Unclear(f"Shall I {purpose} {values[0]}, or the result of an earlier step?")
        if not values:
            values = self._unsaid(clause, later, purpose)
        return list(dict.fromkeys(values))

    def _far_reference(self, references: list[Mention], tool: str) -> bool:
        """A reference to the product of a step, beside a file that is named: two things to work on."""
        return any(
            mention.value in ("labeled", "generated", "result") and self._resolve(str(mention.value), tool)
            for mention in references
        )

    def _instead(self, path: str, tool: str) -> str:
        """A file that `it` has labeled before is read as labeled; one that the text names twice is asked about."""
        if tool not in ("train", "train_agent"):
            return path
        for place, step in enumerate(self.steps, start=1):
            if step.tool in ("label", "label_agent") and path in (
                step.args.get("data"),
                step.args.get("raw_data_path"),
            ):
                if self.said.count(path) > 1:
                    raise Unclear(f"Shall I train on {path} as it is, or on its labeled version?")
                return f"${place}"
        return path

    def _resolve(self, reference: str, tool: str) -> str:
        """`$n` or a path for `it`, `result`, `labeled`, `generated`, `rows`, `data`; empty when there is none."""
        tables = self._last("label", "label_agent", "generate")
        labeled = [step for step in self.steps if step.tool in ("label", "label_agent")]
        if len(labeled) > 1 and reference in ("it", "result", "labeled"):
            raise Unclear("Which of the labeled tables do you mean?")
        if reference in ("it", "result", "rows") and self.steps and self.steps[-1].tool == "detect_anomalies":
            raise Unclear("Do you mean the odd rows that were found, or the table itself?")
        if reference == "labeled":
            return self._last("label", "label_agent")
        if reference in ("generated", "rows"):
            return self._last("generate")
        if reference == "result":
            if not self.steps:
                return ""
            return tables if tables == f"${len(self.steps)}" else ""
        if reference == "it" and tables and tool in ("train", "train_agent"):
            return tables
        if reference == "it" and tables == self._last("generate") != "" and tool in ("detect_anomalies", "describe"):
            return tables
        if tables and len(set(self.said)) == 1 and reference in ("it", "data") and self._last("label", "label_agent"):
            raise Unclear(f"Do you mean {self.said[0]} as it is, or its labeled version?")
        said = list(dict.fromkeys(self.said))
        return said[0] if len(said) == 1 else self._latest_said()

    def _latest_said(self) -> str:
        for step in reversed(self.steps):
            for name in ("data", "raw_data_path", "labeled_data_path"):
                value = step.args.get(name)
                if isinstance(value, str) and not value.startswith("$"):
                    return value
        return ""

    def _unsaid(self, clause: Clause, later: list[Clause], purpose: str) -> list[str]:
        """A clause that names no data: the product of the chain, or the one file that the sentence speaks of."""
        if clause.tool in ("train", "train_agent"):
            product = self._last("label", "label_agent")
            if sum(step.tool in ("label", "label_agent") for step in self.steps) > 1:
                raise Unclear("Which of the labeled tables shall I train on?")
            if product:
                return [product]
        if (
            clause.tool == "detect_anomalies"
            and self.steps
            and (self._last("label", "label_agent", "generate") or len(set(self.said)) > 1)
        ):
            raise Unclear("In which table shall I look for anomalies?")
        said = list(dict.fromkeys(self.said))
        if len(said) == 1 and (self.steps or later):
            self._borrow(later, said[0])
            return said
        raise Unclear(f"Which data shall I {purpose}? Name a file, or a data set such as the adult dataset.")

    @staticmethod
    def _borrow(later: list[Clause], path: str) -> None:
        """`Label and train on a.csv`: the file stands in the later clause, and is then the product for that one."""
        for clause in later:
            for mention in clause.mentions:
                if mention.kind == "file" and mention.value == path and clause.tool in ("train", "train_agent"):
                    return
                if mention.kind == "file" and mention.value == path and clause.tool == "generate":
                    mention.taken = True
                    return

    def _label(self, clause: Clause, args: dict[str, Any], later: list[Clause]) -> list[Step]:
        return [Step("label", {"data": data, **args}) for data in self._data(clause, later, "label")]

    def _label_agent(self, clause: Clause, args: dict[str, Any], later: list[Clause]) -> list[Step]:
        hand = [mention for mention in clause.mentions if roles.says_hand(mention)]
        if len(hand) > 1:
            hand = [mention for mention in hand if roles.HAND & set(mention.before[:5])]
        if len(hand) != 1:
            raise Unclear("Which file holds the hand-labeled examples?")
        hand[0].taken = True
        data = self._data(clause, later, "label")
        if len(data) != 1:
            raise Unclear(f"Which of {' and '.join(data)} shall be labeled?")
        goals = [mention.value for each in self.clauses for mention in each.mentions if mention.kind == "goal"]
        goal = {"user_goal": goals[0]} if goals else {}
        return [
            Step("label_agent", {**goal, "raw_data_path": data[0], "hand_labeled_examples_path": hand[0].value, **args})
        ]

    def _train(self, clause: Clause, args: dict[str, Any], later: list[Clause]) -> list[Step]:
        data = self._data(clause, later, "train on")
        if len(data) > 1:
            raise Unclear(f"Shall I train one model on each of {' and '.join(data)}, or only on one?")
        return [Step("train", {"data": data[0], **args})]

    def _train_agent(self, clause: Clause, args: dict[str, Any], later: list[Clause]) -> list[Step]:
        files = [mention for mention in clause.mentions if mention.kind == "file"]
        holdout = [mention for mention in files if roles.HOLDOUT & {*mention.before[:4], *mention.after[:3]}]
        if (
            not holdout
            and len(files) == 2
            and any(
                mention.name == "target_utility_pct" and files[0].first < mention.first < files[1].first
                for mention in clause.mentions
            )
        ):
            holdout = [files[1]]
        if len(holdout) > 1:
            holdout = [mention for mention in holdout if roles.HOLDOUT & set(mention.before[:4])]
        if len(holdout) != 1:
            raise Unclear("Which file is the holdout that the model is measured on?")
        holdout[0].taken = True
        data = self._data(clause, later, "train on")
        if len(data) != 1:
            raise Unclear(f"Which of {' and '.join(data)} shall I train on?")
        return [Step("train_agent", {"labeled_data_path": data[0], "holdout_test_path": holdout[0].value, **args})]

    def _generate(self, clause: Clause, args: dict[str, Any], later: list[Clause]) -> list[Step]:
        files = _take(clause, lambda mention: mention.kind == "file")
        models = [mention for mention in files if roles.says_model(mention) or roles.plain_model(mention)]
        tables = [mention for mention in files if mention not in models]
        trained = self._last("train", "train_agent")
        names_model = any(mention.kind == "reference" and mention.value == "model" for mention in clause.mentions)
        if len(models) == 1 and not tables:
            return [Step("generate", {"model": models[0].value, **args})]
        if len(tables) == 1 and not models and not trained and _asks_for_table(tables[0]):
            if not _asks_for_synthetic(clause, tables[0]):
                raise Unclear(
                    f"Synthetic rows like those of {tables[0].value}, or its own rows? I can make synthetic ones."
                )
            model_type: dict[str, Any] = {name: args.pop(name) for name in ("model_type", "epochs") if name in args}
            train = Step("train", {"data": tables[0].value, **model_type})
            return [train, Step("generate", {"model": f"${len(self.steps) + 1}", **args})]
        if len(tables) == 1 and not models and trained and tables[0].value == self.said[0]:
            files = []
        if files:
            raise Unclear(
                "Which model shall generate the rows? Name one model folder or file, or one table to learn from."
            )
        if trained:
            return [Step("generate", {"model": trained, **args})]
        if self._last("label", "label_agent") and not names_model:
            raise Unclear("Shall I train a model on the labeled data first, or use a model that exists?")
        pronoun = [
            mention for mention in clause.mentions if mention.kind == "reference" and mention.value in ("it", "data")
        ]
        if pronoun and len(set(self.said)) == 1:
            train = Step("train", {"data": self.said[0]})
            return [train, Step("generate", {"model": f"${len(self.steps) + 1}", **args})]
        raise Unclear("Which model shall generate the rows? Name a model folder or file, or a table to learn from.")

    def _detect(self, clause: Clause, args: dict[str, Any], later: list[Clause]) -> list[Step]:
        files = [mention for mention in clause.mentions if mention.kind == "file"]
        tables = any(is_table(mention.value) or mention.name == "name" for mention in files)
        models = _take(
            clause,
            lambda mention: (
                roles.says_model(mention)
                or (roles.plain_model(mention) and (tables or bool({"with", "using", "by"} & set(mention.before[:1]))))
            ),
        )
        named = [mention for mention in clause.mentions if mention.kind == "reference" and mention.value == "model"]
        data = self._data(clause, later, "look for anomalies in")
        if len(models) > 1:
            raise Unclear("Which model shall score the rows?")
        if models:
            args["model"] = models[0].value
        elif named and self._last("train", "train_agent"):
            args["model"] = self._last("train", "train_agent")
        elif named:
            raise Unclear("Which model do you mean?")
        return [Step("detect_anomalies", {"data": each, **args}) for each in data]

    def _describe(self, clause: Clause, args: dict[str, Any], later: list[Clause]) -> list[Step]:
        return [Step("describe", {"data": each, **args}) for each in self._data(clause, later, "describe")]

    def _evaluate(self, clause: Clause, args: dict[str, Any], later: list[Clause]) -> list[Step]:
        files = _take(clause, lambda mention: mention.kind == "file")
        models = [mention for mention in files if roles.says_model(mention)]
        if not models and len(files) == 2:
            models = [mention for mention in files if roles.plain_model(mention)]
        tables = [mention for mention in files if mention not in models]
        generated = any(
            mention.kind == "reference" and mention.value in ("generated", "rows") for mention in clause.mentions
        )
        if len(models) == 1 and len(tables) == 1:
            return [Step("evaluate", {"model": models[0].value, "data": tables[0].value, **args})]
        if not models and len(tables) == 1:
            made = (
                self._last("generate")
                if generated or not self._last("train", "train_agent")
                else self._last("train", "train_agent")
            )
            pronoun = any(
                mention.kind == "reference" and mention.value in ("it", "result") for mention in clause.mentions
            )
            if pronoun and not generated and self._last("generate") and self._last("train", "train_agent"):
                raise Unclear("Shall I evaluate the model, or the rows that it generated?")
            if made:
                name = "synthetic" if generated or self.steps[int(made[1:]) - 1].tool == "generate" else "model"
                return [Step("evaluate", {name: made, "data": tables[0].value, **args})]
        if not models and len(tables) == 2:
            synthetic = [
                mention
                for mention in tables
                if {"synthetic", "fake", "generated"} & {*mention.before, *mention.after}
                or "synth" in str(mention.value).lower()
            ]
            real = [mention for mention in tables if mention not in synthetic]
            if len(synthetic) == 1:
                return [Step("evaluate", {"synthetic": synthetic[0].value, "data": real[0].value, **args})]
        raise Unclear("Which model (or synthetic table) shall I compare with which real data? Name both.")

    def _list(self, clause: Clause, args: dict[str, Any], later: list[Clause]) -> list[Step]:
        raise Unclear("Shall I list models, datasets or files?")


def _asks_for_table(mention: Mention) -> bool:
    return is_table(mention.value) or roles.says_data(mention)


_OWN_ROWS = frozenset(words("sample draw give get need want provide take have put extract show"))


def _asks_for_synthetic(clause: Clause, table: Mention) -> bool:
    """`draw 100 rows from a.csv` may mean its own rows; `generate`, `synthetic` and `like a.csv` do not."""
    return clause.verb not in _OWN_ROWS or clause.synthetic or "like" in table.before


def _take(clause: Clause, wanted: Any) -> list[Mention]:
    taken = [mention for mention in clause.mentions if not mention.taken and wanted(mention)]
    for mention in taken:
        mention.taken = True
    return taken
