import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from DataFoundry import generator, trainer
from DataFoundry.errors import ColumnError, ConfigError, OutputBusyError, TrainingError
from DataFoundry.storage.files import claim_output

SMALL = {"latent_dim": 2, "encoder_hidden_layers": [8], "decoder_hidden_layers": [16]}


@pytest.fixture
def labeled(adult, root):
    """Adult's first rows as create-labels leaves them: some without a label."""
    table = adult.head(300).drop(columns="income")
    table["label"] = np.where(np.arange(300) % 10 == 0, np.nan, (table["age"] > 40).astype(float))
    table["label_probability"] = 0.5
    table.to_parquet(root / "labeled.parquet")
    return str(root / "labeled.parquet")


def test_a_configuration_names_the_features_by_kind_and_the_condition(labeled, root):
    told = trainer.create_config(labeled, str(root / "models"), model_params=SMALL | {"condition_dim": 3})
    config = json.loads((root / "models" / "config.json").read_text())
    assert config == told["config"] and told["config_path"] == str(root / "models" / "config.json")
    assert config["model_params"]["condition_cols"] == ["label"]
    assert config["model_params"]["latent_dim"] == 2
    columns = config["model_params"]["feature_cols"]
    assert "age" in columns["numerical_cols"] and "sex" in columns["categorical_cols"]
    assert "label_probability" not in columns["numerical_cols"]
    assert len(told["warnings"]) == 1 and "model_params.condition_dim is not known" in told["warnings"][0]


def test_given_parameters_are_kept_and_the_others_suit_the_table(labeled, root):
    told = trainer.create_config(labeled, str(root), training_params={"epochs": 3, "learning_rate": 0.5})["config"]
    assert told["training_params"] == {
        "batch_size": 32,
        "learning_rate": 0.5,
        "epochs": 3,
        "seed": None,
        "rare_value_threshold": None,
    }
    gan = trainer.create_config(labeled, str(root), "tabular_ctgan")["config"]
    assert gan["model_params"]["decoder_hidden_layers"] == [256, 256]
    assert gan["training_params"]["epochs"] == 300


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ({"model_type": "cvae"}, "tabular_cvae"),
        ({"training_params": {"epochs": 0}}, "epochs"),
        ({"model_params": {"latent_dim": "many"}}, "latent_dim"),
        ({"model_params": {"feature_cols": {"numerical_cols": ["age", "age"]}}}, "age"),
    ],
)
def test_a_parameter_that_cannot_be_used_is_named_and_nothing_is_written(labeled, root, arguments, word):
    with pytest.raises(ConfigError, match=word):
        trainer.create_config(labeled, str(root / "new"), **arguments)
    assert not (root / "new").exists()


def test_training_writes_model_preprocessor_and_history_and_tells_of_them(labeled, root):
    made = trainer.create_config(labeled, str(root), model_params=SMALL, training_params={"epochs": 2, "seed": 1})
    told = trainer.train_model(made["config_path"])
    assert {path.name for path in root.iterdir()} == {
        "labeled.parquet",
        "config.json",
        "model.pth",
        "preprocessor.joblib",
        "history.json",
    }
    assert told["model_path"] == str(root / "model.pth")
    left_out, few = told["warnings"]
    assert left_out == "30 of 300 rows have no label and were left out of training."
    assert few.startswith("270 rows are few: shares in the synthetic rows are sure to about 3 percentage points")
    metrics = told["metrics"]
    assert metrics["epochs_run"] == 2 and metrics["rows"] == 270
    assert metrics["stopped_because"] == "all epochs were run"
    assert metrics["train_kl"] > 0 and metrics["validation_reconstruction"] > 0
    history = json.loads((root / "history.json").read_text())
    assert [entry["epoch"] for entry in history["epochs"]] == [1, 2]
    assert history["seed"] == 1


