"""What the OpenAPI document tells of a field where the library, not the request schema, checks it."""

from collections.abc import Mapping
from itertools import combinations
from typing import Any

from pydantic import BaseModel, JsonValue
from pydantic.config import JsonDict

from DataFoundry.config import ReadOptions

# Neither a URL (but a source is one), nor blank, nor with control characters; the library's own words about a path say
# more than a pattern.
PLAIN_PATH: JsonDict = {
    "pattern": r"^(?!(?!source://)[A-Za-z][A-Za-z0-9+.-]+:/)[^\x00-\x1f]*[^\x00-\x1f\x85\s][^\x00-\x1f]*$"
}
FILE_NAME: JsonDict = {"pattern": r"^[^\x00-\x1f]*[^/\\\x00-\x1f]$"}


def choices(names: Mapping[str, object]) -> JsonDict:
    """One of the names of a registry."""
    return {"enum": list(names)}


def open_object(kind: type[BaseModel]) -> JsonDict:
    """The keys of `kind`, with others allowed: they are left out with a warning."""
    schema = kind.model_json_schema()
    definitions = schema.pop("$defs", {})
    return {**_inline(schema, definitions), "additionalProperties": True}


def at_most_one(*names: str) -> JsonDict:
    """Of these fields one may be given at most; null is not given."""
    given: JsonDict = {"not": {"type": "null"}}
    refused: list[JsonValue] = [
        {"not": {"required": [*pair], "properties": dict.fromkeys(pair, given)}} for pair in combinations(names, 2)
    ]
    return {"allOf": refused}


def agreeing(path: str, form: str, suffixes: Mapping[str, str]) -> JsonDict:
    """A path that ends in the suffix of one format is not given together with the name of another."""
    refused: list[JsonValue] = []
    for name in suffixes:
        others = [_any_case(suffix) for other, suffix in suffixes.items() if other != name]
        ends: JsonDict = {"type": "string", "pattern": f"({'|'.join(others)})$"}
        refused.append({"not": {"required": [path, form], "properties": {path: ends, form: {"const": name}}}})
    return {"allOf": refused}


def _any_case(suffix: str) -> str:
    return "".join(f"[{letter}{letter.upper()}]" if letter.isalpha() else f"[{letter}]" for letter in suffix)


def whole(value: Any) -> Any:
    """JSON has one kind of number: 2.0 is 2, also inside objects and lists."""
    if isinstance(value, dict):
        return {name: whole(each) for name, each in value.items()}
    if isinstance(value, list):
        return [whole(each) for each in value]
    return int(value) if type(value) is float and value.is_integer() else value


def read_options(value: Any) -> Any:
    """The options of a request, checked by the library, whose sentences name the key."""
    return ReadOptions.of(whole(value)) if isinstance(value, dict) else value


def _inline(schema: Any, definitions: dict[str, Any]) -> Any:
    """`schema` with each reference replaced by what it refers to, since a field has no place for definitions."""
    if isinstance(schema, list):
        return [_inline(each, definitions) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _inline(definitions[schema["$ref"].rsplit("/", 1)[-1]], definitions)
    return {name: _inline(each, definitions) for name, each in schema.items() if name != "default"}
