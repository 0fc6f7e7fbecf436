"""`/docs`: the OpenAPI document as one page; `/guide`: the pages of docs/ as a site. Neither needs the network."""

import json
import shlex
from typing import Any

from apiflask import APIBlueprint
from flask import Response, current_app, redirect, render_template_string, request, send_from_directory

from api.errors import HttpProblem
from api.security.headers import PAGE
from DataFoundry.settings import BACKEND

_SITE = BACKEND.parent / "site"
# What mkdocs makes has scripts and styles within its pages; all come from here.
_GUIDE_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:"
)
blueprint = APIBlueprint("docs", __name__, enable_openapi=False)


@blueprint.get("/docs")
def page() -> Response:
    """Every route with its fields, answers and a curl that can be pasted."""
    document = current_app.spec  # type: ignore[attr-defined]
    routes = [
        _route(path, method, operation, document)
        for path, methods in sorted(document["paths"].items())
        for method, operation in methods.items()
    ]
    text = render_template_string(_PAGE, document=document, routes=routes)
    return Response(text, mimetype="text/html", headers={"Content-Security-Policy": PAGE})


@blueprint.get("/guide")
def guide_home() -> Any:
    """The first page."""
    return redirect("/guide/tutorial.html")


@blueprint.get("/guide/<path:name>")
def guide(name: str) -> Response:
    """A page of docs/, or what belongs to it."""
    if not (_SITE / "tutorial.html").is_file():
        raise HttpProblem(404, "not_built", "The guide is not built; run `make docs`, or read the pages in docs/.")
    response = send_from_directory(_SITE, name)
    response.headers["Content-Security-Policy"] = _GUIDE_POLICY
    return response


def _route(path: str, method: str, operation: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    url = request.host_url.rstrip("/") + path
    example = content.get("example")
    if example:
        body = shlex.quote(json.dumps(example, indent=2, ensure_ascii=False))
        curl = f"curl -X POST {url} -H 'Content-Type: application/json' -d {body}"
    elif operation.get("requestBody"):
        curl = f"curl -X {method.upper()} --data-binary @table.csv '{url}?filename=table.csv'"
    else:
        named = any(each["name"] == "path" for each in operation.get("parameters", []))
        query = "?path=output_data/adult_labeled.parquet" if named else ""
        curl = f"curl {'' if method == 'get' else f'-X {method.upper()} '}'{url}{query}'"
    return {
        "path": path,
        "method": method.upper(),
        "text": operation.get("description") or operation.get("summary", ""),
        "fields": _fields(content.get("schema"), document) + _parameters(operation),
        "answers": {status: answer["description"] for status, answer in sorted(operation["responses"].items())},
        "curl": curl,
    }


def _parameters(operation: dict[str, Any]) -> list[dict[str, str]]:
    return [
        {
            "name": each["name"],
            "kind": _kind(each["schema"]),
            "needed": "yes" if each.get("required") else "",
            "text": each.get("description", "") or _choices(each["schema"]),
        }
        for each in operation.get("parameters", [])
    ]


def _fields(schema: dict[str, Any] | None, document: dict[str, Any]) -> list[dict[str, str]]:
    if not schema:
        return []
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
    needed = schema.get("required", [])
    return [
        {
            "name": name,
            "kind": _kind(field),
            "needed": "yes" if name in needed else "",
            "text": field.get("description", "") or _choices(field),
        }
        for name, field in schema.get("properties", {}).items()
    ]


def _kind(field: dict[str, Any]) -> str:
    options = [one.get("type", "object") for one in field.get("anyOf", [field])]
    return " or ".join(dict.fromkeys(one for one in options if one != "null"))


def _choices(field: dict[str, Any]) -> str:
    choices = [choice for one in field.get("anyOf", [field]) for choice in one.get("enum", [])]
    return " | ".join(map(str, choices))


_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ document.info.title }} {{ document.info.version }}</title>
<style>
body { margin: 0; background: #f5f7fa; color: #1c2733; font: 15px/1.5 system-ui, "DejaVu Sans", sans-serif; }
main { max-width: 980px; margin: 0 auto; padding: 2rem 1rem 4rem; }
section { background: #fff; border: 1px solid #dfe5ec; border-radius: 10px; padding: 1rem 1.3rem; margin-top: 1rem; }
h1 { font-size: 1.7rem; margin: 0; } h2 { font-size: 1.05rem; margin: 0 0 .3rem; font-family: ui-monospace, monospace; }
h2 b { color: #1f6fb2; } p { margin: .2rem 0 .8rem; color: #5d6b7a; }
table { border-collapse: collapse; font-size: .88rem; } th, td { text-align: left; padding: .25rem .9rem .25rem 0;
border-bottom: 1px solid #dfe5ec; vertical-align: top; } th { color: #5d6b7a; }
pre { background: #10212f; color: #e8eef4; border-radius: 8px; padding: .8rem 1rem; overflow-x: auto;
font-size: .82rem; }
summary { cursor: pointer; color: #5d6b7a; margin-top: .6rem; }
</style>
</head>
<body><main>
<h1>{{ document.info.title }} {{ document.info.version }}</h1>
<p>{{ document.info.description }} Machine-readable: <a href="/openapi.json">/openapi.json</a>.</p>
{% for route in routes %}
<section>
<h2><b>{{ route.method }}</b> {{ route.path }}</h2>
<p>{{ route.text }}</p>
{% if route.fields %}
<table><thead><tr><th>field</th><th>type</th><th>required</th><th></th></tr></thead><tbody>
{% for field in route.fields %}
<tr><td><code>{{ field.name }}</code></td><td>{{ field.kind }}</td><td>{{ field.needed }}</td>
<td>{{ field.text }}</td></tr>
{% endfor %}
</tbody></table>
{% endif %}
<pre>{{ route.curl }}</pre>
<details><summary>Answers</summary><table><tbody>
{% for status, text in route.answers.items() %}<tr><td>{{ status }}</td><td>{{ text }}</td></tr>{% endfor %}
</tbody></table></details>
</section>
{% endfor %}
</main></body></html>
"""
