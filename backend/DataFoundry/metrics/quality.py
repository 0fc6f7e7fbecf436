"""The quality of a synthetic table in one report: every score beside what real rows never seen would score."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

import pandas as pd

from DataFoundry.errors import ColumnError
from DataFoundry.metrics.by_kind import broken_rules, by_column, typed, without_distribution
from DataFoundry.metrics.detection import DetectionResult, detection
from DataFoundry.metrics.features import as_text
from DataFoundry.metrics.fidelity import FidelityResult, fidelity
from DataFoundry.metrics.privacy import PrivacyResult, privacy
from DataFoundry.metrics.utility import UtilityResult, utility
from DataFoundry.progress import Progress
from DataFoundry.schema.table_schema import TableSchema

DEFAULT_LABEL = "label"
_HOLDOUT_SHARE = 0.25
_FEWEST_ROWS = 20
_MOST_LABELS = 20
_WORST_PAIRS = 20
_SAME = UtilityResult(1.0, 1.0, 1.0, "", 1.0, 0)  # real rows are worth what real rows are worth


@dataclass(frozen=True)
class Tables:
    """What is compared: three tables with the same columns, and the column to predict, if any.

    Attributes
    ----------
    originals
        The three tables (real, synthetic, holdout) as they were read, with the columns that have no distribution.
    schema
        What the columns of the real table are; None: their dtypes say.
    """

    real: pd.DataFrame
    synthetic: pd.DataFrame
    holdout: pd.DataFrame
    label: str | None
    holdout_is_unseen: bool
    warnings: list[str] = field(default_factory=list)
    originals: tuple[pd.DataFrame, ...] = ()
    schema: TableSchema | None = None

    @property
    def columns(self) -> list[str]:
        return list(self.real.columns)


@dataclass(frozen=True)
class Quality:
    """All results; the ones named `holdout_...` are of the holdout in the place of the synthetic table."""

    tables: Tables
    utility: UtilityResult | None
    fidelity: FidelityResult
    holdout_fidelity: FidelityResult
    detection: DetectionResult | None
    holdout_detection: DetectionResult | None
    privacy: PrivacyResult | None
    holdout_privacy: PrivacyResult | None
    by_column: dict[str, dict[str, Any]] = field(default_factory=dict)
    rules: list[dict[str, Any]] = field(default_factory=list)

    def report(self) -> dict[str, object]:
        """As JSON has it: `scores` (name: synthetic and holdout), details of each, and `warnings`."""
        tables, fits = self.tables, self.utility
        return {
            "num_real": len(tables.real),
            "num_synthetic": len(tables.synthetic),
            "num_holdout": len(tables.holdout),
            "columns": tables.columns,
            "label_column": tables.label,
            "scores": {
                "utility": _pair("ratio", fits, _SAME if fits else None),
                "shapes": _pair("shapes", self.fidelity, self.holdout_fidelity),
                "trends": _pair("trends", self.fidelity, self.holdout_fidelity),
                "missing_values": _pair("missing", self.fidelity, self.holdout_fidelity),
                "detection_auroc": _pair("auroc", self.detection, self.holdout_detection),
                "dcr_share": _pair("dcr_share", self.privacy, self.holdout_privacy),
                "membership_auroc": _pair("membership_auroc", self.privacy, self.holdout_privacy),
            },
            "utility": fits and asdict(fits),
            "privacy": self.privacy and asdict(self.privacy),
            "column_scores": {
                name: {
                    "shape": shape,
                    "missing_values": missing,
                    "holdout_shape": self.holdout_fidelity.columns[name][0],
                }
                for name, (shape, missing) in self.fidelity.columns.items()
            },
            "by_column": self.by_column,
            "rules": self.rules,
            "worst_pairs": [
                {"columns": [first, second], "trend": score}
                for first, second, score in self.fidelity.pairs[:_WORST_PAIRS]
            ],
            "warnings": tables.warnings,
        }


def align(
    real: pd.DataFrame,
    synthetic: pd.DataFrame,
    holdout: pd.DataFrame | None,
    label: str | None,
    seed: int = 0,
    schema: TableSchema | None = None,
) -> Tables:
    """The columns that all tables share, a holdout if none is given, and the label column if one can be found.

    With a schema of the real table, columns are compared as what they are, see `metrics.by_kind`.

    Raises
    ------
    ColumnError
        If a table lacks the named label, no column is shared, or there are fewer than 20 rows of one.
    """
    given = {"real": real, "synthetic": synthetic} | ({} if holdout is None else {"holdout": holdout})
    for name, frame in given.items():
        if label is not None and label not in frame.columns:
            raise ColumnError(f"The {name} table has no label column {label!r}; name another one.", column=label)
        if len(frame) < _FEWEST_ROWS:
            raise ColumnError(f"The {name} table has {len(frame)} rows; a comparison needs at least {_FEWEST_ROWS}.")
    shared = [name for name in real.columns if all(name in frame.columns for frame in given.values())]
    if not shared:
        raise ColumnError("The tables have no column in common; do they belong together?")
    warnings = _about_columns(given, shared)
    if label is None and DEFAULT_LABEL in shared:
        label = DEFAULT_LABEL
    if label is None:
        warnings.append("No label column: utility was not measured; name one with label_column.")
    if holdout is None:
        warnings.append("No holdout table: a quarter of the real rows stands in, and the DCR share was not measured.")
        rest = real.sample(frac=_HOLDOUT_SHARE, random_state=seed)
        real, unseen = real.drop(index=rest.index), rest
    else:
        unseen = holdout
    frames = [frame[shared].reset_index(drop=True) for frame in (real, synthetic, unseen)]
    originals = tuple(frames)
    if schema is not None:
        frames = [typed(frame, schema) for frame in _with_distribution(frames, schema, label)]
    if label is not None and frames[0][label].nunique() <= _MOST_LABELS:
        frames = [frame.assign(**{label: as_text(frame[label])}) for frame in frames]  # a class, however it is written
    return Tables(frames[0], frames[1], frames[2], label, holdout is not None, warnings, originals, schema)


def _with_distribution(frames: list[pd.DataFrame], schema: TableSchema, label: str | None) -> list[pd.DataFrame]:
    """The tables without keys, contacts and free text, unless there is nothing else."""
    apart = [name for name in without_distribution(schema, list(frames[0].columns)) if name != label]
    kept = [name for name in frames[0].columns if name not in apart]
    return [frame[kept] for frame in frames] if kept else frames


def quality(tables: Tables, seed: int = 0) -> Quality:
    """Measure everything; some of it is None where the tables are too small or have no label."""
    real, synthetic, holdout, columns = tables.real, tables.synthetic, tables.holdout, tables.columns
    measures: dict[str, Callable[[], Any]] = {
        "utility": lambda: _utility(tables, seed),
        "fidelity": lambda: fidelity(real, synthetic, columns),
        "holdout_fidelity": lambda: fidelity(real, holdout, columns),
        "detection": lambda: detection(holdout, synthetic, columns, seed),
        "holdout_detection": lambda: detection(holdout, real, columns, seed),
        "by_column": lambda: _by_column(tables),
        "rules": lambda: _rules(tables),
    }
    if tables.holdout_is_unseen:
        first, second = _halves(holdout, seed)
        measures["privacy"] = lambda: privacy(real, holdout, synthetic, columns, seed)
        measures["holdout_privacy"] = lambda: privacy(real, first, second, columns, seed)
    progress = Progress("comparing", len(measures), "measures")
    found: dict[str, Any] = {"privacy": None, "holdout_privacy": None}
    for name, measure in measures.items():
        found[name] = measure()
        progress.advance()
    return Quality(tables=tables, **found)


def _by_column(tables: Tables) -> dict[str, dict[str, Any]]:
    if tables.schema is None:
        return {}
    read, made, unseen = tables.originals
    return by_column(read, made, unseen, tables.schema)


def _rules(tables: Tables) -> list[dict[str, Any]]:
    if tables.schema is None:
        return []
    _, made, unseen = tables.originals
    return broken_rules(made, unseen, tables.schema)


def _utility(tables: Tables, seed: int) -> UtilityResult | None:
    if tables.label is None:
        return None
    try:
        return utility(tables.synthetic, tables.real, tables.holdout, tables.label, seed)
    except ColumnError as error:
        tables.warnings.append(f"Utility was not measured: {error.message}")
        return None


def _halves(frame: pd.DataFrame, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    first = frame.sample(frac=0.5, random_state=seed)
    return first, frame.drop(index=first.index)


def _about_columns(given: dict[str, pd.DataFrame], shared: list[str]) -> list[str]:
    return [
        f"The {name} table's columns {', '.join(map(repr, left_out[:10]))} are not in all tables and were left out."
        for name, frame in given.items()
        if (left_out := [each for each in frame.columns if each not in shared])
    ]


def _pair(name: str, synthetic: object | None, holdout: object | None) -> dict[str, float | None]:
    return {"synthetic": getattr(synthetic, name, None), "holdout": getattr(holdout, name, None)}
