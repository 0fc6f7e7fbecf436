"""Text -> tokens: paths, addresses, quoted text, numbers, words and signs, each with its place in the text."""

import json
import re
from dataclasses import dataclass
from typing import Literal

from rapidfuzz.distance import OSA

from agents.orchestrator.offline import lexicon
from agents.orchestrator.offline.rephrasing import REPLACED_PHRASES
from agents.orchestrator.offline.wording import words

Kind = Literal["path", "url", "quoted", "number", "word", "sign"]

DATA_SUFFIXES = (
    "csv|tsv|parquet|pq|jsonl|json|pth|pt|pkl|pickle|joblib|html|xlsx|xls|txt|md|log|gz|zip|npz|npy|feather|arrow|db|"
    "sqlite|yaml|yml|ini|env|png|svg|h5|onnx|safetensors|py|sh|pem|key|conf|toml"
)
_QUOTED = r"(?<!\w)(?P<quote>['\"`])(?P<inner>[^'\"`\n]{1,300})(?P=quote)(?!\w)"
_URL = r"[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s,;'\"]*"
_PATH = (
    r"(?:~?\.{0,2}/|[A-Za-z]:\\|\\\\)[^\s,;'\"()]*"  # ./a, /a, ~/a, C:\a
    r"|[\w.@$~%+=-]+(?:[/\\][^\s,;'\"()]*)+"  # a/b
    rf"|[\w.$~%+-]*\w\.(?:{DATA_SUFFIXES})\b(?![\w(])"  # a.csv
)
_NUMBER = (
    r"(?<![\w.])(?P<sign>[-+]|minus\s)?(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d[\d_]*(?:\.\d+)?(?:e[+-]?\d+)?|\.\d+)"
    r"(?:\s?(?P<suffix>%|percent\b|per\scent\b|k\b|thousand\b|million\b|m\b|mio\b|billion\b|hundred\b))?(?![\w])"
)
_WORD = r"[^\W\d_][\w]*(?:['’-][\w]+)*|_\w+|\w+"
_TOKEN = re.compile(
    f"(?P<url>{_URL})|(?P<quoted>{_QUOTED})|(?P<path>{_PATH})|(?P<number>{_NUMBER})|(?P<word>{_WORD})"
    r"|(?P<other>>=|<=|==|!=|&&|\S)",
    re.IGNORECASE,
)
_FACTORS = {"k": 1e3, "thousand": 1e3, "m": 1e6, "million": 1e6, "mio": 1e6, "hundred": 1e2, "billion": 1e9}
_SMALL = {
    word: value
    for value, word in enumerate(
        words(
            "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
            "sixteen seventeen eighteen nineteen"
        )
    )
}
_TENS = {
    word: 10 * (place + 2) for place, word in enumerate(words("twenty thirty forty fifty sixty seventy eighty ninety"))
}
_SLASHED = {"w/": "with", "w/o": "without", "and/or": "or"}
_SCALES = {"hundred": 100, "thousand": 1_000, "million": 1_000_000, "dozen": 12}
# words that a typing error must not be mended into, or out of
_LEAVE = frozenset(
    words(
        "table tables cable later labor lake brain drain grain rain trail strain model modal mind kind bind "
        "build guild date dates rose cows rock fast fist test text best rest taste paste past post cost most "
        "host list lost mist last mean means near more mode mood note noun hold bold told cold gold good food "
        "wood hood look book cook took hook game name same fame tame came form farm firm from flow slow blow "
        "glow grow show know now how low row raw law saw sold told plan plain place plane plate play pray "
        "tray great create crate treat tread trend trash crash track trick truck trust twist better letter "
        "latter batter matter butter setter getter faster taster master thing things think thank dog cat age "
        "sex race wage wages page pages stage state states stats status stop step steps ship shop drop crop "
        "prop stream dream cream steam team seam scam swim slim clean clear learn lean bean bear year years "
        "wear tear dear fear hear head read bread lead load road toad boat coat goat float class glass grass "
        "brass pass mass less loss boss toss cross dress press guess house mouse horse course source force "
        "white while whole whose those these there where here hero zero both bath path math oath myth moth "
        "month mouth south north worth earth heart smart start chart part party parts port sport short shirt "
        "skirt dirt fort sort sorts kinds half calf call ball hall fall wall tall small smell spell shell "
        "sell cell bell well will bill fill hill kill mill pill till hand band land sand wand hard card yard "
        "ward word world work worker works fork pork scare share spare square store score shore shone phone "
        "stone alone along among hours"
    )
)


