"""Text -> tokens: paths, addresses, quoted text, numbers, words and signs, each with its place in the text."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from rapidfuzz.distance import OSA

from agents.orchestrator.datasets import quoted
from agents.orchestrator.offline import lexicon
from agents.orchestrator.offline.lexicon import KNOWN, LANGUAGES, PHRASES, SLIPS, WORDS, Language

Kind = Literal["path", "url", "quoted", "number", "word", "sign"]

DATA_SUFFIXES = "|".join(lexicon.SUFFIXES)
_QUOTED = r"(?<!\w)(?P<quote>['\"`])(?P<inner>[^'\"`\n]{1,300})(?P=quote)(?!\w)"
_URL = r"[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s,;'\"]*"
_PATH = (
    r"(?:~?\.{0,2}/|[A-Za-z]:\\|\\\\)[^\s,;'\"()]*"  # ./a, /a, ~/a, C:\a
    r"|[\w.@$~%+-]+(?:[/\\][^\s,;'\"()]*)+"  # a/b
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
_SMALL = {word: value for value, word in enumerate(lexicon.SPELLED["small"])}
_TENS = {word: 10 * value for value, word in enumerate(lexicon.SPELLED["tens"], start=2)}
_COUNTED = lexicon.ROW_NOUNS | {word for word, unit in lexicon.UNITS.items() if unit in lexicon.WHOLE}
_SLASHED = {"w/": "with", "w/o": "without", "and/or": "or"}
_SCALES = {"hundred": 100, "thousand": 1_000, "million": 1_000_000, "dozen": 12}


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
    named: str = ""  # `column` or `value` of a table of the sentence; `grouped`: thousands divided by a point

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
    """Tokens of `text` in English: translated or mended, phrases joined, number words read.

    Parameters
    ----------
    names
        Known data set names, lower case: words that are never taken for a typing error.
    """
    found = raw_tokens(quoted(text, names))
    language = LANGUAGES.get(language_of(text))
    if language:
        found = _number_words(_join(_divided(_without_elision(found), language), language.phrases), language.numbers)
    else:
        found = [_mend(token, names) for token in found]
    found = _number_words(_join(found, PHRASES), {})
    return found if language else _grouped(found)


def _grouped(tokens: list[Token]) -> list[Token]:
    """`1.000 rows` is a thousand of them, since nobody counts rows in decimals; the reading is told."""
    for place, token in enumerate(tokens):
        near = {each.word for each in tokens[max(0, place - 1) : place + 4] if each.kind == "word"}
        if token.kind == "number" and re.fullmatch(r"[1-9]\d{0,2}(\.\d{3})+", token.text) and near & _COUNTED:
            token.value, token.named = float(token.text.replace(".", "")), "grouped"
    return tokens


def raw_tokens(text: str) -> list[Token]:
    """Tokens as they are written."""
    plain = _without_numbering(text.translate(str.maketrans("‘’“”–—−\u00a0\u202f", "''\"\"---  ")))
    return [_token(match) for match in _TOKEN.finditer(plain)]


def _without_numbering(text: str) -> str:
    """`1) label a.csv 2) train`: stops in place of the numbers, where the text begins with the first."""
    number, place = 1, 0
    while match := re.compile(rf"(?:^|(?<=[\s,;.])){number}(?:\.|\))\s+(?=[^\W\d])").search(text, place):
        if number == 1 and text[: match.start()].strip():
            break
        length = match.end() - match.start()
        text = text[: match.start()] + ";".ljust(length) + text[match.end() :]
        number, place = number + 1, match.end()
    return text


def language_of(text: str) -> str:
    """The language file that knows more words of the text than English does; `en` where none does."""
    said = [token.word for token in _without_elision(raw_tokens(text)) if token.kind == "word"]
    known = {name: sum(word in each.vocabulary for word in said) for name, each in LANGUAGES.items()}
    own = {
        name: sum(word in each.vocabulary and word not in KNOWN for word in said) for name, each in LANGUAGES.items()
    }
    best = max(known, key=lambda name: (own[name], known[name]))
    left = [word for word in said if word not in LANGUAGES[best].vocabulary and word not in _EVERYWHERE]
    near = sum(word in KNOWN or _near_english(word) for word in left)
    enough = own[best] > 1 or (own[best] == 1 and near <= 1)
    return best if enough and known[best] + own[best] > near else "en"


# words that say nothing of the language
_EVERYWHERE = {*lexicon.MODEL_TYPES, *lexicon.words("csv parquet excel auc seed ok adult label batch")}


def _near_english(word: str) -> bool:
    """Whether a word is an English one with a slip: `modell`."""
    return len(word) > 3 and any(
        OSA.distance(word, known, score_cutoff=1) <= 1 for known in KNOWN if known[0] == word[0]
    )


def _without_elision(tokens: list[Token]) -> list[Token]:
    """`l'adult`, `n'entraîne`: the word, and the negation where there is one."""
    found: list[Token] = []
    for token in tokens:
        if token.kind == "word" and (clitic := re.fullmatch(r"(.{3,})-(?:le|la|les|moi|nous|tu|vous|en)", token.word)):
            token.word = clitic.group(1)
        match = re.fullmatch(r"(l|d|j|n|s|m|t|c|qu)'(.+)", token.word) if token.kind == "word" else None
        if match and token.word not in KNOWN and not any(token.word in each.vocabulary for each in LANGUAGES.values()):
            found.append(Token("word", match.group(1), token.start, token.start + len(match.group(1)), match.group(1)))
            token = Token("word", match.group(2), token.start + 2, token.end, match.group(2))
        found.append(token)
    return found


def _divided(tokens: list[Token], language: Language) -> list[Token]:
    """`2.500` and `2 500` as they are meant where thousands are divided so."""
    found: list[Token] = []
    for token in tokens:
        before = found[-1] if found else None
        if token.kind == "number" and language.thousands == "." and re.fullmatch(r"\d{1,3}(\.\d{3})+", token.text):
            token.value = float(token.text.replace(".", ""))
        elif (
            token.kind == "number"
            and before
            and before.kind == "number"
            and token.start == before.end + 1
            and re.fullmatch(r"\d{3}", token.text)
            and re.fullmatch(r"[\d ]+", before.text)
        ):
            found.pop()
            number = f"{before.text} {token.text}"
            token = Token("number", number, before.start, token.end, number, float(number.replace(" ", "")))
        found.append(token)
    return found


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


_NUMBERS = frozenset(_SMALL) | frozenset(_TENS) | frozenset(_SCALES)
# a slip is never read as a word that ends the conversation
_MENDABLE = sorted(
    word
    for word in KNOWN | _NUMBERS
    if len(word) > 2
    and word.isalpha()
    and word not in _SMALL
    and (word not in lexicon.MODEL_TYPES or len(word) > 3)  # `gain` is no gan
    and lexicon.VERBS.get(word, ("",))[0] not in ("destructive", "unsupported")
)


def _mend(token: Token, names: frozenset[str]) -> Token:
    """Replace a word nobody knows by the one known word that a slip of the finger away; leave it if two are as near."""
    word = token.word
    if token.kind != "word" or word in KNOWN or word in _NUMBERS or word in names:
        return token
    if word in SLIPS:
        token.word = SLIPS[word]
        return token
    if len(word) < 4 or word in WORDS["unmendable"] or not word.isascii() or not word.isalpha():
        return token
    allowed = 1 if len(word) < 9 else 2
    near = sorted((_slip(word, known, allowed), known) for known in (*_MENDABLE, *sorted(names)))
    near = [pair for pair in near if pair[0] <= allowed]
    meanings = {_meaning(known) for distance, known in near if distance == near[0][0]}
    if len(meanings) == 1:
        token.word = near[0][1]
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
    return lexicon.NOUNS.get(word, lexicon.UNITS.get(word, word if word not in WORDS["fillers"] else "filler"))


def _join(tokens: list[Token], table: Mapping[tuple[str, ...], tuple[str, ...]]) -> list[Token]:
    """The longest phrase of the table at each place -> the known words that it means."""
    longest = max(map(len, table))
    joined: list[Token] = []
    place = 0
    while place < len(tokens):
        for length in range(min(longest, len(tokens) - place), 0, -1):
            run = tokens[place : place + length]
            meant = table.get(tuple(token.word if token.kind == "word" else "\0" for token in run))
            if meant:
                text = " ".join(token.text for token in run)
                joined += [Token("word", text, run[0].start, run[-1].end, word) for word in meant]
                place += length
                break
        else:
            joined.append(tokens[place])
            place += 1
    return joined


def _number_words(tokens: list[Token], known: Mapping[str, float]) -> list[Token]:
    """Join `five thousand`, `half a million`, `a dozen`, `twenty-five` into numbers; `known`: of a language."""
    read: list[Token] = []
    place = 0
    while place < len(tokens):
        word = tokens[place].word if tokens[place].kind == "word" else ""
        length, value = (1, known[word]) if word in known else (0, 0.0) if known else _spelled(tokens, place)
        if not length:
            read.append(tokens[place])
            place += 1
            continue
        run = tokens[place : place + length]
        read.append(Token("number", " ".join(token.text for token in run), run[0].start, run[-1].end, "", value))
        place += length
        if place < len(tokens) and tokens[place].is_word("percent"):
            read[-1].percent, read[-1].end = True, tokens[place].end
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
