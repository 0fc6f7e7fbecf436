"""The planner that needs no language model: it weighs the evidence of a sentence, and asks wherever there is doubt."""

import re
from dataclasses import replace
from typing import Any

from agents.orchestrator import explaining, values
from agents.orchestrator.datasets import known_names
from agents.orchestrator.dialogue.corrections import corrected
from agents.orchestrator.dialogue.memory import Memory
from agents.orchestrator.halting import halted
from agents.orchestrator.offline.acts import Act, find_acts, in_order, share
from agents.orchestrator.offline.leftovers import unread
from agents.orchestrator.offline.lexicon import ACTS, STARTS, VERBS, WORDS
from agents.orchestrator.offline.mention import Mention, Unclear
from agents.orchestrator.offline.mentions import find_mentions
from agents.orchestrator.offline.scan import Token, tokens_of, unwrap
from agents.orchestrator.offline.segments import SURE, find_segments
from agents.orchestrator.offline.steps import Missing
from agents.orchestrator.offline.steps_of_tools import Builder
from agents.orchestrator.paths import why_forbidden
from agents.orchestrator.plan import Plan, Step, clarify, explain, refuse, unsupported
from agents.orchestrator.screen import screen
from agents.orchestrator.tool_names import ARGUMENTS, CHANGES_VALUES, LOOKING
from DataFoundry.near_names import nearest

LONGEST_REQUEST = 4_000
CAN_DO = (
    "I can label, train, generate, evaluate, find anomalies, check and fix tables, fill in missing values, convert, "
    "describe and profile, suggest labeling functions, and list what is there"
)
_WORK_NOUNS = {
    "n.labels": "label",
    "n.anomalies": "detect_anomalies",
    "n.evaluate": "evaluate",
    "n.errors": "check_table",
}
_CONTRAST = {"but", "just", "only", ",", ".", ";", "then", "instead"}


class OfflinePlanner:
    """Reads a request into a plan; the same text and memory always give the same plan."""

    name = "offline"

    def plan(self, text: str, memory: Memory | None = None) -> Plan:
        """Steps for `text`, or a question, an explanation, a refusal, or the word that this cannot be done."""
        text = unwrap(text)
        if not text.strip():
            return clarify(f"What shall I do? {CAN_DO}.")
        if len(text) > LONGEST_REQUEST:
            return clarify(f"The request is longer than {LONGEST_REQUEST} characters; please say it shorter.")
        small = _small_talk(text)
        names = known_names()
        tokens = tokens_of(text, names)
        refused = screen(text, tokens) or _forbidden(tokens)
        if found := refused or halted(tokens) or small:
            return found
        return corrected(text, names, memory or Memory(), read) or read(text, names, memory or Memory())


def read(text: str, names: frozenset[str], memory: Memory) -> Plan:
    """The plan of one sentence or several, without corrections."""
    tokens = tokens_of(text, names)
    return _doubt(tokens) or _read(text, tokens, names, memory)


def exclusions(text: str) -> tuple[str, ...]:
    """Tools and files that `text` says not to use, as far as the grammar can tell."""
    tokens = tokens_of(unwrap(text), known_names())
    mentions = find_mentions(text, tokens, known_names())
    excluded = _excluded_files(tokens, mentions)
    try:
        return tuple(excluded + _excluded_work(find_acts(tokens, find_segments(tokens, mentions)), tokens))
    except Unclear:
        return tuple(excluded)


def _small_talk(text: str) -> Plan | None:
    """Greetings, thanks and the question what can be asked."""
    said = plain(text)
    if said in ACTS["help"] or said.startswith(STARTS["help"]) and not re.search(r"[\w-]\.\w{2,8}\b|/", text):
        return explain(explaining.what_can_be_asked())
    if said in ACTS["thanks"] | ACTS["bye"]:
        return explain("You are welcome.")
    return explain(f"Hello. {explaining.what_can_be_asked()}") if said in ACTS["hello"] else None


def plain(text: str) -> str:
    """A message without its signs, in small letters."""
    return " ".join(re.sub(r"[^\w'’\s-]", " ", text.lower()).replace("’", "'").split())


def _forbidden(tokens: list[Token]) -> Plan | None:
    reasons = [reason for token in tokens if token.kind == "path" and (reason := why_forbidden(token.text))]
    return refuse(reasons[0]) if reasons else None


