"""What no rule has made something of: with a word of risk left nothing is run, a strange word is confirmed."""

from agents.orchestrator.offline.acts import Act
from agents.orchestrator.offline.lexicon import DETERMINERS, NOUNS, ROW_NOUNS, VALUES, VERBS, WORDS, WORK, words
from agents.orchestrator.offline.mention import word_at
from agents.orchestrator.offline.mentions import FORMATS
from agents.orchestrator.offline.scan import Token

_HARMLESS_SIGNS = frozenset(",.;:!?()'\"`-¿¡")
_RISKS = (
    WORDS["negations"] | WORDS["alternatives"] | WORDS["conditionals"] | WORDS["restrictions"] | WORDS["row_kinds"]
    | WORDS["levels"] | frozenset(VALUES) | frozenset(words("only over under above below older younger instead aged"))
)  # fmt: skip
_NEEDS_NUMBER = WORDS["needs_number"]


def unread(tokens: list[Token], acts: list[Act]) -> tuple[str, list[str]]:
    """The first thing of risk that was not understood (empty when there is none), and the strange words."""
    strange: list[str] = []
    for place, token in enumerate(tokens):
        if token.used or token.kind == "sign" and token.word in _HARMLESS_SIGNS:
            continue
        if token.kind != "word" or _risky(tokens, place, acts):
            return _reach(tokens, place), strange
        if _strange(tokens, place, acts):
            strange.append(token.text)
    return "", list(dict.fromkeys(strange))


def _reach(tokens: list[Token], place: int) -> str:
    """A word that was not understood, with those that it limits: `only the new ones`."""
    last = place
    limits = tokens[place].word in WORDS["negations"] | WORDS["restrictions"] | {"only", "just"}
    while limits and last + 1 < len(tokens) and last < place + 4 and tokens[last + 1].kind == "word":
        last += 1
    return " ".join(token.text for token in tokens[place : last + 1])


def _tells(tokens: list[Token], place: int, acts: list[Act]) -> bool:
    """Whether a word that nothing was made of says which rows: `new` of `the new ones`, unless they are made."""
    token, made = tokens[place], any(act.tool == "generate" for act in acts)
    passed = token.word in DETERMINERS | WORDS["plain_rows"] | WORDS["odd"] | VERBS.keys()
    passed = passed or made and token.word in WORDS["row_fillers"]
    return token.kind == "word" and not token.used and (not passed or bool(token.named)) and token.word not in ROW_NOUNS


def _narrows(tokens: list[Token], place: int, acts: list[Act]) -> bool:
    """`only the new ones`, `just the city column`, `only the typos`: a restriction that nothing was made of."""
    fixing = any(act.tool == "apply_fixes" for act in acts)
    for ahead in range(place + 1, min(place + 6, len(tokens))):
        token = tokens[ahead]
        if token.kind != "word" or token.used:
            return False
        if token.named or fixing and NOUNS.get(token.word) == "errors":
            return True
        if token.word == "ones" or NOUNS.get(token.word) in ("rows", "describe"):
            return _tells(tokens, ahead - 1, acts) and ahead > place + 1
    return False


def _risky(tokens: list[Token], place: int, acts: list[Act]) -> bool:
    word, after = tokens[place].word, word_at(tokens, place + 1)
    if word in ("only", "just") and _narrows(tokens, place, acts):
        return True
    if word == "but":
        return any(token.named == "column" for token in tokens[place + 1 : place + 3])
    if word == "only":
        return not (
            after in VERBS
            or tokens[place + 1 : place + 2]
            and tokens[place + 1].kind == "number"
            or after in ("on", "the", "it", "this")
        )
    if word in FORMATS:
        return after not in ("file", "files", "data", "table", "dataset") and not (
            tokens[place + 1 : place + 2] and tokens[place + 1].kind == "path"
        )
    if word == "instead":
        return after == "of"
    if word == "all":
        return bool({after, word_at(tokens, place + 2)} & {"files", "types", "columns", "tables"})
    if word in _NEEDS_NUMBER:
        return not any(0 <= near < len(tokens) and tokens[near].used for near in (place - 1, place + 1))
    return word in _RISKS


def _strange(tokens: list[Token], place: int, acts: list[Act]) -> bool:
    word = tokens[place].word
    which = word_at(tokens, place + 1) == "ones" and _tells(tokens, place, acts)
    if tokens[place].named or which or word in WORDS["arranged"]:
        return True
    kind = NOUNS.get(word, "anomalies" if word in WORDS["odd"] else "")
    if kind in WORK:
        return not any(act.tool in WORK[kind] for act in acts)
    if word == "any-good":
        return not any(act.tool == "evaluate" for act in acts)
    told = {"share_agent": WORDS["safe"], "apply_fixes": WORDS["near"] | {"exact"}}
    if any(word in told.get(act.tool, ()) for act in acts):
        return False
    if word in ("how-good", "how-many", "hand-next", "try-out", "same-size", "each"):
        return False
    if word in WORDS["quantities"] and word != "some":
        return True
    return not (
        kind or word in WORDS["fillers"] or word in VERBS or word in ("but", "instead", "again", "more", "end-to-end")
    )
