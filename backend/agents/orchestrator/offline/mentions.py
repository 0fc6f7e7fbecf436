"""Tokens -> mentions: the files, amounts, conditions and references of a sentence, with what stands around each."""

import re

from agents.orchestrator.offline import lexicon
from agents.orchestrator.offline.amounts import amount, relative_counts
from agents.orchestrator.offline.mention import Mention, use
from agents.orchestrator.offline.scan import Token
from agents.orchestrator.offline.where import conditions
from agents.orchestrator.offline.wording import words

_DETERMINERS = frozenset(words("the that this those these my our your its a an same whole entire"))
_MODEL_ADJECTIVES = frozenset(words("trained new fitted resulting generative best last latest tabular"))
_PLACES = frozenset(["in", "from", "at", "under", "inside", "within", "located", "stored"])


def find_mentions(text: str, tokens: list[Token], names: frozenset[str]) -> list[Mention]:
    """All mentions in the order of the text; each marks its tokens as used."""
    found = _goals(text, tokens)
    found += relative_counts(tokens)
    found += conditions(tokens)
    found += [mention for place in range(len(tokens)) if (mention := amount(tokens, place))]
    found += _model_types(tokens)
    found += _formats(tokens)
    found += _files(tokens, names)
    found += _references(tokens, found)
    found.sort(key=lambda mention: mention.first)
    for mention in found:
        _surroundings(mention, tokens, found)
    return found


def _goals(text: str, tokens: list[Token]) -> list[Mention]:
    """`Goal: predict who earns over 50K.` up to the end of its sentence."""
    match = re.search(
        r"\b(?:goal|objective|aim)\b(?:\s+is)?\s*(?::|\bis\b|=|-)?\s*(?:to\s+)?(?P<goal>[^.;!?\n]+)",
        text,
        re.IGNORECASE,
    )
    if not match or not re.search(r":|=|\bis\b", match.group(0)[: len(match.group(0)) - len(match.group("goal"))]):
        return []
    inside = [place for place, token in enumerate(tokens) if match.start() <= token.start < match.end()]
    if not inside or any(tokens[place].kind == "path" for place in inside):
        return []
    use(tokens, inside[0], inside[-1])
    return [Mention("goal", inside[0], inside[-1], match.group("goal").strip())]


def _model_types(tokens: list[Token]) -> list[Mention]:
    found = []
    for place, token in enumerate(tokens):
        if not token.used and token.kind == "word" and token.word in lexicon.MODEL_TYPES:
            last = place + 1 if place + 1 < len(tokens) and tokens[place + 1].is_word("model", "generator") else place
            use(tokens, place, last)
            found.append(Mention("model_type", place, last, token.word, "model_type"))
    return found


def _formats(tokens: list[Token]) -> list[Mention]:
    """`as csv`, `in parquet format`."""
    found = []
    for place in range(1, len(tokens)):
        if tokens[place].is_word("csv", "parquet", "pt") and not tokens[place].used:
            back = place - 2 if tokens[place - 1].is_word("a", "the") else place - 1
            following = tokens[place + 1].word if place + 1 < len(tokens) else ""
            if tokens[back].is_word("as") or (tokens[back].is_word("in") and following == "format"):
                last = place + 1 if following in ("format", "file") else place
                use(tokens, back, last)
                found.append(Mention("format", back, last, tokens[place].word, "output_format"))
    return found


def _files(tokens: list[Token], names: frozenset[str]) -> list[Mention]:
    """Paths, and the names of known data sets (`the adult dataset`)."""
    found = []
    for place, token in enumerate(tokens):
        if token.used:
            continue
        if token.kind == "path":
            token.used = True
            found.append(Mention("file", place, place, token.text, "path"))
        elif token.kind in ("word", "quoted") and token.word.lower() in names and not _modifies_rows(tokens, place):
            token.used = True
            found.append(Mention("file", place, place, token.word.lower(), "name"))
    return found


def _modifies_rows(tokens: list[Token], place: int) -> bool:
    """`500 adult rows`: of that data set, or of that age? Better left unread."""
    following = tokens[place + 1].word if place + 1 < len(tokens) else ""
    return following in lexicon.ROW_NOUNS or (place > 0 and tokens[place - 1].kind == "number")


