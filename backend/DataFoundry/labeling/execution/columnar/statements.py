"""Statements of a labeling function, run for the rows that reach them; `run` is the way in."""

import ast
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from DataFoundry.labeling.execution.columnar.expressions import Expressions
from DataFoundry.labeling.execution.columnar.patterns import Names
from DataFoundry.labeling.execution.columnar.vector import NotColumnarError, Rows, Vector, chosen
from DataFoundry.labeling.functions.reading import LabelingFunction

_HARMLESS_MODULES = {"re", "math", "json", "datetime", "string", "typing", "__future__"}
_TOP = 126  # the greatest class number
_ABSTAIN = -1


@dataclass(frozen=True)
class Outcome:
    """What a function did on a block.

    Attributes
    ----------
    votes
        (n,) int8.
    nones
        Rows for which it returned None, which counts as an abstain.
    fault
        The first row that raises or gets something else than a class number; None if there is none. Then the rest
        counts for nothing.
    """

    votes: np.ndarray
    nones: int
    fault: int | None


def run(function: LabelingFunction, column: Callable[[str], Vector | None], size: int) -> Outcome:
    """Run `function` on a block of `size` rows.

    Parameters
    ----------
    column
        Gives a column of the block, or None where there is none of that name; may raise NotColumnarError.

    Raises
    ------
    NotColumnarError
        If the function, or what is in the columns, is beyond what can be done exactly.
    """
    try:
        with np.errstate(all="ignore"):
            return _Run(function, column, size).outcome()
    except RecursionError:
        raise NotColumnarError("too deep") from None


class _Run:
    def __init__(self, function: LabelingFunction, column: Callable[[str], Vector | None], size: int) -> None:
        target = function.target
        parameters = target.args.posonlyargs + target.args.args + target.args.kwonlyargs
        if len(parameters) > 1 or target.args.vararg or target.args.kwarg:
            raise NotColumnarError("more than one parameter")
        row = parameters[0].arg
        stores = {
            node.id for node in ast.walk(target) if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)
        }
        if row in stores:
            raise NotColumnarError("the row is assigned to")
        regex = Names.of(function.tree, stores | {row})
        constants, bound = _module(function.tree, target.name, regex)
        local = stores - _names_of_comprehensions(target)
        self._body = target.body
        self._size = size
        self._expressions = Expressions(row, column, constants, bound | stores | {row}, local, regex)
        self._votes = np.full(size, _ABSTAIN, dtype=np.int8)
        self._none = np.ones(size, dtype=bool)  # a function that runs to its end returns None

    def outcome(self) -> Outcome:
        self._block(self._body, np.True_)
        raised = np.broadcast_to(self._expressions.raised, self._size)
        fault = int(raised.argmax()) if raised.any() else None
        return Outcome(self._votes, int(self._none.sum()), fault)

    def _block(self, body: list[ast.stmt], rows: Rows) -> Rows:
        """Run statements for `rows`; gives the rows that go on behind them."""
        for statement in body:
            rows = self._statement(statement, rows)
        return rows

    def _statement(self, node: ast.stmt, rows: Rows) -> Rows:
        if isinstance(node, ast.Return):
            self._return(node, rows)
            return np.False_
        if isinstance(node, ast.If):
            test = self._expressions.truth(node.test, rows)
            then, otherwise = rows & test, rows & ~np.asarray(test)
            return self._block(node.body, then) | self._block(node.orelse, otherwise)
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            self._assign(node.targets[0], self._expressions.value(node.value, rows), rows)
        elif isinstance(node, ast.AnnAssign) and node.value is not None and node.simple:
            self._assign(node.target, self._expressions.value(node.value, rows), rows)
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            read = ast.BinOp(ast.Name(node.target.id, ast.Load()), node.op, node.value)
            self._assign(node.target, self._expressions.value(read, rows), rows)
        elif not (isinstance(node, ast.Pass) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))):
            raise NotColumnarError(f"the statement {type(node).__name__}")
        return rows

    def _assign(self, target: ast.expr, value: Vector, rows: Rows) -> None:
        if not isinstance(target, ast.Name):
            raise NotColumnarError("an assignment to something else than a name")
        variables = self._expressions.variables
        if target.id in variables and not (np.ndim(rows) == 0 and rows):
            before, assigned = variables[target.id]
            variables[target.id] = chosen(rows, value, before), assigned | rows
        else:
            variables[target.id] = value, rows

    def _return(self, node: ast.Return, rows: Rows) -> None:
        if node.value is None:
            return
        value = self._expressions.value(node.value, rows)
        if (
            self._size
            and np.ndim(rows) == np.ndim(value.null) == 0
            and rows
            and not value.null
            and self._all_good(value)
        ):
            self._votes[:] = value.data  # the common case: every row gets here, and gets a class number
            self._none[:] = False
            return
        rows = np.broadcast_to(rows, self._size)
        null = np.broadcast_to(value.null, self._size)
        if value.kind in ("int", "bool"):
            numbers = np.broadcast_to(value.data, self._size)
            good = (numbers >= _ABSTAIN) & (numbers <= _TOP)
            votes = rows & ~null & good
            self._votes[votes] = numbers[votes]
            self._none[votes] = False
            self._expressions.raised = self._expressions.raised | (rows & ~null & ~good)
        elif value.kind != "none":
            self._expressions.raised = self._expressions.raised | (rows & ~null)

    @staticmethod
    def _all_good(value: Vector) -> bool:
        if value.kind not in ("int", "bool"):
            return False
        least, greatest = value.bounds()
        return least >= _ABSTAIN and greatest <= _TOP


