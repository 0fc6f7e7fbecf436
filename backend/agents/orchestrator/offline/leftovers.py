"""Words that no rule of the grammar has made something of: with one of them left, nothing is run."""

from agents.orchestrator.offline import lexicon
from agents.orchestrator.offline.clause import Clause
from agents.orchestrator.offline.scan import Token
from agents.orchestrator.offline.wording import words

_HARMLESS_SIGNS = frozenset(",.;:!?()'\"`-")
# a noun that means work may only stand where that work is done
_ONLY_WITH = {
    "anomalies": ("detect_anomalies",),
    "labels": ("label",),
    "functions": ("label",),
    "hand": ("label",),
    "holdout": ("train", "train_agent", "evaluate"),
    "describe": ("describe",),
    "evaluate": ("evaluate",),
}
_NEEDS_NUMBER = frozenset(
    words(
        "top worst most best percent max maximum minimum around roughly approximately approx nearly exactly "
        "at-most at-least percent half level target targets"
    )
)


def unread(tokens: list[Token], clauses: list[Clause]) -> str:
    """The first word, number or sign that was not understood; empty when everything was."""
    for place, token in enumerate(tokens):
        if token.used:
            continue
        if token.kind == "sign":
            if token.word not in _HARMLESS_SIGNS:
                return token.text
        elif token.kind != "word":
            return token.text
        elif token.word in lexicon.ANOMALY_ADJECTIVES or lexicon.NOUNS.get(token.word) in _ONLY_WITH:
            tools = _ONLY_WITH.get(lexicon.NOUNS.get(token.word, ""), ("detect_anomalies",))
            if not any(clause.first <= place <= clause.last and clause.tool in tools for clause in clauses):
                return token.text
        elif (
            token.word in _NEEDS_NUMBER
            and not _beside_used(tokens, place)
            or not (
                token.word in lexicon.FILLERS
                or token.word in lexicon.NOUNS
                or token.word in lexicon.ORDER_WORDS
                or token.is_word("but")
            )
        ):
            return token.text
    return ""


def _beside_used(tokens: list[Token], place: int) -> bool:
    """`max 3 tries`, `3 tries max`."""
    return any(0 <= near < len(tokens) and tokens[near].used for near in (place - 1, place + 1))
