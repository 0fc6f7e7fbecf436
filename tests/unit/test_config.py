"""config.json: defaults, and mistakes told by key."""

from typing import Any, Literal

import pytest
from pydantic import BaseModel, ValidationError

from DataFoundry.config import ModelParams, TrainingParams, build_params, describe, known_params, parse_config
from DataFoundry.errors import ConfigError

GOOD: dict[str, Any] = {
    "data_path": "a.csv",
    "output_model_path": "model.pth",
    "preprocessor_path": "preprocessor.joblib",
    "model_type": "tabular_cvae",
}


def test_a_config_without_params_has_the_defaults() -> None:
    config = parse_config(GOOD)
    assert config.model_params == ModelParams()
    assert config.training_params == TrainingParams()


def test_a_config_survives_json() -> None:
    config = parse_config({**GOOD, "model_params": {"latent_dim": 3, "condition_cols": ["label"]}})
    assert parse_config(config.model_dump(mode="json")) == config


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("training_params", "epochs"), 0, "training_params.epochs"),
        (("training_params", "epochs"), 1.5, "training_params.epochs"),
        (("training_params", "epochs"), True, "training_params.epochs"),
        (("training_params", "epochs"), "30", "training_params.epochs"),
        (("training_params", "batch_size"), 1, "training_params.batch_size"),
        (("training_params", "learning_rate"), 0, "training_params.learning_rate"),
        (("training_params", "learning_rate"), 2.0, "training_params.learning_rate"),
        (("training_params", "seed"), -1, "training_params.seed"),
        (("model_params", "latent_dim"), 0, "model_params.latent_dim"),
        (("model_params", "encoder_hidden_layers"), [], "model_params.encoder_hidden_layers"),
        (("model_params", "encoder_hidden_layers"), [0], "model_params.encoder_hidden_layers.0"),
        (("model_type",), 7, "model_type"),
        (("epoch",), 7, "did you mean 'epochs'"),
    ],
)
def test_a_bad_value_is_told_by_its_key(path: tuple[str, ...], value: object, said: str) -> None:
    config: dict[str, Any] = dict(GOOD)
    place = config
    for part in path[:-1]:
        place = place.setdefault(part, {})
    place[path[-1]] = value
    with pytest.raises(ConfigError, match=said):
        parse_config(config)


@pytest.mark.parametrize("key", GOOD)
def test_a_missing_key_is_told(key: str) -> None:
    with pytest.raises(ConfigError, match=f"'{key}' is missing"):
        parse_config({name: value for name, value in GOOD.items() if name != key})


@pytest.mark.parametrize("value", [None, [], "text", 3])
def test_something_else_than_an_object_is_told(value: object) -> None:
    with pytest.raises(ConfigError):
        parse_config(value)


def test_unknown_params_are_left_out_and_named() -> None:
    kept, warnings = known_params(ModelParams, {"latent_dims": 5, "condition_dim": 2, "latent_dim": 4}, "model_params")
    assert kept == {"latent_dim": 4}
    assert "did you mean 'latent_dim'?" in warnings[0]
    assert "model_params.condition_dim" in warnings[1]


def test_params_are_built_or_told() -> None:
    assert build_params(TrainingParams, {"epochs": 3}, "training_params").epochs == 3
    with pytest.raises(ConfigError, match="training_params: 'epochs'"):
        build_params(TrainingParams, {"epochs": -3}, "training_params")


def test_a_field_is_named_as_it_was_sent() -> None:
    class Body(BaseModel):
        prices: dict[str, int] = {}
        rules: list[int] | Literal["none"] = "none"

    for sent, said in (({"prices": {"price [EUR]": "x"}}, "'prices.price [EUR]'"), ({"rules": [{}]}, "'rules.0'")):
        with pytest.raises(ValidationError) as caught:
            Body.model_validate(sent)
        assert describe(caught.value, Body).startswith(said)
