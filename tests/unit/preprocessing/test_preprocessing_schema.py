import pandas as pd
import pytest

from DataFoundry.config import FeatureColumns
from DataFoundry.errors import ColumnError, ConfigError
from DataFoundry.preprocessing.schema import column_kinds, feature_columns

TABLE = pd.DataFrame(
    {
        "n": [1.5, 2.0],
        "day": ["2020-01-01", "2020-01-02"],
        "c": ["x", "y"],
        "b": [True, False],
        "label": [0.0, 1.0],
        "label_probability": [0.1, 0.9],
        "label_probability_2": [0.1, 0.9],
        "label_probability_note": ["u", "v"],
    }
)


def test_features_leave_out_the_label_and_what_the_label_model_says_of_it():
    found = feature_columns(TABLE)
    assert found.numerical_cols == ("n", "day")
    assert found.categorical_cols == ("c", "b", "label_probability_note")


def test_kinds_follow_the_order_of_the_table_and_nothing_chosen_means_all():
    assert list(column_kinds(TABLE, FeatureColumns()).items()) == [
        ("n", "number"),
        ("day", "moment"),
        ("c", "category"),
        ("b", "category"),
        ("label_probability_note", "category"),
    ]
    chosen = FeatureColumns(numerical_cols=("b", "n"), categorical_cols=("day",))
    assert column_kinds(TABLE, chosen) == {"n": "number", "day": "category", "b": "number"}


@pytest.mark.parametrize(
    ("chosen", "error", "word"),
    [
        (FeatureColumns(numerical_cols=("x",)), ColumnError, "'x'"),
        (FeatureColumns(numerical_cols=("n", "n")), ConfigError, "'n' twice"),
        (FeatureColumns(numerical_cols=("c",)), ConfigError, "categorical_cols"),
    ],
)
def test_a_bad_choice_names_the_column(chosen, error, word):
    with pytest.raises(error, match=word):
        column_kinds(TABLE, chosen)


def test_a_table_of_labels_only_has_nothing_to_model():
    with pytest.raises(ColumnError):
        column_kinds(TABLE[["label"]], FeatureColumns())
