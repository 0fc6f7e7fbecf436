"""All columns of a table that are made anew: learnt together, made block by block."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.making.chance import chosen, mixed, shares
from DataFoundry.making.forms import FEWEST
from DataFoundry.making.kinds import MAKERS
from DataFoundry.making.names import locale_of
from DataFoundry.preprocessing.columns.number import as_dtype
from DataFoundry.schema.table_schema import Column, Rule

_ORDER = ("key", "person_name")  # others are made of these
_UNIQUE = 0.98
_MOST_CATEGORIES = 50
_NEARLY_ALL = 0.99
_SALT = 0x5EED


class Made:
    """What was learnt of the columns that are made anew, as plain state.

    Attributes
    ----------
    columns
        By name, in the order in which they are made: `kind, dtype, entity, missing, values`.
    """

    def __init__(self, columns: Mapping[str, Mapping[str, Any]]) -> None:
        self.columns = dict(columns)

    @classmethod
    def learn(
        cls,
        frame: pd.DataFrame,
        columns: Mapping[str, Column],
        names: Collection[str],
        known: Sequence[str],
        label: str | None,
        rules: Sequence[Rule] = (),
    ) -> "Made":
        """Learn the columns `names` of a table.

        Parameters
        ----------
        columns
            What each column is.
        known
            The columns that will be there before these are made: drawn, and worked out.
        rules
            Those without exceptions: what determines what, and what is missing together.
        """
        locale = _locale(frame, columns, names)
        ordered = sorted(names, key=lambda name: (_rank(columns[name].kind), list(frame.columns).index(name)))
        found: dict[str, dict[str, Any]] = {}
        for number, name in enumerate(ordered):
            others = _telling(frame, [*known, *found], columns, label)
            others.attrs["locale"] = locale
            present = frame[name].notna().to_numpy()
            state: dict[str, Any] = {
                "kind": columns[name].kind,
                "dtype": str(frame[name].dtype),
                "salt": _SALT + 1000 * number,
                "entity": _entity(frame, name, list(found), known, rules),
                "missing": _missing(frame[name], name, [*known, *found], rules),
            }
            if present.any():
                part = others[present]
                part.attrs = others.attrs
                state["values"] = MAKERS[columns[name].kind].learn(
                    frame[name][present].reset_index(drop=True), part.reset_index(drop=True), state["salt"]
                )
            found[name] = state
        return cls(found)

    def make(self, frame: pd.DataFrame, start: int, seed: int) -> pd.DataFrame:
        """The rows `start`, `start + 1`, ... with the columns that are made anew; the same for the same seed."""
        rows = np.arange(start, start + len(frame), dtype=np.int64)
        entities: dict[str, np.ndarray] = {}
        for name, state in self.columns.items():
            salt = int(mixed(np.array([state["salt"]]), seed)[0] >> np.uint64(2))
            numbers = entities[name] = _numbers(state["entity"], frame, rows, entities, salt)
            values = np.full(len(frame), None, dtype=object)
            if "values" in state:
                values = MAKERS[state["kind"]].make(state["values"], numbers, frame, salt)
            # Of a person all that is told hangs together; who it is may be missing in any row.
            who = rows if "distinct" in state["entity"] else numbers
            missing = _absent(state["missing"], frame, who, salt) | np.array([each is None for each in values])
            frame = frame.assign(**{name: _typed(values, missing, state["dtype"])})
        return frame

    def replaced(self) -> dict[str, str]:
        """For each column, how its values were replaced."""
        return {name: f"Its values are {MAKERS[state['kind']].HOW}." for name, state in self.columns.items()}

    def as_dict(self) -> dict[str, Any]:
        """As plain data and numeric arrays."""
        return {"columns": {name: dict(state) for name, state in self.columns.items()}}

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> "Made":
        """What `as_dict` describes."""
        return cls(value["columns"])


def _rank(kind: str) -> int:
    return _ORDER.index(kind) if kind in _ORDER else len(_ORDER)


def _locale(frame: pd.DataFrame, columns: Mapping[str, Column], names: Collection[str]) -> str | None:
    """The language of all names of people in the table."""
    people = [name for name in names if columns[name].kind == "person_name"]
    words = [word for name in people for text in frame[name].dropna().head(2000) for word in str(text).split()]
    return locale_of(words) if words else None


def _telling(
    frame: pd.DataFrame, known: Sequence[str], columns: Mapping[str, Column], label: str | None
) -> pd.DataFrame:
    """The known columns that may tell something of a new value: categories, names, the label."""
    names = [name for name in known if columns.get(name) is not None and columns[name].kind == "person_name"]
    kept = [
        name
        for name in known
        if name in names or name == label or frame[name].nunique() <= _MOST_CATEGORIES and name in columns
    ]
    part = frame[kept].copy()
    part.attrs = {"names": names[:2], "label": [label] if label in kept else []}
    return part


def _entity(
    frame: pd.DataFrame, name: str, made: Sequence[str], known: Sequence[str], rules: Sequence[Rule]
) -> dict[str, Any]:
    """What numbers the entities of a column.

    Another column's value from which it follows; each row; a row's place among those of the same other parts of a key;
    or so many entities that come again and again.

    Where other columns follow from this one (the city of a customer), entities are numbered within their values.
    """
    tellers = [left for left in known if (left, name) in _determined(rules)]
    if tellers:
        teller = min(tellers, key=lambda left: frame[left].nunique())
        counts = frame[teller].dropna().map(str).value_counts()
        return {"of": None, "by": teller, "values": [value for value, count in counts.items() if count >= FEWEST]}
    for other in made:
        if _follows(frame, other, name, rules):
            return {"of": other}
    present = frame[name].dropna()
    counts = present.value_counts()
    if len(counts) >= _UNIQUE * max(len(present), 1):
        return {"of": None}
    within = [right for right in known if (name, right) in _determined(rules)]
    groups = _groups(frame, name, within)
    parts = _other_parts(name, known, rules)
    if parts and not within:
        return {"of": None, "ranked": parts}
    weights = _with_unseen(counts.to_numpy())
    return {"of": None, "distinct": len(weights), "weights": _smoothed(weights), "within": within, "groups": groups}


def _other_parts(name: str, known: Sequence[str], rules: Sequence[Rule]) -> list[str]:
    """The known columns that name a row together with this one, as the line does in an order."""
    for rule in rules:
        others = [each for each in rule.columns if each != name]
        if (
            rule.kind == "unique"
            and not rule.exceptions
            and name in rule.columns
            and others
            and set(others) <= set(known)
        ):
            return others
    return []


def _determined(rules: Sequence[Rule]) -> set[tuple[str, str]]:
    """Which column follows from which, also by way of others: rules tell no more than the others follow from."""
    found = {
        (rule.columns[0], rule.columns[1])
        for rule in rules
        if rule.kind == "determines" and not rule.exceptions and len(rule.columns) == 2
    }
    while True:
        more = {(a, d) for a, b in found for c, d in found if b == c and a != d} - found
        if not more:
            return found
        found |= more


def _follows(frame: pd.DataFrame, left: str, right: str, rules: Sequence[Rule]) -> bool:
    """Whether each value of one column has one value of the other, and values repeat so that this says something."""
    if (left, right) in _determined(rules):
        return True
    part = frame[[left, right]].dropna()
    distinct = part[left].nunique()
    if len(part) < 20 or distinct > 0.9 * len(part):
        return False
    return bool((part.groupby(left)[right].nunique() <= 1).mean() >= _NEARLY_ALL)  # some people have the same name


def _groups(frame: pd.DataFrame, name: str, within: Sequence[str]) -> dict[str, int]:
    """How many entities each combination of what follows from them has."""
    if not within:
        return {}
    part = frame[[name, *within]].dropna(subset=[name])
    keys = part[within].astype(str).agg("\x1f".join, axis=1)
    sizes = part[name].groupby(keys.to_numpy()).agg(["nunique", "size"])
    return {str(key): int(row["nunique"]) for key, row in sizes.iterrows() if row["size"] >= FEWEST}


def _with_unseen(counts: np.ndarray) -> np.ndarray:
    """How often entities come, falling, with those that the table happens not to have (Chao 1984).

    Those seen once share their rows with them.
    """
    once, twice = int((counts == 1).sum()), int((counts == 2).sum())
    unseen = min(once * (once - 1) // (2 * (twice + 1)), 50 * len(counts))
    rare = np.full(once + unseen, once / max(once + unseen, 1))
    return np.concatenate([np.sort(counts[counts > 1])[::-1].astype(np.float64), rare])


def _smoothed(weights: np.ndarray, most: int = 200) -> np.ndarray:
    """How often entities come, as at most 200 classes of equal many: the mean count of each."""
    parts = np.array_split(weights, min(most, len(weights)))
    return np.array([part.mean() for part in parts])


def _numbers(
    entity: Mapping[str, Any], frame: pd.DataFrame, rows: np.ndarray, entities: Mapping[str, np.ndarray], salt: int
) -> np.ndarray:
    """(n,) int64 the number of each row's entity."""
    if not len(rows):
        return rows
    if entity["of"] is not None:
        return entities[entity["of"]]
    if "ranked" in entity:
        # The first row of each value is of the first entity, the second of the second: no pair comes twice.
        return rows[0] + frame.groupby(entity["ranked"], dropna=False, sort=False).cumcount().to_numpy(dtype=np.int64)
    if "by" in entity:
        return _by_value(entity, frame)
    if "distinct" not in entity:
        return rows
    return _within(entity, frame, rows, salt) if entity["within"] else _drawn(entity, rows, salt)


