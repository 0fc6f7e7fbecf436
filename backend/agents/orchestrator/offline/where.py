"""Conditions on rows: `where age is over 60 and education = Doctorate`, `with label 1`."""

import re
from typing import Any

from agents.orchestrator.offline import lexicon
from agents.orchestrator.offline.mention import Mention, free, number_of, use
from agents.orchestrator.offline.scan import Token

_OPERATORS: tuple[tuple[tuple[str, ...], str], ...] = (
    ((">", "="), ">="),
    (("<", "="), "<="),
    ((">=",), ">="),
    (("<=",), "<="),
    (("==",), "="),
    (("=",), "="),
    ((">",), ">"),
    (("<",), "<"),
    (("is", "over"), ">"),
    (("is", "above"), ">"),
    (("is", "more", "than"), ">"),
    (("is", "greater", "than"), ">"),
    (("is", "higher", "than"), ">"),
    (("is", "larger", "than"), ">"),
    (("is", "under"), "<"),
    (("is", "below"), "<"),
    (("is", "less", "than"), "<"),
    (("is", "lower", "than"), "<"),
    (("is", "smaller", "than"), "<"),
    (("is", "at-least"), ">="),
    (("is", "at-most"), "<="),
    (("over",), ">"),
    (("above",), ">"),
    (("more", "than"), ">"),
    (("greater", "than"), ">"),
    (("exceeds",), ">"),
    (("under",), "<"),
    (("below",), "<"),
    (("less", "than"), "<"),
    (("at-least",), ">="),
    (("at-most",), "<="),
    (("is", "equal", "to"), "="),
    (("equal", "to"), "="),
    (("equals",), "="),
    (("is",), "="),
    (("of",), "="),
)


def conditions(tokens: list[Token]) -> list[Mention]:
    """`where age is over 60 and education = Doctorate`, `with label 1`, `for class 0`."""
    found = []
    for place, token in enumerate(tokens):
        if token.used or not token.is_word(
            "where", "whose", "having", "with", "for", "of", "labeled", "labelled", "label"
        ):
            continue
        pairs: dict[str, Any] = {}
        start = place if token.word in ("labeled", "labelled", "label") else place + 1
        end = _condition(tokens, start, pairs, strict=token.word in ("with", "for", "of"))
        while end and end < len(tokens) and tokens[end].is_word("and"):
            further = _condition(tokens, end + 1, pairs, strict=True)
            if not further:
                break
            end = further
        if end:
            use(tokens, place, end - 1)
            found.append(Mention("condition", place, end - 1, pairs))
    return found


def _condition(tokens: list[Token], place: int, pairs: dict[str, Any], strict: bool) -> int:
    """Read one `column operator value` from `place` into `pairs`; the place behind it, or 0 when there is none.

    `strict`: only a column that is no known word of the grammar, or `label` and `class`.
    """
    label = _label_condition(tokens, place)
    if label:
        end, value = label
        pairs["label"] = value
        return end
    for width in (1, 2, 3):
        column = tokens[place : place + width]
        if len(column) < width or any(each.kind not in ("word", "quoted") or each.used for each in column):
            return 0
        known = [
            each.word in lexicon.VERBS
            or each.word in lexicon.UNITS
            or each.word in lexicon.NOUNS
            or each.word in ("the", "a", "it", "you")
            for each in column
        ]
        if any(known) if strict else known[-1]:
            return 0
        for signature, operator in _OPERATORS:
            signs = tokens[place + width : place + width + len(signature)]
            value = free(tokens, place + width + len(signature))
            if (
                tuple(each.word for each in signs) != signature
                or value is None
                or value.kind not in ("number", "word", "quoted")
            ):
                continue
            if value.kind == "word" and (
                value.word in lexicon.FILLERS
                or value.word in lexicon.NEGATIONS
                or operator != "="
                or strict
                and signature == ("of",)
            ):
                return 0
            text = value.text.strip()
            plain = number_of(value) if value.kind == "number" and re.fullmatch(r"[\d.,]+", text) else text
            pairs[" ".join(each.text for each in column)] = (
                plain if operator == "=" else operator + text.replace(",", "")
            )
            return place + width + len(signature) + 1
    return 0


def _label_condition(tokens: list[Token], place: int) -> tuple[int, Any] | None:
    """`label 1`, `the class is 0`, `labeled as 1`, `label = yes` -> (place behind, value)."""
    if place < len(tokens) and tokens[place].is_word("the", "a"):
        place += 1
    head = free(tokens, place)
    if head is None or not head.is_word("label", "class", "labeled", "labelled", "labels"):
        return None
    place += 1
    linked = False
    while place < len(tokens) and tokens[place].is_word(
        "=", "==", "is", "of", "as", ":", "equal", "equals", "to", "value"
    ):
        linked = True
        place += 1
    value = free(tokens, place)
    if value is None:
        return None
    if value.kind == "number":
        following = tokens[place + 1].word if place + 1 < len(tokens) else ""
        if following in lexicon.ROW_NOUNS or following in lexicon.UNITS:
            return None
        return place + 1, number_of(value)
    if value.kind == "quoted" or (
        linked and value.kind == "word" and value.word not in lexicon.FILLERS and head.word in ("label", "class")
    ):
        return place + 1, value.text
    return None
