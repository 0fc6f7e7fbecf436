"""What the routes under /api/cleaning promise to answer; more fields may come with it."""

from typing import Any

from pydantic import BaseModel

from api.responses import Reply


class TableChecked(Reply):
    """What is wrong with a table, and pages and files about it."""

    issues: list[dict[str, Any]]
    num_rows: int
    num_findings: int
    num_fixes: int
    report_path: str
    findings_path: str
    fixes_path: str
    reading: dict[str, Any]
    warnings: list[str]


class FixesApplied(Reply):
    """A changed table was written."""

    num_changed: int
    num_rows_removed: int
    num_rows_restored: int
    duplicates_left: int
    output_path: str
    journal_path: str
    changes: dict[str, int]
    warnings: list[str]


class FilledColumn(BaseModel):
    """What was done in one column; `quality` is measured in rows held out."""

    filled: int
    by_rule: int
    left: int
    quality: dict[str, float]


class MissingFilled(Reply):
    """A table was written with its missing cells filled, each marked in a column `filled__<name>`."""

    num_filled: int
    output_path: str
    columns: dict[str, FilledColumn]
    rows_learnt: dict[str, int]
    seed: int
    warnings: list[str]


class LearnersCompared(BaseModel):
    """What learners trained on the table before and after are worth on held-out rows."""

    before: float
    after: float
    change: float
    noise: float
    measure: str
    verdict: str


class CleaningPipelineDone(Reply):
    """The best attempt's table was written; every change can be undone."""

    output_path: str
    journal_path: str
    report_path: str
    errors_before: int
    errors_after: int
    errors_removed: float
    utility: LearnersCompared | None
    target_reached: bool
    outcome: str
    attempts: list[dict[str, Any]]
    summary: str
    warnings: list[str]


class Scanned(Reply):
    """A report of odd rows was written."""

    num_samples_scanned: int
    anomaly_score_range: list[float]
    mean_anomaly_score: float
    output_path: str
