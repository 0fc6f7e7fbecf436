"""The planner that needs no language model: a grammar of clauses, and a question wherever the grammar has a doubt."""

import re

from agents.orchestrator.datasets import known_names
from agents.orchestrator.offline import lexicon
from agents.orchestrator.offline.clause import Clause
from agents.orchestrator.offline.clauses import find_clauses
from agents.orchestrator.offline.leftovers import unread
from agents.orchestrator.offline.mention import Mention
from agents.orchestrator.offline.mentions import find_mentions
from agents.orchestrator.offline.ordering import Unclear, in_order, merge
from agents.orchestrator.offline.scan import Token, tokens_of, unwrap
from agents.orchestrator.offline.screen import screen
from agents.orchestrator.offline.steps import Builder
from agents.orchestrator.paths import why_forbidden
from agents.orchestrator.plan import Plan, Step, clarify, refuse, unsupported

LONGEST_REQUEST = 4_000
CAN_DO = "I can label, train, generate, find anomalies, evaluate, describe a table and list what is there"


class OfflinePlanner:
    """Reads a request into a plan; the same text always gives the same plan."""

    name = "offline"

    def plan(self, text: str) -> Plan:
        """Steps for `text`, or a question, a refusal, or the word that this cannot be done."""
        text = unwrap(text)
        if not text.strip():
            return clarify(f"What shall I do? {CAN_DO}.")
        if len(text) > LONGEST_REQUEST:
            return clarify(f"The request is longer than {LONGEST_REQUEST} characters; please say it shorter.")
        names = known_names()
        tokens = tokens_of(text, names)
        return screen(text, tokens) or _forbidden(tokens) or _doubt(text, tokens) or _read(text, tokens, names)


def exclusions(text: str) -> tuple[str, ...]:
    """Tools and files that `text` says not to use, as far as the grammar can tell."""
    tokens = tokens_of(unwrap(text), known_names())
    mentions = find_mentions(text, tokens, known_names())
    excluded = _excluded_files(tokens, mentions)
    try:
        return tuple(excluded + _excluded_work(find_clauses(tokens, mentions), tokens))
    except Unclear:
        return tuple(excluded)


def _forbidden(tokens: list[Token]) -> Plan | None:
    reasons = [reason for token in tokens if token.kind == "path" and (reason := why_forbidden(token.text))]
    return refuse(reasons[0]) if reasons else None


def _doubt(text: str, tokens: list[Token]) -> Plan | None:
    """Alternatives, conditions and questions: nothing that can be run as it stands."""
    start = re.sub(r"^\W+", "", text.lower())
    asks_for_work = re.match(r"(?:are|is) there\b|how (?:good|well|many)\b|what(?:'s| is) (?:in|inside)\b", start) or (
        start.startswith("what") and any(lexicon.NOUNS.get(token.word) == "describe" for token in tokens)
    )
    if start.startswith(lexicon.QUESTION_STARTS) and not asks_for_work:
        return clarify(f"I do work rather than answer questions about it. {CAN_DO}; what shall it be?")
    for token in tokens:
        if token.kind == "path" and any(sign in token.text for sign in "*?[]{}"):
            return clarify(f"I do not expand {token.text}; name each file, or a folder of parquet files.")
        if token.kind == "word" and token.word in lexicon.ALTERNATIVES and not _negated_or(tokens, token):
            return clarify(f"You leave a choice open (“{token.text}”); which of them shall I do?")
        if token.kind == "word" and token.word in lexicon.CONDITIONALS:
            return clarify(f"I cannot decide “{token.text} …” for you; what shall I do in any case?")
    return None


def _negated_or(tokens: list[Token], token: Token) -> bool:
    """`do not label or train`: one negation over both."""
    place = tokens.index(token)
    return any(other.kind == "word" and other.word in lexicon.NEGATIONS for other in tokens[max(0, place - 4) : place])


