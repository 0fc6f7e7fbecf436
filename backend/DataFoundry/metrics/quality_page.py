"""The quality report as one self-contained HTML page."""

import pandas as pd
from markupsafe import Markup

from DataFoundry.metrics.features import is_number
from DataFoundry.metrics.fidelity import comparable, correlations
from DataFoundry.metrics.quality import Quality
from DataFoundry.reporting import charts
from DataFoundry.reporting.histograms import histogram
from DataFoundry.reporting.page import Cell, Grid, Section, render

_MEANINGS = {
    "utility": "boosted trees trained on the table, tested on real rows, over those trained on real rows; 1 is best",
    "shapes": "how alike single columns are; 1 is best",
    "trends": "how alike pairs of columns are; 1 is best",
    "missing_values": "how alike the shares of missing values are; 1 is best",
    "detection_auroc": "how well boosted trees tell the table from real rows; .5 is best, 1 is worst",
    "membership_auroc": "how well an attacker who sees the table tells who was trained on; .5 is best, 1 is worst",
    "dcr_share": "share of rows closer to a training row than to a row never seen; .5 is best, above is copying",
}
_MOST_OVERLAYS = 30
_MOST_CORRELATIONS = 30
_TOP_VALUES = 10


def quality_page(quality: Quality, name: str) -> str:
    """HTML text with the scores, column overlays (worst first), the correlation difference and the detection curve."""
    columns = quality.tables.columns
    real, synthetic = comparable(quality.tables.real, quality.tables.synthetic, columns)
    sections = [_scores(quality), _overlays(quality, real, synthetic), _correlations(real, synthetic)]
    sections += [_by_kind(quality), _rules(quality), _detection(quality), _pairs(quality)]
    sizes = (len(synthetic), len(real), len(quality.tables.holdout))
    rows = "{:,} synthetic rows against {:,} real ones and {:,} held out".format(*sizes)
    return render(f"Quality of {name}", [each for each in sections if each is not None], rows)


def _scores(quality: Quality) -> Section:
    report = quality.report()
    scores: dict[str, dict[str, float | None]] = report["scores"]  # type: ignore[assignment]
    rows = [[key, pair["synthetic"], pair["holdout"], _MEANINGS[key]] for key, pair in scores.items()]
    found = quality.utility
    figures: dict[str, object] = {}
    if found is not None:
        figures = {
            f"{found.measure}, trained on synthetic": found.tstr,
            f"{found.measure}, trained on real": found.trtr,
        }
    if quality.privacy is not None:
        figures |= {"rows equal to a training row": quality.privacy.copies}
        figures |= {"rows equal to a holdout row": quality.privacy.holdout_copies}
        figures |= {"distance to the closest training row": quality.privacy.distance}
        figures |= {"distance to the closest holdout row": quality.privacy.holdout_distance}
    text = "Beside each score is that of real rows held out, scored as if they were synthetic: what can be reached."
    grid = Grid(["score", "synthetic", "holdout", "meaning"], rows)
    warnings = Grid(["notes"], [[each] for each in quality.tables.warnings])
    return Section("Scores", text, figures, grids=[grid, warnings] if warnings.rows else [grid])


def _overlays(quality: Quality, real: pd.DataFrame, synthetic: pd.DataFrame) -> Section:
    scores = quality.fidelity.columns
    worst = sorted(scores, key=lambda name: 2.0 if scores[name][0] is None else scores[name][0])  # type: ignore[arg-type,return-value]
    drawn = [_overlay(name, real[name], synthetic[name]) for name in worst[:_MOST_OVERLAYS]]
    rows = [[name, scores[name][0], quality.holdout_fidelity.columns[name][0], scores[name][1]] for name in worst]
    grid = Grid(["column", "shape", "holdout's shape", "missing values"], rows)
    return Section("Columns", f"Worst first; the first {len(drawn)} are drawn.", charts=drawn, grids=[grid])


def _overlay(name: str, real: pd.Series, synthetic: pd.Series) -> Markup:
    if is_number(real):
        return histogram(name, {"real": real.to_numpy(), "synthetic": synthetic.to_numpy()})
    shares = [column.value_counts(normalize=True) for column in (real, synthetic)]
    top = shares[0].index[:_TOP_VALUES]
    heights = [[float(share.get(value, 0.0)) for value in top] for share in shares]
    return charts.bars(name, [str(value) for value in top], {"real": heights[0], "synthetic": heights[1]})


def _correlations(real: pd.DataFrame, synthetic: pd.DataFrame) -> Section | None:
    names = list(real.columns[:_MOST_CORRELATIONS])
    if len(names) < 2:
        return None
    apart = correlations(synthetic[names], real[names]) - correlations(real[names], real[names])
    text = "Correlation in the synthetic rows less that in the real ones; a category counts as its share in real rows."
    chart = charts.heatmap("difference of correlations", names, apart.to_numpy().tolist(), limit=0.5)
    return Section("Correlation difference", text, charts=[chart])


def _by_kind(quality: Quality) -> Section | None:
    """Forms and copies of every column; keys, contacts and free text have no other comparison."""
    if not quality.by_column:
        return None
    names = ["form", "distinct", "copied"]
    rows = [
        [name, told["kind"], *(each for key in names for each in (told[key], told[f"holdout_{key}"]))]
        for name, told in quality.by_column.items()
    ]
    heads = ["column", "kind", *(each for key in names for each in (key, f"holdout's {key}"))]
    text = (
        "Shares of the values that are written as the column's are, that differ, and that stand in the real table, "
        "beside those of the holdout. Keys, contacts and free text are made anew: none should be copied."
    )
    return Section("Forms and copies", text, grids=[Grid(heads, rows)])


def _rules(quality: Quality) -> Section | None:
    if not quality.rules:
        return None
    rows = [
        [rule["sentence"], Cell(rule["synthetic"], mark=bool(rule["synthetic"])), rule["holdout"]]
        for rule in quality.rules
    ]
    text = "Rules that every real row keeps, and the share of rows that break them."
    return Section("Rules", text, grids=[Grid(["rule", "synthetic", "holdout"], rows)])


def _detection(quality: Quality) -> Section | None:
    if quality.detection is None:
        return None
    curves = {f"synthetic ({quality.detection.auroc:.3f})": quality.detection.curve}
    if quality.holdout_detection is not None:
        curves[f"holdout ({quality.holdout_detection.auroc:.3f})"] = quality.holdout_detection.curve
    curves["cannot tell (.5)"] = ([0.0, 1.0], [0.0, 1.0])
    chart = charts.lines("telling synthetic from real", curves, "false positive rate", "true positive rate")
    return Section("Detection curve", "The closer to the diagonal, the harder to tell.", charts=[chart])


def _pairs(quality: Quality) -> Section | None:
    worst = quality.fidelity.pairs[:20]
    rows = [[first, second, Cell(score, mark=score < 0.9)] for first, second, score in worst]
    return Section("Worst pairs", grids=[Grid(["column", "column", "trend"], rows)]) if rows else None
