"""Chance that depends on numbers alone: hashes of entities, and orders in which no number comes twice."""

from math import isqrt

import numpy as np

_PLAIN, _MOST = 2**62, 2**120
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


def mixed(numbers: np.ndarray, salt: int) -> np.ndarray:
    """(n,) uint64, evenly distributed: splitmix64 (Steele, Lea and Flood 2014) of numbers (n,) and a salt."""
    with np.errstate(over="ignore"):
        value = numbers.astype(np.uint64) + np.uint64(salt % 2**64) * _FIRST + _GOLDEN
        value = (value ^ (value >> np.uint64(30))) * _FIRST
        value = (value ^ (value >> np.uint64(27))) * _SECOND
        value = value + np.uint64((salt >> 32) % 2**32)
        value = (value ^ (value >> np.uint64(29))) * _FIRST
        return value ^ (value >> np.uint64(31))


def shares(numbers: np.ndarray, salt: int) -> np.ndarray:
    """(n,) float64 in [0, 1), evenly distributed."""
    return (mixed(numbers, salt) >> np.uint64(11)).astype(np.float64) / 2**53


def chosen(numbers: np.ndarray, salt: int, weights: np.ndarray) -> np.ndarray:
    """(n,) int64: for each number one of the places of `weights` (k,), as often as they say."""
    ends = np.cumsum(np.asarray(weights, dtype=np.float64))
    return np.searchsorted(ends, shares(numbers, salt) * ends[-1], side="right").clip(0, len(ends) - 1)


def permuted(numbers: np.ndarray, size: int, salt: int) -> np.ndarray:
    """(n,) integers below `size`: different ones for numbers that differ modulo `size`, in no visible order.

    Four rounds of a Feistel network over a square, walked until inside (Black and Rogaway 2002). int64, or Python's own
    integers where `size` needs them; of more than 2**120 only so many are used.
    """
    size = min(size, _MOST)
    if size < 2:
        return np.zeros(len(numbers), dtype=np.int64)
    plain = np.int64 if size < _PLAIN else object
    side = isqrt(size - 1) + 1
    value = numbers.astype(plain) % size
    walking = np.arange(len(value))
    while len(walking):
        value[walking] = _rounds(value[walking], side, salt)
        walking = walking[(value[walking] >= size).astype(bool)]
    return value


def _rounds(value: np.ndarray, side: int, salt: int) -> np.ndarray:
    left, right = (value // side).astype(np.int64), (value % side).astype(np.int64)
    for turn in range(4):
        moved = (mixed(right, salt * 4 + turn) % np.uint64(side)).astype(np.int64)
        left, right = right, (left + moved) % side
    return left.astype(value.dtype) * side + right
