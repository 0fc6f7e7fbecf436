"""A mention: the span of a sentence that names one thing."""

from dataclasses import dataclass, field
from typing import Any, Literal

from agents.orchestrator.offline.scan import Token

MentionKind = Literal["file", "reference", "amount", "condition", "model_type", "goal", "format", "columns", "aside"]


class Unclear(Exception):
    """The sentence can be read in more than one way, or not at all; the message is the question to ask."""


@dataclass
class Mention:
    """A span of tokens `first..last` (both included) that names one thing.

    `name` is the argument that it is, where that is known. `before` are the words that lead to it, nearest first;
    `after` those right behind it.
    """

    kind: MentionKind
    first: int
    last: int
    value: Any
    name: str = ""
    before: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    which: str = ""  # the rows meant by an amount: `high income` of `500 high income rows`
    taken: bool = False


def use(tokens: list[Token], first: int, last: int) -> None:
    for token in tokens[first : last + 1]:
        token.used = True


def free(tokens: list[Token], place: int) -> Token | None:
    return tokens[place] if 0 <= place < len(tokens) and not tokens[place].used else None


def word_at(tokens: list[Token], place: int) -> str:
    """The word at a place, empty outside the text."""
    return tokens[place].word if 0 <= place < len(tokens) else ""


def number_of(token: Token) -> int | float:
    value = token.value or 0.0
    return int(value) if value == int(value) else value
