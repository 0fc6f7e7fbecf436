"""An answer as a person reads it on a terminal."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

_MOST_ROWS = 40
_LONGEST = 90  # characters of a cell


@dataclass(frozen=True)
class Listing:
    """A list in an answer that is worth a table: where it stands, and heading to key of each column."""

    title: str
    field: tuple[str, ...]
    columns: Mapping[str, str]


LISTINGS: dict[str, tuple[Listing, ...]] = {
    "dataset.profile": (
        Listing("Columns", ("schema", "columns"), {"column": "name", "kind": "kind", "why": "reason"}),
        Listing("Rules", ("schema", "rules"), {"rule": "sentence", "rows": "support", "broken by": "exceptions"}),
    ),
    "labeling.create_labels": (
        Listing(
            "Labeling functions",
            ("lf_analysis",),
            {"function": "name", "coverage": "coverage", "overlaps": "overlaps", "conflicts": "conflicts"},
        ),
    ),
    "cleaning.check_table": (
        Listing(
            "Issues, the most costly first",
            ("issues",),
            {"kind": "kind", "column": "column", "rows": "num_rows", "what": "sentence"},
        ),
    ),
}
_FIGURES: dict[str, tuple[str, ...]] = {
    "labeling.create_labels": ("label_distribution", "class_balance"),
    "training.train_model": ("metrics.seconds", "metrics.epochs_run", "metrics.stopped_because"),
    "generation.evaluate": ("utility", "shapes", "trends", "detection", "privacy"),
}


def show(operation: str, answer: Mapping[str, Any], as_json: bool) -> None:
    """Print the answer: all of it as JSON, or what people look for first."""
    if as_json:
        print(json.dumps(answer, indent=2, ensure_ascii=False, default=str))
        return
    console = Console(soft_wrap=True)
    console.print(answer.get("message", ""), markup=False, style="bold")
    for listing in LISTINGS.get(operation, ()):
        _show_listing(console, listing, answer)
    for field in _FIGURES.get(operation, ()):
        value = _found(answer, field.split("."))
        if value is not None:
            console.print(f"{field.rpartition('.')[2].replace('_', ' ')}: {_plain(value)}", markup=False)
    for warning in answer.get("warnings") or ():
        console.print(f"Note: {_plain(warning)}", markup=False, style="yellow")
    for name, value in answer.items():
        if name.endswith("_path") and isinstance(value, str):
            console.print(f"{name.removesuffix('_path').replace('_', ' ')}: {value}", markup=False, highlight=False)


def _found(answer: Mapping[str, Any], field: Sequence[str]) -> Any:
    """The value at this path of an answer; None where there is none."""
    value: Any = answer
    for part in field:
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _show_listing(console: Console, listing: Listing, answer: Mapping[str, Any]) -> None:
    rows = _found(answer, listing.field)
    if not rows:
        return
    entries = [{"name": name, **each} for name, each in rows.items()] if isinstance(rows, Mapping) else list(rows)
    title = (
        listing.title if len(entries) <= _MOST_ROWS else f"{listing.title} (the first {_MOST_ROWS} of {len(entries)})"
    )
    table = Table(title=title, title_justify="left", title_style="bold")
    for heading in listing.columns:
        table.add_column(heading, overflow="fold")
    for entry in entries[:_MOST_ROWS]:
        table.add_row(*(_plain(entry.get(key)) for key in listing.columns.values()))
    console.print(table, markup=False, soft_wrap=False)


def _plain(value: Any) -> str:
    """A value in one short line, numbers rounded as people read them."""
    if isinstance(value, float):
        return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: ""}[value]
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_plain(each)}" for name, each in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_plain(each) for each in value)
    text = str(value)
    return text if len(text) <= _LONGEST * 3 else f"{text[: _LONGEST * 3]}..."