def test_two_trainings_of_one_seed_write_the_same_bytes(labeled, root):
    pd.read_parquet(labeled).head(60).to_parquet(labeled)
    made = trainer.create_config(labeled, str(root), model_params=SMALL, training_params={"epochs": 1, "seed": 1})
    files = []
    for _ in range(2):
        trainer.train_model(made["config_path"])
        files.append([(root / name).read_bytes() for name in ("model.pth", "preprocessor.joblib")])
    assert files[0] == files[1]


def test_a_feature_that_the_table_lost_is_named(labeled, root):
    made = trainer.create_config(labeled, str(root), model_params=SMALL)
    pd.read_parquet(labeled).drop(columns="race").to_parquet(labeled)
    with pytest.raises(ColumnError, match="'race'"):
        trainer.train_model(made["config_path"])


def test_a_table_without_the_label_that_the_configuration_names(labeled, root):
    made = trainer.create_config(labeled, str(root), model_params=SMALL)
    pd.read_parquet(labeled).drop(columns="label").to_parquet(labeled)
    with pytest.raises(ColumnError, match="create-labels"):
        trainer.train_model(made["config_path"])


def test_one_training_at_a_time_writes_a_model(labeled, root):
    made = trainer.create_config(labeled, str(root), model_params=SMALL)
    with claim_output(root / "model.pth"), pytest.raises(OutputBusyError):
        trainer.train_model(made["config_path"])


def test_nothing_labeled_is_nothing_to_learn_from(labeled, root):
    pd.read_parquet(labeled).assign(label=np.nan).to_parquet(labeled)
    made = trainer.create_config(labeled, str(root), model_params=SMALL)
    with pytest.raises(TrainingError, match="0 rows"):
        trainer.train_model(made["config_path"])


def test_a_label_of_any_name_is_the_condition_and_comes_back_with_its_values(adult, root):
    from DataFoundry import evaluator, generator

    table = adult.head(300)
    table.to_csv(root / "t.csv", index=False)
    told = trainer.create_config(
        str(root / "t.csv"), str(root), model_params=SMALL, training_params={"epochs": 1}, label_column="income"
    )
    assert told["config"]["label_column"] == "income"
    assert told["config"]["model_params"]["condition_cols"] == ["income"]
    assert "income" not in told["config"]["model_params"]["feature_cols"]["categorical_cols"]
    trained = trainer.train_model(told["config_path"])
    made = generator.generate_data(
        trained["model_path"], told["config_path"], label=">50K", num_to_generate=20, output_path=str(root / "s.csv")
    )
    rows = pd.read_csv(made["output_path"])
    assert list(rows) == list(table) and set(rows["income"]) == {">50K"}
    found = evaluator.detect_anomalies(
        told["config_path"],
        trained["model_path"],
        trained["preprocessor_path"],
        str(root / "t.csv"),
        str(root / "r.csv"),
    )
    report = pd.read_csv(found["output_path"])
    assert "income" not in found["ignored_columns"] and set(report["likely_label"]) <= {"<=50K", ">50K"}


def test_a_label_column_that_is_not_there_is_told(labeled, root):
    with pytest.raises(ColumnError, match="label_column: the table has no column 'incme'"):
        trainer.create_config(labeled, str(root), label_column="incme")


def test_nested_columns_are_left_out_and_told_and_decimals_are_numbers(root):
    from decimal import Decimal

    from DataFoundry import generator

    table = pd.DataFrame(
        {
            "tags": [["a"], ["b", "c"], None] * 40,
            "price": [Decimal("1.50"), None, Decimal("2.25")] * 40,
            "n": range(120),
        }
    )
    table.to_parquet(root / "t.parquet")
    told = trainer.create_config(
        str(root / "t.parquet"), str(root), model_params=SMALL, training_params={"epochs": 1, "seed": 1}
    )
    assert told["config"]["model_params"]["feature_cols"] == {
        "numerical_cols": ["price"],
        "categorical_cols": [],
        "made_cols": ["n"],  # it counts the rows
    }
    assert any("'tags' holds lists" in each for each in told["warnings"])
    trained = trainer.train_model(told["config_path"])
    made = generator.generate_data(
        trained["model_path"], told["config_path"], num_to_generate=30, output_path=str(root / "s.csv")
    )
    rows = pd.read_csv(made["output_path"])
    assert list(rows) == ["price", "n"] and set(rows["price"].dropna()) <= {1.5, 2.25} and rows["price"].isna().any()
    with pytest.raises(ConfigError, match="'tags', which holds lists"):
        trainer.create_config(
            str(root / "t.parquet"), str(root), model_params={"feature_cols": {"categorical_cols": ["tags"]}}
        )


