"""Numbers with what they count: rows, epochs, attempts, shares, targets, and counts relative to another table."""

from typing import Any

from agents.orchestrator.offline.lexicon import NOUNS, ROW_NOUNS, UNITS, VALUES, VERBS, WORDS, words
from agents.orchestrator.offline.mention import Mention, free, number_of, use, word_at
from agents.orchestrator.offline.scan import Token

_ROW_FILLERS = WORDS["row_fillers"]
_ANOMALOUS = WORDS["odd"] | frozenset(word for word, kind in NOUNS.items() if kind == "anomalies")
_HIGHEST = frozenset(words("top worst oddest weirdest strangest highest most"))
_BEHIND = {"", *words(". , ! ? please from with now")}
FACTORS = {"twice": 2, "double": 2, "half": 0.5, "triple": 3, "thrice": 3}
_LINKS = WORDS["links"]
_PERCENT = ("target_auc_score", "contamination", "min_confidence")


def find_amounts(tokens: list[Token]) -> list[Mention]:
    """All amounts, those relative to a table first."""
    found = _relative_counts(tokens) + _same_size(tokens)
    return found + [mention for place in range(len(tokens)) if (mention := _amount(tokens, place))]


def _relative_counts(tokens: list[Token]) -> list[Mention]:
    """`twice as many rows as a.csv has`, `as many as in a.csv`."""
    found = []
    for place in range(len(tokens) - 3):
        if not (tokens[place].is_word("as") and tokens[place + 1].is_word("many")):
            continue
        end = place + 2
        while word_at(tokens, end) in ROW_NOUNS | _ROW_FILLERS:
            end += 1
        linked = 2 if word_at(tokens, end + 1) == "in" else 1
        if (
            word_at(tokens, end) == "as"
            and word_at(tokens, end + 1) in ("it", "that")
            and word_at(tokens, place - 1) not in FACTORS
        ):
            last = end + 1 + (word_at(tokens, end + 2) in ("has", "contains", "holds"))
            use(tokens, place, last)
            found.append(Mention("amount", place, last, "same", "num_rows"))
            continue
        if word_at(tokens, end) != "as" or end + linked >= len(tokens) or tokens[end + linked].kind != "path":
            continue
        first, factor = _factor(tokens, place)
        last = end + linked
        value = {"times_rows_of": tokens[last].text, "factor": int(factor) if factor == int(factor) else factor}
        last += word_at(tokens, last + 1) in ("has", "contains", "holds")
        use(tokens, first, last)
        found.append(Mention("amount", first, last, value, "num_rows"))
    return found


def _factor(tokens: list[Token], place: int) -> tuple[int, float]:
    """Where `twice` or `3 times` before `as many` begins, and the factor."""
    before = word_at(tokens, place - 1)
    if before in FACTORS:
        return place - 1, FACTORS[before]
    if before == "times" and place > 1 and tokens[place - 2].value:
        return place - 2, tokens[place - 2].value or 1.0
    return place, 1.0


def _same_size(tokens: list[Token]) -> list[Mention]:
    """`same size`: as many rows as the one table of the sentence; left open here."""
    found = []
    for place, token in enumerate(tokens):
        if token.is_word("same-size") and not token.used:
            use(tokens, place, place)
            found.append(Mention("amount", place, place, "same", "num_rows"))
    return found


def _amount(tokens: list[Token], place: int) -> Mention | None:
    """The number at `place` with its unit, in front of it (`seed 42`) or behind it (`50 epochs`)."""
    number = free(tokens, place)
    if number is None or number.kind != "number":
        return None
    behind = place - 1
    while word_at(tokens, behind) in _LINKS and tokens[behind].kind != "number" and not tokens[behind].used:
        behind -= 1
    unit = free(tokens, behind)
    if unit is not None and unit.word in UNITS and unit.word not in ("try", "round", "attempt", "trial", "functions"):
        return _taken(tokens, behind, place, UNITS[unit.word])
    ahead = place + 1
    while word_at(tokens, ahead) in ("of", "the", "training", "more", "a") and not tokens[ahead].used:
        ahead += 1
    unit = free(tokens, ahead)
    name = UNITS.get(unit.word, "") if unit is not None else ""
    if name and (ahead == place + 1 or number.percent or name in ("epochs", "max_attempts")):
        return _taken(tokens, place, ahead, name)
    few = {"at-most", "max", "maximum"} & {token.word for token in tokens[max(0, place - 2) : place]}
    if unit is not None and unit.is_word("times") and ahead == place + 1 and few:
        return _taken(tokens, place, ahead, "max_attempts")
    return _share(tokens, place) if number.percent else _counted(tokens, place)


def _taken(tokens: list[Token], first: int, last: int, name: str) -> Mention:
    number = next(token for token in tokens[first : last + 1] if token.kind == "number")
    value: Any = number_of(number)
    if number.percent and name in _PERCENT:
        value = round(value / 100, 12)
    elif number.percent and name != "target_utility_pct":
        value = f"{value}%"
    use(tokens, first, last)
    return Mention("amount", first, last, value, name)


