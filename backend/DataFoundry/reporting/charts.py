"""Charts as SVG without any style of their own: they follow the page that holds them, in light, in dark and on paper.

The pages say what the classes look like: `c0` to `c3` are the colours of the series, `axis` the small words, `grid` the
thin lines. Nothing heavy is imported, since the console draws by this, too.
"""

import math
from collections.abc import Iterable, Mapping, Sequence

from markupsafe import Markup, escape

COLOURS = 4
_WIDTH, _HEIGHT = 480, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 16, 30, 40
_BARS_LEFT, _BARS_RIGHT, _BAR, _GAP = 160, 56, 14, 10  # pixels beside the bars, of a bar, between groups
_SIDE, _NAMES = 36, 160  # pixels of a square of a heatmap, and beside it for names
_LONGEST_NAME = 18
_WORTH_WRITING = 12  # squares a side, up to which their numbers are written into them
_MARKS = 7
Numbers = Sequence[float | None]


def meter(share: float | None, label: str, kind: str = "") -> Markup:
    """A bar of a share between 0 and 1; `label` says in words what it shows."""
    width = 0.0 if share is None or share != share else 100 * min(max(float(share), 0.0), 1.0)
    return Markup(
        '<svg class="meter {}" viewBox="0 0 100 8" preserveAspectRatio="none" role="img" aria-label="{}">'
        '<rect class="track" width="100" height="8" /><rect class="fill" width="{:.2f}" height="8"/></svg>'
    ).format(kind, label, width)


def bars(title: str, names: Sequence[object], series: Mapping[str, Numbers]) -> Markup:
    """Horizontal bars with their values: one group for each name, one bar in it for each series.

    Parameters
    ----------
    names
        n names, drawn from top to bottom.
    series
        Words of the legend to n values, finite or None; one series gets no legend.
    """
    finite = [abs(value) for values in series.values() for value in values if value is not None and _known(value)]
    longest = max(finite, default=0.0) or 1.0
    room = _WIDTH - _BARS_LEFT - _BARS_RIGHT
    parts, y = [], float(_GAP)
    for place, name in enumerate(names):
        middle = y + _BAR * len(series) / 2 + 4
        parts.append(_text(_BARS_LEFT - 8, middle, _short(name), "end", name))
        for order, (label, values) in enumerate(series.items()):
            value = values[place]
            long = room * abs(value) / longest if value is not None and _known(value) else 0.0
            said = "–" if value is None else _number(value)
            parts.append(
                f'<rect class="bar c{order % COLOURS}" x="{_BARS_LEFT}" y="{y:.1f}" width="{long:.1f}" '
                f'height="{_BAR - 2}"><title>{escape(name)}, {escape(label)}: {said}</title></rect>'
            )
            parts.append(_text(_BARS_LEFT + long + 5, y + _BAR - 4, said))
            y += _BAR
        y += _GAP
    return _framed(title, "".join(parts), _WIDTH, y, series if len(series) > 1 else ())


def lines(title: str, curves: Mapping[str, tuple[Numbers, Numbers]], x_name: str = "", y_name: str = "") -> Markup:
    """Curves: words of the legend to (x, y) of equal length; what is not finite leaves gaps. Empty without a point."""
    points = {
        label: [(x, y) for x, y in zip(*curve, strict=True) if x is not None and y is not None and _known(x, y)]
        for label, curve in curves.items()
    }
    every = [point for each in points.values() for point in each]
    if not every:
        return Markup("")
    plane = _Plane([x for x, _ in every], [y for _, y in every])
    parts = [plane.axes(x_name, y_name)]
    for order, known in enumerate(points.values()):
        where = " ".join(f"{plane.x(x):.1f},{plane.y(y):.1f}" for x, y in known)
        parts.append(f'<polyline class="line c{order % COLOURS}" points="{where}"/>')
        if len(known) == 1:
            (x, y) = known[0]
            parts.append(f'<circle class="dot c{order % COLOURS}" cx="{plane.x(x):.1f}" cy="{plane.y(y):.1f}" r="3"/>')
    return _framed(title, "".join(parts), _WIDTH, _HEIGHT, curves if len(curves) > 1 else ())


