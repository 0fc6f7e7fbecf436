"""Numbers with what they count: rows, epochs, attempts, shares, targets, and counts relative to another table."""

from typing import Any

from agents.orchestrator.offline import lexicon
from agents.orchestrator.offline.mention import Mention, free, number_of, use
from agents.orchestrator.offline.scan import Token
from agents.orchestrator.offline.wording import words

_ROW_FILLERS = frozenset(
    words(
        "synthetic fake artificial new fresh random realistic generated simulated more additional extra "
        "sample such similar made-up dummy mock of the data brand freshly other"
    )
)
_FACTOR_WORDS = {"twice": 2, "double": 2, "half": 0.5, "triple": 3, "thrice": 3}


def relative_counts(tokens: list[Token]) -> list[Mention]:
    """`twice as many rows as a.csv has`."""
    found = []
    for place in range(len(tokens) - 3):
        if not (tokens[place].is_word("as") and tokens[place + 1].is_word("many")):
            continue
        end = place + 2
        while end < len(tokens) and tokens[end].word in (*lexicon.ROW_NOUNS, *_ROW_FILLERS):
            end += 1
        if end + 1 >= len(tokens) or not tokens[end].is_word("as") or tokens[end + 1].kind != "path":
            continue
        first, factor = place, 1.0
        before = tokens[place - 1] if place else None
        if before and before.word in _FACTOR_WORDS:
            first, factor = place - 1, _FACTOR_WORDS[before.word]
        elif before and before.is_word("times") and place > 1 and tokens[place - 2].value:
            first, factor = place - 2, tokens[place - 2].value or 1.0
        last = end + 1
        if last + 1 < len(tokens) and tokens[last + 1].is_word("has", "contains", "holds"):
            last += 1
        value = {"times_rows_of": tokens[end + 1].text, "factor": int(factor) if factor == int(factor) else factor}
        use(tokens, first, last)
        found.append(Mention("amount", first, last, value, "num_rows"))
    return found


_LINKS = frozenset(
    words(
        "of = : is to at reaches reach reached hits hit >= > at-least above over exceeds least score target "
        "around about roughly approximately exactly size"
    )
)


def amount(tokens: list[Token], place: int) -> Mention | None:
    """The number at `place` with its unit, in front of it (`seed 42`) or behind it (`50 epochs`)."""
    number = free(tokens, place)
    if number is None or number.kind != "number":
        return None
    behind = place - 1
    while behind >= 0 and tokens[behind].word in _LINKS and tokens[behind].kind != "number" and not tokens[behind].used:
        behind -= 1
    unit = free(tokens, behind)
    if unit is not None and unit.word in lexicon.UNITS and unit.word not in ("try", "round", "attempt", "trial"):
        return _taken(tokens, behind, place, lexicon.UNITS[unit.word])
    ahead = place + 1
    while (
        ahead < len(tokens) and tokens[ahead].is_word("of", "the", "training", "more", "a") and not tokens[ahead].used
    ):
        ahead += 1
    unit = free(tokens, ahead)
    if (
        unit is not None
        and unit.word in lexicon.UNITS
        and (ahead == place + 1 or number.percent or unit.word == "epochs")
    ):
        return _taken(tokens, place, ahead, lexicon.UNITS[unit.word])
    if (
        unit is not None
        and unit.is_word("times")
        and ahead == place + 1
        and {"at-most", "max", "maximum"} & {token.word for token in tokens[max(0, place - 2) : place]}
    ):
        return _taken(tokens, place, ahead, "max_attempts")
    return _share(tokens, place) if number.percent else _rows(tokens, place)


def _taken(tokens: list[Token], first: int, last: int, name: str) -> Mention:
    number = next(token for token in tokens[first : last + 1] if token.kind == "number")
    value: Any = number_of(number)
    if number.percent and name in ("target_auc_score", "contamination"):
        value = round(value / 100, 12)
    elif number.percent and name not in ("target_utility_pct",):
        value = f"{value}%"
    use(tokens, first, last)
    return Mention("amount", first, last, value, name)


def _share(tokens: list[Token], place: int) -> Mention | None:
    """`the top 1%`, `worst 2 percent`, `5% of the rows as outliers`, `5% most unusual rows` of an anomaly scan."""
    before = tokens[place - 1].word if place else ""
    last = place
    oddity = before in ("top", "worst", "oddest", "weirdest", "strangest", "highest", "most")
    while (
        last + 1 < len(tokens)
        and tokens[last + 1].kind == "word"
        and (
            tokens[last + 1].word
            in (
                *lexicon.ROW_NOUNS,
                *lexicon.ANOMALY_ADJECTIVES,
                *lexicon.ANOMALY_NOUNS,
                "of",
                "the",
                "most",
                "all",
                "as",
                "highest",
                "scoring",
                "are",
                "data",
            )
        )
    ):
        last += 1
        oddity = oddity or tokens[last].word in (*lexicon.ANOMALY_ADJECTIVES, *lexicon.ANOMALY_NOUNS)
    return _taken(tokens, place, last if oddity else place, "contamination") if oddity else None


def _rows(tokens: list[Token], place: int) -> Mention | None:
    """`500 high income rows`, `2,500 synthetic customers`, `the top 10 anomalies`."""
    adjectives: list[Token] = []
    for last in range(place + 1, min(place + 7, len(tokens))):
        token = tokens[last]
        if token.kind != "word" or token.used:
            return None
        if token.word in lexicon.ROW_NOUNS or (token.word in lexicon.ANOMALY_NOUNS):
            break
        if token.word not in _ROW_FILLERS:
            adjectives.append(token)
    else:
        return None
    before = tokens[place - 1].word if place else ""
    odd = [token for token in adjectives if token.word in (*lexicon.ANOMALY_ADJECTIVES, "most", "highest", "scoring")]
    if tokens[last].word in lexicon.ANOMALY_NOUNS or odd or before in ("top", "worst", "oddest", "weirdest"):
        if len(odd) < len(adjectives):
            return None
        return _taken(tokens, place, place, "top")
    if before in ("than", "first", "last", "between"):
        return None  # `more than 500`, `the first 500 rows`: no amount to generate
    condition = " ".join(token.text for token in adjectives)
    if adjectives and not _is_condition(adjectives):
        return None
    use(tokens, place, last)
    return Mention("amount", place, last, number_of(tokens[place]), "num_rows", which=condition)


def _is_condition(adjectives: list[Token]) -> bool:
    """Whether words in front of `rows` plainly say which rows: `high income`, `married`; not `good`."""
    words = [token.word for token in adjectives]
    if words[0] in lexicon.CONDITION_LEVELS and len(words) == 2:
        return words[1] not in lexicon.NOUNS and words[1] not in lexicon.VERBS and words[1] != "quality"
    return len(words) == 1 and words[0] in lexicon.CONDITION_WORDS
