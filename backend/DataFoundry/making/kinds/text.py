"""Free text: short phrases that people of the same label write, in a new order.

A word model of three words with a back-off, for each label and the category that tells most. It knows only words that
five rows share, never goes through six words in a row that fewer than five training rows share, and never gives a whole
text of the table again. What tells of somebody (`Herr Richter`, a phone number) is none of its words.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.making.chance import shares
from DataFoundry.making.forms import FEWEST
from DataFoundry.making.telling import mutual_information
from DataFoundry.making.unseen import may_be_seen, remember
from DataFoundry.schema.personal_parts import without_people

HOW = "new sentences of words and short phrases that several rows share"
_RUN = 6
_SIGHT = 24  # words and signs looked back at for the last six words
_MOST_ROWS = 30_000
_MOST_WORDS = 20_000
_MOST_CATEGORIES = 30
_TRIES = 16
_TRIES_CUT = 10  # the last of them, in which a short text, too, ends after so many words
_SHORT = 8  # words: so short a text, such as the name of a company, ends with the words that end such texts
# Letters with points between them are one word (`S.r.l.`); a sign of a script without spaces is a word of its own.
_TOKEN = re.compile(
    r"\b(?:[^\W\d_]{1,2}\.){2,}|[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]|\w+(?:['’-]\w+)*|[^\w\s]|\s+",
    re.UNICODE,
)
_START, _END = 0, 1
_UNKNOWN = "\ue000"


def learn(values: pd.Series, others: pd.DataFrame, salt: int) -> dict[str, Any]:
    """The words, what follows what in each context, and the lengths."""
    chosen = np.sort(np.random.default_rng(salt % 2**32).permutation(len(values))[:_MOST_ROWS])
    values, others = values.iloc[chosen].map(str), others.iloc[chosen]
    plain = {text: without_people(text, _UNKNOWN) for text in values.unique()}
    texts = [_words(plain[text]) for text in values]
    vocabulary = _vocabulary(texts)
    coded = [[_START, *(vocabulary.get(word, -1) for word in words), _END] for words in texts]
    by, contexts = _contexts(coded, others)
    names = sorted(set(contexts))
    place = {name: number for number, name in enumerate(names)}
    return {
        "words": ["", "", *vocabulary],
        "by": by,
        "contexts": names,
        "tables": _tables(coded, [place[name] for name in contexts]),
        "runs": _rare_runs(coded, _plain(["", "", *vocabulary]), salt),
        "lengths": _lengths(coded, contexts, names),
        "ends": _end(values),
        "seen": remember(values, salt),
    }


def _end(values: pd.Series) -> str:
    """The sign that nearly all texts end with; "" for none."""
    last = values.str.strip().str[-1:].value_counts(normalize=True)
    return str(last.index[0]) if len(last) and last.iloc[0] >= 0.8 and not str(last.index[0]).isalnum() else ""


def _words(text: str) -> list[str]:
    """Words and signs, each with the space before it; the first word has one, too."""
    found, space = [], " "
    for token in _TOKEN.findall(text):
        if token.isspace():
            space = " "
        else:
            found.append(space + token)
            space = ""
    return found


def _vocabulary(texts: list[list[str]]) -> dict[str, int]:
    """Words that at least five rows have, numbered from 2."""
    # Not a set: its order, and with it that of equally frequent words, is another in each process.
    counted = Counter(word for words in texts for word in dict.fromkeys(words))
    kept = [word for word, count in counted.most_common(_MOST_WORDS) if count >= FEWEST and _UNKNOWN not in word]
    return {word: number for number, word in enumerate(kept, 2)}


def _contexts(coded: list[list[int]], others: pd.DataFrame) -> tuple[list[str], list[str]]:
    """The columns that tell most of the words (the label first), and each row's values of them."""
    label = [name for name in others.attrs.get("label", []) if name in others.columns]
    candidates = [
        name
        for name in others.columns
        if name not in label and 2 <= others[name].nunique() <= _MOST_CATEGORIES and len(others) >= 100
    ]
    told = {name: _told(coded, others[name]) for name in candidates}
    best = [max(told, key=lambda name: told[name])] if told and max(told.values()) > 0.01 else []
    columns = [*label, *best]
    keys = [""] * len(coded) if not columns else [_key(values) for values in others[columns].itertuples(index=False)]
    counts = Counter(keys)
    keys = [key if counts[key] >= 30 else "" for key in keys]
    return columns, keys


