"""Rows that are probably the same person or thing, written twice: typing errors, swapped names, other formats.

Pairs are judged as Fellegi and Sunter (1969) do: a value that agrees counts the more, the fewer rows have it; one that
differs counts against. Rows are never called duplicates for being alike: at least one column must identify (names,
contacts, addresses, dates, titles); numbers only help.

Where most rows share what identifies, they are orders or visits of the same people. Two of these are one only where
somebody is written in two ways and all else agrees, and that is rare for rows that share something.
"""

import math
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from rapidfuzz.distance import JaroWinkler
from rapidfuzz.process import cpdist
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from DataFoundry.schema.table_schema import Column

_NUMBERED = ("phone", "iban", "card_number", "national_id")
_CONTACTS = ("email", "user_name", "url", "ip_address")
_WORDS = ("person_name", "address", "text")
_FEWEST_DISTINCT = 0.3  # share of rows with a value of their own, for a column to identify
_MOST_SHARING = 0.3  # share of rows that share what identifies; beyond, rows are orders or visits of the same people
_RAREST = 0.001  # share of such pairs that agree in a column: what agreeing in it counts at most
_OF_PEOPLE = ("person_name", "address", "text", "email", "user_name", "phone", "iban", "card_number", "national_id")
_SAY_NOTHING = ("key", "constant", "empty", "nested")
_MOST_OF_BLOCK = 30  # rows that share a value or word; more of them say nothing
_MOST_PAIRS = 20_000_000
_NEAR_WORDS, _NEAR = 0.85, 0.95  # similarity of names and addresses, and of all else, that are nearly equal
_OTHER, _OTHER_NUMBER = -4.0, -1.5  # nats, for a value that differs; a number may have changed
_FEWEST_NUMBERS = 20  # distinct ones
_PARTLY = 0.6  # of the weight, for values that are nearly equal
_SURE = math.log(9)  # posterior odds
_PLENTY = 0.1  # pairs of duplicates a row, at most: the prior
_DIGITS_OF_PHONE = 8


@dataclass(frozen=True)
class Group:
    """Rows that are probably one.

    Attributes
    ----------
    rows
        Ascending.
    confidence
        0.9 to 1, of its least sure pair.
    why
        A sentence about its first two rows.
    """

    rows: tuple[int, ...]
    confidence: float
    why: str


@dataclass(frozen=True)
class _Evidence:
    """One identifying column, or the names of a person together."""

    names: tuple[str, ...]
    texts: np.ndarray  # (n,) object, normalised; "" for missing
    codes: np.ndarray  # (n,) int64, -1 for missing
    counts: np.ndarray  # by code
    kind: str


def near_duplicates(frame: pd.DataFrame, columns: dict[str, Column]) -> list[Group]:
    """Groups of rows, the surest first.

    Parameters
    ----------
    frame
        All rows, index 0..n-1.
    columns
        What the columns are.
    """
    evidence = _identifying(frame, columns)
    if len(evidence) < 2 or all(each.kind == "number" for each in evidence):
        return []
    pairs = _candidates(evidence)
    if not len(pairs):
        return []
    if _are_events(evidence):
        evidence = _identifying(frame, columns, every=True)
        scores = _scores_of_events(evidence, pairs, frame)
    else:
        scores = _scores(evidence, pairs, len(frame))
    kept = scores > _SURE
    pairs, scores = pairs[kept], scores[kept]
    return _groups(evidence, frame, pairs, scores)


def _identifying(frame: pd.DataFrame, columns: dict[str, Column], every: bool = False) -> list[_Evidence]:
    """The columns that identify, or every one that says something of its row."""
    found = []
    people = tuple(name for name, each in columns.items() if each.kind == "person_name" and name in frame)
    for name, column in columns.items():
        if name not in frame or name in people[1:]:
            continue
        names = people if name in people else (name,)
        texts = _normalised(frame, names, column)
        if texts is None and every and column.kind not in _SAY_NOTHING:
            texts = frame[name].astype(object).where(frame[name].notna(), "").map(str).to_numpy(dtype=object)
        if texts is None:
            continue
        codes, distinct = pd.factorize(texts)
        missing = np.flatnonzero(distinct == "")
        if len(missing):
            codes = np.where(codes == missing[0], -1, codes)
        present = codes >= 0
        counts = np.bincount(codes[present], minlength=len(distinct))
        fewest = _FEWEST_NUMBERS if column.kind == "number" else _FEWEST_DISTINCT * present.sum()
        if present.any() and (every or len(np.unique(codes[present])) >= fewest):
            found.append(_Evidence(names, texts, codes.astype(np.int64), counts, column.kind))
    return found


