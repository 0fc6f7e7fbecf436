"""The steps of the tools for cleaning, labeling functions, comparing and listing."""

from typing import Any

from agents.orchestrator.offline import roles
from agents.orchestrator.offline.acts import Act
from agents.orchestrator.offline.mention import Mention, Unclear
from agents.orchestrator.offline.steps import Steps, take
from agents.orchestrator.plan import Step


class Builder(Steps):
    """Makes the steps of every tool; a method a tool, found by its name."""

    def _apply_fixes(self, act: Act, args: dict[str, Any], later: list[Act]) -> list[Step]:
        """With the fixes that are named, or those of a check, which is made first where there was none."""
        named = [m for m in act.files() if "fixes" in {*m.before[:3], *m.after[:1]} or "fix" in str(m.value).lower()]
        named = named[:1] if len(act.files()) > 1 else []
        for mention in named:
            mention.taken = True
        if {"n.duplicates", "v.deduplicate"} & act.features and not named:
            return self._without_duplicates(act, args, later)
        checked = self.refers.last("check_table")
        if checked and not act.files():
            data = str(self.steps[int(checked[1:]) - 1].args.get("data", ""))
            take(act, lambda mention: mention.kind == "reference")
            return [Step("apply_fixes", {"data": data, "fixes": checked, **args})]
        data_files = self._data(act, later)
        data_args = {"data": data_files[0]} if data_files else {}
        if named:
            return [Step("apply_fixes", {**data_args, "fixes": str(named[0].value), **args})]
        fixes = (
            checked if checked and self.steps[int(checked[1:]) - 1].args.get("data") == data_args.get("data") else ""
        )
        if fixes:
            return [Step("apply_fixes", {**data_args, "fixes": fixes, **args})]
        check = Step("check_table", data_args)
        return [check, Step("apply_fixes", {**data_args, "fixes": f"${len(self.steps) + 1}", **args})]

    def _without_duplicates(self, act: Act, args: dict[str, Any], later: list[Act]) -> list[Step]:
        """Rows that repeat others left out, of the table as an earlier step of this request has fixed it."""
        which = {"remove_duplicates": "near" if "near" in act.features else "exact", **args}
        data = self._data(act, later)
        fixed = [step for step in self.steps if step.tool == "apply_fixes" and [step.args.get("data")] == data]
        if fixed:
            fixed[-1].args.update(which)
            return []
        return [Step("apply_fixes", {**({"data": data[0]} if data else {}), **which})]

    def _share_agent(self, act: Act, args: dict[str, Any], later: list[Act]) -> list[Step]:
        self.unsure |= "synthetic" not in act.features  # sharing may mean another thing
        return self._on_data(act, args, later)

    def _check_table(self, act: Act, args: dict[str, Any], later: list[Act]) -> list[Step]:
        """Against the table as it was, where one is named."""
        files = act.files()
        before = [
            each for each in files[1:] if {"against", "with", "to", "reference", "original"} & set(each.before[:4])
        ]
        if len(files) == 2 and before:
            before[0].taken = True
            args = {"reference": str(before[0].value), **args}
        return self._on_data(act, args, later)

    _profile = _check_table

    def _suggest_functions(self, act: Act, args: dict[str, Any], later: list[Act]) -> list[Step]:
        hand = self._hand(act)
        with_which = [each for each in act.files()[1:] if {"using", "with", "from", "by"} & set(each.before[:3])]
        if not hand and len(with_which) == 1 and len(act.files()) == 2:
            with_which[0].taken, hand = True, str(with_which[0].value)
        data = self._data(act, later)
        if not hand and act.tool == "suggest_functions":
            self._lacks(act.tool, "hand_labeled_examples_path")
        found = {"data": data[0]} if data else {}
        found |= {"hand_labeled_examples_path": hand} if hand else {}
        return [Step(act.tool, {**found, **args})]

    _suggest_rows = _suggest_functions

    def _try_functions(self, act: Act, args: dict[str, Any], later: list[Act]) -> list[Step]:
        suggested = self.refers.last("suggest_functions")
        named = take(act, lambda mention: mention.kind == "file" and str(mention.value).endswith(".json"))
        if suggested and not act.files():
            data = [str(self.steps[int(suggested[1:]) - 1].args.get("data", ""))]
        else:
            data = self._data(act, later)
        functions = str(named[0].value) if named else suggested
        if not functions:
            self._lacks("try_functions", "functions")
        found = {"data": data[0]} if data else {}
        return [Step("try_functions", {**found, **({"functions": functions} if functions else {}), **args})]

    def _evaluate(self, act: Act, args: dict[str, Any], later: list[Act]) -> list[Step]:
        files = take(act, lambda mention: mention.kind == "file")
        models = [mention for mention in files if roles.says_model(mention)]
        if not models and len(files) >= 2:
            models = [mention for mention in files if roles.plain_model(mention)]
        if not models and len(files) == 1 and roles.plain_model(files[0]):
            models = files
        tables = [mention for mention in files if mention not in models]
        if models and len(tables) <= 1:
            return [step for model in models for step in self._judge({"model": model.value}, tables, args)]
        if not models and len(tables) <= 1:
            return self._judge(self.refers.judged(act), tables, args)
        if not models and len(tables) == 2:
            made = [mention for mention in tables if _synthetic(mention)]
            real = [mention for mention in tables if mention not in made]
            if len(made) == 1:
                return self._judge({"synthetic": made[0].value}, real, args)
        raise Unclear("Which model (or synthetic table) shall I compare with which real data? Name both.")

    def _judge(self, subject: dict[str, Any], tables: list[Mention], args: dict[str, Any]) -> list[Step]:
        data = str(tables[0].value) if tables else self.refers.learnt_from(subject)
        self.unsure |= bool(data) and not tables
        if not subject:
            self._lacks("evaluate", "model")
        if not data:
            self._lacks("evaluate", "data")
        return [Step("evaluate", {**subject, **({"data": data} if data else {}), **args})]

    def _list(self, act: Act, args: dict[str, Any], later: list[Act]) -> list[Step]:
        said = [each[5:] for each in act.features if each.startswith("what.")]
        what = {"tables": "datasets", "generators": "models"}.get(said[0], said[0]) if len(said) == 1 else ""
        if not what or act.files():
            raise Unclear("Shall I list models, datasets or files?")
        return [Step("list", {"what": what})]


def _synthetic(mention: Mention) -> bool:
    around = {*mention.before, *mention.after}
    return bool({"synthetic", "fake", "generated"} & around) or "synth" in str(mention.value).lower()
