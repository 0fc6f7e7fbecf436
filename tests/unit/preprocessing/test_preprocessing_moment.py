import numpy as np
import pandas as pd
import pytest

from DataFoundry.preprocessing.columns import moment
from DataFoundry.preprocessing.options import TokenOptions

DAYS = pd.Series(pd.to_datetime(["2020-02-29", "1969-12-31", None, "2024-01-01"]))


@pytest.mark.parametrize(
    "column",
    [
        DAYS,
        DAYS.dt.tz_localize("Europe/Berlin"),
        DAYS.dt.strftime("%Y-%m-%d").where(DAYS.notna(), None),
        DAYS.dt.strftime("%d.%m.%Y").where(DAYS.notna(), None),
        DAYS.dt.strftime("%Y-%m-%dT%H:%M:%S").where(DAYS.notna(), None),
        DAYS.dt.strftime("%d %b %Y").where(DAYS.notna(), None),
        DAYS.dt.strftime("%m/%d/%Y %I:%M %p").where(DAYS.notna(), None),
        DAYS.dt.date.astype(object).where(DAYS.notna(), None),
        DAYS.astype("datetime64[s]"),
    ],
)
def test_moments_come_back_as_they_were_written(column):
    assert moment.is_moment(column)
    state = moment.fit(column, TokenOptions())
    back = moment.decode(moment.encode(column, state), state, np.random.default_rng(0))
    pd.testing.assert_series_equal(back, column)


@pytest.mark.parametrize(
    "column",
    [pd.Series(["2020-01-01", "yesterday"]), pd.Series(["2020", "2021"]), pd.Series([None, None], dtype=object)],
)
def test_text_that_follows_no_one_format_is_no_moment(column):
    assert not moment.is_moment(column)


def test_what_cannot_be_read_counts_as_missing():
    state = moment.fit(DAYS, TokenOptions())
    assert np.floor(moment.encode(pd.Series(["2020-02-29", "soon", None]), state)).tolist() == [1, 3, 3]
