"""Training: once, or until synthetic rows are useful enough."""

import itertools
from dataclasses import asdict
from pathlib import Path
from typing import Any

from agents import training_pipeline
from agents.orchestrator.resolve import ModelFiles
from agents.orchestrator.tools.work import Result, Work, stem_of
from DataFoundry import trainer
from DataFoundry.storage.paths import output_path

_MODEL_PARAMS = ("latent_dim",)
_TRAINING_PARAMS = ("epochs", "batch_size", "learning_rate", "seed")
# what people call the model types
_SHORT_NAMES = {
    "cvae": "tabular_cvae",
    "ctgan": "tabular_ctgan",
    "gmm": "tabular_vae_gmm",
    "vae-gmm": "tabular_vae_gmm",
    "vae_gmm": "tabular_vae_gmm",
    "tvae": "tabular_cvae",
}


def train(work: Work) -> Result:
    """A model on a table, under the table's name."""
    data = work.table()
    options = {name: work.args[name] for name in (*_MODEL_PARAMS, *_TRAINING_PARAMS) if name in work.args}
    wanted = str(work.args.get("model_type", "tabular_cvae"))
    folder = _folder(work, data)
    usual = f"output_data/models/{_stem(work, data)}"
    kept = "" if "output" in work.args or folder == usual else f" The model in {usual} stays as it is."
    if "output" in work.args and input_there(f"{folder}/model.pth"):
        kept = " The model that was there is replaced."
    files, metrics = fitted(data, folder, _SHORT_NAMES.get(wanted, wanted), options, work.args.get("label_column"))
    return Result(
        f"Trained a {_SHORT_NAMES.get(wanted, wanted)} on {Path(data).name} ({metrics.get('epochs_run', '?')} epochs, "
        f"{metrics.get('seconds', 0):.0f} s; {metrics.get('stopped_because', 'done')}): {files.model_path}.{kept}",
        {"model": files.model_path, "config": files.config_path, "preprocessor": files.preprocessor_path},
        asdict(files),
        {"metrics": metrics},
    )


def input_there(path: str) -> bool:
    """Whether a file lies where an output goes."""
    return output_path(path, "output", (".pth",)).is_file()


def fitted(
    data: str, folder: str, model_type: str, options: dict[str, Any], label_column: str | None = None
) -> tuple[ModelFiles, dict[str, Any]]:
    """Configure and train; the model's files and its metrics."""
    created = trainer.create_config(
        data,
        folder,
        model_type,
        model_params={name: options[name] for name in _MODEL_PARAMS if name in options},
        training_params={name: options[name] for name in _TRAINING_PARAMS if name in options},
        label_column=label_column,
    )
    done = trainer.train_model(created["config_path"])
    files = ModelFiles(done["config_path"], done["model_path"], done["preprocessor_path"], data)
    return files, dict(done["metrics"])


def _folder(work: Work, data: str) -> str:
    """The folder that the request says, else one under the table's name, less what the request's own outputs add."""
    said = work.args.get("output")
    if said is None:
        return free_folder(f"output_data/models/{_stem(work, data)}")
    said = str(said) if "/" in str(said) else f"output_data/models/{said}"
    return str(Path(said).with_suffix("")) if Path(said).suffix else said


def _stem(work: Work, data: str) -> str:
    return stem_of(data).removesuffix(f"_{work.tag}_{len(work.results)}")


def free_folder(folder: str) -> str:
    """`folder`, or with a number the first beside it that holds no model: no model is replaced that nobody named."""
    numbered = (folder if number == 1 else f"{folder}_{number}" for number in itertools.count(1))
    return next(each for each in numbered if not input_there(f"{each}/model.pth"))


def train_agent(work: Work) -> Result:
    """The self-correcting pipeline."""
    data = work.table("labeled_data_path")
    done = training_pipeline.run(
        data,
        work.table("holdout_test_path"),
        target_utility_pct=work.args.get("target_utility_pct", 0.85),
        max_attempts=work.args.get("max_attempts", 3),
        output_dir=work.args.get("output"),
        seed=work.args.get("seed"),
    )
    attempts = len(done["attempts"])
    return Result(
        f"Trained on {Path(data).name} until its rows were useful: utility {done['utility_pct']:.1%} of real rows "
        f"(± {2 * done['utility_sd']:.1%}), target {done['outcome'].replace('_', ' ')}, {attempts} "
        f"attempt{'s' if attempts > 1 else ''}: {done['model_path']}.",
        {"model": done["model_path"], "config": done["config_path"], "preprocessor": done["preprocessor_path"]},
        asdict(ModelFiles(done["config_path"], done["model_path"], done["preprocessor_path"], data)),
        {name: done[name] for name in ("utility_pct", "utility_sd", "outcome", "target_reached", "best_attempt")},
    )
