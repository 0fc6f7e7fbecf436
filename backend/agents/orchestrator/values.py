"""Words for rows (`women over 40`) -> columns and values, by what the table behind a step holds."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from agents.orchestrator.dialogue.memory import Memory
from agents.orchestrator.offline.lexicon import COMPARISONS, KNOWN, NOUNS, ROW_NOUNS, VALUES, VERBS, WORDS
from agents.orchestrator.offline.mention import Unclear
from agents.orchestrator.offline.scan import Token
from agents.orchestrator.plan import Step
from agents.orchestrator.resolve import table
from DataFoundry.errors import DataFoundryError
from DataFoundry.sources.opening import open_table
from DataFoundry.storage.configs import read_config
from DataFoundry.storage.paths import input_path

_ROWS_READ = 2_000
_MOST_VALUES = 200
_LIMITING = frozenset(("only", "just", "without", "with"))
_BEFORE_VALUES = _LIMITING | {"not", "no", "except", "are", "as"}
_BEFORE_COLUMNS = _LIMITING | {"by", "not", "no", "where", "the"}
_PASSED = WORDS["person"] | ROW_NOUNS | frozenset("the who are is of those and with aged years year old".split())  # noqa: SIM905


@dataclass(frozen=True)
class Known:
    """Columns of a table, each with its values; none for numbers."""

    columns: Mapping[str, tuple[Any, ...]]


def explained(steps: tuple[Step, ...], memory: Memory) -> tuple[tuple[Step, ...], bool]:
    """Steps whose `where` names columns, as far as their table tells; and whether a phrase is left to the model."""
    found, vague = [], False
    for step in steps:
        where = step.args.get("where")
        if isinstance(where, dict) and "" in where:
            step = Step(step.tool, {**step.args, "where": _both(where, known_of(_behind(step, steps)))})
        if isinstance(where, str):
            known = known_of(_behind(step, steps))
            said = understood(where, known) if known else None
            vague |= said is None and len(where.split()) > 2
            step = Step(step.tool, {**step.args, "where": said or where})
        found.append(step)
    return tuple(found), vague


def kept(before: tuple[Step, ...], steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """`the same but widowed`: what else was said of the rows before goes on holding."""
    found = []
    for place, step in enumerate(steps):
        old = before[place].args.get("where") if len(before) == len(steps) else None
        where, known = step.args.get("where"), known_of(_behind(step, steps))
        if isinstance(where, str) and isinstance(old, dict) and known and (said := understood(where, known)):
            step = Step(step.tool, {**step.args, "where": {**old, **said}})
        found.append(step)
    return tuple(found)


def _both(where: dict[str, Any], known: Known | None) -> dict[str, Any]:
    """Conditions that name columns, with a phrase (under no name) that only the table can explain."""
    said = understood(where[""], known) if known else None
    if said is None or set(said) & set(where):
        raise Unclear(f"Which rows are meant by “{where['']}”? Please say it with column and value.")
    return {**{name: value for name, value in where.items() if name}, **said}


def _behind(step: Step, steps: tuple[Step, ...]) -> str:
    """The table whose columns a step's rows have."""
    source = str(step.args.get("data") or step.args.get("model") or "")
    if source.startswith("$"):
        return _behind(steps[int(source[1:]) - 1], steps)
    return source


def known_of(source: str) -> Known | None:
    """Columns and values of a table, or of the table that a model learnt from; None where there is none to read."""
    try:
        path = Path(input_path(table(source, []), "data")) if source else None
    except DataFoundryError:
        return _of_model(source)
    return _read(str(path), path.stat().st_mtime_ns) if path and path.is_file() else None


def _of_model(source: str) -> Known | None:
    folder = source if not Path(source).suffix else str(Path(source).parent)
    try:
        config: Any = read_config(input_path(f"{folder}/config.json", "model", (".json",)))
        path = Path(input_path(config["data_path"], "data"))
        return _read(str(path), path.stat().st_mtime_ns)
    except (DataFoundryError, OSError, ValueError, KeyError, TypeError):
        return None


@lru_cache(maxsize=32)
def _read(path: str, changed: int) -> Known | None:
    try:
        block = next(iter(open_table(input_path(path, "data")).blocks()), pd.DataFrame()).head(_ROWS_READ)
    except (DataFoundryError, OSError, ValueError):
        return None
    return known_from(block)


def known_from(frame: pd.DataFrame) -> Known:
    """The same of rows at hand."""
    columns = {}
    for name in frame.columns:
        numeric = pd.api.types.is_numeric_dtype(frame[name].dtype)
        columns[str(name)] = () if numeric else tuple(frame[name].dropna().unique()[:_MOST_VALUES])
    return Known(columns)


