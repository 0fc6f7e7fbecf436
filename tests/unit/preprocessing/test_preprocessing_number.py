import numpy as np
import pandas as pd
import pytest

from DataFoundry.preprocessing.columns import number
from DataFoundry.preprocessing.options import TokenOptions

RNG = np.random.default_rng(0)


def there_and_back(column, options=None):
    state = number.fit(column, options or TokenOptions())
    return number.decode(number.encode(column, state), state, np.random.default_rng(0)), state


def test_few_levels_come_back_one_by_one_with_their_missing_values():
    column = pd.Series([3.5, np.nan, 1.25, 3.5, -2.0])
    back, state = there_and_back(column)
    pd.testing.assert_series_equal(back, column)
    assert number.encode(column, state).tolist() == [2, 3, 1, 2, 0]  # ascending levels, then "missing"
    assert number.span(state, 10).counts == (1, 1, 2, 1)


def test_a_frequent_value_is_exact_and_the_others_fall_in_bins():
    column = pd.Series(np.concatenate([np.zeros(900), RNG.uniform(1, 1000, 2000)]))
    back, state = there_and_back(column, TokenOptions(bins=10))
    assert (back == 0).sum() == 900
    assert len(state["levels"]["counts"]) == 11
    assert set(back) <= set(column)  # values of the column itself, so with its precision
    assert np.array_equal(number.encode(back, state), number.encode(column, state))
    inside = column[column > 0].rank(pct=True) - back[column > 0].rank(pct=True)
    assert inside.abs().max() < 0.11  # a tenth of the rows is one bin


def test_bins_of_equal_frequency_worked_by_hand():
    column = pd.Series(np.arange(8.0))
    state = number.fit(column, TokenOptions(exact_levels=4, bins=4))
    assert state["levels"]["edges"].tolist() == [1.0, 3.0, 5.0, 7.0]
    assert number.encode(pd.Series([-5.0, 1.0, 1.5, 2.0, 99.0]), state).tolist() == [0, 0, 1, 1, 3]
    assert state["levels"]["counts"].tolist() == [2, 2, 2, 2]
    assert number.typical(np.array([0, 3, 4]), state).tolist()[:2] == [0.0, 6.0]


@pytest.mark.parametrize("dtype", ["int64", "int8", "float32", "Int64", "Float64", "uint16"])
def test_the_dtype_comes_back(dtype):
    column = pd.Series([1, 2, 5, 2] * 300).astype(dtype)
    back, _ = there_and_back(column)
    pd.testing.assert_series_equal(back, column)


def test_integers_beyond_what_a_float_holds_stay_exact():
    column = pd.Series([2**53 + 1, 2**53 + 3, 7] * 5)
    pd.testing.assert_series_equal(there_and_back(column)[0], column)


def test_infinite_values_are_levels_of_their_own():
    column = pd.Series([np.inf, 1.0, 2.0, -np.inf] * 100 + list(RNG.normal(size=500)))
    back, state = there_and_back(column)
    assert (np.isinf(back) == np.isinf(column)).all()
    assert np.isfinite(number.widths(state)).all()
    assert np.isfinite(np.array(number.span(state, 0).points)).all()


@pytest.mark.parametrize("column", [pd.Series([np.nan] * 5), pd.Series([7] * 5), pd.Series([], dtype=float)])
def test_columns_without_variation(column):
    back, state = there_and_back(column)
    pd.testing.assert_series_equal(back, column)
    assert np.isfinite(number.widths(state)).all()


def test_text_among_scanned_numbers_counts_as_missing():
    _, state = there_and_back(pd.Series([1, 2, 3]))
    assert number.encode(pd.Series(["2", "x", None]), state).tolist() == [1, 3, 3]


def test_values_of_few_rows_are_not_reproduced_when_a_threshold_is_set():
    column = pd.Series(np.concatenate([np.repeat([10, 20, 30], 50), RNG.permutation(5000)[:1000] * 7 + 100]))
    back, _ = there_and_back(column, TokenOptions(rare_threshold=5))
    counts = column.value_counts()
    rare = set(counts.index[counts < 5])
    assert rare and not rare & set(back)
    assert (back == 20).sum() == (column == 20).sum()
    assert abs(back.mean() - column.mean()) < 0.02 * column.mean()


def test_a_lone_outlier_is_replaced_when_a_threshold_is_set():
    column = pd.Series([5] * 99 + [99_999])
    assert set(there_and_back(column, TokenOptions(rare_threshold=2))[0]) == {5}


def test_density_is_comparable_between_units():
    """The same column in grams and in kilograms: the same tokens, the same widths in units of its spread."""
    grams = pd.Series(np.round(RNG.normal(500, 100, 3000)))
    one, other = there_and_back(grams)[1], there_and_back(grams / 1000)[1]
    assert np.allclose(number.widths(one), number.widths(other), rtol=1e-6)


def test_beyond_counts_spreads_outside_the_range_seen():
    _, state = there_and_back(pd.Series(np.arange(101.0)))  # quantiles .1 and .9 are 10 and 90: spread 80 / 2.56
    told = number.beyond(pd.Series([50.0, 100.0, 100 + 80 / 2.56, -2 * 80 / 2.56, np.nan]), state)
    assert np.allclose(told, [0, 0, 1, 2, 0])
