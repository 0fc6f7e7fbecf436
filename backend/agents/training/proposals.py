"""What the next attempt trains with: a correction that the diagnosis asks for, else Optuna's suggestion.

Optuna's sampler is told of every attempt and draws at random only until it knows three: with its default of ten, any
run of this pipeline would be a random search (notes of this project: .888 against .945 after five trials).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import optuna

from DataFoundry.config import ModelParams, TrainingParams

START_UP = 3
MOST_EPOCHS = 90  # an attempt costs a few times the default at most
Settings = dict[str, Any]
_BATCHES = [256, 512, 1024]
_LATENTS = [8, 16, 32, 64]
_WIDTHS = [256, 384, 512, 768]
_EPOCHS = [20, 30, 45]


def defaults() -> Settings:
    """The product's defaults, as settings of an attempt."""
    model, training = ModelParams(), TrainingParams()
    return {
        "learning_rate": training.learning_rate,
        "batch_size": training.batch_size,
        "epochs": training.epochs,
        "latent_dim": model.latent_dim,
        "width": model.decoder_hidden_layers[0],
    }


def as_params(settings: Settings, seed: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """`model_params` and `training_params` of `trainer.create_config`."""
    layers = len(ModelParams().decoder_hidden_layers)
    model = {"latent_dim": settings["latent_dim"], "decoder_hidden_layers": [settings["width"]] * layers}
    training = {name: settings[name] for name in ("learning_rate", "batch_size", "epochs")}
    return model, {**training, "seed": seed}


def next_settings(told: Sequence[Mapping[str, Any]], corrected: Settings | None, seed: int) -> Settings:
    """Settings for the attempt after `told`, each with `settings` and `utility` (None where it failed).

    `corrected` settings are taken as they are; the sampler still learns from all attempts.
    """
    if not told:
        return defaults()
    if corrected is not None:
        return corrected
    study = _study(told, seed)
    tried = [attempt["settings"] for attempt in told]
    for _ in range(50):
        settings = _suggested(study.ask())
        if settings not in tried:
            return settings
    return settings


def _study(told: Sequence[Mapping[str, Any]], seed: int) -> optuna.Study:
    """Rebuilt from the journal, so that a run that was interrupted goes on as if it had not been."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    sampler = optuna.samplers.TPESampler(seed=(seed + len(told)) % 2**32, n_startup_trials=START_UP)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    for attempt in told:
        study.enqueue_trial(_within(attempt["settings"]))
        trial = study.ask()
        _suggested(trial)
        if attempt["utility"] is None:
            study.tell(trial, state=optuna.trial.TrialState.FAIL)
        else:
            study.tell(trial, attempt["utility"])
    return study


def _suggested(trial: optuna.Trial) -> Settings:
    return {
        "learning_rate": trial.suggest_float("learning_rate", 2e-4, 1e-2, log=True),
        "batch_size": trial.suggest_categorical("batch_size", _BATCHES),
        "epochs": trial.suggest_categorical("epochs", _EPOCHS),
        "latent_dim": trial.suggest_categorical("latent_dim", _LATENTS),
        "width": trial.suggest_categorical("width", _WIDTHS),
    }


def _within(settings: Settings) -> Settings:
    """The nearest settings that the sampler can draw."""
    near = {
        name: min(choices, key=lambda choice: abs(choice - settings[name]))
        for name, choices in (
            ("batch_size", _BATCHES),
            ("epochs", _EPOCHS),
            ("latent_dim", _LATENTS),
            ("width", _WIDTHS),
        )
    }
    return {**near, "learning_rate": min(max(settings["learning_rate"], 2e-4), 1e-2)}


def halved(settings: Settings, name: str) -> Settings:
    """Half of one setting, at least 8."""
    return {**settings, name: max(8, settings[name] // 2)}


def doubled(settings: Settings, name: str, most: int) -> Settings:
    """Twice one setting, at most `most`."""
    return {**settings, name: min(most, settings[name] * 2)}
