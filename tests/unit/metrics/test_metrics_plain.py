"""Values of tables become JSON without NaN."""

import datetime
import decimal
import json

import numpy as np
import pandas as pd
import pytest

from DataFoundry.metrics.plain import plain


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.int64(39), 39),
        (np.float32(0.5), 0.5),
        (float("nan"), None),
        (np.float64("inf"), None),
        (pd.NA, None),
        (pd.NaT, None),
        (np.datetime64("NaT"), None),
        (np.bool_(True), True),
        (pd.Timestamp("2024-02-29 10:00"), "2024-02-29T10:00:00"),
        (datetime.date(2024, 2, 29), "2024-02-29"),
        (datetime.time(10, 30), "10:30:00"),
        (decimal.Decimal("1.10"), "1.10"),
        (b"\xff", "\ufffd"),
        (np.array([1.0, np.nan]), [1.0, None]),
        ({1: [pd.NaT]}, {"1": [None]}),
    ],
)
def test_plain(value: object, expected: object) -> None:
    found = plain(value)

    assert found == expected
    assert type(found) is type(expected)
    json.dumps(found, allow_nan=False)