def _doubt(tokens: list[Token]) -> Plan | None:
    """Alternatives and conditions: nothing that can be run as it stands."""
    for place, token in enumerate(tokens):
        if token.kind == "path" and any(sign in token.text for sign in "*?[]{}"):
            return clarify(f"I do not expand {token.text}; name each file, or a folder of parquet files.")
        if token.kind == "word" and token.word in WORDS["alternatives"] and not _negated_or(tokens, place):
            return clarify(f"You leave a choice open (“{token.text}”); which of them shall I do?")
        told = token.word == "when" and place + 1 < len(tokens) and tokens[place + 1].is_word("i", "we")
        if token.kind == "word" and (told or token.word in WORDS["conditionals"] - {"when", "whether"}):
            return clarify(f"I cannot decide “{token.text} …” for you; what shall I do in any case?")
    return None


def _negated_or(tokens: list[Token], place: int) -> bool:
    """`do not label or train`: one negation over both."""
    return any(other.kind == "word" and other.word in WORDS["negations"] for other in tokens[max(0, place - 4) : place])


def _asks_for_words(text: str, acts: list[Act]) -> bool:
    """Whether the first sentence wants an explanation rather than work, and no other sentence wants any."""
    said = plain(text) + " "
    if re.search(r"\bhow (?:to|do|does|can|should|would|i|you|long)\b", said):
        return True
    later = any(act.sentence > 0 and act.weight >= SURE and not act.negated for act in acts)
    if said.startswith(tuple(f"{each} " for each in STARTS["looking"])) and not said.startswith(("do not ", "have a ")):
        return not later and not any(act.tool in LOOKING and act.weight >= SURE for act in acts)
    start = next((each for each in STARTS["explanation"] if said.startswith(f"{each} ")), "")
    telling = any({"how-good", "how-many"} & act.features for act in acts)
    return bool(start) and not later and not telling


def _read(text: str, tokens: list[Token], names: frozenset[str], memory: Memory) -> Plan:
    mentions = find_mentions(text, tokens, names, (memory.said, memory.model))
    excluded = _excluded_files(tokens, mentions)
    acts = find_acts(tokens, find_segments(tokens, mentions))
    if _asks_for_words(text, acts):
        return clarify(f"I do work rather than answer questions about it. {CAN_DO}; what shall it be?")
    cannot = [_unsupported_word(tokens, act) for act in acts if act.tool == "unsupported" and not act.negated]
    wanted = [act for act in acts if not act.negated and act.tool != "unsupported"]
    if not any(act.tool not in ("", "save") for act in wanted):
        excluded_too = any(act.negated and (act.tool or act.mentions) for act in acts)
        return _no_work(tokens, mentions, cannot, excluded_too)
    builder = Builder([], memory)
    try:
        excluded += _excluded_work(acts, tokens)
        _topics(acts, wanted)
        builder.acts = in_order([act for act in wanted if act.tool], tokens)
        stray = next(
            (each for act in wanted if not act.tool for each in act.mentions if each.kind != "reference"), None
        )
        if stray:
            raise Unclear(f"What shall I do with {stray.value}?")
        share(builder.acts)
        steps, vague = values.explained(builder.build(), memory)
    except Unclear as doubt:
        return clarify(str(doubt))
    builder.unsure |= vague
    return _judged(tokens, builder, steps, tuple(excluded), cannot)


def _unsupported_word(tokens: list[Token], act: Act) -> str:
    said = [token.text.lower() for token in tokens[act.first : act.last + 1]
            if VERBS.get(token.word, ("",))[0] in ("unsupported", "destructive")]  # fmt: skip
    return said[0] if said else tokens[act.head].text.lower()


def _judged(
    tokens: list[Token], builder: Builder, steps: tuple[Step, ...], excluded: tuple[str, ...], cannot: list[str]
) -> Plan:
    """The status of a plan: what is left over, what it lacks, what was guessed."""
    for act in builder.acts:
        if "each" in act.features and act.tool in ("generate", "train"):
            _mark(tokens, act, "each")
    risk, strange = unread(tokens, builder.acts)
    forbidden = [step.tool for step in steps if step.tool in excluded or step.tool.removesuffix("_agent") in excluded]
    if forbidden:
        return clarify(f"You both ask for and exclude “{forbidden[0]}”; which shall it be?")
    if risk:
        return clarify(
            f"I did not understand “{risk}”, so I have not begun. {_so_far(steps)} Please say it otherwise.", steps
        )
    if len(strange) > 1 and all(act.weight < SURE for act in builder.acts):
        return clarify(f"I understood too little: not “{strange[0]}”. {_so_far(steps)} Please say it otherwise.", steps)
    known = builder.memory.paths()
    aside, wrong = _asides(builder.acts, steps)
    if wrong:
        return clarify(wrong, steps)
    if how_many := _how_many(strange, steps):
        return how_many
    if builder.missing:
        question = _question(builder.missing[0], steps, strange, cannot)
        return replace(question, excluded=excluded, aside=aside, known=known)
    notes = _notes(tokens, steps, strange, cannot)
    weak = any(act.tool != "save" and (act.weight < SURE or act.rivals) for act in builder.acts)
    doubtful = notes or weak or builder.unsure or any(step.tool in CHANGES_VALUES for step in steps)
    notes += builder.notes
    return Plan("confirm" if doubtful else "ok", steps, "", excluded, notes=tuple(notes), aside=aside, known=known)


