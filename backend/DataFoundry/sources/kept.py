"""Blocks of text cells that were parsed once, kept so that they need not be parsed again."""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import IO

import pyarrow as pa
import pyarrow.compute as pc

from DataFoundry.sources.text_bytes import TextBytes

_IN_MEMORY_BYTES = 128 * 2**20  # of one table; what comes behind goes to a file
_MOST_DISTINCT = 0.5  # a share of distinct texts above which a dictionary costs more than it saves
_MOST_DISTINCT_OF_SOME = 0.9  # if more of the first eighth are distinct, more than half of all will be


class Coder:
    """Writes the texts of one column, block by block, as places in a dictionary where they repeat."""

    def __init__(self) -> None:
        self._repeats = True
        self._is_first = True

    def __call__(self, texts: pa.Array) -> pa.Array:
        """The same texts, as a dictionary array with the smallest places, or as they are."""
        if not self._repeats or not len(texts):
            return texts
        if self._is_first:  # a dictionary of texts that do not repeat takes as long as parsing them
            self._is_first = False
            some = texts.slice(0, len(texts) // 8)
            self._repeats = pc.count_distinct(some).as_py() <= _MOST_DISTINCT_OF_SOME * max(len(some), 1)
            if not self._repeats:
                return texts
        coded = texts.dictionary_encode()
        self._repeats = len(coded.dictionary) <= _MOST_DISTINCT * len(texts)
        if not self._repeats:
            return texts
        distinct = len(coded.dictionary)
        places = pa.int8() if distinct < 2**7 else pa.int16() if distinct < 2**15 else pa.int32()
        return pa.DictionaryArray.from_arrays(coded.indices.cast(places), coded.dictionary)


def with_values(texts: pa.Array, change: Callable[[pa.Array], pa.Array]) -> pa.Array:
    """`change(texts)`, worked out once for each text where they are coded; `change` must keep null null."""
    if not pa.types.is_dictionary(texts.type):
        return change(texts)
    return change(texts.dictionary).take(texts.indices)


class KeptBlocks:
    """Blocks in order: the first ones in memory, those behind them in a temporary file without a name.

    Each block has types of its own, since its dictionaries are its own.
    """

    def __init__(self) -> None:
        self._blocks: list[pa.RecordBatch] = []
        self._held = 0
        self._file: IO[bytes] | None = None
        self._places: list[tuple[int, int]] = []  # of the blocks in the file: first byte, length

    def add(self, block: pa.RecordBatch) -> None:
        """Keep one more block; raises OSError where the disk for temporary files is full."""
        if self._held + block.nbytes <= _IN_MEMORY_BYTES and self._file is None:
            self._blocks.append(block)
            self._held += block.nbytes
            return
        if self._file is None:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the table
        start = self._file.tell()
        with pa.ipc.new_stream(self._file, block.schema) as stream:
            stream.write_batch(block)
        self._places.append((start, self._file.tell() - start))

    def read(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """All blocks with these columns, in their order."""
        for block in self._blocks:
            yield block.select(list(columns))
        for start, length in self._places:
            assert self._file is not None
            self._file.seek(start)
            with pa.ipc.open_stream(self._file.read(length)) as stream:
                yield stream.read_next_batch().select(list(columns))


def counts_of(texts: pa.Array, chosen: Iterable[str]) -> dict[str, int]:
    """How often each of the chosen texts occurs, those that do not left out."""
    wanted = pa.array(list(chosen), pa.string())
    if pa.types.is_dictionary(texts.type):
        places = pc.indices_nonzero(pc.is_in(texts.dictionary, wanted)).to_pylist()
        counted = {texts.dictionary[place].as_py(): pc.sum(pc.equal(texts.indices, place)).as_py() for place in places}
        return {text: number for text, number in counted.items() if number}
    present = texts.drop_null()
    if not len(present):
        return {}
    candidates = present.take(pa.array(TextBytes(present).may_be(wanted.to_pylist())))
    found = pc.value_counts(candidates.filter(pc.is_in(candidates, wanted))).to_pylist()
    return {each["values"]: each["counts"] for each in found}