def over_steps(title: str, curves: Mapping[str, Numbers], x_name: str, y_name: str) -> Markup:
    """Curves over the steps 1, 2, 3, ..., such as epochs."""
    return lines(title, {label: (range(1, len(y) + 1), y) for label, y in curves.items()}, x_name, y_name)


def columns(
    title: str,
    edges: Sequence[float],
    series: Mapping[str, Sequence[float]],
    y_name: str,
    mark: float | None = None,
    mark_name: str = "",
) -> Markup:
    """A histogram: columns between n + 1 ascending edges, n heights for each of the series, which lie over one another.

    `mark` draws a vertical line, which the legend explains by `mark_name`.
    """
    tallest = max((height for heights in series.values() for height in heights), default=0.0)
    plane = _Plane([edges[0], edges[-1], *([] if mark is None else [mark])], [0.0, tallest or 1.0])
    parts = [plane.axes("", y_name)]
    for order, (label, heights) in enumerate(series.items()):
        for low, high, height in zip(edges, edges[1:], heights, strict=False):
            if height > 0:
                left, top = plane.x(low), plane.y(height)
                said = f"{escape(label)}, {_number(low)} to {_number(high)}: {_number(height)}"
                parts.append(
                    f'<rect class="bar over c{order % COLOURS}" x="{left:.1f}" y="{top:.1f}" '
                    f'width="{max(plane.x(high) - left, 0.5):.1f}" height="{plane.y(0) - top:.1f}">'
                    f"<title>{said}</title></rect>"
                )
    if mark is not None:
        x = f"{plane.x(mark):.1f}"
        parts.append(f'<line class="mark" x1="{x}" x2="{x}" y1="{_TOP}" y2="{_HEIGHT - _BOTTOM}"/>')
    named = [f"{mark_name}: {_number(mark)}"] if mark is not None and mark_name else []
    return _framed(title, "".join(parts), _WIDTH, _HEIGHT, series if len(series) > 1 else (), named)


def heatmap(title: str, names: Sequence[str], values: Sequence[Sequence[float]], limit: float = 1.0) -> Markup:
    """A square matrix in [-limit, limit] with names on both sides: the farther from 0, the fuller; NaN stays blank."""
    count = len(names)
    side = max(10.0, min(_SIDE, (_WIDTH - _NAMES) / max(count, 1)))
    parts = []
    for row, name in enumerate(names):
        middle = (row + 0.5) * side
        parts.append(_text(_NAMES - 8, _NAMES + middle + 4, _short(name), "end", name))
        turned = f'transform="translate({_NAMES + middle + 4:.1f} {_NAMES - 8}) rotate(-90)"'
        parts.append(f'<text class="axis" {turned}>{escape(_short(name))}</text>')
        for column, other in enumerate(names):
            value = float(values[row][column])
            if not math.isfinite(value):
                continue
            x, y = _NAMES + column * side, _NAMES + row * side
            full = min(abs(value) / limit, 1.0)
            parts.append(
                f'<rect class="bar c{int(value < 0)}" x="{x:.1f}" y="{y:.1f}" width="{side - 1:.1f}" '
                f'height="{side - 1:.1f}" fill-opacity="{full:.2f}"><title>{escape(name)}, {escape(other)}: '
                f"{_number(value)}</title></rect>"
            )
            if count <= _WORTH_WRITING:
                kind = "axis small strong" if full > 0.6 else "axis small"  # noqa: PLR2004  # from there on the colour is dark
                parts.append(_text(x + side / 2, y + side / 2 + 4, f"{value:.2f}", "middle", kind=kind))
    size = _NAMES + count * side
    legend = ("above 0", "below 0") if any(float(each) < 0 for row in values for each in row) else ()
    return _framed(title, "".join(parts), max(_WIDTH, size), size, legend)


