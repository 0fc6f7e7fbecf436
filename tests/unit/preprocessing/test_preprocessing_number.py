import numpy as np
import pandas as pd
import pytest

from DataFoundry.errors import RequestError
from DataFoundry.preprocessing.columns import number
from DataFoundry.preprocessing.columns.wanted import Wanted
from DataFoundry.preprocessing.options import TokenOptions

RNG = np.random.default_rng(0)


def there_and_back(column, options=None):
    state = number.fit(column, options or TokenOptions())
    return number.decode(number.encode(column, state), state, np.random.default_rng(0)), state


def test_few_levels_come_back_one_by_one_with_their_missing_values():
    column = pd.Series([3.5, np.nan, 1.25, 3.5, -2.0])
    back, state = there_and_back(column)
    pd.testing.assert_series_equal(back, column)
    assert np.floor(number.encode(column, state)).tolist() == [2, 3, 1, 2, 0]  # ascending levels, then "missing"
    assert number.span(state, 10).counts == (1, 1, 2, 1)


def test_a_frequent_value_is_exact_and_the_others_fall_in_bins():
    column = pd.Series(np.concatenate([np.zeros(900), RNG.uniform(1, 1000, 2000)]))
    back, state = there_and_back(column, TokenOptions(bins=10))
    assert (back == 0).sum() == 900
    assert len(state["levels"]["counts"]) == 11
    assert np.array_equal(np.floor(number.encode(back, state)), np.floor(number.encode(column, state)))
    inside = column[column > 0].rank(pct=True) - back[column > 0].rank(pct=True)
    assert inside.abs().max() < 0.11  # a tenth of the rows is one bin


def test_bins_of_equal_frequency_worked_by_hand():
    column = pd.Series(np.arange(8.0))
    state = number.fit(column, TokenOptions(exact_levels=4, bins=4))
    assert state["levels"]["edges"].tolist() == [1.0, 3.0, 5.0, 7.0]
    tokens = np.floor(number.encode(pd.Series([-5.0, 1.0, 1.5, 2.0, 99.0]), state))
    assert tokens.tolist() == [0, 0, 1, 1, 3]
    assert state["levels"]["counts"].tolist() == [2, 2, 2, 2]
    assert number.typical(np.array([0, 3, 4]), state).tolist()[:2] == [1.0, 7.0]


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
    assert np.floor(number.encode(pd.Series(["2", "x", None]), state)).tolist() == [1, 3, 3]


def drawn(column, options, rows=20_000):
    """Values from levels as often as training had them, every place within a level alike."""
    state = number.fit(column, options)
    counts = state["levels"]["counts"]
    rng = np.random.default_rng(0)
    return number.decode(rng.choice(len(counts), rows, p=counts / counts.sum()) + rng.random(rows), state, rng)


def test_values_of_few_rows_are_not_copied_and_shared_values_stay():
    column = pd.Series(np.concatenate([np.repeat([10, 20, 30], 50), RNG.permutation(50_000)[:1000] * 7 + 100]))
    made = drawn(column, TokenOptions(rare_threshold=5))
    counts = column.value_counts()
    # As many as a fresh sample of the same 50,000 values would have in common with the first.
    assert made.isin(counts.index[counts < 5]).mean() < 1000 / 50_000 * 1.2
    assert abs((made == 20).mean() - 50 / 1150) < 0.005
    assert abs(made.mean() - column.mean()) < 0.02 * column.mean()


@pytest.mark.parametrize(("step", "dtype"), [(50, "int64"), (0.25, "float64"), (0.01, "float64")])
def test_what_lies_between_training_values_is_on_the_lattice(step, dtype):
    column = pd.Series(RNG.integers(0, 100_000, 2000) * step).round(2).astype(dtype)
    made = drawn(column, TokenOptions(rare_threshold=5))
    assert np.allclose(made / step, np.round(made / step), atol=1e-6)
    assert not set(made) <= set(column)
    assert made.equals(made.round(2))  # written with no more decimals than the column's


