"""Votes block by block, wherever work is spread to.

A function that may keep something between calls sees each row in order, so it stays here.
"""

import datetime
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from DataFoundry import blocks
from DataFoundry.labeling.execution.apply import Applier, Outcome
from DataFoundry.labeling.functions.reading import LabelingFunction, read_function
from DataFoundry.settings import Limits
from DataFoundry.sources.coded import CodedBlock


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
    pure = [place for place, function in enumerate(applier.functions) if function.pure]
    if not (pure and blocks.is_spread()):
        yield from ((block, applier.votes(block.frame(applier.columns))) for block in coded)
        return
    here = applier.columns_of(place for place in range(len(applier.functions)) if place not in pure)
    sources = tuple((applier.functions[place].name, applier.functions[place].code) for place in pure)
    work = _Voting(sources, tuple(applier.table_columns), applier.bounds, applier.now)
    waiting: deque[CodedBlock] = deque()
    for outcomes in blocks.in_order(work, _parts(applier.columns_of(pure), coded, waiting)):
        block = waiting.popleft()
        yield block, applier.votes(_frame(block, here), dict(zip(pure, outcomes, strict=True)))


def _parts(columns: list[str], coded: Iterable[CodedBlock], waiting: deque[CodedBlock]) -> Iterator[_Part]:
    """What is sent of each block; the block itself waits until its votes come."""
    start = 0
    for block in coded:
        waiting.append(block)
        yield _Part(_frame(block, columns), start)
        start += block.rows


def _frame(block: CodedBlock, columns: list[str]) -> pd.DataFrame:
    return block.frame(columns) if columns else pd.DataFrame(index=range(block.rows))
