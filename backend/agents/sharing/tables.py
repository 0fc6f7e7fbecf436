"""The tables of a sharing run: rows to train on, rows held out, and synthetic rows without a value of either."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from agents.training.target import halves
from DataFoundry import generator
from DataFoundry.errors import ImpossibleError
from DataFoundry.metrics.by_kind import without_distribution
from DataFoundry.schema.hashing import hashes
from DataFoundry.schema.kinds.person_name import known_names
from DataFoundry.schema.table_schema import TableSchema
from DataFoundry.sources.opening import open_table
from DataFoundry.storage import journal
from DataFoundry.storage.tables import TableWriter

_HELD_OUT = 0.2
FEWEST_ROWS = 200  # with fewer, a fifth is too little to tell copying from chance
_SPARE = 1.05
_DRAWS = 3
_MANY_VALUES, _WORDY = 20, 0.5  # of a column; share of values of several words, from which on they may tell of people
_OF_WORDS = ("category", "constant", "boolean", "text")
_NAMES_NOBODY = ("postcode",)  # an area of many people


@dataclass(frozen=True)
class Split:
    """Rows to train on, and two halves of rows that no training sees.

    Attributes
    ----------
    whole
        Every row whose values must not be shared.
    """

    whole: pd.DataFrame
    train: pd.DataFrame
    deciding: pd.DataFrame
    unseen: pd.DataFrame
    note: str


def split(frame: pd.DataFrame, holdout: pd.DataFrame | None, name: str, seed: int) -> Split:
    """Held-out rows of a file of their own, or a fifth of the table.

    Raises
    ------
    ImpossibleError
        If there are too few rows to hold some out.
    """
    rng = np.random.default_rng((seed, 0))
    if holdout is not None:
        deciding, unseen = halves(holdout, rng)
        return Split(frame, frame, deciding, unseen, f"the {len(holdout):,} rows of {name}")
    if len(frame) < FEWEST_ROWS:
        raise ImpossibleError(
            f"The table has {len(frame):,} rows; at least {FEWEST_ROWS} are needed to tell copying from chance. Give "
            "more rows, or rows like them as holdout_path."
        )
    held: np.ndarray = np.zeros(len(frame), dtype=bool)
    held[rng.choice(len(frame), round(_HELD_OUT * len(frame)), replace=False)] = True
    deciding, unseen = halves(frame[held], rng)
    note = f"{int(held.sum()):,} rows of the table that the model was not trained on"
    return Split(frame, frame[~held].reset_index(drop=True), deciding, unseen, note)


def written(frame: pd.DataFrame, path: Path) -> Path:
    """The table as a file, which goes where the work that wrote it is cancelled or given up: it holds real rows."""
    journal.note(journal.RESUMABLE, path)
    with TableWriter(path) as writer:
        writer.write(frame)
    return path


def identifying(schema: TableSchema, columns: Sequence[str]) -> list[str]:
    """The columns whose single values may name a person or a row: personal ones, keys, and free texts."""
    made = set(without_distribution(schema, columns))
    return [
        name
        for name in columns
        if name in schema.columns
        and schema.columns[name].kind not in _NAMES_NOBODY
        and (name in made or schema.columns[name].personal)
    ]


def telling_texts(schema: TableSchema, frame: pd.DataFrame, said: Mapping[str, Mapping[str, Any]] | None) -> list[str]:
    """The columns of texts whose values, or phrases, synthetic rows may have from real ones, and may tell of people."""
    fine = {name for name, each in (said or {}).items() if each.get("personal") is False}
    return [
        name
        for name, column in schema.columns.items()
        if column.kind in _OF_WORDS and name not in fine and frame[name].dtype == object
    ]


def taken_over(
    schema: TableSchema, frame: pd.DataFrame, label: str | None, said: Mapping[str, Mapping[str, Any]] | None = None
) -> list[str]:
    """A sentence for each column of many words whose values synthetic rows have as they stand in real ones."""
    found, telling = [], telling_texts(schema, frame, said)
    for name, column in schema.columns.items():
        if name == label or name not in telling or column.kind != "category" or frame[name].dtype != object:
            continue
        values = frame[name].dropna().map(str).drop_duplicates()
        several = values.str.split().str.len() > 1
        if len(values) >= _MANY_VALUES and several.mean() >= _WORDY:
            how = f'{{"{name}": {{"kind": "text", "personal": true}}}}'
            found.append(
                f"Where several rows have a value of {name!r}, it is taken over as it stands ({len(values):,} differ); "
                f"if they name people, give columns {how}, and they are made anew."
            )
    return found


def copied(frame: pd.DataFrame, whole: pd.DataFrame, columns: Sequence[str]) -> dict[str, np.ndarray]:
    """By column (n,) bool: which values of `frame` stand in `whole`; a missing value stands nowhere.

    `Sharon` and `Smith` are no one's alone: of columns of first or of family names only rare ones count, and, of all
    such columns together, whole names.
    """
    both = [name for name in columns if name in frame.columns and name in whole.columns]
    parts = [name for name in both if _are_parts_of_names(whole[name])]
    found = {name: _stands(frame[name], whole[name]) for name in both}
    for name in parts:
        found[name] &= ~frame[name].map(_is_frequent).to_numpy(dtype=bool)
    if len(parts) > 1:
        found[" with ".join(parts)] = _stands(_together(frame, parts), _together(whole, parts))
    return found


def _stands(values: pd.Series, known: pd.Series) -> np.ndarray:
    present = values.notna().to_numpy()
    found = np.zeros(len(values), dtype=bool)
    found[present] = np.isin(hashes(values[present]), np.unique(hashes(known.dropna())))
    return found


def _are_parts_of_names(column: pd.Series) -> bool:
    """Whether most values are one word each, and a name that many people have."""
    texts = [str(text) for text in column.dropna().unique()]
    one_word = sum(len(text.split()) == 1 for text in texts)
    return bool(texts) and one_word >= 0.9 * len(texts) and sum(map(_is_frequent, texts)) >= 0.5 * len(texts)


def _is_frequent(text: object) -> bool:
    return str(text).strip().lower() in known_names()


def _together(frame: pd.DataFrame, names: Sequence[str]) -> pd.Series:
    """The values of several columns as one text; missing where one of them is."""
    texts = frame[names[0]].map(str)
    for name in names[1:]:
        texts = texts + "\0" + frame[name].map(str)
    return texts.where(frame[list(names)].notna().all(axis=1))


def drawn(
    trained: Mapping[str, Any], rows: int, whole: pd.DataFrame, columns: Sequence[str], path: Path, seed: int
) -> int:
    """Write `rows` synthetic rows, none with an identifying value of a real row; the number that was passed over.

    A model avoids the values that it was trained on, but does not know those of the rows held out. Where it cannot make
    enough others, the rows with the fewest copied values are taken, and the verdict tells.
    """
    wanted = rows
    for _ in range(_DRAWS):
        wanted = int(wanted * _SPARE) + 50
        generator.generate_data(
            trained["model_path"], trained["config_path"], num_to_generate=wanted, output_path=str(path), seed=seed
        )
        frame = open_table(path).read()
        marks = copied(frame, whole, columns)
        count = np.sum(list(marks.values()), axis=0) if marks else np.zeros(len(frame), dtype=int)
        if int((count == 0).sum()) >= rows:
            break
        wanted *= 2
    best = np.sort(np.argsort(count, kind="stable")[:rows])
    written(frame.iloc[best].reset_index(drop=True), path)
    return int((count[: best.max() + 1] > 0).sum())