def _read(text: str, tokens: list[Token], names: frozenset[str]) -> Plan:
    mentions = find_mentions(text, tokens, names)
    excluded = _excluded_files(tokens, mentions)
    clauses = find_clauses(tokens, mentions)
    cannot = [clause for clause in clauses if clause.kind in ("unsupported", "destructive") and not clause.negated]
    if cannot:
        word = tokens[cannot[0].head].text.lower()
        return unsupported(f"I cannot “{word}”. {CAN_DO}.")
    try:
        excluded += _excluded_work(clauses, tokens)
        asked = merge([clause for clause in clauses if not clause.negated], tokens)
        if not any(clause.tool for clause in asked):
            raise Unclear("")
        steps = _steps(in_order(asked, tokens), tokens)
    except Unclear as doubt:
        return _ask(str(doubt), tokens, mentions)
    strange = unread(tokens, asked)
    if strange:
        return clarify(
            f"I did not understand “{strange}”, so I have not begun. {_so_far(steps)} Please say it otherwise."
        )
    forbidden = [step.tool for step in steps if step.tool in excluded or step.tool.removesuffix("_agent") in excluded]
    if forbidden:
        return clarify(f"You both ask for and exclude “{forbidden[0]}”; which shall it be?")
    return Plan("ok", steps, excluded=tuple(excluded))


def _steps(clauses: list[Clause], tokens: list[Token]) -> tuple[Step, ...]:
    listing = [clause for clause in clauses if clause.tool == "list"]
    if not listing:
        return Builder(clauses).build()
    wanted = [
        token for token in tokens if token.kind == "word" and token.word in ("models", "datasets", "files", "tables")
    ]
    if len(clauses) > 1 or len(wanted) != 1 or any(mention.kind == "file" for mention in clauses[0].mentions):
        raise Unclear("Shall I list models, datasets or files?")
    return (Step("list", {"what": "datasets" if wanted[0].word == "tables" else wanted[0].word}),)


def _ask(question: str, tokens: list[Token], mentions: list[Mention]) -> Plan:
    """The question of the builder; without one, a general one, or the word that this is not our trade."""
    if question:
        return clarify(question)
    ours = any(mention.kind == "file" for mention in mentions) or any(
        token.kind == "word" and (token.word in lexicon.NOUNS or lexicon.VERBS.get(token.word, ("",))[0] == "tool")
        for token in tokens
    )
    return clarify(f"What shall I do with it? {CAN_DO}.") if ours else unsupported(f"That is not my trade. {CAN_DO}.")


def _so_far(steps: tuple[Step, ...]) -> str:
    return f"The rest reads as: {', then '.join(step.tool.replace('_', ' ') for step in steps)}." if steps else ""


def _excluded_files(tokens: list[Token], mentions: list[Mention]) -> list[str]:
    """`train on a.csv, not on b.csv`: b.csv must not be used."""
    excluded = []
    for mention in [mention for mention in mentions if mention.kind == "file"]:
        for back in range(mention.first - 1, max(-1, mention.first - 4), -1):
            token = tokens[back]
            if token.kind == "word" and token.word in lexicon.NEGATIONS:
                token.used = True
                excluded.append(str(mention.value))
                mentions.remove(mention)
                break
            if token.kind != "word" or not token.is_word(
                "on", "the", "in", "from", "with", "using", "use", "of", "for"
            ):
                break
    return excluded


def _excluded_work(clauses: list[Clause], tokens: list[Token]) -> list[str]:
    """Tools and files of the clauses that say what not to do."""
    excluded = []
    for clause in clauses:
        if not clause.negated:
            continue
        files = [str(mention.value) for mention in clause.mentions if mention.kind == "file"]
        if any(mention.kind in ("amount", "condition", "model_type", "format") for mention in clause.mentions):
            raise Unclear("I am not sure what you exclude; please say what shall be done instead.")
        if not files and not clause.tool and clause.kind not in ("unsupported", "destructive", "save"):
            raise Unclear("I am not sure what you exclude; please say what shall be done instead.")
        excluded += files or [clause.tool]
        following = next((other for other in clauses if other.head > clause.head), None)
        if (
            following
            and not following.negated
            and clause.kind in ("tool", "light")
            and _joined_by_and(tokens, clause, following)
        ):
            raise Unclear("Does the “not” reach over both? Please say what shall be done, and what not.")
    return [each for each in excluded if each]


def _joined_by_and(tokens: list[Token], clause: Clause, following: Clause) -> bool:
    between = [token.word for token in tokens[clause.head + 1 : following.head]]
    other_mood = (
        lexicon.VERBS.get(tokens[clause.head].word, ("", "", ""))[2]
        == "ing"
        != lexicon.VERBS.get(tokens[following.head].word, ("", "", "ing"))[2]
    )  # `skip labeling and train`: only the first is skipped
    return (
        "and" in between
        and not other_mood
        and not {"but", "just", "only", ",", ".", ";", "then", "instead"} & set(between)
    )