def _key(values: Any) -> str:
    return "\x1f".join(map(str, values))


def _told(coded: list[list[int]], column: pd.Series) -> float:
    """Nats that a category tells of a word."""
    counts: dict[str, Counter[int]] = defaultdict(Counter)
    for words, value in zip(coded, column.map(str), strict=True):
        counts[value].update(word for word in words if word > 1)
    return mutual_information(pd.DataFrame(counts).fillna(0).to_numpy())


def _tables(coded: list[list[int]], contexts: list[int]) -> dict[str, np.ndarray]:
    """Counts (m, 5) of (context, word before the last, last word, next word, times), -1 for any context or word.

    Only what at least two rows share is kept of two words and a next one.
    """
    counted: Counter[tuple[int, int, int, int]] = Counter()
    for words, context in zip(coded, contexts, strict=True):
        for place in range(1, len(words)):
            before, last, word = words[place - 2] if place > 1 else -1, words[place - 1], words[place]
            if word < 0:
                continue
            counted[context, -1, -1, word] += 1
            if last >= 0:
                counted[context, -1, last, word] += 1
                counted[-1, -1, last, word] += 1
                if before >= 0:
                    counted[context, before, last, word] += 1
    kept = [(*key, count) for key, count in counted.items() if key[1] < 0 or count >= 2]
    return {"counts": np.array(sorted(kept), dtype=np.int32).reshape(-1, 5)}


def _plain(words: Sequence[str]) -> list[str]:
    """For each word how it reads without its space and capitals; "" for a sign."""
    texts = [word.strip().lower() for word in words]
    return [text if any(map(str.isalnum, text)) else "" for text in texts]


def _rare_runs(coded: list[list[int]], plain: Sequence[str], salt: int) -> dict[str, Any]:
    """The filter of runs of six words, signs and capitals left aside, that fewer than five rows share."""
    rows: Counter[str] = Counter()
    for words in coded:
        read = [plain[word] if word >= 0 else _UNKNOWN for word in words[1:-1] if word < 0 or plain[word]]
        rows.update({" ".join(read[place : place + _RUN]) for place in range(len(read) - _RUN + 1)})
    rare = [run for run, count in rows.items() if count < FEWEST and _UNKNOWN not in run]
    return remember(pd.Series(rare or [_UNKNOWN], dtype=object), salt)


def _lengths(coded: list[list[int]], contexts: list[str], names: list[str]) -> list[np.ndarray]:
    """For each context quantiles of the number of words."""
    found: dict[str, list[int]] = defaultdict(list)
    for words, context in zip(coded, contexts, strict=True):
        found[context].append(len(words) - 2)
    return [np.quantile(found[name], np.linspace(0.02, 0.98, 33)).round().astype(np.int64) for name in names]


def make(state: Mapping[str, Any], numbers: np.ndarray, rows: pd.DataFrame, salt: int) -> np.ndarray:
    """(n,) object texts."""
    writer = _Writer(state)
    known = [name for name in state["by"] if name in rows.columns]
    keys = [""] * len(numbers)
    if known and len(known) == len(state["by"]):
        keys = [_key(values) for values in rows[known].itertuples(index=False)]
    places = {name: number for number, name in enumerate(state["contexts"])}
    fallback = places.get("", 0)
    contexts = [places.get(key, fallback) for key in keys]
    values = np.full(len(numbers), None, dtype=object)
    left = np.arange(len(numbers))
    for turn in range(_TRIES):
        drawn = shares(numbers[left], salt + 31 * turn)
        whole = turn < _TRIES - _TRIES_CUT
        texts = [writer.text(contexts[place], share, whole) for place, share in zip(left, drawn, strict=True)]
        tried = np.array(texts, dtype=object)
        fits = ~may_be_seen(tried, state["seen"]) if turn < _TRIES - 1 else np.ones(len(tried), dtype=bool)
        values[left[fits]] = tried[fits]
        left = left[~fits]
        if not len(left):
            break
    return values