def _question(lacks: Missing, steps: tuple[Step, ...], strange: list[str], cannot: list[str]) -> Plan:
    """The question for what a step lacks, with the names that a strange word may mean or else with files to choose."""
    kind = ARGUMENTS[steps[lacks.place].tool].get(lacks.argument, ("",))[0]
    meant = _near(strange) if kind == "table" else ()
    offered = f" Do you mean {' or '.join(meant)}?" if meant else explaining.choices(lacks.argument)
    told = f"I cannot “{cannot[0]}”; the rest I can do. " if cannot else ""
    return replace(clarify(f"{told}{lacks.question}{offered}", steps, (lacks.place, lacks.argument)), choices=meant)


def _notes(tokens: list[Token], steps: tuple[Step, ...], strange: list[str], cannot: list[str]) -> list[str]:
    """What is told before a yes: what cannot be done, how a number was read, and of which words nothing was made."""
    columns = {str(name).lower() for step in steps for name in _where(step)}
    cannot = [
        *cannot,
        *(VERBS.get(word.lower(), ("", word))[1] for word in strange if word.lower() in WORDS["arranged"]),
    ]
    left = [word for word in strange if word.lower() not in columns | WORDS["arranged"]]
    notes = [f"I cannot “{cannot[0]}”; the rest I can do."] if cannot else []
    notes += [f"I read {each.text} as {each.value:,.0f}." for each in tokens if each.named == "grouped"]
    return notes + ([f"I made nothing of {', '.join(f'“{word}”' for word in left[:4])}."] if left else [])


def _where(step: Step) -> dict[str, Any]:
    where = step.args.get("where")
    return where if isinstance(where, dict) else {}


def _near(strange: list[str]) -> tuple[str, ...]:
    """Tables whose names a word that is not understood may mean: `kunden` for `q3-kunden`."""
    names = sorted(known_names())
    within = [name for name in names for word in strange if len(word) > 3 and word.lower() in name]
    return tuple(dict.fromkeys(within or [each for word in strange for each in nearest(word.lower(), names)]))[:3]


def _how_many(strange: list[str], steps: tuple[Step, ...]) -> Plan | None:
    """`a couple of rows` is no number: it is asked for."""
    said = [word for word in strange if word.lower() in WORDS["quantities"]]
    for place, step in enumerate(steps if said else ()):
        name = {"generate": "num_rows", "train": "epochs"}.get(step.tool, "")
        if name and name not in step.args and (step.tool == "generate" or len(steps) == 1):
            spoken = "rows" if name == "num_rows" else "epochs"
            return clarify(f"How many {spoken} are “{said[0]}”?", steps, (place, name))
    return None


def _mark(tokens: list[Token], act: Act, word: str) -> None:
    for token in tokens[act.first : act.last + 1]:
        token.used = token.used or token.word == word


def _asides(acts: list[Act], steps: tuple[Step, ...]) -> tuple[tuple[str, ...], str]:
    """Numbers that only tell something: of hand-labeled rows, or of the models that are named one by one."""
    found = []
    for mention in [mention for act in acts for mention in act.mentions if mention.kind == "aside"]:
        trained = sum(step.tool in ("train", "train_agent") for step in steps)
        if mention.name == "models" and mention.value != trained:
            return (), f"You speak of {mention.value} models, and I see {trained}; which models shall they be?"
        if mention.name == "hand" and not any("hand_labeled_examples_path" in step.args for step in steps):
            return (), f"What does {mention.value} stand for?"
        found.append(mention.which or str(mention.value))
    return tuple(found), ""


