import numpy as np
import pandas as pd
import pytest

from DataFoundry.errors import RequestError
from DataFoundry.preprocessing.columns import category
from DataFoundry.preprocessing.columns.wanted import Wanted
from DataFoundry.preprocessing.options import TokenOptions


def there_and_back(column, options=None):
    state = category.fit(column, options or TokenOptions())
    return category.decode(category.encode(column, state), state, np.random.default_rng(0)), state


@pytest.mark.parametrize(
    "column",
    [
        pd.Series(["a", "b", None, "a"]),
        pd.Series([True, False, True]),
        pd.Series([True, None, False], dtype=object),
        pd.Series([True, None, False], dtype="boolean"),
        pd.Series([3, 1, 3]),
        pd.Series([1, "1", 2.5, None], dtype=object),
        pd.Series([None, None], dtype=object),
        pd.Series(pd.Categorical(["x", "y", None], categories=["z", "y", "x"], ordered=True)),
        pd.Series(["a", "b"], dtype="string"),
    ],
)
def test_values_missing_values_and_dtype_come_back(column):
    pd.testing.assert_series_equal(there_and_back(column)[0], column)


def test_tokens_are_by_falling_frequency_then_rare_then_missing():
    column = pd.Series(["b", "a", "b", "c", None])
    _, state = there_and_back(column)
    assert category.encode(pd.Series(["b", "a", "c", "unseen", None]), state).tolist() == [0, 1, 2, 3, 4]
    assert category.span(state, 0).counts == (2, 1, 1, 0, 1)


def test_many_values_share_the_rare_token_and_come_back_by_their_frequency():
    column = pd.Series(["common"] * 5000 + [f"name {i}" for i in range(10_000)] + ["name 7"] * 2000)
    back, state = there_and_back(column, TokenOptions(categories=1))
    assert len(state["values"]) == 1
    assert (back == "common").sum() == 5000
    assert set(back) <= set(column)
    assert abs((back == "name 7").sum() - 2001) < 200


def test_values_of_few_rows_are_not_copied_and_their_token_is_not_drawn():
    column = pd.Series(["a"] * 5 + ["b"] * 4 + ["(rare)"] * 5)
    back, state = there_and_back(column, TokenOptions(rare_threshold=5))
    assert category.span(state, 0).counts == (5, 5, 0, 0)
    assert "b" not in repr(state["values"]) + repr(state["rare_values"])
    assert state["folded"] == 4
    with pytest.raises(RequestError, match="fewer than 5 rows are not copied"):
        category.restrict(state, Wanted("x", ("b",)))
    declared = there_and_back(column.astype("category"), TokenOptions(rare_threshold=5))[0]
    assert "b" not in declared.cat.categories


def test_a_column_of_rare_values_alone_says_so():
    column = pd.Series(["a", "b", "c"])
    back, state = there_and_back(column, TokenOptions(rare_threshold=5))
    assert back.tolist() == ["(rare)"] * 3
    assert category.span(state, 0).counts == (3, 0)


def test_numbers_written_another_way_are_found():
    _, state = there_and_back(pd.Series([1, 2, 1]))
    assert category.encode(pd.Series(["1", 2.0, "2", "x"], dtype=object), state).tolist() == [0, 1, 1, 2]


def test_unseen_values_are_beyond_and_missing_ones_are_not():
    _, state = there_and_back(pd.Series(["a", "b"]))
    assert category.beyond(pd.Series(["a", "q", None]), state).tolist() == [0, 1, 0]


def test_lists_in_cells_are_taken_by_their_text():
    back, _ = there_and_back(pd.Series([[1, 2], [3], None]))
    assert back.tolist() == ["[1, 2]", "[3]", None]