def _normalised(frame: pd.DataFrame, names: Sequence[str], column: Column) -> np.ndarray | None:
    """(n,) texts in which only what is meant counts; None for a column that does not identify."""
    cells = [frame[name].astype(object).where(frame[name].notna(), "").map(str) for name in names]
    if column.kind in _WORDS:
        joined = cells[0] if len(cells) == 1 else pd.Series([" ".join(row) for row in zip(*cells, strict=True)])
        return _mapped(joined, _words)
    if column.kind in _CONTACTS:
        return _mapped(cells[0], lambda text: text.strip().casefold())
    if column.kind in _NUMBERED:
        return _mapped(cells[0], lambda text: re.sub(r"\W", "", text).casefold()[-_DIGITS_OF_PHONE:])
    if column.kind == "moment":
        return _mapped(cells[0], _date)
    return cells[0].to_numpy(dtype=object) if column.kind == "number" else None


def _mapped(cells: pd.Series, change: Callable[[str], str]) -> np.ndarray:
    codes, distinct = pd.factorize(cells)
    return np.array([change(str(each)) for each in distinct] or [""], dtype=object)[codes]


def _words(text: str) -> str:
    """Words in their order in the alphabet, without accents and signs: `Müller, Ann` is `ann muller`."""
    plain = "".join(each for each in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(each))
    return " ".join(sorted(re.findall(r"\w+", plain)))


def _date(text: str) -> str:
    """The numbers of a date in ascending order: `1990-05-03` and `03/05/1990` are equal."""
    return " ".join(map(str, sorted(int(each) for each in re.findall(r"\d+", text)[:3])))


def _candidates(evidence: list[_Evidence]) -> np.ndarray:
    """(m, 2) ascending pairs of rows that share an identifying value, or a rare word of one."""
    found = []
    for each in evidence:
        if each.kind == "number":
            continue
        rows = np.flatnonzero(each.codes >= 0)
        found.append(_pairs_within(each.codes[rows], rows))
        if each.kind in _WORDS:
            words = [(word, row) for row in rows.tolist() for word in str(each.texts[row]).split() if len(word) > 2]
            if words:
                codes, _ = pd.factorize(np.array([word for word, _ in words], dtype=object))
                found.append(_pairs_within(codes, np.array([row for _, row in words])))
    pairs = np.unique(np.concatenate(found), axis=0) if found else np.zeros((0, 2), dtype=np.int64)
    return pairs[:_MOST_PAIRS]


