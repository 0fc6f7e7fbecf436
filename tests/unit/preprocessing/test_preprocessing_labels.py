import numpy as np
import pandas as pd
import pytest

from DataFoundry.errors import TrainingError, UnknownLabelError
from DataFoundry.preprocessing.labels import LabelCodec


@pytest.mark.parametrize(
    ("column", "spellings"),
    [
        (pd.Series([0.0, 1.0, 1.0]), [1, 1.0, "1", "1.0", True, " 1 "]),
        (pd.Series([0, 1, 1]), [1, 1.0, "1", True]),
        (pd.Series([False, True, True]), [1, 1.0, "1", True, "True", "true"]),
        (pd.Series(["<=50K", ">50K", ">50K"]), [">50K"]),
        (pd.Series(["0", "1", "1"]), [1, 1.0, "1"]),
    ],
)
def test_a_label_is_found_in_every_sensible_spelling(column, spellings):
    codec = LabelCodec.fit(column)
    assert codec.counts.tolist() == [1, 2]
    assert [codec.find(each) for each in spellings] == [1] * len(spellings)
    pd.testing.assert_series_equal(codec.decode(codec.encode(column)), column)


def test_an_unknown_label_is_told_the_known_ones():
    with pytest.raises(UnknownLabelError, match="0.5.*0.0, 1.0") as told:
        LabelCodec.fit(pd.Series([0.0, 1.0])).find(0.5)
    assert told.value.details["known"] == [0.0, 1.0]


def test_labels_a_table_lacks_or_never_had_are_minus_one():
    codec = LabelCodec.fit(pd.Series(["a", "b"]))
    assert codec.encode(pd.Series(["b", None, "z", np.nan], dtype=object)).tolist() == [1, -1, -1, -1]


def test_classes_are_in_numeric_order_and_survive_saving():
    codec = LabelCodec.fit(pd.Series([10, 9, 100]))
    assert codec.values == [9, 10, 100]
    assert LabelCodec.from_state(codec.state()).decode(np.array([2, 0])).tolist() == [100, 9]


def test_a_number_with_too_many_values_is_no_label():
    with pytest.raises(TrainingError):
        LabelCodec.fit(pd.Series(range(2000)))
