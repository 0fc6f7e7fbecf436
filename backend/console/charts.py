"""Charts as SVG without any style of their own, so that they follow the page in light and dark."""

import math
from collections.abc import Mapping, Sequence

from markupsafe import Markup, escape

_WIDTH, _HEIGHT = 640, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 16, 14, 42


def meter(share: float | None, label: str, kind: str = "") -> Markup:
    """A bar of a share between 0 and 1; `label` says in words what it shows."""
    width = 0.0 if share is None or share != share else 100 * min(max(float(share), 0.0), 1.0)
    return Markup(
        '<svg class="meter {}" viewBox="0 0 100 8" preserveAspectRatio="none" role="img" aria-label="{}">'
        '<rect class="track" width="100" height="8" /><rect class="fill" width="{:.2f}" height="8"/></svg>'
    ).format(kind, label, width)


def lines(title: str, curves: Mapping[str, Sequence[float]], x_name: str, y_name: str) -> Markup:
    """Curves over 1, 2, 3, ...; missing values leave gaps."""
    points = [value for curve in curves.values() for value in curve if value is not None and math.isfinite(value)]
    steps = max((len(curve) for curve in curves.values()), default=0)
    if not points or not steps:
        return Markup("")
    low, high = min(points), max(points)
    marks = _round_marks(low, high)
    low, high = min(low, marks[0]), max(high, marks[-1])
    span = (high - low) or 1.0

    def place(step: int, value: float) -> tuple[float, float]:
        x = _LEFT + (_WIDTH - _LEFT - _RIGHT) * (step / max(steps - 1, 1))
        return x, _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * (value - low) / span

    parts = [_axes(title, marks, lambda value: place(0, value)[1], steps, lambda step: place(step, low)[0])]
    parts.append(
        f'<text class="axis" x="{_WIDTH - _RIGHT}" y="{_HEIGHT - 4}" text-anchor="end">{escape(x_name)}</text>'
    )
    parts.append(f'<text class="axis" x="{_LEFT}" y="10" text-anchor="start">{escape(y_name)}</text>')
    for order, curve in enumerate(curves.values()):
        known = [(step, value) for step, value in enumerate(curve) if value is not None and math.isfinite(value)]
        where = " ".join("{:.1f},{:.1f}".format(*place(step, value)) for step, value in known)
        parts.append(f'<polyline class="line c{order}" points="{where}"/>')
        if len(known) == 1:
            parts.append('<circle class="dot c{}" cx="{:.1f}" cy="{:.1f}" r="3"/>'.format(order, *place(*known[0])))
    return Markup(_framed(title, "".join(parts), list(curves)))


def _framed(title: str, inside: str, names: Sequence[str]) -> str:
    legend = "".join(
        f'<li><svg class="key" viewBox="0 0 14 4" aria-hidden="true"><line class="line c{order}" x1="0" y1="2" x2="14" '
        f'y2="2"/></svg>{escape(name)}</li>'
        for order, name in enumerate(names)
    )
    return (
        f'<figure class="chart"><figcaption>{escape(title)}</figcaption><svg viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'role="img" aria-label="{escape(title)}">{inside}</svg><ul class="legend">{legend}</ul></figure>'
    )


def _axes(title, marks, y_of, steps, x_of) -> str:  # type: ignore[no-untyped-def]
    lines = []
    for mark in marks:
        y = y_of(mark)
        lines.append(f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        lines.append(f'<text class="axis" x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{mark:g}</text>')
    for step in _few_steps(steps):
        x = x_of(step - 1)
        lines.append(f'<text class="axis" x="{x:.1f}" y="{_HEIGHT - _BOTTOM + 18}" text-anchor="middle">{step}</text>')
    return "".join(lines)


def _few_steps(steps: int) -> list[int]:
    each = max(1, math.ceil(steps / 8))
    return list(range(1, steps + 1, each))


def _round_marks(low: float, high: float) -> list[float]:
    """About five round numbers from at most `low` to at least `high`."""
    span = (high - low) or abs(high) or 1.0
    raw = span / 4
    unit = 10 ** math.floor(math.log10(raw))
    each = next(unit * factor for factor in (1, 2, 2.5, 5, 10) if unit * factor >= raw * 0.999)
    first, last = math.floor(low / each), math.ceil(high / each)
    return [round(number * each, 10) for number in range(first, last + 1)]
