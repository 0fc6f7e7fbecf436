"""Tokens -> mentions: the files, amounts, conditions, columns and references of a sentence, and what stands around."""

import re

from agents.orchestrator.offline.amounts import find_amounts
from agents.orchestrator.offline.lexicon import DETERMINERS, MODEL_TYPES, NOUNS, ROW_NOUNS, VERBS, WORDS, words
from agents.orchestrator.offline.mention import Mention, free, use, word_at
from agents.orchestrator.offline.scan import Token
from agents.orchestrator.offline.where import find_conditions, find_kinds_of_rows
from agents.orchestrator.values import point_out

_PLACES = frozenset(words("in from at under inside within located stored"))
FORMATS = {**{name: name for name in words("csv parquet pt xlsx feather jsonl")}, "excel": "xlsx", "json": "jsonl"}
_PREPOSITIONS = frozenset(words("on in from with against using to evaluate of"))
_REFERRING = {
    **dict.fromkeys(words("labeled labelled annotated"), "labeled"),
    **dict.fromkeys(WORDS["synthetic"] | {"sampled"}, "generated"),
}
_LED = DETERMINERS | frozenset(words("on from with in"))
_NO_PRONOUN = frozenset(words("like looks is are you i we model same new result results output"))


def find_mentions(text: str, tokens: list[Token], names: frozenset[str], before: tuple[str, ...] = ()) -> list[Mention]:
    """All mentions in the order of the text; each marks its tokens as used. `before`: tables spoken of before."""
    point_out(tokens, names, before)
    found = _goals(text, tokens)
    found += find_conditions(tokens)
    found += find_amounts(tokens)
    found += _model_types(tokens)
    found += _formats(tokens)
    found += _files(tokens, names) + _model_names(tokens)
    found += _columns(tokens)
    found += _kinds_of_rows(tokens, found)
    files = {mention.first for mention in found if mention.kind == "file"}
    found += [mention for place in range(len(tokens)) if (mention := _reference(tokens, place, files))]
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
        if not token.used and token.kind == "word" and token.word in MODEL_TYPES:
            last = place + (word_at(tokens, place + 1) in ("model", "generator"))
            use(tokens, place, last)
            found.append(Mention("model_type", place, last, MODEL_TYPES[token.word], "model_type"))
    return found


def _formats(tokens: list[Token]) -> list[Mention]:
    """`as csv`, `in parquet format`, `to parquet`, `parquet please`."""
    found = []
    for place, token in enumerate(tokens):
        if token.kind != "word" or token.word not in FORMATS or token.used:
            continue
        back = place - 1 - (word_at(tokens, place - 1) in ("a", "the", "an"))
        last = place + (word_at(tokens, place + 1) in ("format", "file"))
        said = word_at(tokens, back)
        alone = said in (",", ";", "") and word_at(tokens, last + 1) in ("", ",", ".", "please", "!")
        made = word_at(tokens, place + 1) in ("version", "copy")
        if said in ("as", "to", "into", "in") or made or alone:
            use(tokens, place if alone or made else max(0, back), last)
            found.append(Mention("format", max(0, back), last, FORMATS[token.word], "output_format"))
    return found


def _files(tokens: list[Token], names: frozenset[str]) -> list[Mention]:
    """Paths, and the names of known data sets (`the adult dataset`)."""
    found = []
    for place, token in enumerate(tokens):
        named = token.kind in ("word", "quoted") and token.word.lower() in names and not _modifies_rows(tokens, place)
        if not token.used and (token.kind == "path" or named):
            token.used = True
            path = token.kind == "path"
            value = token.text if path else token.word.lower()
            found.append(Mention("file", place, place, value, "path" if path else "name"))
    return found


def _kinds_of_rows(tokens: list[Token], found: list[Mention]) -> list[Mention]:
    """`just the paid orders`: rows of the table `orders` that was named before, and not that table once more."""
    rows = find_kinds_of_rows(tokens)
    for kind in rows:
        for again in [each for each in found if each.kind == "file" and each.first == kind.last + 1]:
            if any(each.value == again.value and each is not again for each in found if each.kind == "file"):
                found.remove(again)
    return rows


def _model_names(tokens: list[Token]) -> list[Mention]:
    """`a model named bank_v2`, `call it bank_v2`: where the model goes, by a name that is no word."""
    trains = any(VERBS.get(token.word, ("",))[0] == "train" for token in tokens if token.kind == "word")
    for place, name in enumerate(tokens if trains else []):
        said = tokens[max(0, place - 3) : place]
        verbs = [token for token in said if token.is_word("named", "called", "call")]
        saved = {"as", "model"} <= {token.word for token in said}
        if (verbs or saved) and not name.used and not name.named and name.kind == "word" and _may_be_column(name):
            for token in (*verbs, name):
                token.used = True
            return [Mention("file", place, place, name.text, "path", ["into"])]
    return []


def _modifies_rows(tokens: list[Token], place: int) -> bool:
    """`500 adult rows`: of that data set, or of that age? Better left unread."""
    return word_at(tokens, place + 1) in ROW_NOUNS or (place > 0 and tokens[place - 1].kind == "number")