def test_numbers_in_a_suit_are_modelled_and_written_as_they_were(root):
    from DataFoundry import evaluator, generator

    rng = np.random.default_rng(0)
    amounts, days = rng.lognormal(7, 1, 400), rng.integers(0, 400, 400)
    table = pd.DataFrame(
        {
            "paid": [f"€{each:,.2f}" if place % 10 else None for place, each in enumerate(amounts)],
            "when": (pd.Timestamp("2020-01-01") + pd.to_timedelta(days, "D")).strftime("%d %b %Y"),
            "n": rng.integers(0, 9, 400),
        }
    )
    table.to_csv(root / "t.csv", index=False)
    told = trainer.create_config(
        str(root / "t.csv"), str(root), model_params=SMALL, training_params={"epochs": 1, "seed": 1}
    )
    assert told["config"]["model_params"]["feature_cols"]["numerical_cols"] == ["paid", "when", "n"]
    trained = trainer.train_model(told["config_path"])
    made = generator.generate_data(
        trained["model_path"],
        told["config_path"],
        num_to_generate=50,
        output_path=str(root / "s.csv"),
        conditions={"paid": {"min": 1000, "max": "€5,000.00"}},
    )
    rows = pd.read_csv(made["output_path"])
    assert rows["paid"].str.fullmatch(r"€[1-5],\d{3}\.\d\d").all()
    assert rows["when"].str.fullmatch(r"\d\d [A-Z][a-z]{2} 202[01]").all()
    table.loc[5, "paid"] = "€99,999,999.00"
    table.to_csv(root / "dirty.csv", index=False)
    files = (told["config_path"], trained["model_path"], trained["preprocessor_path"])
    found = evaluator.detect_anomalies(*files, str(root / "dirty.csv"), str(root / "r.csv"))
    report = pd.read_csv(found["output_path"])
    assert report["row_index"].iloc[0] == 5 and report["expected__paid"].iloc[0].startswith("€")


def test_a_configuration_tells_what_columns_are_and_which_rules_they_keep(adult, root):
    adult.head(3000).to_csv(root / "t.csv", index=False)
    told = trainer.create_config(str(root / "t.csv"), str(root), label_column="income")["config"]
    assert told["columns"]["age"]["kind"] == "number" and told["columns"]["sex"]["reason"].endswith(".")
    assert ["education", "education-num"] in [rule["columns"] for rule in told["rules"]]
    said = {"education-num": {"kind": "category"}}
    changed = trainer.create_config(str(root / "t.csv"), str(root), columns=said, rules="none")["config"]
    assert changed["rules"] == [] and changed["columns"]["education-num"]["reason"] == "You said so."
    assert "education-num" in changed["model_params"]["feature_cols"]["categorical_cols"]
    own = [{"kind": "order", "columns": ["education-num", "age"]}]
    assert trainer.create_config(str(root / "t.csv"), str(root), rules=own)["config"]["rules"][0]["kind"] == "order"


