"""Data sets that a request may call by name: `the adult dataset`."""

import re

from DataFoundry.settings import TESTING_FOLDER

_SUFFIXES = (".csv", ".parquet")


def known_names() -> frozenset[str]:
    """Names of the tables in the testing folder, lower case; `adult` is always one of them."""
    found = {path.stem.lower() for path in TESTING_FOLDER.glob("*") if path.suffix in _SUFFIXES}
    return frozenset(found | {"adult"})


def path_of(name: str) -> str:
    """`adult` -> `testing_data/adult.csv`; a text that is no known name comes back as it is."""
    for suffix in _SUFFIXES:
        if (TESTING_FOLDER / f"{name.lower()}{suffix}").is_file():
            return f"testing_data/{name.lower()}{suffix}"
    return name


def quoted(text: str, names: frozenset[str]) -> str:
    """`text` with names of several words, such as `census 2024 (final).csv`, in quotes: they are read as one."""
    for name in names:
        if not re.fullmatch(r"[\w.-]+", name):
            whole = rf"(?<![\w\"'/])({re.escape(name)}(?:\.(?:csv|parquet))?)(?![\w\"'])"
            text = re.sub(whole, r'"\1"', text, flags=re.IGNORECASE)
    return text