@dataclass
class Token:
    """A piece of the text. `used` becomes true when a rule of the grammar has made something of it."""

    kind: Kind
    text: str
    start: int
    end: int
    word: str = ""
    value: float | None = None
    percent: bool = False
    used: bool = False
    mended: bool = False

    def is_word(self, *words: str) -> bool:
        return self.kind in ("word", "sign") and self.word in words


def unwrap(text: str) -> str:
    """The inner message, when a client encoded its JSON twice."""
    stripped = text.strip()
    if stripped.startswith("{") and len(stripped) < 20_000:
        try:
            inner = json.loads(stripped)
        except (ValueError, RecursionError):
            return text
        if isinstance(inner, dict) and isinstance(inner.get("input_message"), str):
            return inner["input_message"]
    return text


def tokens_of(text: str, names: frozenset[str]) -> list[Token]:
    """Tokens of `text`, phrases joined, number words read, and typing errors mended.

    Parameters
    ----------
    names
        Known data set names, lower case: words that are never taken for a typing error.
    """
    plain = text.translate(str.maketrans("‘’“”–—−\u00a0", "''\"\"--- "))
    found = [_token(match) for match in _TOKEN.finditer(plain)]
    return _number_words(_join_phrases([_mend(token, names) for token in found]))


def _token(match: re.Match[str]) -> Token:
    text, start = match.group(0), match.start()
    if match.group("url"):
        text = text.rstrip(".,;:!?)")
        return Token("url", text, start, start + len(text), text)
    if match.group("quoted"):
        inner = match.group("inner")
        kind: Kind = "path" if re.search(rf"/|\\|\.(?:{DATA_SUFFIXES})$", inner, re.IGNORECASE) else "quoted"
        return Token(kind, inner, start, match.end(), inner)
    if match.group("path") and text.lower() in _SLASHED:
        return Token("word", text, start, match.end(), _SLASHED[text.lower()])
    if match.group("path"):
        text = text.rstrip(".,;:!?)") if text.strip("./") != "" else text
        return Token("path", text, start, start + len(text), text)
    if match.group("number"):
        return _number(match)
    if match.group("word"):
        return Token("word", text, start, match.end(), text.lower().replace("’", "'"))
    return Token("sign", text, start, match.end(), text)


def _number(match: re.Match[str]) -> Token:
    suffix = re.sub(r"\s", "", (match.group("suffix") or "").lower())
    value = float(match.group("digits").replace(",", "").replace("_", "")) * _FACTORS.get(suffix, 1)
    if (match.group("sign") or "").strip().lower() in ("-", "minus"):
        value = -value
    return Token(
        "number", match.group(0), match.start(), match.end(), match.group("digits"), value, suffix in ("%", "percent")
    )


_PHRASE_WORDS = frozenset(word for phrase, _ in REPLACED_PHRASES for word in phrase.split())
KNOWN = (
    frozenset(lexicon.VERBS)
    | frozenset(lexicon.NOUNS)
    | frozenset(lexicon.UNITS)
    | lexicon.FILLERS
    | (
        lexicon.NEGATIONS
        | lexicon.ALTERNATIVES
        | lexicon.CONDITIONALS
        | frozenset(_SMALL)
        | frozenset(_TENS)
        | frozenset(_SCALES)
        | frozenset(lexicon.MODEL_TYPES)
        | frozenset(lexicon.CONDITION_WORDS)
        | _PHRASE_WORDS
        | frozenset(lexicon.CONDITION_LEVELS)
        | frozenset(lexicon.ANOMALY_ADJECTIVES)
    )
)
# a slip is never read as a word that ends the conversation
_MENDABLE = sorted(
    word
    for word in KNOWN
    if len(word) > 2
    and word.isalpha()
    and word not in _SMALL
    and lexicon.VERBS.get(word, ("",))[0] not in ("destructive", "unsupported")
)
_SHORT_ERRORS = {
    "teh": "the",
    "hte": "the",
    "adn": "and",
    "nad": "and",
    "fro": "for",
    "form": "from",
    "wiht": "with",
    "wtih": "with",
    "si": "is",
    "ti": "it",
    "ot": "to",
    "fo": "of",
    "thn": "then",
    "taht": "that",
    "dont": "don't",
    "pleas": "please",
    "pleae": "please",
    "tehn": "then",
    "thne": "then",
    "hten": "then",
}