@pytest.mark.parametrize(
    ("rules", "error", "word"),
    [
        ("all", ConfigError, "neither a list"),
        ([{"kind": "ordr", "columns": ["age"]}], ConfigError, "no rule 'ordr'"),
        ([{"kind": "order", "columns": ["agee", "age"]}], ColumnError, "'agee'"),
        ([{"kind": "order"}], ConfigError, "'columns' is missing"),
        ([{"kind": "order", "columns": ["age"]}], ConfigError, "speaks of 2 columns, not of 1"),
        ([{"kind": "increments", "columns": ["age"]}], ConfigError, "'step': a number above 0"),
        (
            [{"kind": "formula", "columns": ["age", "age", "age"], "details": {"operation": "^", "decimals": 0}}],
            ConfigError,
            "one of",
        ),
    ],
)
def test_a_rule_that_cannot_be_is_told(labeled, root, rules, error, word):
    with pytest.raises(error, match=word):
        trainer.create_config(labeled, str(root), rules=rules)


def test_columns_that_name_somebody_are_made_anew_or_warned_of(labeled, root):
    table = pd.DataFrame(
        {
            "customer_id": [f"C{1000 + i}" for i in range(60)],
            "email": [f"anna{i}@mail.example" for i in range(60)],
            "note": [f"called on day {i}, she asked for {i * 7} more leaflets" for i in range(60)],
            "age": [20 + i % 30 for i in range(60)],
            "label": [0, 1] * 30,
        }
    )
    table.to_csv(root / "people.csv", index=False)
    told = trainer.create_config(str(root / "people.csv"), str(root / "people"))
    assert not told["warnings"]
    assert told["config"]["model_params"]["feature_cols"]["made_cols"] == ["customer_id", "email", "note"]
    features = {"feature_cols": {"numerical_cols": ["age"], "categorical_cols": ["customer_id", "email", "note"]}}
    warnings = trainer.create_config(str(root / "people.csv"), str(root / "people"), model_params=features)["warnings"]
    assert any("copy values of 'customer_id', 'email', 'note'" in each for each in warnings)
    features = {"feature_cols": {"numerical_cols": ["age"], "categorical_cols": [], "made_cols": ["age"]}}
    with pytest.raises(ConfigError, match="'age'"):
        trainer.create_config(str(root / "people.csv"), str(root / "people"), model_params=features)
    features = {"feature_cols": {"numerical_cols": ["age"], "made_cols": ["label"]}}
    with pytest.raises(ConfigError, match="made_cols names 'label', which is"):
        trainer.create_config(str(root / "people.csv"), str(root / "people"), model_params=features)
    assert not trainer.create_config(labeled, str(root / "adult"))["warnings"]


def test_a_few_odd_values_do_not_make_dates_and_amounts_categories(root):
    from DataFoundry import evaluator, generator

    rng = np.random.default_rng(0)
    days = pd.Timestamp("2021-01-01") + pd.to_timedelta(rng.integers(0, 900, 400), "D")
    table = pd.DataFrame(
        {
            "joined": days.strftime("%m/%d/%Y"),
            "fee": [f"${each:,.2f}" for each in rng.lognormal(6, 1, 400)],
            "points": rng.integers(0, 5000, 400).astype(str),
            "label": rng.choice(["a", "b"], 400),
        }
    )
    table.loc[3, "joined"], table.loc[5, "fee"], table.loc[[7, 8], "points"] = "soon", "free", "12 or so"
    table.to_csv(root / "t.csv", index=False)
    told = trainer.create_config(
        str(root / "t.csv"), str(root / "m"), model_params=SMALL, training_params={"epochs": 1, "seed": 1}
    )
    assert told["config"]["model_params"]["feature_cols"]["numerical_cols"] == ["joined", "fee", "points"]
    assert told["config"]["columns"]["points"]["kind"] == "number"
    trained = trainer.train_model(told["config_path"])
    assert [each for each in trained["warnings"] if "1 value of 'joined', such as 'soon'" in each]
    assert len([each for each in trained["warnings"] if "not learnt from" in each]) == 3
    made = generator.generate_data(
        trained["model_path"], told["config_path"], num_to_generate=500, output_path=str(root / "s.csv")
    )
    rows = pd.read_csv(made["output_path"])
    assert pd.to_datetime(rows["joined"], format="%m/%d/%Y").between("2021-01-01", "2023-12-31").mean() > 0.95
    assert rows["fee"].dropna().str.fullmatch(r"\$[\d,]+\.\d\d").all()
    assert pd.to_numeric(rows["points"]).between(0, 5000).mean() > 0.95
    found = evaluator.detect_anomalies(
        told["config_path"],
        trained["model_path"],
        trained["preprocessor_path"],
        str(root / "t.csv"),
        str(root / "a.csv"),
    )
    assert found["num_samples_scanned"] == 400


