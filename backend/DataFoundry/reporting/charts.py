"""Charts as SVG text, drawn by matplotlib without its global state, so that threads can draw at once."""

import io
import re
from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure

COLOURS = ("#1f6fb2", "#e07b39", "#3a9a5b", "#8b5fb0", "#b0453f")
_INCHES = (4.8, 2.8)
_LONGEST_NAME = 24


def bars(title: str, names: Sequence[str], series: Mapping[str, Sequence[float]]) -> Markup:
    """Horizontal bars: one group for each name, one bar in it for each series.

    Parameters
    ----------
    names
        n names, drawn from top to bottom.
    series
        Legend text to n values; one series gets no legend.
    """
    figure, axes = _blank(title, height=max(_INCHES[1], 0.6 + 0.24 * len(names) * max(1, len(series) * 0.7)))
    places = np.arange(len(names))
    thick = 0.8 / max(len(series), 1)
    for number, (label, values) in enumerate(series.items()):
        axes.barh(
            places + (number - (len(series) - 1) / 2) * thick, values, thick, label=label, color=COLOURS[number % 5]
        )
    axes.set_yticks(places, [_short(name) for name in names])
    axes.invert_yaxis()
    return _svg(figure, axes, legend=len(series) > 1)


def lines(
    title: str, curves: Mapping[str, tuple[Sequence[float], Sequence[float]]], x_name: str = "", y_name: str = ""
) -> Markup:
    """Curves: legend text to (x, y) of equal length."""
    figure, axes = _blank(title)
    for number, (label, (x, y)) in enumerate(curves.items()):
        axes.plot(x, y, label=label, color=COLOURS[number % 5], linewidth=1.6)
    axes.set(xlabel=x_name, ylabel=y_name)
    return _svg(figure, axes, legend=len(curves) > 1)


def histogram(
    title: str, samples: Mapping[str, Sequence[float]], bins: int = 40, mark: float | None = None, mark_name: str = ""
) -> Markup:
    """Overlaid densities of one or more samples over common bins, with a vertical line at `mark`."""
    figure, axes = _blank(title)
    finite = {
        label: np.asarray(values, float)[np.isfinite(np.asarray(values, float))] for label, values in samples.items()
    }
    pooled = np.concatenate([np.zeros(0), *finite.values()])
    edges = _edges(pooled if len(pooled) else np.zeros(1), bins)
    for number, (label, values) in enumerate(finite.items()):
        weights = np.full(len(values), 1 / max(len(values), 1))
        axes.hist(values, list(edges), weights=weights, label=label, color=COLOURS[number % 5], alpha=0.55)
    if mark is not None:
        axes.axvline(mark, color="#b0453f", linestyle="--", linewidth=1.4, label=mark_name or None)
    axes.set_ylabel("share of rows")
    return _svg(figure, axes, legend=len(finite) > 1 or bool(mark_name))


def _edges(values: np.ndarray, bins: int) -> np.ndarray:
    """(bins + 1,) ascending; wider than the values where these are so large and alike that float64 has no such bins."""
    low, high = float(values.min()), float(values.max())
    least = 4 * bins * float(np.spacing(max(abs(low), abs(high))))
    room = max((least - (high - low)) / 2, 0.5 if low == high else 0.0)
    return np.histogram_bin_edges(values, bins, (low - room, high + room))


def heatmap(title: str, names: Sequence[str], values: np.ndarray, limit: float = 1.0) -> Markup:
    """A square matrix (n, n) in [-limit, limit] with names on both sides; NaN stays blank."""
    side = min(max(3.2, 0.32 * len(names) + 1.6), 9)
    figure, axes = _blank(title, width=side + 0.8, height=side)
    image = axes.imshow(values, cmap="RdBu_r", vmin=-limit, vmax=limit, aspect="auto")
    short = [_short(name) for name in names]
    axes.set_xticks(range(len(names)), short, rotation=90)
    axes.set_yticks(range(len(names)), short)
    axes.grid(False)
    figure.colorbar(image, ax=axes, shrink=0.8)
    return _svg(figure, axes, legend=False)


def _blank(title: str, width: float = _INCHES[0], height: float = _INCHES[1]) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.add_subplot()
    axes.set_title(_plain(title), fontsize=10, loc="left")
    axes.tick_params(labelsize=8)
    axes.grid(True, axis="both", alpha=0.25, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _svg(figure: Figure, axes: Axes, legend: bool) -> Markup:
    if legend:
        figure.legend(fontsize=8, frameon=False, loc="outside lower right", ncols=3)
    text = io.StringIO()
    # Text stays text (small, searchable); the salt makes equal charts equal bytes.
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "datafoundry"}):
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    svg = text.getvalue()
    body = re.sub(r"<metadata>.*?</metadata>", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    return Markup(body)  # matplotlib escapes names


def _short(name: object) -> str:
    text = _plain(str(name))
    return text if len(text) <= _LONGEST_NAME else text[: _LONGEST_NAME - 1] + "…"


def _plain(text: str) -> str:
    return text.replace("$", r"\$")  # else matplotlib reads mathematics
