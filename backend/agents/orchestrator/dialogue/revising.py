"""What is said of steps that are there already, done or not: `no, 200 rows`, `on b.csv`, `500`, `with tvae`."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from agents.orchestrator import explaining, resolve, values
from agents.orchestrator.dialogue.memory import Memory, drafted
from agents.orchestrator.dialogue.questions import question_for
from agents.orchestrator.offline import roles
from agents.orchestrator.offline.acts import accepts
from agents.orchestrator.offline.amounts import FACTORS
from agents.orchestrator.offline.leftovers import unread
from agents.orchestrator.offline.lexicon import ROW_NOUNS, WORDS
from agents.orchestrator.offline.mention import Mention, Unclear, number_of, use, word_at
from agents.orchestrator.offline.mentions import find_mentions
from agents.orchestrator.offline.scan import Token, tokens_of
from agents.orchestrator.offline.segments import SURE, Segment, find_segments
from agents.orchestrator.plan import Plan, Step, clarify
from agents.orchestrator.tool_names import ARGUMENTS, CHANGES_VALUES

Asked = tuple[int, str] | None
Read = Callable[[str, frozenset[str], Memory], Plan]
_NUMERIC = ("rows", "whole", "positive", "attempts", "fraction", "share", "rate", "utility")
_SLOTS = {"condition": "where", "model_type": "model_type", "format": "output_format", "goal": "user_goal"}
_WORK = {"v.check": "check_table", "v.train": "train", "v.label": "label", "v.profile": "profile"}
_MEANT = {  # what `clean` may mean, by the evidence of the answer
    "check_table": {"v.check", "v.list", "v.show"},
    "apply_fixes": {"v.fix", "n.fixes"},
    "fill_missing": {"v.fill", "n.missing"},
    "detect_anomalies": {"n.anomalies", "v.detect", "odd", "v.search"},
}


def revise(
    steps: tuple[Step, ...], asked: Asked, text: str, names: frozenset[str], memory: Memory, read: Read
) -> Plan | None:
    """`steps` with what `text` says of them; None where it says nothing that fits."""
    tokens = tokens_of(text, names)
    steps, freed = _without_condition(steps, tokens)
    steps, multiplied = _multiplied(steps, tokens)
    tokens = [token for token in tokens if not token.used]
    mentions = find_mentions(text, tokens, names, (*_sources(steps), memory.said, memory.model))
    segments = find_segments(tokens, mentions)
    if asked and asked[1] == "clean":
        return _cleaning(steps, frozenset().union(*(segment.features for segment in segments)))
    if (kept := _only(steps, segments, tokens)) is not None:
        return complete(kept, memory)
    if any(segment.tool and segment.weight >= SURE and not segment.negated for segment in segments):
        return _merged(steps, read(text, names, drafted(steps, memory)))
    if any(segment.negated for segment in segments):
        return None
    try:
        changed = _filled(steps, asked, mentions, tokens, memory)
        changed = values.explained(values.kept(steps, changed), memory)[0] if changed else changed
    except Unclear as doubt:
        return replace(clarify(str(doubt), steps, asked), known=memory.paths())
    changed = changed or (steps if freed or multiplied else None)
    if changed is None or unread(tokens, [])[0]:
        return None
    found = complete(changed, memory)
    return replace(found, known=(*found.known, *multiplied))


def complete(steps: tuple[Step, ...], memory: Memory, unsure: bool = False) -> Plan:
    """A plan of the steps, or the question for what they lack."""
    for place, step in enumerate(steps):
        for name, (_, needed) in ARGUMENTS[step.tool].items():
            if needed and step.args.get(name) in (None, ""):
                question = question_for(step.tool, name) + explaining.choices(name)
                return replace(clarify(question, steps, (place, name)), known=memory.paths())
    unsure |= any(step.tool in CHANGES_VALUES for step in steps)
    return Plan("confirm" if unsure else "ok", steps, known=memory.paths())


def _without_condition(steps: tuple[Step, ...], tokens: list[Token]) -> tuple[tuple[Step, ...], bool]:
    """`without the condition`: the steps on all rows."""
    for place, token in enumerate(tokens):
        run = [each.word for each in tokens[place : place + 3]]
        if token.word in WORDS["negations"] and set(run[1:]) & WORDS["conditions"]:
            use(tokens, place, place + (2 if run[2:] and run[2] in WORDS["conditions"] else 1))
            free = tuple(Step(s.tool, {n: v for n, v in s.args.items() if n != "where"}) for s in steps)
            return free, free != steps
    return steps, False


def _multiplied(steps: tuple[Step, ...], tokens: list[Token]) -> tuple[tuple[Step, ...], tuple[str, ...]]:
    """`twice as many`: the rows of the last generation times that; and the number, which nobody said."""
    for place in range(len(tokens) - 2):
        factor = FACTORS.get(tokens[place].word, 0)
        counted = steps and isinstance(steps[-1].args.get("num_rows"), int)
        behind = word_at(tokens, place + 3) not in ("as", *ROW_NOUNS) or word_at(tokens, place + 4) not in ("as", "in")
        if factor and counted and behind and [each.word for each in tokens[place + 1 : place + 3]] == ["as", "many"]:
            use(tokens, place, place + 2)
            rows = int(steps[-1].args["num_rows"] * factor)
            return (*steps[:-1], Step(steps[-1].tool, {**steps[-1].args, "num_rows": rows})), (str(rows),)
    return steps, ()


def _only(steps: tuple[Step, ...], segments: list[Segment], tokens: list[Token]) -> tuple[Step, ...] | None:
    """`only check it`: those of the steps that the verb names, where these are not all and need no other."""
    limited = any(token.is_word("only", "just") for token in tokens)
    verbs = {each for segment in segments if not segment.negated for each in segment.features if each in _WORK}
    kept = tuple(step for step in steps if step.tool in {_WORK[verb] for verb in verbs})
    alone = not any(str(value).startswith("$") for step in kept for value in step.args.values())
    return kept if limited and len(verbs) == 1 and len(segments) == 1 and 0 < len(kept) < len(steps) and alone else None


def _sources(steps: tuple[Step, ...]) -> list[str]:
    """Tables and models that steps name."""
    return [
        str(step.args[name]) for step in steps for name in ("data", "model") if str(step.args.get(name, "$"))[:1] != "$"
    ]


def _cleaning(steps: tuple[Step, ...], features: frozenset[str]) -> Plan | None:
    data = dict(steps[-1].args)
    meant = [tool for tool, evidence in _MEANT.items() if evidence & features]
    if len(meant) != 1:
        return None
    if meant[0] == "apply_fixes":
        done = (*steps[:-1], Step("check_table", data), Step("apply_fixes", {**data, "fixes": f"${len(steps)}"}))
    else:
        done = (*steps[:-1], Step(meant[0], data))
    found = complete(done, Memory())
    return replace(found, status="ok") if found.status == "confirm" else found


def _merged(steps: tuple[Step, ...], plan: Plan) -> Plan:
    """A request of its own: with one step by the same tool it says more of that step, else it takes their place."""
    said = plan.steps or plan.draft
    same = [place for place, step in enumerate(steps) if len(said) == 1 and step.tool == said[0].tool]
    if not same:
        return plan
    place = same[-1]
    both = Step(said[0].tool, {**steps[place].args, **said[0].args})
    if plan.status == "clarify" and plan.asked is None:
        return plan
    found = complete((*steps[:place], both, *steps[place + 1 :]), Memory(), plan.status == "confirm")
    return replace(found, known=plan.known, aside=plan.aside, notes=plan.notes, excluded=plan.excluded)


def _filled(
    steps: tuple[Step, ...], asked: Asked, mentions: list[Mention], tokens: list[Token], memory: Memory
) -> tuple[Step, ...] | None:
    found = list(steps)
    told = 0
    trains = any(
        mention.name in ARGUMENTS["train"] and mention.name not in ARGUMENTS["generate"] for mention in mentions
    )
    for mention in sorted(mentions, key=lambda each: each.kind != "file"):
        if mention.kind == "file":
            found = _with_file(found, asked, mention, trains)
        elif mention.kind == "reference":
            found = _with_reference(found, asked, mention, memory)
        elif mention.kind != "aside":
            found = _with_value(found, asked, mention)
        told += 1
    for token in tokens:
        if token.kind == "number" and not token.used and token.value is not None:
            rows = any(mention.kind == "condition" for mention in mentions)
            found = _with_number(found, asked, token, () if rows else steps)
            token.used = True
            told += 1
    if asked and asked[1] == "what":
        said = [token for token in tokens if token.word in ("models", "datasets", "files", "tables")]
        if len(said) == 1:
            found[asked[0]] = Step("list", {"what": "datasets" if said[0].word == "tables" else said[0].word})
            told += 1
    return tuple(found) if told else None


def _set(steps: list[Step], place: int, name: str, value: Any) -> list[Step]:
    changed = Step(steps[place].tool, {**steps[place].args, name: value})
    return [*steps[:place], changed, *steps[place + 1 :]]


def _with_value(steps: list[Step], asked: Asked, mention: Mention) -> list[Step]:
    name = _SLOTS.get(mention.kind, mention.name)
    value = mention.value
    places = [place for place, step in enumerate(steps) if accepts(step.tool, mention) and name in ARGUMENTS[step.tool]]
    having = [place for place in places if name in steps[place].args]
    if not places:
        raise Unclear(f"{roles.shown(mention)} means nothing for {steps[-1].tool.replace('_', ' ')}; say it otherwise.")
    if asked and asked[0] in places and asked[1] == name:
        places = [asked[0]]
    for place in having or (places if name == "seed" else places[-1:]):
        old = steps[place].args.get(name)
        if isinstance(value, dict) and isinstance(old, dict) and name == "where":
            value = {**old, **value}
        steps = _set(steps, place, name, value)
        if mention.which:
            steps = _set(steps, place, "where", mention.which)
    return steps


def _with_number(steps: list[Step], asked: Asked, token: Token, before: tuple[Step, ...]) -> list[Step]:
    """A number alone: what was asked for, the one number said `before` this message, or the rows to generate."""
    value = number_of(token)
    if asked and asked[0] < len(steps) and ARGUMENTS[steps[asked[0]].tool].get(asked[1], ("",))[0] in _NUMERIC:
        return _set(steps, asked[0], asked[1], value)
    numbers = [(place, name) for place, step in enumerate(before) for name in step.args
               if name != "seed" and ARGUMENTS[step.tool].get(name, ("",))[0] in _NUMERIC]  # fmt: skip
    generating = [(place, "num_rows") for place, step in enumerate(steps) if step.tool == "generate"]
    slot = numbers if len(numbers) == 1 else generating if len(generating) == 1 and not numbers else []
    if not slot:
        raise Unclear(f"What does {token.text} stand for?")
    return _set(steps, *slot[0], value)


def _with_file(steps: list[Step], asked: Asked, mention: Mention, trains: bool) -> list[Step]:
    value = str(mention.value)
    is_model = roles.says_model(mention) or roles.plain_model(mention)
    if roles.is_output(mention, 1, steps[-1].tool) and not asked:
        return _set(steps, len(steps) - 1, "output", value)
    if asked:
        place, name = asked
        kind = ARGUMENTS[steps[place].tool].get(name, ("",))[0]
        if kind == "model" and not is_model and (trains or mention.name == "path" or not resolve.is_model(value)):
            return _trained_first(steps, place, value)
        if kind in ("table", "model", "fixes", "functions"):
            return _set(steps, place, name, value)
    kind = "model" if is_model else "table"
    slots = [(place, name) for place, step in enumerate(steps) for name, (each, _) in ARGUMENTS[step.tool].items()
             if each == kind and str(step.args.get(name, ""))[:1] != "$"]  # fmt: skip
    filled = [slot for slot in slots if steps[slot[0]].args.get(slot[1])]
    if len({steps[place].args[name] for place, name in filled}) > 1:
        hinted = [
            (p, n)
            for p, n in filled
            if ("holdout" in n and roles.HOLDOUT & set(mention.before)) or ("hand" in n and roles.says_hand(mention))
        ]
        if len(hinted) != 1:
            raise Unclear(f"In place of which file shall I take {value}?")
        filled = hinted
    if not filled and not slots:
        raise Unclear(f"What shall I do with {value}?")
    for place, name in filled or slots[:1]:
        steps = _set(steps, place, name, value)
    return steps


def _trained_first(steps: list[Step], place: int, table: str) -> list[Step]:
    """A table in answer to the question for a model: it is learnt first, and later steps move one on."""
    moved = []
    for step in steps[place:]:
        args = {name: f"${int(v[1:]) + 1}" if isinstance(v, str) and v[:1] == "$" and int(v[1:]) > place else v
                for name, v in step.args.items()}  # fmt: skip
        moved.append(Step(step.tool, args))
    moved[0] = Step(moved[0].tool, {"model": f"${place + 1}", **moved[0].args})
    return [*steps[:place], Step("train", {"data": table}), *moved]


def _with_reference(steps: list[Step], asked: Asked, mention: Mention, memory: Memory) -> list[Step]:
    """`that model`, `the same one`: what the conversation knows, where it was asked for."""
    if not asked or asked[0] >= len(steps) or steps[asked[0]].args.get(asked[1]):
        return steps
    place, name = asked
    kind = ARGUMENTS[steps[place].tool].get(name, ("",))[0]
    value = memory.model if kind == "model" else {"labeled": memory.labeled, "generated": memory.generated,
                                                  "rows": memory.generated}.get(mention.value, memory.said)  # fmt: skip
    if not value:
        raise Unclear(question_for(steps[place].tool, name))
    return _set(steps, place, name, value)