def test_a_table_of_nothing_but_keys_is_modelled_and_warned_of(root):
    pd.DataFrame({"a": range(300), "label": [0.0, 1.0] * 150}).to_csv(root / "t.csv", index=False)
    told = trainer.create_config(str(root / "t.csv"), str(root / "m"))
    assert told["config"]["model_params"]["feature_cols"]["numerical_cols"] == ["a"]
    assert any("copy values of 'a'" in each for each in told["warnings"])


def test_a_rule_that_one_row_breaks_is_doubted_and_kept_where_somebody_says_that_it_must_hold(root: Path) -> None:
    draw = np.random.default_rng(0)
    nights, price = draw.integers(1, 9, 400), draw.integers(40, 200, 400)
    frame = pd.DataFrame({"nights": nights, "price": price, "total": nights * price})
    frame.loc[7, "total"] = 5
    frame.to_csv(root / "stays.csv", index=False)
    small = {"model_params": {"encoder_hidden_layers": [16], "decoder_hidden_layers": [16]}}
    small |= {"training_params": {"epochs": 2, "seed": 0}}

    def made(**more: Any) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
        told = trainer.create_config(str(root / "stays.csv"), str(root / "stays"), **small, **more)
        trained = trainer.train_model(told["config_path"])
        rows = str(root / "rows.csv")
        return (
            told,
            trained,
            generator.generate_data(trained["model_path"], told["config_path"], None, 200, rows, seed=0),
        )

    told, _, answer = made()
    [doubt] = [each for each in told["warnings"] if "no promise" in each]
    assert doubt.startswith("total is nights * price, but 1 of 400 rows breaks it, so") and not answer["rules_kept"]

    rule = {name: told["config"]["rules"][0][name] for name in ("kind", "columns", "details", "sentence")}
    told, trained, answer = made(rules=[rule])
    assert not [each for each in told["warnings"] if "no promise" in each]
    left_out = "1 row of the table breaks the rule 'total is nights * price.' and was not learnt from."
    assert left_out in trained["warnings"]
    rows = pd.read_csv(root / "rows.csv")
    assert (rows["total"] == rows["nights"] * rows["price"]).all() and len(answer["rules_kept"]) == 1


def test_rows_with_numbers_that_cannot_be_read_are_left_out_and_told(root):
    rng = np.random.default_rng(0)
    weight = pd.Series(rng.gamma(2, 3, 400).round(2).astype(str))
    weight[:6] = weight[:6].str.replace(".", ",")
    table = pd.DataFrame({"weight": weight, "damage": rng.choice(["yes", "no"], 400)})
    table.to_csv(root / "parcels.csv", index=False)
    params = {"epochs": 1, "seed": 0}
    config = trainer.create_config(str(root / "parcels.csv"), str(root / "m"), training_params=params)["config_path"]
    told = trainer.train_model(config)
    [sentence] = [each for each in told["warnings"] if "weight" in each]
    assert sentence.startswith("6 values of 'weight', such as '") and "their rows were not learnt from" in sentence
    made = generator.generate_data(told["model_path"], config, num_to_generate=300, output_path=str(root / "made.csv"))
    assert pd.read_csv(made["output_path"])["weight"].notna().all()
