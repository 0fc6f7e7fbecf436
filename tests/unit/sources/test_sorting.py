"""Pages of a sorted table are those of a stable sort, whatever the column holds."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from DataFoundry.errors import ImpossibleError
from DataFoundry.sources.sorting import rows_at

VALUES = st.one_of(
    st.lists(st.one_of(st.none(), st.integers(-3, 3))),
    st.lists(st.one_of(st.none(), st.sampled_from([0.5, float("nan"), -1.0, 2.0, float("inf")]))),
    st.lists(st.one_of(st.none(), st.sampled_from(["b", "a", "ä", ""]))),
    st.lists(st.one_of(st.none(), st.booleans())),
)


def _missing(value: object) -> bool:
    return value is None or value != value


@given(VALUES, st.integers(0, 8), st.integers(1, 8), st.booleans())
def test_a_page_is_that_of_a_stable_sort(values: list, start: int, size: int, descending: bool) -> None:
    half = len(values) // 2
    kind = pa.array(values).type if values else pa.int64()
    column = pa.chunked_array([pa.array(values[:half], kind), pa.array(values[half:], kind)], kind)
    order = sorted((row for row in range(len(values)) if not _missing(values[row])), key=lambda row: values[row])
    if descending:
        present = [row for row in range(len(values)) if not _missing(values[row])]
        order = sorted(present, key=lambda row: values[row], reverse=True)
    order += [row for row in range(len(values)) if _missing(values[row])]
    assert rows_at(column, start, start + size, descending).tolist() == order[start : start + size]


@pytest.mark.parametrize("kind", [pa.int64(), pa.uint64(), pa.int8()])
def test_the_ends_of_whole_numbers_keep_their_order(kind: pa.DataType) -> None:
    bounds = np.iinfo(kind.to_pandas_dtype())
    column = pa.chunked_array([pa.array([0, bounds.min, bounds.max, None], kind)])
    up = [1, 0, 2, 3] if bounds.min < 0 else [0, 1, 2, 3]
    assert rows_at(column, 0, 4, False).tolist() == up
    assert rows_at(column, 0, 1, True).tolist() == [2]


def test_lists_have_no_order() -> None:
    with pytest.raises(ImpossibleError, match="no order"):
        rows_at(pa.chunked_array([[[1], [2]]]), 0, 1, False)