_PRONOUNS = frozenset(["it", "them", "these", "those", "this", "that"])
_REFERENCE_ADJECTIVES = {
    "labeled": "labeled",
    "labelled": "labeled",
    "annotated": "labeled",
    "generated": "generated",
    "synthetic": "generated",
    "fake": "generated",
    "synthesized": "generated",
    "synthesised": "generated",
    "simulated": "generated",
    "artificial": "generated",
    "sampled": "generated",
}


def _references(tokens: list[Token], others: list[Mention]) -> list[Mention]:
    """`it`, `the result`, `the labeled data`, `those rows`, `the model`: things that the request itself makes."""
    found = []
    files = {mention.first for mention in others if mention.kind == "file"}
    for place, token in enumerate(tokens):
        if token.used or token.kind != "word":
            continue
        following = tokens[place + 1] if place + 1 < len(tokens) else None
        before = tokens[place - 1].word if place else ""
        if (
            token.word in _REFERENCE_ADJECTIVES
            and following
            and (
                lexicon.NOUNS.get(following.word) in ("rows", "data")
                or following.is_word("version", "result", "output")
            )
        ):
            if not _leads_to_file(tokens, place + 1, files) and (
                before in _DETERMINERS or _after_preposition(tokens, place)
            ):
                found.append(Mention("reference", place, place + 1, _REFERENCE_ADJECTIVES[token.word]))
        elif (
            token.is_word("result", "results", "output", "outcome")
            and (before in _DETERMINERS or before in ("on", "from", "with", "in"))
            and not _leads_to_file(tokens, place, files)
        ):
            found.append(Mention("reference", place, place, "result"))
        elif token.is_word("model", "generator") and (
            before in ("the", "that", "this")
            or (before in _MODEL_ADJECTIVES and place > 1 and tokens[place - 2].is_word("the", "that", "this"))
        ):
            if not _leads_to_file(tokens, place, files):
                found.append(Mention("reference", place, place, "model"))
        elif token.is_word("data", "dataset", "file", "table") and before in (
            "the",
            "that",
            "this",
            "same",
            "original",
        ):
            if not _leads_to_file(tokens, place, files):
                found.append(Mention("reference", place, place, "data"))
        elif lexicon.NOUNS.get(token.word) == "rows" and before in ("the", "those", "these"):
            if not _leads_to_file(tokens, place, files):
                found.append(Mention("reference", place, place, "rows"))
        elif token.word in _PRONOUNS and not (
            following
            and following.kind == "word"
            and (
                lexicon.NOUNS.get(following.word)
                or following.word in _REFERENCE_ADJECTIVES
                or following.word
                in (
                    "like",
                    "looks",
                    "is",
                    "are",
                    "you",
                    "i",
                    "we",
                    "model",
                    "same",
                    "new",
                    "result",
                    "results",
                    "output",
                )
                or token.word == "that"
            )
            and token.word != "it"
            and token.word != "them"
        ):
            found.append(Mention("reference", place, place, "it"))
    return found


def _after_preposition(tokens: list[Token], place: int) -> bool:
    return place > 0 and tokens[place - 1].is_word(
        "on", "in", "from", "with", "against", "using", "to", "evaluate", "of"
    )


def _leads_to_file(tokens: list[Token], place: int, files: set[int]) -> bool:
    """`the model in PATH`, `the data PATH`: the noun only introduces a file."""
    after = place + 1
    while (
        after < len(tokens)
        and tokens[after].kind == "word"
        and (
            tokens[after].word in _PLACES
            or tokens[after].word in ("the", "file", "folder", "called", "named", "data", "set")
        )
    ):
        after += 1
    return after in files and after - place <= 4


def _surroundings(mention: Mention, tokens: list[Token], mentions: list[Mention]) -> None:
    """Fill `before` and `after` with the words up to the next mention, verb or sign."""
    covered = {
        place
        for other in mentions
        if other is not mention and other.kind in ("file", "amount", "condition", "model_type")
        for place in range(other.first, other.last + 1)
    }
    for place in range(mention.first - 1, max(-1, mention.first - 8), -1):
        token = tokens[place]
        if place in covered or token.kind != "word" or token.word == "and":
            break
        mention.before.append(token.word)
        if token.word in lexicon.VERBS and token.word not in lexicon.NOUNS:
            break
    for place in range(mention.last + 1, min(len(tokens), mention.last + 5)):
        token = tokens[place]
        if place in covered or token.kind != "word" or token.word == "and" or token.word in lexicon.VERBS:
            break
        mention.after.append(token.word)
