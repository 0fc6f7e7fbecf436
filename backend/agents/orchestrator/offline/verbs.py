"""Which words of a sentence are verbs that ask for something, and whether a negation reaches them."""

from agents.orchestrator.offline.lexicon import DETERMINERS, NOUNS, UNITS, VERBS, WORDS, words
from agents.orchestrator.offline.mention import word_at
from agents.orchestrator.offline.scan import Token

_SPLITS = frozenset(words("set split file data csv dataset"))  # `the train set`
_GIVEN = frozenset(words("the a that those these this my our newly freshly its of in with"))
_WISHED = frozenset(words("want need like get"))


def asks(tokens: list[Token], place: int) -> bool:
    """Whether the word at `place` is a verb that says what to do, rather than a noun or what was done before."""
    token = tokens[place]
    if token.kind != "word" or token.used or token.word not in VERBS:
        return False
    kind, base, mood = VERBS[token.word]
    before, after = word_at(tokens, place - 1), word_at(tokens, place + 1)
    if mood == "ing" and _told(tokens, place, before) or token.named:
        return False
    if mood == "past":
        return _participle_asks(tokens, place, NOUNS.get(after, ""))
    if mood == "ing" and NOUNS.get(after) in ("data", "rows", "functions") and after in _SPLITS | {"rows", "functions"}:
        return kind not in ("train", "label")
    if mood == "base" and kind != "train" and (before in DETERMINERS or before in WORDS["synthetic"]):
        return False
    if (
        kind == "unsupported"
        and word_at(tokens, place - 2) in DETERMINERS
        and before not in ("to", "and", "you", "please")
    ):
        return False
    if token.word in NOUNS or token.word in UNITS or token.word == "train":
        if before in DETERMINERS or (after in _SPLITS and word_at(tokens, place + 2) not in ("on", "in")):
            return False
        if place and tokens[place - 1].kind == "number":
            return False
    return not _auxiliary(tokens, place, base, before, after)


def _told(tokens: list[Token], place: int, before: str) -> bool:
    """`you were training on a.csv`, `training on a.csv is finished`: told, and not asked for."""
    if before in WORDS["being"]:
        return True
    for ahead in range(place + 1, len(tokens)):
        if tokens[ahead].kind == "sign":
            return False
        if tokens[ahead].word in WORDS["being"] and word_at(tokens, ahead + 1) in WORDS["ended"]:
            return True
    return False


def _auxiliary(tokens: list[Token], place: int, base: str, before: str, after: str) -> bool:
    """`have labeled`, `do I have`, `models I have`: no request of its own."""
    if base == "have":
        return VERBS.get(after, ("", "", ""))[2] == "past" or after in ("", ".", "?", "!", ",")
    if base == "do":
        return after in ("", "i", "we", "you", "not", "the", "?") or before in ("i", "you", "we", "should")
    if base == "get":
        return after in UNITS
    return base == "see" and before in ("i", "we", "you") and after == ""


def _participle_asks(tokens: list[Token], place: int, next_noun: str) -> bool:
    """`after you have trained`, `I want it labeled`: to be done. `the labeled data`, `I trained ... yesterday`: not."""
    before = [token.word for token in tokens[max(0, place - 5) : place]][::-1]
    if not before or before[0] in _GIVEN:
        return False
    if next_noun and before[0] not in ("have", "having", "you've", "has"):
        return False
    wished: object = {"after", "once", "when", "having"} & set(before[:4]) or _WISHED & set(before)
    wished = wished or "have" in before[1:] or before[0] == "be"
    told = {"i", "we", "i've", "we've", "already"} & set(before[:3]) and not {*_WISHED, "after", "once"} & set(before)
    return bool(wished) and not told


def negated(tokens: list[Token], place: int) -> bool:
    """Whether a negation reaches the verb at `place`; the negation is then used."""
    behind = place + 1 + (word_at(tokens, place + 1) == "but")
    nothing = word_at(tokens, behind) in WORDS["nothing"] and word_at(tokens, behind + 1) != "but"
    for token in tokens[behind : behind + nothing]:
        token.used = True
    for back in range(place - 1, max(-1, place - 5), -1):
        token = tokens[back]
        if token.kind != "word":
            return nothing
        if token.word in WORDS["negations"]:
            token.used = True
            if token.word == "not" and word_at(tokens, back - 1) in ("do", "does", "should", "must", "will", "you"):
                tokens[back - 1].used = True
            return True
        if token.is_word("or", "nor") and back:
            token.used = any(
                negated(tokens, earlier)
                for earlier in range(back, max(-1, back - 6), -1)
                if tokens[earlier].word in VERBS or earlier == back
            )
            return token.used or nothing
        noun = token.word in NOUNS or token.word in ("do", "have", "want", "need")
        if token.word in VERBS and not noun or token.is_word("and", "but"):
            return nothing
    return nothing
