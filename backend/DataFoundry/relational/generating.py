"""Draw synthetic related tables into a folder."""

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.derivation.promises import Promises
from DataFoundry.errors import ColumnError, ImpossibleError, RequestError, TooLargeError
from DataFoundry.progress import Progress
from DataFoundry.relational.bundle import Related, load_related
from DataFoundry.relational.columns import Neighbours
from DataFoundry.relational.config import RelatedConfig
from DataFoundry.relational.drawing import Drawer
from DataFoundry.relational.relation import key_texts
from DataFoundry.relational.sequences import entity_table, join_frames
from DataFoundry.relational.writing import Decoder
from DataFoundry.settings import limits
from DataFoundry.sources.opening import open_table
from DataFoundry.storage.files import claim_output
from DataFoundry.storage.paths import input_path, output_folder, refuse_input_as_output
from DataFoundry.storage.tables import TableWriter

FORMATS = ("parquet", "csv")


def generate_related(
    config: RelatedConfig,
    model_path: str,
    scale: float = 1.0,
    output_path: str | None = None,
    output_format: str | None = None,
    seed: int | None = None,
    given: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Write synthetic tables, `scale` times as large as the real ones, into a folder: one file a table.

    Parameters
    ----------
    given
        For tables that name no other the file whose rows are theirs: only what hangs on them is drawn.

    Returns
    -------
    `output_path` (the folder), `output_paths`, `num_generated`, `num_rows` by table, `label` (None), `seed`,
    `replaced`, `rules_kept`, `warnings`.

    Raises
    ------
    RequestError, TooLargeError, ImpossibleError, ColumnError, ArtifactError and below, OutputBusyError, and those of
    `storage.paths`
    """
    form = output_format or "parquet"
    if form not in FORMATS:
        raise RequestError(
            f"output_format {form!r} is not known for related tables; choose one of {', '.join(FORMATS)}."
        )
    if not scale > 0:
        raise RequestError(f"scale must be greater than 0, not {scale}.", field="scale")
    folder = output_folder(output_path, "output_path", "synthetic_tables")
    related = load_related(
        input_path(model_path, "model_path", (".pth",)),
        input_path(config.preprocessor_path, "preprocessor_path", (".joblib",)),
    )
    rows = sum(round(scale * model.rows) for model in related.tables.values())
    if rows > limits().max_rows_generated:
        most = limits().max_rows_generated
        raise TooLargeError(f"So many rows, {rows}, are more than the limit of {most}; lower scale.", limit=most)
    seed = secrets.randbits(62) if seed is None else seed
    frames = {name: _given_rows(related, name, path, folder) for name, path in (given or {}).items()}
    codes = {name: _given_codes(related, name, frame) for name, frame in frames.items()}
    with claim_output(folder / "tables"):
        drawn = Drawer(related, scale, seed % 2**62, codes).draw()
        decoder = Decoder(related, drawn, seed % 2**62, frames)
        return _write(related, decoder, config, folder, form) | {"label": None, "seed": seed}


def _write(related: Related, decoder: Decoder, config: RelatedConfig, folder: Path, form: str) -> dict[str, Any]:
    paths: dict[str, str] = {}
    counts: dict[str, int] = {}
    told: list[str] = []
    kept: list[dict[str, Any]] = []
    owners: dict[str, pd.DataFrame] = {}
    progress = Progress("writing", len(related.order.tables), "tables")
    for name in related.order.tables:
        owner_of = next((each for each in config.sequences if entity_table(each) == name), None)
        promises = Promises(related.tables[name].columns.derivation) if name in related.tables else None
        if owner_of is not None:
            owners[owner_of] = pd.concat(list(decoder.blocks(name)), ignore_index=True)
            continue
        path = folder / f"{name}.{form}"
        with TableWriter(path) as writer:
            for block in decoder.blocks(name):
                if promises is not None:
                    promises.add(block)
                writer.write(_whole(block, owners.get(name), config, name))
        paths[name], counts[name] = str(path), writer.num_rows
        if promises is not None:
            kept += [{**rule, "table": name} for rule in promises.kept()]
            told += [f"{name}: {sentence}" for sentence in promises.broken()]
        progress.advance()
    return {
        "output_path": str(folder),
        "output_paths": paths,
        "num_generated": sum(counts.values()),
        "num_rows": counts,
        "replaced": _replaced(related),
        "rules_kept": kept + [_across(each) for each in related.across if each["parent"] in paths],
        "warnings": told,
    }


def _across(rule: Mapping[str, Any]) -> dict[str, Any]:
    columns = [f"{rule['parent']}.{rule['column']}"]
    columns += [f"{rule['child']}.{rule['of']}"] if rule["of"] else []
    return {"kind": rule["kind"], "columns": columns, "sentence": rule["sentence"], "table": rule["parent"]}


def _whole(block: pd.DataFrame, owners: pd.DataFrame | None, config: RelatedConfig, name: str) -> pd.DataFrame:
    """Rows of a sequence with what belongs to their entity, columns in the order of the real table."""
    if owners is None:
        return block
    told = config.sequences[name]
    joined = join_frames(owners, block, told["key"], told["columns"])
    return joined[list(told["order"])]


def _replaced(related: Related) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, model in related.tables.items():
        found |= {f"{name}.{column}": "Its values are new keys of the same range or form." for column in model.key}
        found |= {f"{name}.{column}": how for column, how in model.columns.made.replaced().items()}
    return found


def _given_rows(related: Related, name: str, path: str, folder: Path) -> pd.DataFrame:
    """The rows that the caller gives for a table, with all its columns."""
    if name not in related.tables or related.order.places[name].primary is not None:
        roots = [each for each, place in related.order.places.items() if place.primary is None]
        raise RequestError(
            f"given: {name!r} is not a table whose rows can be given; these are {', '.join(roots)}.", field="given"
        )
    file = input_path(path, f"given.{name}")
    refuse_input_as_output(folder / f"{name}.parquet", file)
    refuse_input_as_output(folder / f"{name}.csv", file)
    frame = open_table(file).read()
    columns = related.tables[name].columns.columns
    gone = [column for column in columns if column not in frame]
    if gone:
        raise ColumnError(f"given.{name}: the table has no column {gone[0]!r}, which the model knows.", missing=gone)
    for relation in related.order.children(name):
        texts = key_texts(frame, relation.parent_key)
        if texts.isna().any() or texts.duplicated().any():
            key = " and ".join(relation.parent_key)
            raise ImpossibleError(f"given.{name}: {key} does not name its rows; values are missing or repeat.")
    return frame[list(columns)].reset_index(drop=True)


def _given_codes(related: Related, name: str, frame: pd.DataFrame) -> np.ndarray:
    """(m, b) codes of the base columns: what is given, NaN for the numbers of children."""
    model = related.tables[name]
    where = Neighbours(np.zeros(len(frame), dtype=np.int64), {})
    own = model.columns.encode(frame, where)
    return np.concatenate([own, np.full((len(frame), len(model.counts)), np.nan)], axis=1)
