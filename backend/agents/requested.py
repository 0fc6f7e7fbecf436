"""Numbers that requests to pipelines have in common, held to what they may be."""

from DataFoundry.errors import RequestError

MOST_ATTEMPTS = 100


def checked_share(value: float, name: str) -> float:
    """A share above 0 and at most 1.

    Raises
    ------
    RequestError
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1:
        raise RequestError(f"{name} must lie above 0 and at most 1, not {value!r:.50}.", field=name)
    return float(value)


def checked_attempts(value: int) -> int:
    """How many attempts at most.

    Raises
    ------
    RequestError
    """
    if type(value) is not int or not 1 <= value <= MOST_ATTEMPTS:
        raise RequestError(
            f"max_attempts must be a whole number from 1 to {MOST_ATTEMPTS}, not {value!r:.50}.", field="max_attempts"
        )
    return value


def checked_seed(value: int | None) -> None:
    """Refuse what is no whole number that generators take.

    Raises
    ------
    RequestError
    """
    if value is not None and (type(value) is not int or not 0 <= value < 2**63):
        raise RequestError(f"seed must be a whole number from 0, not {value!r:.50}.", field="seed")
