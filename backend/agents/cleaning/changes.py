"""From findings to changes of cells, under a plan of how sure a change must be."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from DataFoundry.checking.fixes import Applied, applied
from DataFoundry.checking.issues import OF_CELLS
from DataFoundry.cleaning.finding import Finding
from DataFoundry.cleaning.spreadsheet import as_frame

# What is unusual may be right: without a better value at hand it is no error, and is never emptied.
_UNUSUAL = ("outlier", "label")
_PROBABLE = 0.5
SURE = 0.9  # the product's default for fixes; cells are emptied only from here on


@dataclass(frozen=True)
class Plan:
    """How an attempt changes cells.

    Attributes
    ----------
    min_confidence
        Fixes of less are left alone.
    left_out
        Kinds of findings that are left alone.
    passes
        How often the table is checked and fixed: an error may hide behind another one.
    """

    min_confidence: float = SURE
    left_out: tuple[str, ...] = ()
    passes: int = 1

    @property
    def kinds(self) -> list[str]:
        return [kind for kind in OF_CELLS if kind not in self.left_out]

    def without(self, kind: str) -> "Plan":
        return replace(self, left_out=(*self.left_out, kind))

    def as_dict(self) -> dict[str, Any]:
        return {"min_confidence": self.min_confidence, "kinds": self.kinds, "passes": self.passes}


def errors_of(findings: Iterable[Finding]) -> list[Finding]:
    """The findings that are probably errors, the surest one of each cell.

    What is merely unusual counts where the check knows what should stand there.
    """
    surest: dict[tuple[int, str], Finding] = {}
    for each in findings:
        if each.confidence < _PROBABLE or (each.kind in _UNUSUAL and each.suggested is None):
            continue
        known = surest.get((each.row, each.column))
        if known is None or each.confidence > known.confidence:
            surest[each.row, each.column] = each
    return [surest[cell] for cell in sorted(surest)]


def chosen_fixes(findings: Iterable[Finding], plan: Plan) -> pd.DataFrame:
    """One fix for each cell that the plan changes, as `cleaning.spreadsheet.as_frame` writes them.

    A value is suggested where a finding does so, else the cell is emptied, if it is surely wrong.
    """
    fixes: dict[tuple[int, str], Finding] = {}
    ranked = sorted(findings, key=lambda each: (each.suggested is None, -each.confidence))
    for each in ranked:
        if each.kind in plan.left_out or each.confidence < plan.min_confidence:
            continue
        if each.suggested is None and (each.kind in _UNUSUAL or each.confidence < SURE):
            continue
        fixes.setdefault((each.row, each.column), each)
    return as_frame(fixes[cell] for cell in sorted(fixes))


def joined(earlier: pd.DataFrame, later: pd.DataFrame) -> pd.DataFrame:
    """Fixes of two passes as one set on the table as it was before both."""
    if earlier.empty or later.empty:
        return later if earlier.empty else earlier
    cells = ["row", "column"]
    first = later.merge(earlier[[*cells, "found"]], on=cells, how="left", suffixes=("", "_first"))
    later = later.assign(found=first["found_first"].where(first["found_first"].notna(), first["found"]).to_numpy())
    return pd.concat([earlier, later], ignore_index=True).drop_duplicates(cells, keep="last").sort_values(cells)


def changed(frame: pd.DataFrame, fixes: pd.DataFrame) -> Applied:
    """The table with all these fixes applied; a fix without a value empties its cell."""
    return applied(frame, fixes, "found", "suggested", 0.0, None, empty=True)