def _no_work(tokens: list[Token], mentions: list[Mention], cannot: list[str], negated: bool) -> Plan:
    """Nothing says what to do: a question that names the file, or the word that this is not our trade."""
    files = [str(mention.value) for mention in mentions if mention.kind == "file"]
    if cannot and VERBS.get(cannot[0], ("",))[0] == "destructive" and files:
        return clarify(
            f"I do not {cannot[0]} anything in a table. I can check {files[0]}, find anomalies in it, fix its cells, "
            "or write the rows and columns that you name to a new file; which shall it be?"
        )
    if cannot:
        return unsupported(f"I cannot “{cannot[0]}”. {CAN_DO}.")
    if any(token.kind == "word" and token.word in WORDS["trades"] for token in tokens):
        return unsupported(f"That is not my trade. {CAN_DO}.")
    if negated:
        return clarify("What shall I do instead?")
    if files:
        return clarify(f"What shall I do with {files[0]}? {CAN_DO}.")
    ours = any(token.kind == "word" and (token.word in VERBS or mention_worthy(token.word)) for token in tokens)
    return (
        clarify(f"What shall I do? {CAN_DO}.") if ours or mentions else unsupported(f"That is not my trade. {CAN_DO}.")
    )


def mention_worthy(word: str) -> bool:
    """Whether a word belongs to our trade."""
    return word in (
        "data",
        "model",
        "models",
        "rows",
        "labels",
        "table",
        "tables",
        "dataset",
        "datasets",
        "auc",
        "yes",
        "go",
    )


def _so_far(steps: tuple[Step, ...]) -> str:
    return f"The rest reads as: {', then '.join(step.tool.replace('_', ' ') for step in steps)}." if steps else ""


def _excluded_files(tokens: list[Token], mentions: list[Mention]) -> list[str]:
    """`train on a.csv, not on b.csv`: b.csv must not be used."""
    excluded = []
    passed = ("on", "the", "in", "from", "with", "using", "use", "of", "for")
    for mention in [mention for mention in mentions if mention.kind == "file"]:
        for back in range(mention.first - 1, max(-1, mention.first - 4), -1):
            token = tokens[back]
            if token.kind == "word" and token.word in WORDS["negations"]:
                token.used = True
                excluded.append(str(mention.value))
                mentions.remove(mention)
                break
            if token.kind != "word" or not token.is_word(*passed):
                break
    return excluded


def _excluded_work(acts: list[Act], tokens: list[Token]) -> list[str]:
    """Tools and files of the acts that say what not to do."""
    excluded: list[str] = []
    for place, act in enumerate(acts):
        if not act.negated:
            continue
        files = [str(mention.value) for mention in act.mentions if mention.kind == "file"]
        limited = any(
            mention.kind in ("amount", "condition", "model_type", "format", "columns") for mention in act.mentions
        ) or any(token.named == "column" for token in tokens[act.first : act.last + 1])
        only_file = any(token.kind == "path" and token.used for token in tokens[act.first : act.last + 1])
        if not act.tool and not files:
            act.tool = next((tool for noun, tool in _WORK_NOUNS.items() if noun in act.features), "")
        if limited or not files and not act.tool and not only_file:
            raise Unclear("I am not sure what you exclude; please say what shall be done instead.")
        again = any(other.tool == act.tool and not other.negated for other in acts)
        excluded += [act.tool] if act.tool and files and not again else files or [act.tool]
        following = acts[place + 1] if place + 1 < len(acts) else None
        if following and not following.negated and act.verb and _joined_by_and(tokens, act, following):
            raise Unclear("Does the “not” reach over both? Please say what shall be done, and what not.")
    return [each for each in excluded if each and each != "unsupported"]


def _topics(acts: list[Act], wanted: list[Act]) -> None:
    """`don't label a.csv, train on it`: the file of what is not to be done is what the rest speaks of."""
    files = [each for act in acts if act.negated or act.tool == "unsupported" for each in act.files()]
    for act in wanted if len(files) == 1 else []:
        same = any(act.tool == other.tool for other in acts if other.negated)
        if act.tool and not same and not act.files() and not any(act.files() for act in wanted):
            act.mentions = sorted([*act.mentions, files[0]], key=lambda mention: mention.first)
            return


def _joined_by_and(tokens: list[Token], act: Act, following: Act) -> bool:
    between = {token.word for token in tokens[act.head + 1 : following.head]}
    moods = [VERBS.get(tokens[each.head].word, ("", "", "ing"))[2] for each in (act, following)]
    # `skip labeling and train`: only the first is skipped
    return "and" in between and not (moods[0] == "ing" != moods[1]) and not _CONTRAST & between
