"""Whatever a table holds, it becomes tokens and comes back as a table of the same kind."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from DataFoundry.preprocessing.columns import KINDS
from DataFoundry.preprocessing.options import TokenOptions
from DataFoundry.preprocessing.schema import column_kinds, feature_columns
from DataFoundry.preprocessing.transformer import TableTransformer

NUMBERS = st.one_of(
    st.lists(st.integers(-(2**60), 2**60), min_size=1, max_size=60).map(
        lambda values: pd.Series(values, dtype="int64")
    ),
    st.lists(st.one_of(st.none(), st.floats(allow_nan=False)), min_size=1, max_size=60).map(
        lambda values: pd.Series(values, dtype="float64")
    ),
)
PLAIN = st.one_of(st.none(), st.text(max_size=5), st.booleans(), st.integers(-9, 9), st.floats(allow_nan=False))
CATEGORIES = st.lists(PLAIN, min_size=1, max_size=40).map(lambda values: pd.Series(values, dtype=object))
COARSE = TokenOptions(exact_levels=3, bins=4, categories=3)


def there_and_back(kind, column, options):
    state = KINDS[kind].fit(column, options)
    codes = KINDS[kind].encode(column, state)
    tokens = np.floor(codes).astype(np.int64)
    span = KINDS[kind].span(state, 0)
    assert ((tokens >= 0) & (tokens < span.width)).all()
    assert np.bincount(tokens, minlength=span.width).tolist() == list(span.counts)
    assert len(KINDS[kind].widths(state)) == span.width
    assert np.isfinite(np.log(KINDS[kind].widths(state))).all()
    assert np.isfinite(KINDS[kind].beyond(column, state)).all()
    assert np.isfinite(np.array(span.points)).all()
    return KINDS[kind].decode(codes, state, np.random.default_rng(0)), tokens, state


@given(NUMBERS)
def test_few_numbers_come_back_exactly(column):
    back, _, _ = there_and_back("number", column, TokenOptions())
    pd.testing.assert_series_equal(back, column, check_exact=True)


@given(NUMBERS)
def test_binned_numbers_come_back_within_their_bin_and_missing_where_they_were(column):
    back, tokens, state = there_and_back("number", column, COARSE)
    assert back.dtype == column.dtype
    assert back.isna().equals(column.isna())
    assert set(back.dropna()) <= set(column.dropna())
    assert np.array_equal(np.floor(KINDS["number"].encode(back, state)), tokens)


@given(NUMBERS, st.integers(2, 6))
def test_shared_numbers_come_back_exactly_and_no_place_of_a_level_leaves_the_range(column, threshold):
    options = TokenOptions(exact_levels=3, bins=4, rare_threshold=threshold)
    back, tokens, state = there_and_back("number", column, options)
    counts = column.value_counts()
    shared = column.isin(counts.index[counts >= threshold])
    assert back[shared].tolist() == column[shared].tolist()
    drawn = KINDS["number"].decode(tokens + np.random.default_rng(0).random(len(tokens)), state, None)
    assert back.isna().equals(column.isna()) and drawn.isna().equals(column.isna())
    assert drawn.dropna().between(column.min(), column.max()).all()


@given(CATEGORIES)
def test_categories_come_back_by_their_text(column):
    back, _, _ = there_and_back("category", column, TokenOptions())
    assert back.isna().equals(column.isna())
    assert back.dropna().map(_text).tolist() == column.dropna().map(_text).tolist()


@given(CATEGORIES)
def test_rare_categories_come_back_as_some_category(column):
    back, tokens, state = there_and_back("category", column, COARSE)
    assert set(back.dropna().map(_text)) <= set(column.dropna().map(_text))
    assert np.array_equal(KINDS["category"].encode(back, state), tokens)


@settings(max_examples=40)
@given(CATEGORIES, NUMBERS)
def test_any_table_keeps_its_columns_and_rows(categories, numbers):
    rows = min(len(categories), len(numbers))
    table = pd.DataFrame({"a b": categories.head(rows), "": numbers.head(rows)})
    transformer = TableTransformer.fit(table, column_kinds(table, feature_columns(table)))
    back = transformer.decode(transformer.encode(table), np.random.default_rng(0))
    assert list(back.columns) == list(table.columns) and len(back) == rows


def _text(value):
    """1, 1.0 and True are one category, as they are to Python; so are 0.0 and -0.0."""
    return str(float(value) + 0.0) if isinstance(value, (bool, int, float, np.number)) else f"text {value}"