def _by_value(entity: Mapping[str, Any], frame: pd.DataFrame) -> np.ndarray:
    """Equal values have equal entities; values that few training rows have, numbers of their own."""
    values = frame[entity["by"]].map(str).to_numpy(dtype=object)
    found = pd.Index(entity["values"], dtype=object).get_indexer(pd.Index(values, dtype=object)).astype(np.int64)
    others = (pd.util.hash_array(values) % np.uint64(2**31)).astype(np.int64)
    return np.where(found >= 0, found, len(entity["values"]) + others)


def _drawn(entity: Mapping[str, Any], rows: np.ndarray, salt: int) -> np.ndarray:
    distinct, weights = int(entity["distinct"]), np.asarray(entity["weights"])
    place = chosen(rows, salt + 1, weights)
    edges = np.linspace(0, distinct, len(weights) + 1).astype(np.int64)
    width = np.maximum(edges[place + 1] - edges[place], 1)
    return edges[place] + (shares(rows, salt + 2) * width).astype(np.int64)


def _within(entity: Mapping[str, Any], frame: pd.DataFrame, rows: np.ndarray, salt: int) -> np.ndarray:
    """Entities of one combination of values have numbers of their own, so that what follows from them does."""
    keys = frame[list(entity["within"])].astype(str).agg("\x1f".join, axis=1).to_numpy()
    groups, most = entity["groups"], int(entity["distinct"])
    starts, start = {}, 0
    for key, count in groups.items():
        starts[key] = start
        start += count
    numbers = np.zeros(len(rows), dtype=np.int64)
    for key in pd.unique(keys):
        members = np.flatnonzero(keys == key)
        count = groups.get(key, 1)
        first = starts.get(key)
        if first is None:  # a combination that training did not have, or that few rows had
            first = most + int(pd.util.hash_array(np.array([key], dtype=object))[0] % np.uint64(2**31))
        numbers[members] = first + (shares(rows[members], salt + 3) * count).astype(np.int64)
    return numbers


