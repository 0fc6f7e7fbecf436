"""Find primary keys and relations: keys by uniqueness, form and name; relations by inclusion, kinds and names.

A number that counts is included in nearly every other one that does. So values alone are believed only where they
have a form of their own (`C-0042`, UUIDs); numbers need a name that points to the parent, or one that says that a row
names another of the same table.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from DataFoundry.relational import names
from DataFoundry.relational.relation import Key, Relation, key_texts
from DataFoundry.schema.table_schema import TableSchema

_LEAST_INCLUDED = 0.95  # of the named values; the others are orphans, which somebody wants to see
_FEWEST_VALUES = 5  # without a name that points there
_KEY_KINDS = ("key", "number", "category", "postcode", "text", "formatted_number", "boolean")


@dataclass(frozen=True)
class TableToRelate:
    """A table as relations are found in it: its rows (all, or a sample large enough), its schema, its primary key."""

    frame: pd.DataFrame
    schema: TableSchema
    key: Key = ()
    key_reason: str = ""


def find_key(table: str, schema: TableSchema) -> tuple[Key, str]:
    """The primary key of a table and why, or an empty one where no column alone or with others names its rows."""
    told = {key[0] for key in schema.keys if len(key) == 1}  # a table of few rows has no rules, though it has keys
    single = [name for name, each in schema.columns.items() if name in told or each.distinct == schema.rows > 1]
    single = [name for name in single if schema.columns[name].missing == 0 and _may_be_key(schema, name)]
    if single:
        order = list(schema.columns)
        best = max(single, key=lambda name: (_own(name, table, order), -order.index(name)))
        return (best,), f"No two rows have the same {best}, and its name or form says that it names a row."
    several = [key for key in schema.keys if len(key) > 1 and all(not schema.columns[n].missing for n in key)]
    several = [key for key in several if all(_may_be_key(schema, name) or _counts(schema, name) for name in key)]
    if several:
        best_key = min(several, key=len)
        return best_key, f"No two rows have the same {' and '.join(best_key)}."
    return (), "No column names its rows."


def _may_be_key(schema: TableSchema, name: str) -> bool:
    column = schema.columns[name]
    if column.kind == "key":
        return True
    return names.says_key(name) and column.kind in _KEY_KINDS


def _counts(schema: TableSchema, name: str) -> bool:
    """Whether a column may be the line in an order: a small whole number."""
    column = schema.columns[name]
    return column.kind in ("number", "key", "category") and column.dtype.lower().startswith("int")


def _own(name: str, table: str, order: Sequence[str]) -> int:
    """How much a column's name says that it is the table's own key."""
    told = names.thing(name)
    target = names.words(table)
    own = not told or told in (target, target[-1:]) or "".join(told) in "".join(target)
    return 4 * own + 2 * names.says_key(name) + (order.index(name) == 0)


def discover_relations(tables: Mapping[str, TableToRelate]) -> list[Relation]:
    """The relations between tables whose primary keys are known.

    Several keys may name one table, and a table its own rows; a key of several columns is named as a whole.
    """
    keys = {name: _key_index(table) for name, table in tables.items() if table.key}
    found = [each for child in tables for each in _composite(child, tables, keys)]
    for child in tables:
        for column in tables[child].frame.columns:
            best = _best_parent(child, column, tables, keys)
            if best is not None and not _implied(best, found):
                found.append(best)
    return found


def _key_index(table: TableToRelate) -> pd.Index:
    return pd.Index(key_texts(table.frame, table.key).dropna().unique())


def _composite(child: str, tables: Mapping[str, TableToRelate], keys: Mapping[str, pd.Index]) -> list[Relation]:
    """Keys of several columns that a table has under the same names."""
    found = []
    for parent, table in tables.items():
        key = table.key
        if len(key) < 2 or parent == child or not set(key) <= set(tables[child].frame.columns):
            continue
        if set(tables[child].key) == set(key) and len(tables[child].frame) >= len(table.frame):
            continue
        share, orphans, distinct = _included(tables[child].frame, key, keys[parent])
        if distinct and share >= _LEAST_INCLUDED:
            found.append(Relation(parent, key, child, key, _sentence(parent, key, key, share, True), orphans))
    return found


def _implied(relation: Relation, found: Sequence[Relation]) -> bool:
    """Whether a longer key that holds the column names its row, which names the parent in turn."""
    return any(
        each.child == relation.child and len(each.child_key) > 1 and set(relation.child_key) <= set(each.child_key)
        for each in found
    )


def _best_parent(
    child: str, column: str, tables: Mapping[str, TableToRelate], keys: Mapping[str, pd.Index]
) -> Relation | None:
    """The table whose key a column holds, if there is one."""
    if tables[child].schema.columns[column].kind not in _KEY_KINDS:
        return None
    own = (column,) == tables[child].key
    claims = []
    for parent, table in tables.items():
        if len(table.key) != 1 or (own and not _extends(child, parent, tables)):
            continue
        named = _pointing(child, column, parent, table.key[0], tables)
        if parent == child and (own or not (names.says_itself(column) or named)):
            continue
        if not named and not _speaks_for_itself(tables[child], column) or not _same_type(tables, child, column, parent):
            continue
        share, orphans, distinct = _included(tables[child].frame, (column,), keys[parent])
        if distinct and share >= (_LEAST_INCLUDED if named else 1.0) and (named or distinct >= _FEWEST_VALUES):
            sentence = _sentence(parent, (column,), table.key, share, bool(named))
            claims.append((named, share, Relation(parent, table.key, child, (column,), sentence, orphans)))
    if not claims:
        return None
    best = max(claims, key=lambda claim: claim[:2])
    equal = [claim for claim in claims if claim[:2] == best[:2]]
    return best[2] if len(equal) == 1 else None  # two that are as likely: better none than a wrong one


def _pointing(child: str, column: str, parent: str, key: str, tables: Mapping[str, TableToRelate]) -> int:
    """As `names.names_table`; a name for a row of the same table counts where it fits no other."""
    named = names.names_table(column, parent, key)
    if not named and parent == child and names.says_itself(column):
        others = (names.names_table(column, name, each.key[0]) for name, each in tables.items() if len(each.key) == 1)
        return 0 if any(others) else 1
    return named


def _extends(child: str, parent: str, tables: Mapping[str, TableToRelate]) -> bool:
    """Whether a table whose own key names rows of another is an extension of it: the key is called after the other."""
    if parent == child:
        return False
    told, own = names.thing(tables[child].key[0]), names.words(child)
    return told in (names.words(parent), names.words(parent)[-1:]) and told not in (own, own[-1:])


def _speaks_for_itself(table: TableToRelate, column: str) -> bool:
    """Whether the form of a column's values alone says whose keys they are: texts with digits, many of them."""
    kind = table.schema.columns[column]
    pattern = str(kind.format.get("pattern", ""))
    return (
        kind.kind == "key" and kind.dtype == "object" and (pattern == "uuid" or bool(pattern.strip(r"\d+{}0123456789")))
    )


