"""Lists of words that one can read."""


def words(text: str) -> tuple[str, ...]:
    """The words of `text`, as a tuple; `"a b"` reads better than `("a", "b")` where there are dozens."""
    return tuple(text.split())