class _Plane:
    """Where numbers lie in a chart with two axes."""

    def __init__(self, xs: Sequence[float], ys: Sequence[float]) -> None:
        self._y_marks = _round_marks(min(ys), max(ys))
        self._x_marks = [each for each in _round_marks(min(xs), max(xs), _MARKS) if min(xs) <= each <= max(xs)]
        if all(isinstance(each, int) for each in xs):  # there is no epoch 1.5
            self._x_marks = [each for each in self._x_marks if float(each).is_integer()]
        self._low = (min(xs), min(min(ys), self._y_marks[0]))
        self._high = (max(xs), max(max(ys), self._y_marks[-1]))

    def x(self, value: float) -> float:
        """In pixels from the left."""
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * _share(value, self._low[0], self._high[0])

    def y(self, value: float) -> float:
        """In pixels from the top."""
        return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * _share(value, self._low[1], self._high[1])

    def axes(self, x_name: str, y_name: str) -> str:
        """Thin lines and numbers of both axes, and what they are."""
        parts = []
        for mark in self._y_marks:
            y = f"{self.y(mark):.1f}"
            parts.append(f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y}" y2="{y}"/>')
            parts.append(_text(_LEFT - 8, self.y(mark) + 4, _number(mark), "end"))
        parts += [_text(self.x(mark), _HEIGHT - _BOTTOM + 18, _number(mark), "middle") for mark in self._x_marks]
        parts.append(_text(_WIDTH - _RIGHT, _HEIGHT - 6, x_name, "end"))
        parts.append(_text(2, 10, y_name))
        return "".join(parts)


def _share(value: float, low: float, high: float) -> float:
    return 0.5 if low == high else value / (high - low) - low / (high - low)  # the difference may be beyond float64


def _framed(
    title: str, inside: str, width: float, height: float, names: Iterable[object], marks: Sequence[str] = ()
) -> Markup:
    key = '<svg class="key" viewBox="0 0 14 4" aria-hidden="true"><line class="{}" x1="0" y1="2" x2="14" y2="2"/></svg>'
    entries = [(f"line c{order % COLOURS}", name) for order, name in enumerate(names)]
    entries += [("mark", name) for name in marks]
    legend = "".join(f"<li>{key.format(kind)}{escape(name)}</li>" for kind, name in entries)
    return Markup(
        f'<figure class="chart"><figcaption>{escape(title)}</figcaption><svg viewBox="0 0 {width:.0f} {height:.0f}" '
        f'role="img" aria-label="{escape(title)}">{inside}</svg>'
        + (f'<ul class="legend">{legend}</ul>' if legend else "")
        + "</figure>"
    )


def _text(x: float, y: float, words: object, anchor: str = "start", full: object = "", kind: str = "axis") -> str:
    """`full` is shown when pointed at, where `words` are less."""
    hint = f"<title>{escape(full)}</title>" if full and str(full) != str(words) else ""
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text class="{kind}" {place}>{escape(words)}{hint}</text>' if str(words) else ""


def _round_marks(low: float, high: float, most: int = 5) -> list[float]:
    """About `most` round numbers from at most `low` to at least `high`."""
    span = high / 2 - low / 2  # halves, since the difference may be beyond float64
    raw = (span or abs(high) / 2 or 0.5) / (most - 1) * 2
    unit = 10.0 ** math.floor(math.log10(raw)) if raw > 1e-300 else raw  # noqa: PLR2004  # below, powers are no floats
    each = next((unit * factor for factor in (1, 2, 2.5, 5, 10) if unit * factor >= raw * 0.999), raw)
    first, last = math.floor(low / each), math.ceil(high / each)
    if last - first > 2 * most or abs(first) > 2**53:  # so large and alike that float64 has no such numbers
        return [low, high] if low < high else [low]
    return [round(number * each, 10) if each > 1e-6 else number * each for number in range(first, last + 1)]  # noqa: PLR2004


def _number(value: float) -> str:
    """As people read it: grouped from ten thousand on (years are not), large ones in words of their size."""
    for size, name in ((1e9, "bn"), (1e6, "m")):
        if size <= abs(value) < 1e12:  # noqa: PLR2004
            return f"{value / size:.4g} {name}"
    if float(value).is_integer() and abs(value) < 1e6:  # noqa: PLR2004
        return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.0f}"  # noqa: PLR2004
    return f"{value:.3g}" if abs(value) < 1000 or abs(value) >= 1e12 else f"{value:,.0f}"  # noqa: PLR2004


def _short(name: object) -> str:
    text = str(name)
    return text if len(text) <= _LONGEST_NAME else text[: _LONGEST_NAME - 1] + "…"


def _known(*values: float | None) -> bool:
    return all(value is not None and math.isfinite(value) for value in values)