def test_a_value_shared_within_a_bin_keeps_its_frequency():
    column = pd.Series(np.concatenate([np.full(8, 500.0), RNG.uniform(0, 1000, 4000).round(3)]))
    made = drawn(column, TokenOptions(rare_threshold=5, bins=10), 200_000)
    assert abs((made == 500.0).mean() - 8 / 4008) < 0.0005


def test_counts_that_are_chance_are_smoothed_and_values_that_people_round_to_are_not():
    """Ages of 300 rows: each has a few, which a fresh sample would not have; forty is a habit."""

    def distance(one, other):
        shares = [each[each != 40].value_counts(normalize=True) for each in (one, other)]
        return shares[0].sub(shares[1], fill_value=0).abs().sum() / 2

    fresh = pd.Series(np.clip(RNG.normal(40, 12, 100_000).round(), 18, 70))
    drawn_off, own_off = [], []
    for _ in range(5):
        ages = np.clip(RNG.normal(40, 12, 300).round(), 18, 70)
        column = pd.Series(np.concatenate([ages, np.full(60, 40.0)]))
        made = drawn(column, TokenOptions(rare_threshold=3), 50_000)
        assert abs((made == 40).mean() - (column == 40).mean()) < 0.01
        drawn_off.append(distance(made, fresh))
        own_off.append(distance(column, fresh))
    assert np.mean(drawn_off) < 0.95 * np.mean(own_off)


def test_the_extremes_are_not_copied():
    column = pd.Series(np.exp(RNG.normal(size=3000) * 2).round(4))
    made = drawn(column, TokenOptions(rare_threshold=5), 100_000)
    assert not made.isin([column.max()]).any()
    assert made.between(column.min(), column.max()).all()


def test_extremes_that_many_rows_share_stay():
    column = pd.Series(np.clip(RNG.normal(40, 12, 3000).round(), 18, 62))
    column = column[column.between(19, 61) | (RNG.random(3000) < 0.1)]  # a dozen rows at both ends
    made = drawn(column, TokenOptions(rare_threshold=5), 50_000)
    assert (made.min(), made.max()) == (18, 62)


def test_a_wanted_range_and_wanted_values_are_met_also_between_training_values():
    column = pd.Series(RNG.integers(0, 10**6, 3000) * 10)
    state = number.fit(column, TokenOptions(rare_threshold=5))
    places = np.tile(np.arange(0, 1, 0.05), 100)
    part, shares = number.restrict(state, Wanted("x", None, 1_000_001, 2_000_009))
    tokens = np.flatnonzero(shares[:-1])
    made = number.decode(np.repeat(tokens, 20) + places[: 20 * len(tokens)], part, RNG)
    assert made.between(1_000_010, 2_000_000).all() and (made % 10 == 0).all()
    counts = np.append(state["levels"]["counts"], 0)
    assert abs((shares * counts).sum() / 3000 - column.between(1_000_001, 2_000_009).mean()) < 0.003
    one, shares = number.restrict(state, Wanted("x", (5_000_000,)))
    assert set(number.decode(np.flatnonzero(shares) + 0.5, one, RNG)) == {5_000_000}
    with pytest.raises(RequestError):
        number.restrict(state, Wanted("x", (5_000_001,)))  # no multiple of 10


def test_a_lone_outlier_is_replaced_when_a_threshold_is_set():
    column = pd.Series([5] * 99 + [99_999])
    assert set(there_and_back(column, TokenOptions(rare_threshold=2))[0]) == {5}


def test_density_is_comparable_between_units():
    """The same column in grams and in kilograms: the same tokens, the same widths in units of its spread."""
    grams = pd.Series(np.round(RNG.normal(500, 100, 3000)))
    one, other = there_and_back(grams)[1], there_and_back(grams / 1000)[1]
    assert np.allclose(np.sort(number.widths(one)), np.sort(number.widths(other)), rtol=1e-6)


def test_beyond_counts_spreads_outside_the_range_seen():
    _, state = there_and_back(pd.Series(np.arange(101.0)))  # quantiles .1 and .9 are 10 and 90: spread 80 / 2.56
    told = number.beyond(pd.Series([50.0, 100.0, 100 + 80 / 2.56, -2 * 80 / 2.56, np.nan]), state)
    assert np.allclose(told, [0, 0, 1, 2, 0])
