"""Fit the networks of related tables, two at a time: they learn from real rows only, so none waits for another."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import torch

from DataFoundry.config import ModelParams, TrainingParams, default_training_params
from DataFoundry.models.conditional_rows import ConditionalRows
from DataFoundry.preprocessing.spans import ORDERED, Span
from DataFoundry.relational.bundle import Related
from DataFoundry.relational.config import RelatedConfig
from DataFoundry.relational.context import consecutive
from DataFoundry.storage.files import remove_file
from DataFoundry.training.checkpoint import Checkpoint
from DataFoundry.training.loop import train
from DataFoundry.training.outcome import Rows

_AT_ONCE = 2
_VALIDATION_SHARE = 0.1
_FEWEST_ENTITIES_TO_SPLIT = 100
_MOST_STATES = 50  # tokens of a category that is balanced by another
_FEWEST_NATS = 20.0  # beyond chance, that make it worth while
Data = tuple[np.ndarray, np.ndarray]  # codes (n, g + r) of contexts and rows, and (n,) the number of each row's parent


@dataclass(frozen=True)
class Job:
    """The training of one table."""

    related: Related
    name: str
    config: RelatedConfig
    seed: int
    model_path: Path | None

    def run(self, data: Data) -> list[dict[str, Any]]:
        """Fit the table's network; the history of the training."""
        codes, entities = data
        context, own = self.related.context_spans(self.name), self.related.row_spans(self.name)
        drawn = torch.Generator().manual_seed(self.seed)
        params = ModelParams(decoder_hidden_layers=self.config.model_params.decoder_hidden_layers)
        # Rows of one parent are like one another: they count as the geometric mean of their number and the parents'.
        alike = math.sqrt(len(np.unique(entities)) / len(codes))
        before = closest(codes, [*context, *own], len(context), self.related.before(self.name))
        spans, absent = consecutive([*context, *own]), self.related.absent(self.name)
        beside = told_beside(codes, [*context, *own], len(context))
        network = ConditionalRows(spans, len(context), params, drawn, before, alike, absent, beside)
        rows = Rows(torch.from_numpy(codes), torch.zeros(len(codes), dtype=torch.int64))
        learning, validation = _split(rows, entities, self.seed)
        said = self.config.training_params.model_dump(exclude_unset=True)
        fitted = TrainingParams(**{**default_training_params("tabular_cvae", len(codes)), **said})
        outcome = train(network, learning, validation, fitted, drawn, self._checkpoint(codes))
        network.finish(rows.codes, rows.labels, drawn)
        self.related.tables[self.name].network = network.eval()
        return outcome.history

    @property
    def checkpoint_path(self) -> Path | None:
        """Where an interrupted training goes on."""
        return None if self.model_path is None else self.model_path.with_name(f"{self.name}.checkpoint.pth")

    def _checkpoint(self, codes: np.ndarray) -> Checkpoint | None:
        if self.checkpoint_path is None:
            return None
        return Checkpoint(self.checkpoint_path, joblib.hash((self.seed, self.config.model_dump(mode="json"), codes)))


def closest(codes: np.ndarray, spans: Sequence[Span], given: int, before: Mapping[int, int]) -> dict[int, int]:
    """For small categories of rows (n, g + r) the one of what they are drawn after that says most of them, by place.

    By it they are balanced after training. `before` has the places of what the row before tells, which is taken where
    nothing says more.
    """
    found = dict(before)
    small = [place for place, span in enumerate(spans) if span.kind != ORDERED and span.width <= _MOST_STATES]
    for place in small:
        if place < given:
            continue
        told = _told(codes, place, [other for other in small if other < given])
        best = max(told, key=lambda other: told[other], default=None)
        if best is not None and told[best] > max(_FEWEST_NATS, told.get(before.get(place - given, -1), 0.0)):
            found[place - given] = best
    return found


def told_beside(codes: np.ndarray, spans: Sequence[Span], given: int) -> dict[int, int]:
    """For small categories of rows (n, g + r) the one drawn before it in the row that says most of it, both counted
    from the first that is drawn."""
    own = codes[:, given:]
    small = [place for place, span in enumerate(spans[given:]) if span.kind != ORDERED and span.width <= _MOST_STATES]
    found = {}
    for place in small:
        told = _told(own, place, [other for other in small if other < place])
        best = max(told, key=lambda other: told[other], default=None)
        if best is not None and told[best] > _FEWEST_NATS:
            found[place] = best
    return found


def _told(codes: np.ndarray, place: int, others: Sequence[int]) -> dict[int, float]:
    """What each of other columns of codes (n, d) says of the one at a place, see `_excess`."""
    own = codes[:, place].astype(np.int64)
    return {other: _excess(codes[:, other].astype(np.int64), own) for other in others}


def _excess(one: np.ndarray, other: np.ndarray) -> float:
    """Nats, of all rows, that a category (n,) says of another, beyond what it would by chance."""
    table = np.bincount(one * (other.max() + 1) + other, minlength=(one.max() + 1) * (other.max() + 1))
    table = table.reshape(one.max() + 1, other.max() + 1).astype(np.float64)
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0) / len(one)
    told = table * np.log(np.where(table > 0, table, 1) / np.where(expected > 0, expected, 1))
    freedom = ((table.sum(axis=1) > 0).sum() - 1) * ((table.sum(axis=0) > 0).sum() - 1)
    return float(told.sum() - freedom / 2)


def run_jobs(jobs: Sequence[Job], data: Callable[[str], Data]) -> dict[str, list[dict[str, Any]]]:
    """Run all, the largest first; `data` gives what a table learns from. By table the history of its training."""
    ordered = sorted(jobs, key=lambda job: -job.related.tables[job.name].rows)
    at_once = min(_AT_ONCE, len(jobs)) or 1
    with (
        _shared_threads(at_once) as threads,
        ThreadPoolExecutor(at_once, "fit", torch.set_num_threads, (threads,)) as pool,
    ):
        # Each in a copy of this thread's context, so that progress is told to whoever listens.
        running = [(job, pool.submit(copy_context().run, lambda job=job: job.run(data(job.name)))) for job in ordered]
        histories = {job.name: each.result() for job, each in running}
    for job in jobs:
        if job.checkpoint_path is not None:
            remove_file(job.checkpoint_path)
    return histories


@contextmanager
def _shared_threads(parts: int) -> Iterator[int]:
    """Threads of torch for each of so many trainings at once.

    With all cores for each they would wait for one another's threads in every layer: many times as slow where the
    machine has other work, too.
    """
    all_threads = torch.get_num_threads()
    try:
        yield max(1, all_threads // parts)
    finally:
        torch.set_num_threads(all_threads)  # what a pool's thread sets is what later threads begin with


def _split(rows: Rows, entities: np.ndarray, seed: int) -> tuple[Rows, Rows]:
    """Rows to learn from and to validate with, those of one parent on the same side; of few parents they are both."""
    distinct = np.unique(entities)
    if len(distinct) < _FEWEST_ENTITIES_TO_SPLIT:
        return rows, rows
    held = np.random.default_rng(seed % 2**32 + 1).permutation(distinct)[: int(len(distinct) * _VALIDATION_SHARE)]
    aside = torch.from_numpy(np.isin(entities, held))
    return rows.take(torch.nonzero(~aside)[:, 0]), rows.take(torch.nonzero(aside)[:, 0])