def understood(phrase: str, known: Known) -> dict[str, Any] | None:
    """`{"sex": "Female", "age": ">40"}` for `women over 40`; None where a word means nothing in the table."""
    words = phrase.lower().split()
    found: dict[str, Any] = {}
    place = 0
    while place < len(words):
        step = _comparison(words, place, known) or _value(words[place], known)
        if step is None:
            if words[place] not in _PASSED:
                return None
            place += 1
            continue
        length, column, value = step
        if column in found:
            value = _together(found[column], value)
        if value is None:
            return None
        found[column] = value
        place += length
    return found or None


def _together(one: Any, other: Any) -> Any:
    """Two things said of one column: both bounds of a number, either of two values; None where they are unlike."""
    bounds = [str(each)[:1] in ("<", ">") and str(each)[1:2].isdigit() for each in (one, other)]
    if all(bounds):
        return f"{one} and {other}"
    return None if any(bounds) else [*(one if isinstance(one, list) else [one]), other]


def _comparison(words: list[str], place: int, known: Known) -> tuple[int, str, str] | None:
    """`over 40` of people means their age, where the table has one."""
    age = next(
        (name for name, values in known.columns.items() if name.lower() in ("age", "alter", "edad") and not values), ""
    )
    for signature, sign in COMPARISONS:
        end = place + len(signature)
        if tuple(words[place:end]) == signature and end < len(words) and sign in "<>" and age:
            number = re.fullmatch(r"\d{1,3}(\.\d+)?", words[end])
            return (len(signature) + 1, age, f"{sign}{words[end]}") if number else None
    return None


def _value(word: str, known: Known) -> tuple[int, str, Any] | None:
    """The one column that has the value."""
    wanted = {word, VALUES.get(word, word), word.removesuffix("s")}
    found = [
        (name, value)
        for name, values in known.columns.items()
        for value in values
        if str(value).strip().lower() in wanted
    ]
    return (1, *found[0]) if len({name for name, _ in found}) == 1 else None


def point_out(tokens: list[Token], names: frozenset[str], before: Iterable[str] = ()) -> None:
    """Mark the words of a sentence that name a column or a value of the tables in it, or of those spoken of before."""
    said = [token.text for token in tokens if token.kind == "path"]
    said += [token.word.lower() for token in tokens if token.kind in ("word", "quoted") and token.word.lower() in names]
    tables = [known for source in dict.fromkeys(said or before) if source and (known := known_of(source))]
    columns = {str(name).lower() for known in tables for name in known.columns}
    found = {str(value).strip().lower() for known in tables for each in known.columns.values() for value in each}
    for place, token in enumerate(tokens):
        if token.kind not in ("word", "quoted") or token.named or token.word.lower() in names and token.kind == "word":
            continue
        forms = {token.text.lower(), token.text.lower().removesuffix("s")}
        if forms & columns and _stands_for_itself(tokens, place, _BEFORE_COLUMNS):
            token.named = "column"
        elif forms & found and (_after_column(tokens, place) or _stands_for_itself(tokens, place, _BEFORE_VALUES)):
            token.named, token.word = "value", token.word if token.word in VALUES else token.text.lower()


def _after_column(tokens: list[Token], place: int) -> bool:
    return place > 0 and tokens[place - 1].named == "column"


def _stands_for_itself(tokens: list[Token], place: int, leading: frozenset[str]) -> bool:
    """A word that has a part of its own in requests names something of a table only where its neighbours say so."""
    word, after = tokens[place].word, tokens[place + 1].word if place + 1 < len(tokens) else ""
    if tokens[place].text.lower() not in KNOWN or word in VALUES or NOUNS.get(after) == "model":
        return word not in VALUES and NOUNS.get(after) != "model"
    before = [token.word for token in tokens[max(0, place - 2) : place]]
    limited = before[-1:] == ["the"] and before[0] in _LIMITING
    rows = after in ROW_NOUNS and VERBS.get(word, ("", "", "past"))[2] == "past" and word not in WORDS["restrictions"]
    ends = before[-1:] == ["for"] and after in ("", ".", "!", "?")
    noun = leading is _BEFORE_COLUMNS and VERBS.get(word, ("",))[0] == "unsupported"
    noun = noun and bool(before) and before[-1] not in WORDS["leading"] | {",", ".", ";"}
    return rows or limited or ends or noun or bool(before) and before[-1] in leading
