"""Corrections within a request: `100 rows, no wait, 200 rows`, `on a.csv, sorry, I meant b.csv`."""

import re
from collections.abc import Callable
from dataclasses import replace

from agents.orchestrator.dialogue.memory import Memory
from agents.orchestrator.dialogue.revising import revise
from agents.orchestrator.offline.lexicon import ACTS
from agents.orchestrator.plan import Plan, Step

Read = Callable[[str, frozenset[str], Memory], Plan]


def _either(names: frozenset[str]) -> str:
    return "|".join(re.escape(each).replace(r"\ ", r",?\s+") for each in sorted(names, key=len, reverse=True))


_STRONG = rf"(?:\b(?:no|oh|oops|ah|sorry|wait)\b,?\s+)*\b(?:{_either(ACTS['correction'])})\b"
_NO = (
    r"(?:no|non|nein)(?=\s*,|\s+[\d/]|\s+"
    r"(?:use|on|with|make|wait|it|the|better|rather|sorry|i|from|for|take|nicht|lieber)\b)"
)
_WORDS = _either(ACTS["weak_correction"] - {"no", "non", "nein"})
_WEAK = rf"(?<=[,.;!–—-])\s*\b(?:{_NO}|(?:{_WORDS})\b(?=[\s,:-]))"
_MARK = re.compile(rf"[,.;!–—\s-]*(?:{_STRONG}|{_WEAK})[,:.!…\s-]*", re.IGNORECASE)


def corrected(text: str, names: frozenset[str], memory: Memory, read: Read) -> Plan | None:
    """The plan of what was said first, with what was said instead; None where nothing is corrected."""
    places = [match for match in _MARK.finditer(text) if match.start() > 0 and text[match.end() :].strip()]
    if not places:
        return None
    mark = places[-1]
    said, meant = text[: mark.start()], text[mark.end() :]
    first = corrected(said, names, memory, read) or read(said, names, memory)
    steps = first.steps or first.draft
    if not steps:
        return None
    found = revise(steps, first.asked, meant, names, memory, read)
    if found is None:
        return None
    replaced = tuple(each for each in _texts(steps) if each not in _texts(found.steps or found.draft))
    return replace(found, aside=(*first.aside, *found.aside, *replaced), excluded=(*first.excluded, *found.excluded))


def _texts(steps: tuple[Step, ...]) -> list[str]:
    """Every value of the steps as it may stand in the text."""
    found = []
    for step in steps:
        for value in step.args.values():
            parts = [*map(str, value), *map(str, value.values())] if isinstance(value, dict) else [str(value)]
            found += [f"{float(part):g}" if re.fullmatch(r"\d+\.0", part) else part for part in parts]
    return found
