"""Texts of whole numbers held as numbers, where each number written again is the text."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from DataFoundry.sources.text_bytes import TextBytes

_POWERS = [10**power for power in range(1, 19)]
_FIRST = 100
_LEAST_HEXADECIMAL = 10**6  # `0xFFFFF` is no longer than 1048575; below, hexadecimals are longer than what they mean


def as_whole_numbers(texts: pa.Array) -> pa.Array | None:
    """The numbers that the texts are, in the smallest type; None if one of them is no number or written otherwise."""
    values = cast_numbers(texts, pa.int64())
    if values is None or values.null_count == len(values):
        return None
    return narrow(values) if are_written_plainly(texts, values) else None


def are_written_plainly(texts: pa.Array, values: pa.Array) -> bool:
    """Whether each whole number stands in its text as it would be written again."""
    if written_length(values) != text_length(texts):
        return False
    return not may_be_hexadecimal(values) or not has_hexadecimals(texts)


def cast_numbers(texts: pa.Array, kind: pa.DataType) -> pa.Array | None:
    """The texts as numbers of the kind, None if one of them is none."""
    try:
        pc.cast(texts.slice(0, _FIRST), kind)  # Arrow words an error for each text before it gives up
        return pc.cast(texts, kind)
    except pa.ArrowInvalid:
        return None


def written_length(values: pa.Array) -> int:
    """The characters that all values together take, the missing ones none.

    Any other way of writing a whole number that Arrow reads is longer, hexadecimals excepted.
    """
    span = pc.min_max(values)
    least, greatest = span["min"].as_py(), span["max"].as_py()
    if least is None:
        return 0
    numbers = (values.fill_null(0) if values.null_count else values).to_numpy()
    signs = 0
    if least < 0:
        signs = int(np.count_nonzero(numbers < 0))
        numbers = np.abs(numbers).astype(np.uint64)  # the least int64 has no positive one
        greatest = max(greatest, -least)
    digits = len(numbers) + sum(int(np.count_nonzero(numbers >= power)) for power in _POWERS if power <= greatest)
    return digits + signs - values.null_count


def text_length(texts: pa.Array | pa.ChunkedArray) -> int:
    """The bytes of all texts together."""
    chunks = texts.chunks if isinstance(texts, pa.ChunkedArray) else [texts]
    return sum(_length(chunk) for chunk in chunks)


def _length(texts: pa.StringArray) -> int:
    if texts.null_count:  # behind a null there may be bytes
        return pc.sum(pc.binary_length(texts)).as_py() or 0
    return len(TextBytes(texts).all) if len(texts) else 0


def may_be_hexadecimal(values: pa.Array) -> bool:
    """Whether a number is so great that a hexadecimal would not be longer."""
    span = pc.min_max(values)
    least, greatest = span["min"].as_py(), span["max"].as_py()
    return least is not None and max(greatest, -least) >= _LEAST_HEXADECIMAL


def has_hexadecimals(texts: pa.Array) -> bool:
    """Whether `0x` stands in a text: Arrow would read it as a number, and the letters would be lost."""
    return bool(pc.any(pc.match_substring(texts, "0x", ignore_case=True)).as_py())


def narrow(values: pa.Array) -> pa.Array:
    """The same whole numbers in the smallest type that holds them."""
    span = pc.min_max(values)
    least, greatest = span["min"].as_py(), span["max"].as_py()
    if least is None:
        return values.cast(pa.int8())
    for bits, kind in ((7, pa.int8()), (15, pa.int16()), (31, pa.int32())):
        if -(2**bits) <= least and greatest < 2**bits:
            return values.cast(kind)
    return values
