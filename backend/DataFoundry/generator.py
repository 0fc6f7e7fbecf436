"""Draw synthetic rows from a trained model into a file."""

import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.config import parse_config
from DataFoundry.derivation.promises import Promises
from DataFoundry.errors import RequestError, TooLargeError, UnknownLabelError
from DataFoundry.models.bundle import Bundle, load_bundle
from DataFoundry.models.sampling import sample_chunks
from DataFoundry.offered import FORMATS
from DataFoundry.progress import Progress
from DataFoundry.relational.config import is_related, parse_related
from DataFoundry.relational.generating import generate_related
from DataFoundry.settings import limits
from DataFoundry.storage import paths
from DataFoundry.storage.addresses import Address
from DataFoundry.storage.configs import read_config
from DataFoundry.storage.files import claim_output
from DataFoundry.storage.tables import TableWriter
from DataFoundry.storage.tensors import write_tensors

_CHUNKS_IN_BLOCK = 16  # rows written at once: few enough for constant memory, enough for parquet's row groups


def generate_data(
    model_path: str,
    config_path: str,
    label: Any = None,
    num_to_generate: int | None = None,
    output_path: str | None = None,
    output_format: str | None = None,
    seed: int | None = None,
    conditions: Mapping[str, Any] | None = None,
    scale: float | None = None,
    given: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Write exactly `num_to_generate` rows of a label; without one, labels come as often as in training.

    With the configuration of related tables `output_path` is a folder, and `scale` and `given` say how much is drawn:
    see `relational.generating`.

    `conditions` on any feature are met by every row: `{"sex": "Female", "age": {"min": 30}, "race": ["A", "B"]}`.

    Returns
    -------
    `output_path`, `num_generated`, `label`, `seed`, `replaced` (how the values of a column were made anew),
    `rules_kept` (the rules of the training table that no row breaks), `warnings` (among them rules that some rows
    break).

    Raises
    ------
    RequestError, UnknownLabelError, ArtifactError and below, OutputBusyError, TooLargeError, and those of
    `storage.paths`
    """
    content = read_config(paths.input_path(config_path, "config_path", (".json",)))
    if is_related(content):
        _refuse_given({"label": label, "num_to_generate": num_to_generate, "conditions": conditions}, "a single table")
        return generate_related(
            parse_related(content), model_path, 1.0 if scale is None else scale, output_path, output_format, seed, given
        )
    _refuse_given({"scale": scale, "given": given}, "related tables")
    config = parse_config(content)
    num_to_generate = 1000 if num_to_generate is None else num_to_generate
    model_file = paths.input_path(model_path, "model_path", (".pth",))
    target, output_format = _target(output_path, output_format)
    _check_rows(num_to_generate)
    bundle = load_bundle(
        config, model_file, paths.input_path(config.preprocessor_path, "preprocessor_path", (".joblib",))
    )
    shares = _shares(bundle, label)
    seed = secrets.randbits(63) if seed is None else seed
    with claim_output(target):
        promises = Promises(bundle.derivation)
        blocks = _blocks(sample_chunks(bundle, num_to_generate, shares, seed, conditions), num_to_generate, promises)
        if output_format == "pt":
            write_tensors(pd.concat(list(blocks), ignore_index=True), target)
        else:
            with TableWriter(target) as writer:
                for block in blocks:
                    writer.write(block)
    return {
        "output_path": str(target),
        "num_generated": num_to_generate,
        "label": label,
        "seed": seed,
        "replaced": bundle.made.replaced(),
        "rules_kept": promises.kept(),
        "warnings": promises.broken(),
    }


def _refuse_given(fields: Mapping[str, Any], whose: str) -> None:
    named = [name for name, value in fields.items() if value is not None]
    if named:
        raise RequestError(f"{named[0]} is for {whose}; this model is none, so leave it out.", field=named[0])


def _format(path: str | None, wanted: str | None) -> str:
    """The format asked for, else that of the path's suffix, else parquet; a contradiction of the two is told."""
    by_suffix = {suffix: name for name, suffix in FORMATS.items()}.get(Path(path or "").suffix.lower())
    chosen = wanted or by_suffix or "parquet"
    if chosen not in FORMATS:
        raise RequestError(f"output_format {wanted!r} is not known; choose one of {', '.join(FORMATS)}.")
    if by_suffix and by_suffix != chosen:
        raise RequestError(
            f"output_path ends in {FORMATS[by_suffix]}, but output_format is {chosen!r}; make them agree."
        )
    return chosen


def _target(path: str | None, wanted: str | None) -> tuple[Path, str]:
    """The file to write and its format; where the path leads is judged before what its suffix says."""
    target = paths.output_path(path, "output_path", tuple(FORMATS.values()))
    chosen = _format(path, wanted)
    if isinstance(target, Address) and FORMATS[chosen] != target.suffix:
        raise RequestError(f"{path!r} cannot be written as {chosen}; leave output_format out.")
    return (target if path is not None else target / f"synthetic_data{FORMATS[chosen]}"), chosen


def _check_rows(rows: int) -> None:
    most = limits().max_rows_generated
    if rows < 1:
        raise RequestError(f"num_to_generate must be at least 1, not {rows}.")
    if rows > most:
        raise TooLargeError(f"num_to_generate is {rows}, more than the limit of {most}.", limit=most)


def _shares(bundle: Bundle, label: Any) -> np.ndarray:
    """(k,) how much of each class is wanted."""
    if bundle.labels is None:
        if label is not None:
            raise UnknownLabelError(
                "The model was trained without a label, so it cannot be asked for one; leave label out."
            )
        return np.ones(1)
    if label is None:
        return bundle.labels.counts / bundle.labels.counts.sum()
    wanted = np.zeros(len(bundle.labels.values))
    wanted[bundle.labels.find(label)] = 1.0
    return wanted


def _blocks(chunks: Iterator[pd.DataFrame], rows: int, promises: Promises) -> Iterator[pd.DataFrame]:
    """Chunks joined to blocks, each held against the rules; progress is told."""
    progress = Progress("generating", rows)
    waiting: list[pd.DataFrame] = []
    done = 0
    for chunk in chunks:
        waiting.append(chunk)
        done += len(chunk)
        if len(waiting) == _CHUNKS_IN_BLOCK or done == rows:
            block = pd.concat(waiting, ignore_index=True)
            promises.add(block)
            yield block
            waiting = []
        progress.advance(len(chunk))
