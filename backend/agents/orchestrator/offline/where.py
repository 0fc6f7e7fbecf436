"""Conditions on rows: `where age is over 60 and education = Doctorate`, `with label 1`, `only women over 40`."""

import re
from typing import Any

from agents.orchestrator.offline.lexicon import COMPARISONS, NOUNS, ROW_NOUNS, UNITS, VALUES, VERBS, WORDS, words
from agents.orchestrator.offline.mention import Mention, free, number_of, use, word_at
from agents.orchestrator.offline.scan import Token

_OPENERS = frozenset(words("where whose having with for of labeled labelled label from class"))
_STRICT = frozenset(words("with for of from"))
_SIGNS = [(tuple(sign), sign) for sign in (">=", "<=", "==", "=", ">", "<")]
_SIGNS = [((">", "="), ">="), (("<", "="), "<="), *(((sign,), sign.replace("==", "=")) for _, sign in _SIGNS)]
_SIGNS += [(("is", *signs), sign) for signs, sign in _SIGNS if sign != "="]  # `income is >50K`
_OPERATORS = [*_SIGNS, *COMPARISONS]
_ORDERED = [(signature, sign) for signature, sign in COMPARISONS if sign in "<>" and signature[0] != "is"]
_NO_COLUMN = (
    frozenset(words("the a it you only just all any"))
    | frozenset(VALUES)
    | WORDS["person"]
    | WORDS["negations"]
    | {"is", "are", "than", "where", "whose"}
)
_WHO = WORDS["person"] | ROW_NOUNS | frozenset(words("the who are is of aged those"))


def find_conditions(tokens: list[Token]) -> list[Mention]:
    """Conditions that name a column, and phrases that only a table can explain (`only women over 40`)."""
    found = []
    for place, token in enumerate(tokens):
        if token.used or token.kind != "word" or token.word not in _OPENERS:
            continue
        pairs: dict[str, Any] = {}
        start = place if token.word in ("labeled", "labelled", "label", "class") else place + 1
        start += start > place and word_at(tokens, start) in ("a", "an", "the")
        end = _condition(tokens, start, pairs, strict=token.word in _STRICT)
        while end and end < len(tokens) and tokens[end].is_word("and", "but"):
            behind = end + 1 + (word_at(tokens, end + 1) in ("a", "an", "the"))
            further = _condition(tokens, behind, pairs, strict=True) or _bound(tokens, end + 1, pairs)
            if not further:
                break
            end = further
        if end:
            use(tokens, place, end - 1)
            found.append(Mention("condition", place, end - 1, pairs))
    return found


def find_kinds_of_rows(tokens: list[Token]) -> list[Mention]:
    """`only women over 40`, `people under 30`, `older than 60`: words of values and comparisons, one phrase each."""
    found: list[Mention] = []
    place = 0
    while place < len(tokens):
        end, telling = place, 0
        while (step := _of_phrase(tokens, end, telling > 0)) is not None:
            end, telling = end + step[0], telling + step[1]
        if not telling:
            place += 1
            continue
        while tokens[end - 1].word in _WHO | {"and"} and tokens[end - 1].named != "value":
            end -= 1
        first = place
        while (
            word_at(tokens, first - 1) in ("only", "just", "for", "with", "are", "who", "of")
            and not tokens[first - 1].used
        ):
            first -= 1
        end += word_at(tokens, end) == "only"
        phrase = " ".join(_spelling(token) for token in tokens[place:end] if token.word != "only")
        use(tokens, first, end - 1)
        found.append(Mention("condition", first, end - 1, phrase))
        place = end
    return found


def _spelling(token: Token) -> str:
    if token.kind == "number" and not token.word:
        return f"{number_of(token)}"  # `forty`
    return token.word if token.kind == "word" and token.named != "value" else token.text.replace(",", "")


def _of_phrase(tokens: list[Token], place: int, begun: bool) -> tuple[int, int] | None:
    """How many tokens at `place` belong to a phrase of rows, and whether they tell which; None where it ends."""
    token = free(tokens, place)
    if token is None or token.kind != "word":
        return None
    if token.word in VALUES or token.word in WORDS["row_kinds"] or token.named == "value":
        return 1, 1
    for signature, _ in _ORDERED:
        run = tokens[place : place + len(signature)]
        number = free(tokens, place + len(signature))
        if tuple(each.word for each in run) == signature and number is not None and number.kind == "number":
            unit = word_at(tokens, place + len(signature) + 1)
            if unit in UNITS or unit in ROW_NOUNS or number.percent:
                return None
            return len(signature) + 1 + (unit in ("years", "year")), 1
    if token.word == "aged" and (number := free(tokens, place + 1)) is not None and number.kind == "number":
        return 2, 1
    return (1, 0) if token.word in _WHO or (begun and token.word == "and") else None