def _share(tokens: list[Token], place: int) -> Mention | None:
    """`the top 1%`, `worst 2 percent`, `5% of the rows as outliers`, `5% most unusual rows` of an anomaly scan."""
    odd = word_at(tokens, place - 1) in _HIGHEST
    last = place
    passing = ROW_NOUNS | _ANOMALOUS | {"of", "the", "most", "all", "as", "highest", "scoring", "are", "data"}
    while last + 1 < len(tokens) and tokens[last + 1].kind == "word" and tokens[last + 1].word in passing:
        last += 1
        odd = odd or tokens[last].word in _ANOMALOUS
    if not odd and any(token.word in _ANOMALOUS for token in tokens[place + 1 : place + 7]):
        return _taken(tokens, place, place, "contamination")  # `3% of a.csv as outliers`
    return _taken(tokens, place, last, "contamination") if odd else None


def _counted(tokens: list[Token], place: int) -> Mention | None:
    """`500 high income rows`, `2,500 synthetic customers`, `the top 10 anomalies`, `the first 10 rows`, `2 models`."""
    before, following = word_at(tokens, place - 1), word_at(tokens, place + 1)
    if NOUNS.get(following) == "hand":
        use(tokens, place, place)
        return Mention("aside", place, place, tokens[place].text, "hand")
    if following in ("models", "generators"):
        use(tokens, place, place + 1)
        return Mention("aside", place, place + 1, number_of(tokens[place]), "models", which=tokens[place].text)
    bare = word_at(tokens, place + 1 + (following == "more"))
    if (following == "more" or before in ("another", "further")) and bare in _BEHIND:
        use(tokens, place, place + (following == "more"))
        return Mention("amount", place, place + (following == "more"), number_of(tokens[place]), "num_rows")
    ends = following in ("", ",", ".", "!", "?", "please")
    worst = following in _HIGHEST and word_at(tokens, place + 2) in ("", ",", ".", "!", "?")
    if ends and before in _HIGHEST or worst:
        return _taken(tokens, place, place, "top")
    if ends and before in (",", "like", "say", "about", "around", "maybe") and _speaks_of_rows(tokens, place):
        return _taken(tokens, place, place, "num_rows")
    named = (
        place + 1 < len(tokens) and tokens[place + 1].named == "value" and word_at(tokens, place + 2) not in ROW_NOUNS
    )
    if named or following in VALUES or following in WORDS["row_kinds"] and word_at(tokens, place + 2) not in ROW_NOUNS:
        return _taken(tokens, place, place, "num_rows")  # `20 women`: rows; which, is told by the value
    return _described(tokens, place, before)


def _described(tokens: list[Token], place: int, before: str) -> Mention | None:
    """The number with the row noun behind it, and what stands between."""
    adjectives: list[Token] = []
    for last in range(place + 1, min(place + 7, len(tokens))):
        token = tokens[last]
        if token.kind != "word" or token.used:
            return None
        if token.word in ROW_NOUNS or token.word in _ANOMALOUS and NOUNS.get(token.word) == "anomalies":
            break
        if token.word not in _ROW_FILLERS:
            adjectives.append(token)
    else:
        return None
    return _of_rows(tokens, place, last, adjectives, before)


def _of_rows(tokens: list[Token], place: int, last: int, adjectives: list[Token], before: str) -> Mention | None:
    odd = [token for token in adjectives if token.word in WORDS["odd"] | {"most", "highest", "scoring"}]
    if NOUNS.get(tokens[last].word) == "anomalies" or odd or before in _HIGHEST:
        return _taken(tokens, place, place, "top") if len(odd) == len(adjectives) else None
    if before == "first" and not adjectives:
        return Mention("amount", place - 1, last, _taken(tokens, place - 1, last, "head").value, "head")
    if before in ("than", "first", "last", "between") or adjectives and not _tells_which(adjectives):
        return None  # `more than 500`, `100 good rows`: no amount to generate
    use(tokens, place, last)
    which = " ".join(token.text for token in adjectives)
    return Mention("amount", place, last, number_of(tokens[place]), "num_rows", which=which)


def _speaks_of_rows(tokens: list[Token], place: int) -> bool:
    """`some customers, like 200`: the number alone counts what was named before it, if nothing else is counted."""
    before = tokens[:place]
    return any(token.word in ROW_NOUNS for token in before) and not any(token.kind == "number" for token in before)


def _tells_which(adjectives: list[Token]) -> bool:
    """Whether words in front of `rows` plainly say which rows: `high income`, `married`; not `good`."""
    said = [token.word for token in adjectives]
    if said[0] in WORDS["levels"] and len(said) == 2:
        return said[1] not in NOUNS and said[1] not in VERBS and said[1] != "quality"
    return len(said) == 1 and (said[0] in WORDS["row_kinds"] or said[0] in VALUES or adjectives[0].named == "value")