def _mend(token: Token, names: frozenset[str]) -> Token:
    """Replace a word nobody knows by the one known word that a slip of the finger away; leave it if two are as near."""
    word = token.word
    if token.kind != "word" or word in KNOWN or word in names:
        return token
    if word in _SHORT_ERRORS:
        token.word, token.mended = _SHORT_ERRORS[word], True
        return token
    if len(word) < 4 or word in _LEAVE or not word.isalpha():
        return token
    allowed = 1 if len(word) < 9 else 2
    near = sorted((_slip(word, known, allowed), known) for known in (*_MENDABLE, *sorted(names)))
    near = [pair for pair in near if pair[0] <= allowed]
    meanings = {_meaning(known) for distance, known in near if distance == near[0][0]}
    if len(meanings) == 1:
        token.word, token.mended = near[0][1], True
    return token


def _slip(word: str, known: str, allowed: int) -> float:
    """How far a slip of the finger leads from `known` to `word`: letters in another order are the likeliest slip."""
    swapped = sorted(word) == sorted(known)
    if word[0] != known[0] and not swapped:
        return allowed + 1.0
    distance = OSA.distance(word, known, score_cutoff=allowed)
    return distance - 0.5 if swapped else float(distance)


def _meaning(word: str) -> object:
    """Two words of one meaning (`labeled`, `labelled`) are no reason to doubt."""
    if word in lexicon.VERBS:
        return lexicon.VERBS[word][:2]
    return lexicon.NOUNS.get(word, lexicon.UNITS.get(word, word))


_PHRASES = sorted(((phrase.split(), single) for phrase, single in REPLACED_PHRASES), key=lambda pair: -len(pair[0]))


def _join_phrases(tokens: list[Token]) -> list[Token]:
    joined: list[Token] = []
    place = 0
    while place < len(tokens):
        for phrase, single in _PHRASES:
            run = tokens[place : place + len(phrase)]
            if (
                len(run) == len(phrase)
                and all(token.kind == "word" for token in run)
                and [token.word for token in run] == phrase
            ):
                text = " ".join(token.text for token in run)
                joined += [Token("word", text, run[0].start, run[-1].end, word) for word in single.split()]
                place += len(phrase)
                break
        else:
            joined.append(tokens[place])
            place += 1
    return joined


def _number_words(tokens: list[Token]) -> list[Token]:
    """Join `five thousand`, `half a million`, `a dozen`, `twenty-five` into numbers."""
    read: list[Token] = []
    place = 0
    while place < len(tokens):
        length, value = _spelled(tokens, place)
        if length:
            run = tokens[place : place + length]
            read.append(Token("number", " ".join(token.text for token in run), run[0].start, run[-1].end, "", value))
            place += length
            if place < len(tokens) and tokens[place].is_word("percent"):
                read[-1].percent = True
                read[-1].end = tokens[place].end
                place += 1
        else:
            read.append(tokens[place])
            place += 1
    return read


def _spelled(tokens: list[Token], place: int) -> tuple[int, float]:
    """How many tokens from `place` spell a number, and the number; (0, 0) when none does."""
    words = [token.word if token.kind == "word" else "" for token in tokens[place : place + 8]] + [""] * 3
    if words[0] == "half" and words[1] == "a" and words[2] in _SCALES:
        return 3, _SCALES[words[2]] / 2
    if words[0] in ("a", "an") and words[1] in _SCALES:
        return 2, float(_SCALES[words[1]])
    total, group, length = 0.0, 0.0, 0
    for word in words:
        parts = word.split("-") if word else [""]
        if all(part in _SMALL or part in _TENS for part in parts):
            group += sum(_SMALL.get(part, _TENS.get(part, 0)) for part in parts)
        elif word == "hundred" and length:
            group = max(group, 1) * 100
        elif word in _SCALES and length:
            total, group = total + max(group, 1) * _SCALES[word], 0.0
        elif (
            word == "and"
            and length
            and words[length - 1] in ("hundred", "thousand")
            and (words[length + 1] in _SMALL or words[length + 1] in _TENS)
        ):
            pass
        else:
            break
        length += 1
    if length == 1 and words[0] == "one" and words[1] not in (*lexicon.ROW_NOUNS, *lexicon.UNITS, "percent"):
        return 0, 0.0  # `train one on ...`: a pronoun
    return length, total + group
