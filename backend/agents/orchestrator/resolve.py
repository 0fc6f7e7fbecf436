"""Names of a plan -> files: `adult`, `TESTING_DATA/ADULT.CSV`, a model's folder, `$1`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agents.orchestrator.datasets import path_of
from DataFoundry.errors import DataFoundryError, ImpossibleError, MissingFileError
from DataFoundry.roots import data_roots, lookup_folders, output_home
from DataFoundry.settings import TESTING_FOLDER
from DataFoundry.storage.configs import load_config
from DataFoundry.storage.paths import input_path


@dataclass(frozen=True)
class ModelFiles:
    """The files of one trained model."""

    config_path: str
    model_path: str
    preprocessor_path: str
    data_path: str


def table(value: str, results: list[dict[str, Any]]) -> str:
    """The path of a table: a file, a known data set, or the product of an earlier step."""
    if value.startswith("$"):
        return str(results[int(value[1:]) - 1]["files"]["table"])
    return _existing(path_of(value))


def made(value: str, kind: str, results: list[dict[str, Any]]) -> str:
    """The file of a kind (`fixes`, `functions`) that an earlier step wrote, or the one that is named."""
    if value.startswith("$"):
        return str(results[int(value[1:]) - 1]["files"][kind])
    return _existing(value)


def model(value: str, results: list[dict[str, Any]]) -> ModelFiles:
    """A model: the product of an earlier step, its folder or one of its files, or the name it was trained under.

    Raises
    ------
    MissingFileError
        If there is no such model.
    """
    if value.startswith("$"):
        return ModelFiles(**results[int(value[1:]) - 1]["model"])
    named = Path(value)
    if named.suffix:
        named = Path(_existing(value)).parent
    elif "/" not in value:
        named = next((folder for folder in _folders_of(value) if (folder / "config.json").is_file()), named)
    config_path = input_path(str(named / "config.json"), "model", (".json",))
    config = load_config(config_path)
    return ModelFiles(str(config_path), config.output_model_path, config.preprocessor_path, config.data_path)


def is_model(name: str) -> bool:
    """Whether a model was trained under the name."""
    try:
        return bool(model(name, []))
    except (DataFoundryError, ValueError):
        return False


def _folders_of(name: str) -> list[Path]:
    """Where a model called `name` may lie: as it was trained, or on the labeled version."""
    models = output_home() / "models"
    return [models / name, models / f"{name}_labeled", output_home() / name]


def _existing(text: str) -> str:
    """`text` if it is there, else the one file that it means: in the data folders, or in other letters.

    The path policy stands before and after: what is found is checked by the storage when it is opened.
    """
    try:
        return str(input_path(text, "data", (".csv", ".parquet", ".pth", ".joblib", ".json")))
    except MissingFileError:
        found = (
            _without_case(text)
            if "/" in text
            else [folder / text for folder in (TESTING_FOLDER, output_home()) if (folder / text).is_file()]
        )
        if len(found) != 1:
            raise
        return str(found[0])
    except ImpossibleError:
        return text  # a folder: the tool that reads it tells what it makes of it


def _without_case(text: str) -> list[Path]:
    folders = list(lookup_folders())
    for part in Path(text).parts:
        folders = [
            child
            for folder in folders
            if folder.is_dir()
            for child in folder.iterdir()
            if child.name.lower() == part.lower()
        ]
    return [path for path in folders if any(path.is_relative_to(root) for root in data_roots())]
