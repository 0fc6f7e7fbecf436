"""What the names of tables and columns say about who names whom."""

import re

_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-zäöüéèñç]+|\d+")
_KEY_WORDS = {"id", "key", "no", "nr", "num", "number", "code", "ref", "fk", "pk", "uuid", "guid", "identifier", "sk"}
_SELF = {
    "manager", "parent", "boss", "supervisor", "reports", "reply", "previous", "prev", "next", "replaces", "replaced",
    "predecessor", "successor", "superior", "leader", "mentor", "referrer", "referred", "origin", "original", "root",
}  # fmt: skip
_FEWEST_LETTERS = 3


def words(name: str) -> list[str]:
    """The words of a name, in lower case and singular: `customerIDs` is `customer, id`."""
    return [singular(part.lower()) for part in _PARTS.findall(name)]


def singular(word: str) -> str:
    """A word without the ending of the plural, as far as spelling tells."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def thing(name: str) -> list[str]:
    """The words of a column's name that say what it names, without those that say that it is a key."""
    return [word for word in words(name) if word not in _KEY_WORDS]


def says_key(name: str) -> bool:
    """Whether a column's name says that it holds keys."""
    found = words(name)
    joined = name.lower().rstrip("s")
    return bool(found) and (found[-1] in _KEY_WORDS or found[0] in ("id", "fk") or joined.endswith(("_id", "_fk")))


def says_itself(name: str) -> bool:
    """Whether a column's name says that it names another row of the same table, such as a manager."""
    return bool(_SELF & set(words(name)))


def names_table(column: str, table: str, key: str) -> int:
    """How clearly a column's name points to a table with that key: 0 not at all, 3 by the very name of its key."""
    if column.lower() == key.lower() and thing(key):
        return 3
    stem, target = thing(column), words(table)
    targets = [each for each in (target, target[-1:], thing(key)) if each]
    if not stem:
        return 0
    if any(stem == each for each in targets):
        return 3
    if any(stem[-len(each) :] == each for each in targets):
        return 2
    joined = "".join(stem)
    if any(_short_for(joined, "".join(each)) for each in targets):
        return 1
    return 0


def _short_for(short: str, word: str) -> bool:
    return len(short) >= _FEWEST_LETTERS and word.startswith(short) or word == short