def _columns(tokens: list[Token]) -> list[Mention]:
    """`column age`, `the columns age and income`, `label column income`, `income as the label`."""
    found = _targets(tokens) + _bare_columns(tokens)
    for place, token in enumerate(tokens):
        if token.used or not token.is_word("column", "columns", "label-column"):
            continue
        single, last, names = token.word != "columns", place, []
        while (name := free(tokens, last + 1)) and _may_be_column(name):
            names.append(name.text)
            last += 1
            joined = word_at(tokens, last + 1) in (",", "and") and free(tokens, last + 2)
            if single or not joined or not _may_be_column(tokens[last + 2]):
                break
            last += 1
        if names:
            use(tokens, place, last)
            label = token.word == "label-column"
            found.append(
                Mention("columns", place, last, names[0] if label else names, "label_column" if label else "columns")
            )
    return found


def _bare_columns(tokens: list[Token]) -> list[Mention]:
    """`only workclass`, `the gaps in age and race`, `with amount and status only`: columns that the table tells."""
    found, place = [], 1
    while place < len(tokens):
        last = place
        while (token := free(tokens, last)) and token.named == "column":
            last += 1 + (word_at(tokens, last + 1) in (",", "and") and tokens[last + 2 : last + 3] != [])
        names = [each.text for each in tokens[place:last] if each.named == "column"]
        last -= tokens[last - 1].named != "column"
        lead = word_at(tokens, place - 1)
        if names and (lead in ("only", "just", "in") or lead == "with" and word_at(tokens, last) == "only"):
            use(tokens, place - 1, last - 1 + (word_at(tokens, last) == "only"))
            found.append(Mention("columns", place, last - 1, names, "columns"))
        place = max(last, place) + 1
    return found


def _targets(tokens: list[Token]) -> list[Mention]:
    """`with income as the target`."""
    found = []
    for place in range(1, len(tokens) - 1):
        last = place + 1 + (word_at(tokens, place + 1) in ("the", "a"))
        ends = word_at(tokens, last) in ("target", "label", "outcome", "label-column") and tokens[place].word == "as"
        if ends and free(tokens, place - 1) and _may_be_column(tokens[place - 1]):
            use(tokens, place - 1, last)
            found.append(Mention("columns", place - 1, last, tokens[place - 1].text, "label_column"))
    return found


def _may_be_column(token: Token) -> bool:
    known = token.word in WORDS["fillers"] or token.word in VERBS or token.word in NOUNS or token.word in DETERMINERS
    return (
        token.kind == "quoted"
        or token.kind == "word"
        and not known
        and token.word not in WORDS["negations"] | {"and", "but"}
    )


def _reference(tokens: list[Token], place: int, files: set[int]) -> Mention | None:
    """`it`, `the result`, `the labeled data`, `those rows`, `the model`: things that the request itself makes."""
    token, before, after = tokens[place], word_at(tokens, place - 1), word_at(tokens, place + 1)
    if token.used or token.kind != "word":
        return None
    meant, last = "", place
    rows_or_data = NOUNS.get(after) in ("rows", "data") or after in ("version", "result", "output")
    if token.word in _REFERRING and rows_or_data:
        last = place + 1
        meant = _REFERRING[token.word] if before in DETERMINERS or before in _PREPOSITIONS else ""
    elif token.is_word("result", "results", "output", "outcome") and before in _LED:
        meant = "result"
    elif token.is_word("model", "generator"):
        meant = "model" if {before, word_at(tokens, place - 2)} & {"the", "that", "this", "same", "last"} else ""
    elif token.is_word("data", "dataset", "file", "table") and before in ("the", "that", "this", "same", "original"):
        meant = "data"
    elif NOUNS.get(token.word) == "rows" and before in ("the", "those", "these"):
        meant = "rows"
    elif token.is_word("it", "them", "these", "those", "this", "that", "same"):
        meant = "it" if _stands_alone(tokens, place) else ""
    if not meant or meant != "it" and _leads_to_file(tokens, last, files):
        return None
    return Mention("reference", place, last, meant, "many" if token.word in ("them", "these", "those") else "")


def _stands_alone(tokens: list[Token], place: int) -> bool:
    """Whether a pronoun is one, and does not go with the word behind it: `these rows`, `this is`."""
    token, after = tokens[place], tokens[place + 1] if place + 1 < len(tokens) else None
    if token.is_word("it", "them") or after is None or after.kind != "word":
        return True
    return not (token.is_word("that") or NOUNS.get(after.word) or after.word in _REFERRING or after.word in _NO_PRONOUN)


def _leads_to_file(tokens: list[Token], place: int, files: set[int]) -> bool:
    """`the model in PATH`, `the data PATH`: the noun only introduces a file."""
    after = place + 1
    passing = _PLACES | {"the", "file", "folder", "called", "named", "data", "set"}
    while after < len(tokens) and tokens[after].kind == "word" and tokens[after].word in passing:
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
        if token.is_word(":"):
            continue
        if place in covered or token.kind != "word" or token.word == "and":
            break
        mention.before.append(token.word)
        if token.word in VERBS and token.word not in NOUNS:
            break
    for place in range(mention.last + 1, min(len(tokens), mention.last + 5)):
        token = tokens[place]
        if (
            place in covered
            or token.kind not in ("word", "sign")
            or token.word in ("and", ",", ".", ";")
            or token.word in VERBS
        ):
            break
        if token.kind == "word":
            mention.after.append(token.word)