def _condition(tokens: list[Token], place: int, pairs: dict[str, Any], strict: bool) -> int:
    """Read one `column operator value` from `place` into `pairs`; the place behind it, or 0 when there is none.

    `strict`: only a column that is no known word of the grammar, or `label` and `class`.
    """
    label = _label_condition(tokens, place)
    if label:
        pairs["label"] = label[1]
        return label[0]
    for width in (1, 2, 3, 4):
        column = tokens[place : place + width]
        if len(column) < width or any(each.kind not in ("word", "quoted") or each.used for each in column):
            return 0
        known = [each.named != "column" and _means(each.word) for each in column]
        known = [is_known or each.word in _NO_COLUMN for is_known, each in zip(known, column, strict=True)]
        if (any(known) if strict else known[-1]) or any(each.word in _NO_COLUMN for each in column):
            return 0
        between = _between(tokens, place + width)
        if between:
            pairs[" ".join(each.text for each in column)] = between[1]
            return between[0]
        compared = _compared(tokens, place + width, strict) or _value_behind(tokens, place + width, column[-1])
        if compared:
            end, operator, value = compared
            text = value.text.strip() if value.kind != "number" or value.word else f"{number_of(value)}"
            plain = number_of(value) if value.kind == "number" and re.fullmatch(r"[\d.,]+", text) else text
            pairs[" ".join(each.text for each in column)] = (
                plain if operator == "=" else operator + text.replace(",", "")
            )
            return end
    return 0


def _compared(tokens: list[Token], place: int, strict: bool) -> tuple[int, str, Token] | None:
    """`is over 60` at `place`: the place behind, the operator, the value."""
    for signature, operator in _OPERATORS:
        signs = tokens[place : place + len(signature)]
        value = free(tokens, place + len(signature))
        if tuple(each.word for each in signs) != signature or value is None:
            continue
        if value.kind not in ("number", "word", "quoted"):
            continue
        no_value = value.word in WORDS["fillers"] or value.word in WORDS["negations"] or operator != "="
        if value.kind == "word" and (no_value or strict and signature == ("of",)):
            return None
        return place + len(signature) + 1, operator, value
    return None


def _means(word: str) -> bool:
    return word in VERBS or word in UNITS or word in NOUNS


def _value_behind(tokens: list[Token], place: int, column: Token) -> tuple[int, str, Token] | None:
    """`marital-status Divorced`: a value right behind its column."""
    value = free(tokens, place)
    return (place + 1, "=", value) if value and column.named == "column" and value.named == "value" else None


def _between(tokens: list[Token], place: int) -> tuple[int, str] | None:
    """`is between 30 and 45` at `place`: the place behind, and both bounds."""
    place += word_at(tokens, place) in ("is", "are", "lies")
    run = [free(tokens, place + each) for each in range(4)]
    if not all(run) or [word_at(tokens, place), word_at(tokens, place + 2)] != ["between", "and"]:
        return None
    low, high = (token.text.replace(",", "") if token and token.kind == "number" else "" for token in run[1::2])
    return (place + 4, f">={low} and <={high}") if low and high else None


def _bound(tokens: list[Token], place: int, pairs: dict[str, Any]) -> int:
    """`over 40 and under 50`: the other bound of the column that was named last."""
    column = next(reversed(pairs))
    compared = _compared(tokens, place, True)
    if not compared or compared[1] == "=" or compared[2].kind != "number" or str(pairs[column])[:1] not in ("<", ">"):
        return 0
    pairs[column] = f"{pairs[column]} and {compared[1]}{compared[2].text.replace(',', '')}"
    return compared[0]


def _label_condition(tokens: list[Token], place: int) -> tuple[int, Any] | None:
    """`label 1`, `the class is 0`, `labeled as 1`, `label = yes` -> (place behind, value)."""
    place += word_at(tokens, place) in ("the", "a")
    head = free(tokens, place)
    if head is None or not head.is_word("label", "class", "labeled", "labelled", "labels"):
        return None
    place += 1
    linked = False
    while word_at(tokens, place) in ("=", "==", "is", "of", "as", ":", "equal", "equals", "to", "value"):
        linked = True
        place += 1
    value = free(tokens, place)
    if value is None:
        return None
    if value.kind == "number":
        following = word_at(tokens, place + 1)
        return None if following in ROW_NOUNS or following in UNITS else (place + 1, number_of(value))
    plain = value.kind == "word" and value.word not in WORDS["fillers"] and value.word not in VERBS
    if value.kind == "quoted" or (linked and plain and head.word in ("label", "class")):
        return place + 1, value.text
    return None
