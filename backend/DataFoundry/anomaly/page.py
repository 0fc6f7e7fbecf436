"""The anomaly report as one self-contained HTML page."""

import numpy as np

from DataFoundry.anomaly.report import CONTRIBUTION, EXPECTED, SCORE, TOP
from DataFoundry.anomaly.scan import ScanResult
from DataFoundry.reporting import charts
from DataFoundry.reporting.histograms import histogram
from DataFoundry.reporting.page import Cell, Grid, Section, render

_MOST_COLUMNS = 20
_MOST_CELLS = 12  # columns shown of an odd row
_HOW = {
    "false_alarm_rate": "a false-alarm rate of {:.2%}: of ordinary rows, held out of training, as many are flagged",
    "contamination": "the oddest {:.2%} of the rows",
    "top_k": "the {:.0f} oddest rows",
}


def anomaly_page(result: ScanResult, name: str, warnings: list[str]) -> str:
    """HTML text: scores with the threshold, the columns to blame, and the oddest rows with their odd cells marked."""
    sections = [_summary(result, warnings), _columns(result), _rows(result)]
    return render(f"Anomalies in {name}", sections, f"{len(result.scores):,} rows scanned")


def _summary(result: ScanResult, warnings: list[str]) -> Section:
    threshold, scores = result.threshold, result.scores
    figures = {
        "rows": len(scores),
        "flagged": threshold.flagged,
        "threshold": threshold.value,
        "highest score": float(scores.max()),
        "wrong cells": result.wrong,
        "suggested fixes": result.fixes,
    }
    how = _HOW[threshold.method].format(threshold.setting)
    text = f"A score is the nats by which a row is less likely than usual. The threshold is {how}."
    shown = np.minimum(scores, np.quantile(scores, 0.999) * 1.5 + 1)  # one wild score must not squeeze the picture
    chart = histogram("scores", {"rows": shown}, mark=threshold.value, mark_name="threshold")
    notes = Grid(["notes"], [[each] for each in warnings])
    return Section("Scores", text, figures, [chart], [notes] if warnings else [])


def _columns(result: ScanResult) -> Section:
    order = np.argsort(-result.blame, kind="stable")[:_MOST_COLUMNS]
    names = [result.layout.features[place] for place in order]
    chart = charts.bars("mean nats in flagged rows", names, {"nats": result.blame[order].tolist()})
    novel = Grid(["column", "new values"], [[name, count] for name, count in result.novel.most_common(_MOST_COLUMNS)])
    text = "Which columns make the flagged rows odd, and in which there are values that training never had."
    return Section("Columns", text, charts=[chart], grids=[novel] if novel.rows else [])


def _rows(result: ScanResult) -> Section:
    layout, shown = result.layout, result.shown
    contributions = shown[[f"{CONTRIBUTION}{name}" for name in layout.features]].to_numpy()
    most = np.argsort(-contributions.mean(axis=0), kind="stable")[:_MOST_CELLS]
    columns = sorted(int(place) for place in most)
    rows = []
    for number in range(len(shown)):
        odd = set(np.argsort(-contributions[number], kind="stable")[:TOP].tolist())
        cells = [_cell(result, number, place, place in odd and contributions[number, place] > 0) for place in columns]
        rows.append([int(shown["row_index"].iat[number]), float(shown[SCORE].iat[number]), *cells])
    names = [layout.features[place] for place in columns]
    text = "Odd cells are marked; beneath each is what the model would have put there."
    if len(layout.features) > len(names):
        text += f" Of {len(layout.features)} columns the {len(names)} that matter most here are shown."
    return Section("Oddest rows", text, grids=[Grid(["row", "score", *names], rows)])


def _cell(result: ScanResult, number: int, place: int, odd: bool) -> Cell:
    name = result.layout.features[place]
    value = result.shown[result.layout.carried[name]].iat[number]
    expected = result.shown[f"{EXPECTED}{name}"].iat[number]
    if isinstance(expected, float) and expected.is_integer():
        expected = int(expected)
    hint = f"expected {expected}" if odd and expected is not None and expected == expected else ""
    return Cell(value.item() if isinstance(value, np.generic) else value, odd, hint)
