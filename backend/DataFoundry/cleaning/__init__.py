"""Which cells of a table are wrong at first sight, why, and what should stand there.

- `checks/`: one module a kind of check, each learnt from a table as plain data and then asked about rows.
- `cell_checks.CellChecks`: all of them together.
- `finding.Finding`: what is told to people.
- `spelling`: values that are written nearly as others; `near_duplicates`: rows that are.
- `spreadsheet`: findings, and people's cells, as files that are safe to open.
"""