def _same_type(tables: Mapping[str, TableToRelate], child: str, column: str, parent: str) -> bool:
    """Whether both hold numbers, or both texts."""
    one = tables[child].frame[column]
    other = tables[parent].frame[tables[parent].key[0]]
    return one.isna().all() or pd.api.types.is_numeric_dtype(one.dtype) == pd.api.types.is_numeric_dtype(other.dtype)


def _included(frame: pd.DataFrame, columns: Key, index: pd.Index) -> tuple[float, int, int]:
    """The share of the values named that are there, the rows that name others, and the distinct values."""
    named = key_texts(frame, columns).dropna()
    counts = named.value_counts()
    there = counts.index.isin(index)
    return float(there.mean()) if len(counts) else 0.0, int(counts[~there].sum()), len(counts)


def _sentence(parent: str, column: Key, key: Key, share: float, named: bool) -> str:
    how = "Every value" if share == 1 else f"{share:.1%} of the values"
    by = "its name points there" if named else "values of this form are keys"
    return f"{how} of {' and '.join(column)} stands in {' and '.join(key)} of {parent}, and {by}."


def with_keys(tables: Mapping[str, TableToRelate]) -> dict[str, TableToRelate]:
    """The tables with their primary keys, where nobody said them."""
    found = {}
    for name, table in tables.items():
        if not table.key:
            key, reason = find_key(name, table.schema)
            table = replace(table, key=key, key_reason=reason)
        found[name] = table
    return found


def complaint_about(relation: Relation, tables: Mapping[str, pd.DataFrame]) -> str | None:
    """What is wrong with a relation that somebody gave, None if nothing is."""
    for side, key in ((relation.parent, relation.parent_key), (relation.child, relation.child_key)):
        if side not in tables:
            return f"relations name the table {side!r}, which is not among {', '.join(tables)}"
        gone = [name for name in key if name not in tables[side].columns]
        if gone:
            return f"relations name the column {gone[0]!r}, which the table {side!r} does not have"
    if len(relation.parent_key) != len(relation.child_key) or not relation.parent_key:
        return f"the relation {relation.name} has keys of different lengths"
    texts = key_texts(tables[relation.parent], relation.parent_key)
    if texts.isna().any() or texts.duplicated().any():
        named = " and ".join(relation.parent_key)
        return f"{named} does not name the rows of {relation.parent}: values are missing or repeat"
    return None
