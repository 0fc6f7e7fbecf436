"""One HTML page of cards, text, tables and charts. Everything but our own SVG is escaped."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from jinja2 import Environment
from markupsafe import Markup


@dataclass(frozen=True)
class Cell:
    """A table cell that stands out (`mark`) or says more when pointed at (`hint`)."""

    value: object
    mark: bool = False
    hint: str = ""


@dataclass(frozen=True)
class Grid:
    """A table: column names and rows of plain values or `Cell`s."""

    columns: Sequence[str]
    rows: Sequence[Sequence[object]]
    caption: str = ""


@dataclass(frozen=True)
class Section:
    """A heading with, in this order, an explanation, figures (name: value), charts (SVG text) and tables."""

    heading: str
    text: str = ""
    figures: Mapping[str, object] = field(default_factory=dict)
    charts: Sequence[Markup] = ()
    grids: Sequence[Grid] = ()


def render(title: str, sections: Sequence[Section], subtitle: str = "") -> str:
    """The page as text; write it with `storage.files.write_text`."""
    return _TEMPLATE.render(title=title, subtitle=subtitle, sections=sections)


def _shown(value: Any) -> str:
    """A value as people read it: numbers short, missing as a dash."""
    if value is None or value != value:  # NaN is not equal to itself
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 1e6 else f"{value:,.0f}"
    if isinstance(value, int):
        return f"{value:,}"
    return str(value)


_ENVIRONMENT = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
_ENVIRONMENT.filters["shown"] = _shown
_ENVIRONMENT.tests["cell"] = lambda value: isinstance(value, Cell)
_TEMPLATE = _ENVIRONMENT.from_string(
    """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>{{ title }}</title>
<style>
:root { color-scheme: light; --ink: #16202b; --soft: #55626f; --line: #dbe1e8; --paper: #fff; --back: #f4f6f9; --mark: #ffe3d6;
  --bad: #a8261f; --c0: #2558c9; --c1: #b4530b; --c2: #14683c; --c3: #7640a8; }
@media screen and (prefers-color-scheme: dark) { :root { color-scheme: dark; --ink: #e6ebf1; --soft: #a3b0be; --line: #2b3643;
  --paper: #18202a; --back: #10161d; --mark: #4a2b1c; --bad: #ff9d94; --c0: #8ab0ff; --c1: #f0a35e; --c2: #7fd8a4; --c3: #c79bf0; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--ink); font: 15px/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
main { max-width: 1100px; margin: 0 auto; padding: 2rem 1rem 4rem; }
h1 { font-size: 1.7rem; margin: 0 0 .2rem; }
h2 { font-size: 1.15rem; margin: 0 0 .5rem; }
p { margin: .2rem 0 .8rem; color: var(--soft); max-width: 75ch; }
section { background: var(--paper); border: 1px solid var(--line); border-radius: 10px; padding: 1.1rem 1.3rem; margin-top: 1.1rem; }
dl { display: flex; flex-wrap: wrap; gap: .7rem; margin: .4rem 0 .8rem; }
dl div { border: 1px solid var(--line); border-radius: 8px; padding: .5rem .9rem; min-width: 8rem; }
dt { font-size: .8rem; color: var(--soft); }
dd { margin: 0; font-size: 1.25rem; font-weight: 600; font-variant-numeric: tabular-nums; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(26rem, 100%), 1fr)); gap: 1.2rem; align-items: start; }
.chart { margin: 0; max-width: 40rem; min-width: 0; break-inside: avoid; }
.chart figcaption { font-weight: 600; font-size: .92rem; margin-bottom: .3rem; overflow-wrap: anywhere; }
.chart > svg { width: 100%; height: auto; display: block; }
.grid { stroke: var(--line); }
.axis { fill: var(--soft); font-size: 13px; } .axis.strong { fill: var(--paper); } .axis.small { font-size: 11px; }
.line { fill: none; stroke: var(--c0); stroke-width: 2.2; } .bar, .dot { fill: var(--c0); } .over { fill-opacity: .55; }
.line.c1 { stroke: var(--c1); } .line.c2 { stroke: var(--c2); } .line.c3 { stroke: var(--c3); }
.bar.c1, .dot.c1 { fill: var(--c1); } .bar.c2, .dot.c2 { fill: var(--c2); } .bar.c3, .dot.c3 { fill: var(--c3); }
line.mark { stroke: var(--bad); stroke-width: 1.6; stroke-dasharray: 5 4; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; padding: 0; margin: .2rem 0 0; font-size: .88rem; }
.legend .key { width: 1.4rem; height: .4rem; margin-right: .4rem; vertical-align: middle; }
.scroll { overflow-x: auto; margin-top: .6rem; }
table { border-collapse: collapse; font-size: .88rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--soft); padding-bottom: .3rem; }
th, td { border-bottom: 1px solid var(--line); padding: .3rem .7rem; text-align: left; white-space: nowrap; max-width: 26rem;
  overflow: hidden; text-overflow: ellipsis; }
th { color: var(--soft); font-weight: 600; }
td.mark { background: var(--mark); }
td.long { white-space: normal; max-width: 60rem; }
td small { display: block; color: var(--soft); }
</style>
</head>
<body>
<main>
<h1>{{ title }}</h1>
<p>{{ subtitle }}</p>
{% for section in sections %}
<section>
<h2>{{ section.heading }}</h2>
{% if section.text %}<p>{{ section.text }}</p>{% endif %}
{% if section.figures %}
<dl>
{% for name, value in section.figures.items() %}
<div><dt>{{ name }}</dt><dd>{{ value | shown }}</dd></div>
{% endfor %}
</dl>
{% endif %}
{% if section.charts %}
<div class="charts">
{% for chart in section.charts %}
{{ chart }}
{% endfor %}
</div>
{% endif %}
{% for grid in section.grids %}
<div class="scroll">
<table>
{% if grid.caption %}<caption>{{ grid.caption }}</caption>{% endif %}
<thead><tr>{% for name in grid.columns %}<th>{{ name }}</th>{% endfor %}</tr></thead>
<tbody>
{% for row in grid.rows %}
<tr>{% for value in row %}
{% if value is cell %}
<td{% if value.mark %} class="mark"{% endif %}>{{ value.value | shown }}{% if value.hint %}<small>{{ value.hint }}</small>{% endif %}</td>
{% else %}
<td{% if value is string and value | length > 40 %} class="long"{% endif %}>{{ value | shown }}</td>
{% endif %}
{% endfor %}</tr>
{% endfor %}
</tbody>
</table>
</div>
{% endfor %}
</section>
{% endfor %}
</main>
</body>
</html>
"""
)
