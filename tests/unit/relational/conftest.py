"""Databases on disk and small models of them."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from DataFoundry import generator, trainer
from examples.make_shop import shop

SMALL = {"decoder_hidden_layers": [32]}
QUICK = {"epochs": 2, "seed": 3}


def written(frames: dict[str, pd.DataFrame], folder: Path) -> dict[str, dict[str, Any]]:
    """The tables as csv files in a folder, as a request names them."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in frames.items():
        frame.to_csv(folder / f"{name}.csv", index=False)
    return {name: {"data_path": str(folder / f"{name}.csv")} for name in frames}


def read(folder: str | Path) -> dict[str, pd.DataFrame]:
    """The csv files of a folder."""
    return {path.stem: pd.read_csv(path) for path in sorted(Path(folder).glob("*.csv"))}


def synthesize(frames: dict[str, pd.DataFrame], root: Path, **options: Any) -> Any:
    """Synthetic tables of a database by way of the three calls, with the configuration and the last answer."""
    tables = written(frames, root / "real")
    for name, said in options.pop("said", {}).items():
        tables[name] |= said
    made = trainer.create_config(
        tables=tables,
        relations=options.pop("relations", None),
        output_dir=str(root / "model"),
        model_params=options.pop("model_params", SMALL),
        training_params=QUICK | options.pop("training_params", {}),
    )
    trained = trainer.train_model(made["config_path"])
    options = {"output_path": str(root / "made"), "output_format": "csv", "seed": 5} | options
    answer = generator.generate_data(trained["model_path"], made["config_path"], **options)
    return read(answer["output_path"]), made, answer


@pytest.fixture
def synthesized(root: Path) -> Callable[..., Any]:
    """`synthesize` in an empty folder."""
    return lambda frames, **options: synthesize(frames, root, **options)


@pytest.fixture(scope="module")
def shop_root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data root that the tests of a module share."""
    folder = tmp_path_factory.mktemp("shop")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATAFOUNDRY_DATA_ROOTS", str(folder))
        yield folder


@pytest.fixture(scope="module")
def small_shop(shop_root: Path) -> Any:
    """A shop's tables, synthetic ones, the configuration and the answer that wrote these."""
    real = shop(300)
    return real, *synthesize(real, shop_root)
