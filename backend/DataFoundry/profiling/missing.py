"""Which columns have no value in the same rows."""

from typing import Any

import pandas as pd

_MOST_PATTERNS = 10


def missing_patterns(sample: pd.DataFrame) -> list[dict[str, Any]]:
    """The most frequent sets of columns without a value: `columns`, and `share` of the rows.

    Rows that have all values are left out.
    """
    absent = sample.isna()
    names = [name for name in absent if absent[name].any()]
    if not names:
        return []
    counted = absent[names].value_counts(normalize=True)
    patterns: list[dict[str, Any]] = []
    for key, share in counted.items():
        columns = [name for name, missing in zip(names, key, strict=True) if missing]
        patterns.append({"columns": columns, "share": round(float(share), 4)})
    return [pattern for pattern in patterns if pattern["columns"]][:_MOST_PATTERNS]
