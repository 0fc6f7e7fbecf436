"""The bytes of a text table in blocks of whole records, cut without parsing them, so that threads may parse them."""

import io
from collections.abc import Iterator
from queue import Empty, SimpleQueue
from typing import IO, NamedTuple

import numpy as np

from DataFoundry.sources.quote_bits import QuoteBits, count

_UTF8 = ("utf-8", "utf-8-sig")
# Python's names of encodings in which each byte that cuts cells is just that.
CUT_AS_BYTES = (*_UTF8, "ascii", "cp1252", "iso8859-1")
_BOM = b"\xef\xbb\xbf"
_AT_ONCE = 2**18  # bytes that the processor's caches hold


class LineBlock(NamedTuple):
    """Some whole records.

    Attributes
    ----------
    content
        Their bytes.
    quotes
        Where quotes stand in them; None where there are none.
    returns
        Whether there are carriage returns.
    buffer
        The memory in which they lie, see `LineBlocks.done_with`.
    """

    content: memoryview
    quotes: QuoteBits | None
    returns: bool
    buffer: bytearray

    def in_utf8(self, encoding: str) -> "LineBlock":
        """The same records, written in UTF-8; raises UnicodeDecodeError where they cannot be read."""
        if encoding in _UTF8:
            return self
        return self._replace(content=memoryview(str(self.content, encoding).encode()))

    def overhead(self) -> int:
        """How many bytes are neither in a cell nor a delimiter."""
        if self.quotes is not None:
            return self.quotes.overhead
        places = np.frombuffer(self.content, np.uint8)
        return count(places, ord("\n")) + (count(places, ord("\r")) if self.returns else 0)

    def holds_hexadecimals(self) -> bool:
        """Whether `0x` or `0X` stands anywhere."""
        places = np.frombuffer(self.content, np.uint8)
        for start in (0, 1):
            pairs = places[start : start + (len(places) - start) // 2 * 2].view("<u2")
            for first in range(0, len(pairs), _AT_ONCE):
                some = pairs[first : first + _AT_ONCE]
                if (some == ord("0") + 256 * ord("x")).any() or (some == ord("0") + 256 * ord("X")).any():
                    return True
        return False


class LineBlocks:
    """Cuts the bytes of a handle into blocks; what it cannot cut without doubt is left as `rest`.

    Attributes
    ----------
    rest
        The bytes from the first record on that could not be cut: quotes stand there inside cells without quotes, or a
        record is longer than a block. None while all could be cut.
    """

    def __init__(self, handle: IO[bytes], block_bytes: int, delimiter: str, quote: str, encoding: str) -> None:
        self._encoding = encoding
        self._handle = handle
        self._bytes = block_bytes
        self._quote = quote.encode()
        self._delimiter = ord(delimiter)
        self.rest: IO[bytes] | None = None
        self._free: SimpleQueue[bytearray] = SimpleQueue()

    def __iter__(self) -> Iterator[LineBlock]:
        left = memoryview(self._handle.read(len(_BOM)).removeprefix(_BOM if self._encoding in _UTF8 else b""))
        while True:
            buffer = self._buffer(len(left) + self._bytes)
            buffer[: len(left)] = left
            length = len(left) + _read_into(self._handle, memoryview(buffer)[len(left) : len(left) + self._bytes])
            if not length:
                return
            at_end = length < len(left) + self._bytes
            block = self._cut(buffer, length, at_end)
            if block is None:
                self.rest = io.BufferedReader(_Joined(bytes(buffer[:length]), self._handle), 2**20)
                return
            left = memoryview(bytes(memoryview(buffer)[len(block.content) : length]))
            yield block

    def done_with(self, block: LineBlock) -> None:
        """Allow the memory of a block to be used for another one."""
        self._free.put(block.buffer)

    def _buffer(self, least: int) -> bytearray:
        """Memory that was used before, where there is some: to be given new memory costs as much as reading into it."""
        try:
            buffer = self._free.get_nowait()
        except Empty:
            buffer = bytearray()
        return buffer if len(buffer) >= least else bytearray(least + self._bytes // 8)

    def _cut(self, buffer: bytearray, length: int, at_end: bool) -> LineBlock | None:
        """The whole records at the beginning of what was read."""
        content, returns = memoryview(buffer), buffer.find(b"\r", 0, length) >= 0
        if not self._quote or buffer.find(self._quote, 0, length) < 0:
            end = length if at_end else buffer.rfind(b"\n", 0, length) + 1
            return LineBlock(content[:end], None, returns, buffer) if end else None
        places = np.frombuffer(content[:length], np.uint8)
        quotes = QuoteBits(places, self._delimiter, self._quote[0], whole=at_end, returns=returns)
        if not quotes.end or not quotes.are_around_cells:
            return None
        return LineBlock(content[: quotes.end], quotes, returns, buffer)


def _read_into(handle: IO[bytes], room: memoryview) -> int:
    """Fill the room, as far as there is something to read."""
    filled = 0
    while filled < len(room):
        got = handle.readinto(room[filled:])  # type: ignore[attr-defined]
        if not got:
            break
        filled += got
    return filled


class _Joined(io.RawIOBase):
    """Some bytes, and behind them those of a handle."""

    def __init__(self, first: bytes, handle: IO[bytes]) -> None:
        self._first = memoryview(first)
        self._handle = handle

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        piece = self._first[: len(buffer)] or self._handle.read(len(buffer))
        self._first = self._first[len(buffer) :]
        buffer[: len(piece)] = piece
        return len(piece)