def _missing(column: pd.Series, name: str, known: Sequence[str], rules: Sequence[Rule]) -> dict[str, Any]:
    """When the column has no value: told by a rule, or by chance as often as in training."""
    missing = column.isna()
    if not missing.any():
        return {"share": 0.0}
    for rule in rules:
        if name not in rule.columns or rule.exceptions and rule.kind != "missing_when":  # a few rows may be wrong
            continue
        if rule.kind == "missing_when" and rule.columns[1] == name and rule.columns[0] in known:
            return {"share": 1.0, "when": rule.columns[0], "values": list(rule.details["values"])}
        if rule.kind == "missing_together":
            with_ = [other for other in rule.columns if other != name and other in known]
            if with_:
                return {"share": 1.0, "with": with_[0]}
    return {"share": float(missing.mean())}


def _absent(state: Mapping[str, Any], frame: pd.DataFrame, numbers: np.ndarray, salt: int) -> np.ndarray:
    """(n,) bool."""
    if "when" in state:
        return frame[state["when"]].map(str).isin(state["values"]).to_numpy()
    if "with" in state:
        return frame[state["with"]].isna().to_numpy()
    return shares(numbers, salt + 4) < state["share"]


def _typed(values: np.ndarray, missing: np.ndarray, dtype: str) -> pd.Series:
    column = pd.Series(values, dtype=object)
    if dtype in ("object", "string", "str", "category"):
        texts = column.where(~missing, None)
        return texts if dtype in ("object", "category") else texts.astype(dtype)
    numbers = pd.to_numeric(column.where(~missing, None), errors="coerce")
    plain, absent = numbers.fillna(0).to_numpy(), missing | numbers.isna().to_numpy()
    return as_dtype(plain.astype(np.int64) if "int" in dtype.lower() else plain, absent, dtype)
