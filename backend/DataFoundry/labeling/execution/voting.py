"""Votes block by block: functions that run in the sandbox vote wherever work is spread to, all others here.

A function that works on whole columns takes less time than sending them does; one that may keep something between
calls sees each row in order.
"""

import datetime
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import numpy as np
import pandas as pd

from DataFoundry import blocks
from DataFoundry.labeling.execution.apply import Applier, Outcome
from DataFoundry.labeling.execution.strategies import DISTINCT
from DataFoundry.labeling.functions.reading import LabelingFunction, read_function
from DataFoundry.settings import Limits
from DataFoundry.sources.coded import CodedBlock

_TRIED_ROWS = 200  # that tell how a function is run


@dataclass(frozen=True)
class _Part:
    """The columns that some functions read of a block, whose first row is row `start` of the table."""

    frame: pd.DataFrame
    start: int


@dataclass(frozen=True)
class _Voting:
    """Votes of some functions on a part, in a sandbox of its own; goes to other processes as source."""

    sources: tuple[tuple[str, str], ...]
    columns: tuple[str, ...]
    bounds: Limits
    now: datetime.datetime

    @cached_property
    def _functions(self) -> list[LabelingFunction]:
        return [read_function(name, code, self.bounds) for name, code in self.sources]

    def __call__(self, part: _Part) -> list[Outcome]:
        with Applier(self._functions, self.columns, self.bounds, self.now) as applier:
            return applier.outcomes(part.frame, part.start)


def voted_blocks(applier: Applier, coded: Iterable[CodedBlock]) -> Iterator[tuple[CodedBlock, np.ndarray]]:
    """Each block with its (n, m) votes, as `applier.votes` gives them one after the other."""
    blocks_left = iter(coded)
    away: list[int] = []
    if blocks.is_spread() and (first := next(blocks_left, None)) is not None:
        away = _in_the_sandbox(applier, first.frame(applier.columns)[:_TRIED_ROWS])
        blocks_left = chain([first], blocks_left)
    if not away:
        yield from ((block, applier.votes(block.frame(applier.columns))) for block in blocks_left)
        return
    waiting: deque[CodedBlock] = deque()
    sources = tuple((applier.functions[place].name, applier.functions[place].code) for place in away)
    work = _Voting(sources, tuple(applier.table_columns), applier.bounds, applier.now)
    for outcomes in blocks.in_order(work, _parts(applier, away, blocks_left, waiting)):
        block = waiting.popleft()
        yield block, applier.votes(block.frame(applier.columns), dict(zip(away, outcomes, strict=True)))


def _in_the_sandbox(applier: Applier, frame: pd.DataFrame) -> list[int]:
    """The places of the functions that run in the sandbox, and on rows in any order."""
    with Applier(applier.functions, applier.table_columns, applier.bounds) as tried:
        return [place for place, each in enumerate(tried.outcomes(frame, 0)) if each.ways == [DISTINCT]]


def _parts(
    applier: Applier, away: list[int], coded: Iterable[CodedBlock], waiting: deque[CodedBlock]
) -> Iterator[_Part]:
    """What is sent of each block; the block itself waits until its votes come."""
    columns, start = applier.columns_of(away), 0
    for block in coded:
        waiting.append(block)
        yield _Part(block.frame(columns), start)
        start += block.rows
