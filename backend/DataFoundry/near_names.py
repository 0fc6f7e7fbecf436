"""Which known name somebody meant who wrote another."""

from collections.abc import Sequence

from rapidfuzz import fuzz, process

_NEAR = 60  # of 100, by which a name is like another
_SHORT = 3


def nearest(name: str, known: Sequence[str], most: int = 3) -> list[str]:
    """At most `most` known names like `name`, the likest first; case, spaces, `-` and `_` do not matter."""
    wanted = _plain(name)
    scorer = fuzz.WRatio if len(wanted) > _SHORT else fuzz.ratio  # parts of short names stand in any other
    matches = process.extract(
        wanted, {each: _plain(each) for each in known}, scorer=scorer, limit=most, score_cutoff=_NEAR
    )
    return [each for _, _, each in matches]


def did_you_mean(name: str, known: Sequence[str], most: int = 3) -> str:
    """A hint such as " (did you mean 'capital-gain'?)", or nothing."""
    near = nearest(name, known, most)
    return f" (did you mean {' or '.join(map(repr, near))}?)" if near else ""


def _plain(name: str) -> str:
    return name.lower().replace("-", "_").replace(" ", "_")