class _Writer:
    """Draws texts from the tables."""

    def __init__(self, state: Mapping[str, Any]) -> None:
        self._words = state["words"]
        self._lengths = state["lengths"]
        self._short = max(int(lengths[-1]) for lengths in self._lengths) <= _SHORT
        self._ends = str(state["ends"])
        self._runs = state["runs"]
        self._plain = _plain(self._words)
        self._known: dict[str, bool] = {}
        self._next = _followers(np.asarray(state["tables"]["counts"]))

    def text(self, context: int, share: float, whole: bool) -> str:
        """One text; `share` in [0, 1) is all its chance. With `whole` a short one is not cut after so many words."""
        rng = np.random.Generator(np.random.PCG64(int(share * 2**53)))
        aim = int(self._lengths[context][rng.integers(33)])
        whole = whole and self._short
        aim = 2 * _SHORT if whole else aim
        drawn = rng.random(4 * max(aim, 1) + 8)
        words: list[int] = [_START]
        for chance in drawn:
            if len(words) > aim:
                break
            words.append(self._word(context, words, chance, 0 if whole else aim))
            if words[-1] == _END:
                break
        written = "".join(self._words[word] for word in words if word > 1).strip()
        if self._ends and not written.endswith(self._ends):
            written = written.rstrip(" ,;:-.!?") + self._ends
        return written or self._words[-1].strip()

    def _word(self, context: int, words: list[int], chance: float, aim: int) -> int:
        """The next word; shorter and shorter contexts where the run of six words would be one of few rows.

        Before four fifths of `aim` words none is the end; without an aim what two words say is never left out.
        """
        before, last = words[-2] if len(words) > 1 else -1, words[-1]
        for key in ((context, before, last), (context, -1, last), (-1, -1, last), (context, -1, -1)):
            found = self._next.get(key)
            if found is None or key[1] >= 0 and aim and chance * 16 % 1 < 0.2:
                continue
            places = np.searchsorted(found[1], chance * found[1][-1], side="right")
            for step in range(min(len(found[0]), 6)):
                word = int(found[0][(places + step) % len(found[0])])
                if word == _END and len(words) < 0.8 * aim:
                    continue
                if not self._is_rare([*words[-_SIGHT:], word]):
                    return word
        return _END if len(words) > 1 else int(self._next[(context, -1, -1)][0][0])

    def _is_rare(self, words: Sequence[int]) -> bool:
        """Whether the last six words are, or may be, a run that fewer than five rows share."""
        if not self._plain[words[-1]]:
            return False
        read = [self._plain[word] for word in words[-_SIGHT:] if self._plain[word]][-_RUN:]
        if len(read) < _RUN:
            return False
        run = " ".join(read)
        if run not in self._known:
            self._known[run] = bool(may_be_seen(np.array([run], dtype=object), self._runs)[0])
        return self._known[run]


def _followers(counts: np.ndarray) -> dict[tuple[int, int, int], tuple[np.ndarray, np.ndarray]]:
    """By context and two words: the words that may come next, and the sums of their counts."""
    found: dict[tuple[int, int, int], tuple[np.ndarray, np.ndarray]] = {}
    if not len(counts):
        return found
    keys = counts[:, :3]
    starts = np.flatnonzero(np.any(np.diff(keys, axis=0, prepend=keys[:1] - 1) != 0, axis=1))
    for start, stop in zip(starts, [*starts[1:], len(counts)], strict=True):
        part = counts[start:stop]
        context, before, last = (int(each) for each in part[0, :3])
        found[context, before, last] = part[:, 3], np.cumsum(part[:, 4])
    return found
