"""A clause: the words around one verb that says what to do."""

from dataclasses import dataclass, field

from agents.orchestrator.offline.mention import Mention


@dataclass
class Clause:
    """Tokens `first..last` around the word `head` that says what to do."""

    head: int
    verb: str
    kind: str  # tool | light | save | unsupported | noun
    tool: str = ""
    first: int = 0
    last: int = 0
    negated: bool = False
    order: str = ""  # "", "before", "after", "first", "beforehand"
    synthetic: bool = False  # whether it speaks of synthetic, fake or simulated rows
    mentions: list[Mention] = field(default_factory=list)
    nouns: list[str] = field(default_factory=list)
