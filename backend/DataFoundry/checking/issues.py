"""What is wrong with a table, put together for people: one issue a kind and column, the gravest first."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from DataFoundry.cleaning.finding import Finding

SEVERITIES = ("high", "medium", "low")
_EXAMPLES = 5
_LIKELY = 0.5  # confidence of labels, above which they are called wrong
# What a wrong cell of each kind costs: a broken rule or a wrong number spoils every sum; a spelling one group of it.
OF_CELLS = {
    "rule": "high",
    "range": "high",
    "spelling": "medium",
    "format": "medium",
    "outlier": "low",
    "label": "medium",
}
# Of one value, of several, and what both go on with.
_SENTENCES = {
    "rule": ("breaks", "break", "a rule"),
    "range": ("lies", "lie", "outside of what the column usually holds"),
    "spelling": ("is", "are", "misspelt"),
    "format": ("is", "are", "written in another form than the others"),
    "outlier": ("is", "are", "unusual"),
    "label": ("is", "are", "probably another class"),
}
_MAY_BE_RIGHT = ("is", "are", "rare for such rows, and may be right")


@dataclass(frozen=True)
class Issue:
    """One thing that is wrong.

    Attributes
    ----------
    kind
        One of `rule, range, spelling, format, outlier, label, duplicate, near_duplicate, missing, imbalance, drift`.
    severity
        `high`, `medium` or `low`: what it costs not to mend it.
    count
        Cells, rows or values that it is about.
    sentence
        For people.
    examples
        A few of them, as JSON has it.
    column
        Where it is about one.
    """

    kind: str
    severity: str
    count: int
    sentence: str
    examples: list[dict[str, Any]] = field(default_factory=list)
    column: str | None = None

    def told(self) -> dict[str, Any]:
        """As JSON has it."""
        return asdict(self)


def issues_of(findings: Iterable[Finding]) -> list[Issue]:
    """One issue for each kind of finding in each column; examples are the surest."""
    groups: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for each in findings:
        groups[each.kind, each.column].append(each)
    return [_of_group(kind, column, cells) for (kind, column), cells in groups.items()]


def ordered(issues: Iterable[Issue]) -> list[Issue]:
    """The gravest first, of one severity the most frequent."""
    return sorted(issues, key=lambda each: (SEVERITIES.index(each.severity), -each.count))


def _of_group(kind: str, column: str, cells: list[Finding]) -> Issue:
    surest = sorted(cells, key=lambda each: -each.confidence)[:_EXAMPLES]
    one, several, rest = _SENTENCES[kind]
    severity = OF_CELLS[kind]
    if kind == "label" and surest[0].confidence < _LIKELY:
        (one, several, rest), severity = _MAY_BE_RIGHT, "low"
    count = f"1 value of {column!r} {one}" if len(cells) == 1 else f"{len(cells):,} values of {column!r} {several}"
    sentence = f"{count} {rest}: {surest[0].why}"
    examples = [{"row": each.row, "found": each.found, "suggested": each.suggested, "why": each.why} for each in surest]
    return Issue(kind, severity, len(cells), sentence, examples, column)
