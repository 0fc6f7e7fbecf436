"""What a labeling function's source tells before it runs: which columns it reads."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeGuard

from DataFoundry.labeling.functions.return_values import Parents


@dataclass(frozen=True)
class Reads:
    """Columns that a function reads.

    Attributes
    ----------
    columns
        Names in the order of the source; None where the source does not tell (the row is passed on, a key is computed).
    attributes
        Those read as `x.col`.
    as_mapping
        Whether a plain dict would serve as the row.
    """

    columns: tuple[str, ...] | None
    attributes: tuple[str, ...] = ()
    as_mapping: bool = False


EVERYTHING = Reads(None)


_Use = tuple[str, str | tuple[ast.FunctionDef, int]]  # how, and the column or the helper that gets the row


class _RowEscapesError(Exception):
    """The row is used in a way that the source alone does not explain."""


def columns_read(tree: ast.Module, target: ast.FunctionDef, above: Parents) -> Reads:
    """The columns that `target`, and the helpers that it passes its row to, read from the row.

    Parameters
    ----------
    above
        The parent of each node below `tree`.
    """
    helpers = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    keys: dict[str, None] = {}
    attributes: dict[str, None] = {}
    only_keys = True
    seen: set[tuple[str, int]] = set()
    waiting = [(target, 0)]
    try:
        while waiting:
            function, place = waiting.pop()
            if (function.name, place) in seen:
                continue
            seen.add((function.name, place))
            for kind, value in _uses(function, _parameter(function, place), helpers, above):
                if not isinstance(value, str):
                    waiting.append(value)
                    continue
                keys[value] = None
                if kind == "attribute":
                    attributes[value] = None
                only_keys &= kind == "key"
    except _RowEscapesError:
        return EVERYTHING
    return Reads(tuple(keys), tuple(attributes), only_keys)


def _parameter(function: ast.FunctionDef, place: int) -> str:
    positional = function.args.posonlyargs + function.args.args
    if place >= len(positional):
        raise _RowEscapesError
    return positional[place].arg


def _uses(function: ast.FunctionDef, row: str, helpers: dict[str, ast.FunctionDef], above: Parents) -> Iterator[_Use]:
    """("key" | "attribute" | "keyword_get", column) or ("helper", (function, place)) for each use of the row."""
    nodes = list(ast.walk(function))
    arguments = [node for node in nodes if isinstance(node, ast.arg) and node.arg == row]
    if len(arguments) > 1:  # an inner function has a parameter of the same name
        raise _RowEscapesError
    for node in nodes:
        if isinstance(node, ast.Global | ast.Nonlocal) or (isinstance(node, ast.ExceptHandler) and node.name == row):
            raise _RowEscapesError
        if isinstance(node, ast.Name) and node.id == row:
            yield _use(node, above, helpers)


def _use(node: ast.Name, above: Parents, helpers: dict[str, ast.FunctionDef]) -> _Use:
    parent = above[node]
    if not isinstance(node.ctx, ast.Load):
        raise _RowEscapesError
    if isinstance(parent, ast.Subscript) and parent.value is node and isinstance(parent.ctx, ast.Load):
        return "key", _text(parent.slice)
    if _asks_in(parent) and parent.comparators[0] is node:
        return "key", _text(parent.left)
    if isinstance(parent, ast.Attribute) and isinstance(parent.ctx, ast.Load):
        return _attribute(parent, above)
    if isinstance(parent, ast.Call) and isinstance(parent.func, ast.Name) and parent.func.id in helpers:
        before = parent.args[: parent.args.index(node)] if node in parent.args else None
        if before is not None and not any(isinstance(each, ast.Starred) for each in before):
            return "helper", (helpers[parent.func.id], len(before))
    raise _RowEscapesError


def _asks_in(node: ast.AST) -> TypeGuard[ast.Compare]:
    return isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.ops[0], ast.In | ast.NotIn)


def _attribute(node: ast.Attribute, above: Parents) -> _Use:
    if node.attr.startswith("_"):
        raise _RowEscapesError
    if node.attr != "get":
        return "attribute", node.attr
    call = above[node]
    if not (isinstance(call, ast.Call) and call.func is node and 1 <= len(call.args) <= 2):
        raise _RowEscapesError
    named = [keyword.arg for keyword in call.keywords]
    if named and (named != ["default"] or len(call.args) == 2):
        raise _RowEscapesError
    return ("keyword_get" if named else "key"), _text(call.args[0])


def _text(node: ast.expr) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    raise _RowEscapesError
