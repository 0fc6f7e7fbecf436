"""Check a whole table in one call: cells, rows, duplicates, labels, missing values and drift, and repair what is sure.

- `table_check.checked`: everything that is wrong, as findings and as issues.
- `issues`: findings and other news put together by kind and column, the gravest first.
- `page`: the same for people.
- `fixes`: how fixes are applied and undone.
"""