def _pairs_within(codes: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """All pairs of rows with one code, of codes that at most thirty rows have."""
    order = np.argsort(codes, kind="stable")
    codes, rows = codes[order], rows[order]
    sizes = np.bincount(codes)
    kept = (sizes[codes] > 1) & (sizes[codes] <= _MOST_OF_BLOCK)
    codes, rows = codes[kept], rows[kept]
    found = []
    for apart in range(1, _MOST_OF_BLOCK):
        same = np.flatnonzero(codes[:-apart] == codes[apart:])
        if not len(same):
            break
        found.append(np.sort(np.stack([rows[same], rows[same + apart]], axis=1), axis=1))
    pairs = np.concatenate(found) if found else np.zeros((0, 2), dtype=np.int64)
    return pairs[pairs[:, 0] < pairs[:, 1]]


def _are_events(evidence: list[_Evidence]) -> bool:
    """Whether most rows share what identifies with others: orders of customers, visits of patients."""
    sharing = [
        float((each.counts[each.codes[each.codes >= 0]] > 1).mean())
        for each in evidence
        if each.kind != "number" and (each.codes >= 0).mean() > 0.5
    ]
    return bool(sharing) and float(np.median(sharing)) > _MOST_SHARING


def _scores(evidence: list[_Evidence], pairs: np.ndarray, rows: int) -> np.ndarray:
    """(m,) log odds that the two rows are one."""
    scores = np.full(len(pairs), math.log(2 * _PLENTY / rows))
    for each in evidence:
        first, second = each.codes[pairs[:, 0]], each.codes[pairs[:, 1]]
        both, equal = (first >= 0) & (second >= 0), first == second
        weight = np.log(rows / np.maximum(each.counts[np.maximum(first, 0)], 1))
        against = np.where(equal, weight, _OTHER_NUMBER if each.kind == "number" else _OTHER)
        unlike = np.flatnonzero(both & ~equal)
        if len(unlike) and each.kind != "number":
            rarest = np.maximum(weight[unlike], np.log(rows / np.maximum(each.counts[second[unlike]], 1)))
            against[unlike] = np.where(_are_near(each, pairs[unlike]), _PARTLY * rarest, _OTHER)
        scores += np.where(both, against, 0.0)
    return scores


def _scores_of_events(evidence: list[_Evidence], pairs: np.ndarray, frame: pd.DataFrame) -> np.ndarray:
    """(m,) log odds that two rows that share something are one; minus infinity where an event differs in anything.

    What agrees counts as much as it is rare among such pairs: the same customer's name in two orders says nothing.
    """
    scores = np.full(len(pairs), math.log(_PLENTY * len(frame) / len(pairs)))
    rewritten = np.zeros(len(pairs), dtype=bool)
    for each in evidence:
        first, second = each.codes[pairs[:, 0]], each.codes[pairs[:, 1]]
        both, equal = (first >= 0) & (second >= 0), first == second
        if not both.any():
            continue
        weight = -math.log(max(float(equal[both].mean()), _RAREST))
        of_people = each.kind in _OF_PEOPLE
        against = np.where(equal, weight, _OTHER if of_people else -math.inf)
        unlike = np.flatnonzero(both & ~equal)
        if of_people and len(unlike):
            against[unlike] = np.where(_are_near(each, pairs[unlike]), _PARTLY * weight, _OTHER)
        if of_people:
            cells = frame[list(each.names)].astype(str).agg(" ".join, axis=1).to_numpy()
            rewritten |= both & (cells[pairs[:, 0]] != cells[pairs[:, 1]])
        scores += np.where(both, against, 0.0)
    return np.where(rewritten, scores, -math.inf)


def _are_near(each: _Evidence, pairs: np.ndarray) -> np.ndarray:
    """(m,) bool, whether the texts are nearly equal, by Jaro and Winkler's similarity."""
    first, second = each.texts[pairs[:, 0]], each.texts[pairs[:, 1]]
    least = _NEAR_WORDS if each.kind in ("person_name", "address") else _NEAR
    return cpdist(first, second, scorer=JaroWinkler.similarity, workers=2) >= least


def _groups(evidence: list[_Evidence], frame: pd.DataFrame, pairs: np.ndarray, scores: np.ndarray) -> list[Group]:
    if not len(pairs):
        return []
    graph = coo_matrix((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(frame), len(frame)))
    _, owner = connected_components(graph, directed=False)
    found: dict[int, list[int]] = {}
    for place, (first, _) in enumerate(pairs):
        found.setdefault(int(owner[first]), []).append(place)
    groups = []
    for places in found.values():
        rows = tuple(int(row) for row in np.unique(pairs[places]))
        least = float(scores[places].min())
        groups.append(Group(rows, round(1 / (1 + math.exp(-least)), 3), _why(evidence, rows)))
    return sorted(groups, key=lambda group: (-group.confidence, group.rows))


def _why(evidence: list[_Evidence], rows: tuple[int, ...]) -> str:
    """What is equal, nearly equal and different in the first two rows; no values, since they tell of people."""
    told: dict[str, list[str]] = {"equal": [], "nearly equal": [], "different": []}
    pair = np.array([rows[:2]])
    for each in evidence:
        first, second = each.codes[rows[0]], each.codes[rows[1]]
        if first >= 0 and second >= 0:
            near = each.kind != "number" and first != second and bool(_are_near(each, pair)[0])
            told["equal" if first == second else "nearly equal" if near else "different"] += each.names
    parts = [f"{', '.join(names)} {what}" for what, names in told.items() if names]
    return f"Rows {rows[0]} and {rows[1]} are probably the same: {'; '.join(parts)}."