def _names_of_comprehensions(target: ast.FunctionDef) -> set[str]:
    """Names that are bound in comprehensions only: outside of them they mean what they mean in the module."""
    loops = [node.target for node in ast.walk(target) if isinstance(node, ast.comprehension)]
    inside = [each for loop in loops for each in ast.walk(loop) if isinstance(each, ast.Name)]
    stored = [node.id for node in ast.walk(target) if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)]
    names = [node.id for node in inside]
    return {name for name in names if names.count(name) == stored.count(name)}


def _module(tree: ast.Module, target: str, regex: Names) -> tuple[dict[str, object], set[str]]:
    """Names of the module that are constants, and all names that it binds; `target` must stay a function."""
    constants: dict[str, object] = {}
    bound: set[str] = set()
    for node in tree.body:
        names = _bound_names(node)
        if target in names and not isinstance(node, ast.FunctionDef):
            raise NotColumnarError("the function's name is bound again")
        for name in names & bound:
            constants.pop(name, None)
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and len(names) == 1:
            name = node.targets[0].id
            if name not in bound:
                constants[name] = _constant(node.value, regex)
        bound |= names
    return constants, bound


def _constant(node: ast.expr, regex: Names) -> object:
    if isinstance(node, ast.Call) and regex.function(node.func) == "compile":
        return regex.compiled(node, "compile")
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        raise NotColumnarError("a module that computes") from None


def _bound_names(node: ast.stmt) -> set[str]:
    """The names that a harmless statement of the module binds; NotColumnarError for one that could do something."""
    if isinstance(node, ast.FunctionDef):
        defaults = [*node.args.defaults, *filter(None, node.args.kw_defaults)]
        if not node.decorator_list and all(isinstance(default, ast.Constant) for default in defaults):
            return {node.name}
    elif isinstance(node, ast.Import):
        if all(each.name in _HARMLESS_MODULES for each in node.names):
            return {each.asname or each.name for each in node.names}
    elif isinstance(node, ast.ImportFrom):
        if node.module in _HARMLESS_MODULES and all(each.name != "*" for each in node.names):
            return {each.asname or each.name for each in node.names}
    elif isinstance(node, ast.Assign):
        if len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            return {node.targets[0].id}
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return set()
    raise NotColumnarError("a module that does more than define")
