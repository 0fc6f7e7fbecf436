"""Which bytes of a text table stand between quotes, found for 64 of them at once."""

import numpy as np

_AT_ONCE = 2**18  # bytes that the processor's caches hold
_ONE, _LAST = np.uint64(1), np.uint64(63)
_NEWLINE, _RETURN = ord("\n"), ord("\r")


def count(places: np.ndarray, byte: int) -> int:
    """How often a byte occurs."""
    return sum(
        int(np.count_nonzero(places[first : first + _AT_ONCE] == byte)) for first in range(0, len(places), _AT_ONCE)
    )


class QuoteBits:
    """The quotes of some bytes that begin outside of quotes.

    Parameters
    ----------
    whole
        Whether the last record ends with the bytes, and not with a newline.
    returns
        Whether a carriage return is among the bytes.

    Attributes
    ----------
    end
        The bytes up to the last newline that is not between quotes, or all of them.
    overhead
        How many of them are neither in a cell nor a delimiter: ends of lines, and quotes that no cell keeps.
    broken
        Whether a line ends between quotes.
    are_around_cells
        Whether each quote opens a cell, closes one or is doubled in one: then a parser sees them in turns, too.
    """

    def __init__(self, places: np.ndarray, delimiter: int, quote: int, whole: bool, returns: bool) -> None:
        quotes, newlines = _bits(places, quote), _bits(places, _NEWLINE)
        inside = _between(quotes)
        self.end = len(places) if whole else _after_last(newlines & ~inside)
        known = _first_bits(self.end, len(quotes))
        ends = newlines | _bits(places, _RETURN) if returns else newlines
        quotes, ends = quotes & known, ends & known
        opening, closing = quotes & inside, quotes & ~inside
        around = quotes | ends | _bits(places, delimiter) | ~known
        wrong = opening & ~_before(around) | closing & ~_behind(around)
        self.are_around_cells = not wrong.any() and _number(quotes) % 2 == 0
        self.broken = bool((ends & inside).any())
        doubled = _number(opening & (quotes << _ONE | _carried(quotes >> _LAST)))
        self.overhead = _number(ends & ~inside) + _number(quotes) - doubled


def _bits(places: np.ndarray, byte: int) -> np.ndarray:
    """One bit for each place, set where the byte stands; those behind the last place are not."""
    packed = np.zeros(-(-len(places) // 64) * 8, np.uint8)
    for first in range(0, len(places), _AT_ONCE):
        some = np.packbits(places[first : first + _AT_ONCE] == byte, bitorder="little")
        packed[first // 8 : first // 8 + len(some)] = some
    return packed.view("<u8")


def _between(quotes: np.ndarray) -> np.ndarray:
    """Whether the quotes up to each place are odd in number."""
    odd = quotes
    for step in (1, 2, 4, 8, 16, 32):
        odd = odd ^ (odd << np.uint64(step))
    before = _carried(np.bitwise_xor.accumulate(odd >> _LAST))
    return np.where(before != 0, ~odd, odd)


def _carried(words: np.ndarray) -> np.ndarray:
    """What each word is given by the one before it, the first one nothing."""
    return np.concatenate([np.zeros(1, np.uint64), words[:-1]])


def _before(bits: np.ndarray) -> np.ndarray:
    """The bit of the place before each one; before the first place a cell may begin."""
    carried = _carried(bits >> _LAST)
    carried[0] = 1
    return bits << _ONE | carried


def _behind(bits: np.ndarray) -> np.ndarray:
    """The bit of the place behind each one; behind the last place a cell may end."""
    return bits >> _ONE | np.concatenate([bits[1:], np.full(1, 1, np.uint64)]) << _LAST


def _after_last(bits: np.ndarray) -> int:
    """The place behind the last one that is set, 0 without any."""
    words = np.flatnonzero(bits)
    return int(words[-1]) * 64 + int(bits[words[-1]]).bit_length() if len(words) else 0


def _first_bits(places: int, words: int) -> np.ndarray:
    """Words in which the bits of so many places are set."""
    known = np.zeros(words, np.uint64)
    known[: places // 64] = ~np.uint64(0)
    if places % 64:
        known[places // 64] = (1 << places % 64) - 1
    return known


def _number(bits: np.ndarray) -> int:
    """How many are set."""
    return int(np.bitwise_count(bits).sum(dtype=np.int64))
