import numpy as np
import pandas as pd
import pytest

from DataFoundry.errors import ColumnError
from DataFoundry.preprocessing.options import TokenOptions
from DataFoundry.preprocessing.schema import column_kinds, feature_columns
from DataFoundry.preprocessing.transformer import TableTransformer
from DataFoundry.storage.artifacts import load_preprocessor, save_preprocessor


@pytest.fixture(scope="module")
def fitted(adult):
    table = adult.drop(columns="income")
    return table, TableTransformer.fit(table, column_kinds(table, feature_columns(table)))


def test_adult_comes_back_in_its_shape(fitted):
    table, transformer = fitted
    codes = transformer.encode(table)
    back = transformer.decode(codes, np.random.default_rng(0))
    assert codes.shape == table.shape
    assert back.dtypes.equals(table.dtypes)
    exact = (back == table).mean()
    assert (exact.drop("fnlwgt") == 1).all()
    assert np.array_equal(transformer.encode(back), codes)


def test_spans_are_one_after_the_other_and_count_every_row(fitted):
    table, transformer = fitted
    spans = transformer.spans()
    assert [span.start for span in spans] == [0, *np.cumsum([span.width for span in spans])[:-1].tolist()]
    assert all(sum(span.counts) == len(table) for span in spans)
    codes = transformer.encode(table)
    assert np.bincount(codes[:, 0].astype(int), minlength=spans[0].width).tolist() == list(spans[0].counts)


def test_state_is_plain_data_that_survives_its_file(fitted, root):
    table, transformer = fitted
    save_preprocessor(root / "p.joblib", transformer.state())
    other = TableTransformer.from_state(load_preprocessor(root / "p.joblib"))
    assert other.spans() == transformer.spans()
    codes = transformer.encode(table)
    one, two = (each.decode(codes, np.random.default_rng(1)) for each in (transformer, other))
    pd.testing.assert_frame_equal(one, two)


def test_a_missing_column_is_named_and_others_are_ignored(fitted):
    table, transformer = fitted
    with pytest.raises(ColumnError, match="'race'"):
        transformer.encode(table.drop(columns="race"))
    assert np.array_equal(
        transformer.encode(table.assign(extra=1)[["extra", *reversed(table.columns)]]), transformer.encode(table)
    )


def test_what_was_never_seen_has_a_token(fitted):
    table, transformer = fitted
    odd = table.head(3).copy()
    odd["sex"] = ["?", None, "Male"]
    odd["age"] = [500, 17, None]
    codes = transformer.encode(odd)
    widths = [span.width for span in transformer.spans()]
    assert (codes >= 0).all() and (codes < widths).all()
    assert transformer.beyond(odd)[0, 0] > 10
    assert transformer.beyond(odd)[0, 9] == 1


def test_a_wide_table_is_cut_more_coarsely():
    few, many = TokenOptions.for_table(14, 500), TokenOptions.for_table(400, 501)
    assert few == TokenOptions(rare_threshold=3)
    assert (many.exact_levels, many.bins, many.categories, many.rare_threshold) == (40, 10, 80, 5)
    wide = pd.DataFrame(np.random.default_rng(0).normal(size=(500, 400))).rename(columns=str)
    kinds = column_kinds(wide, feature_columns(wide))
    assert TableTransformer.fit(wide, kinds, many).spans()[-1].stop <= 400 * 21
