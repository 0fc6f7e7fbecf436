"""Expressions, each evaluated for the rows that reach it."""

import ast
from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

from DataFoundry.labeling.execution.columnar import operators, patterns, strings, texts
from DataFoundry.labeling.execution.columnar.bounds import Meter, TooLongError
from DataFoundry.labeling.execution.columnar.vector import (
    EXACT,
    WIDEST,
    NotColumnarError,
    Rows,
    Vector,
    chosen,
    constant,
)

_UNKNOWN = "a call or an expression of this kind"
_BUILTINS = {"len", "abs", "float", "int", "bool", "min", "max"}


class Expressions:
    """Evaluates the expressions of one function over one block.

    Parameters
    ----------
    row
        The name of the function's parameter.
    column
        Gives a column of the block, or None where there is none of that name.
    constants
        What names of the module stand for; a name that means anything else must not be here.
    shadowed
        Names that the source binds, so that they are not Python's builtins.
    regex
        What the source calls `re` and its functions.

    Attributes
    ----------
    raised
        () or (n,) bool: rows that have raised so far.
    variables
        Local variables: values, and the rows where they are assigned.
    """

    def __init__(
        self,
        row: str,
        column: Callable[[str], Vector | None],
        constants: Mapping[str, object],
        shadowed: set[str],
        local: set[str],
        regex: patterns.Names,
    ) -> None:
        self._row = row
        self._column = column
        self._constants = constants
        self._shadowed = shadowed
        self._local = local
        self._regex = regex
        self._meter = Meter()
        self.raised: Rows = np.False_
        self.variables: dict[str, tuple[Vector, Rows]] = {}

    def value(self, node: ast.expr, rows: Rows) -> Vector:
        """The value of an expression, of which only that of `rows` counts; the rows that raise are noted."""
        kind = type(node)
        if kind in (ast.Constant, ast.Name, ast.Attribute):
            return _NODES[kind](self, node, rows)
        before = self.raised
        try:
            return self._in_arrays(node, rows)
        except TooLongError:
            raise
        except NotColumnarError as error:
            self.raised = before
            try:
                return self._by_value(node, rows)
            except TooLongError:
                raise
            except NotColumnarError as second:
                raise error if str(second).startswith("the name") else second from None

    def _in_arrays(self, node: ast.expr, rows: Rows) -> Vector:
        if type(node) not in _NODES:
            raise NotColumnarError(_UNKNOWN)
        return _NODES[type(node)](self, node, rows)

    def _by_value(self, node: ast.expr, rows: Rows) -> Vector:
        leaf = partial(self._leaf, rows=rows)
        value, raises = texts.evaluate(node, rows, leaf, self._is_builtin, self._meter)
        self._raise(raises, rows)
        return value

    def _is_builtin(self, name: str) -> bool:
        return name not in self._shadowed and name not in self._constants

    def _leaf(self, node: ast.expr, rows: Rows) -> Vector | tuple[object] | None:
        """The values of a column or a variable, a constant of the module as a tuple of one; None for other nodes."""
        name = self._column_read(node)
        if name is not None:
            vector = self._column(name)
            if vector is None:
                raise NotColumnarError("a column that is not there")
        elif not isinstance(node, ast.Name):
            return None
        elif node.id in self._local:
            vector, assigned = self.variables.get(node.id, (None, np.False_))
            if vector is None or np.any(rows & ~np.asarray(assigned)):
                raise NotColumnarError("a name that may not be assigned")
        elif node.id in self._constants and not isinstance(self._constants[node.id], patterns.Pattern):
            return (self._constants[node.id],)
        else:
            raise NotColumnarError(f"the name {node.id}")
        if vector.data.ndim:
            return vector
        if vector.kind in ("str", "object"):
            return (None if vector.null else vector.words[int(vector.data)],)
        return (None if vector.null else vector.data.item(),)

    def _column_read(self, node: ast.expr) -> str | None:
        """The column that `x["col"]`, `x.col` or `x.get("col")` reads; None for any other node."""
        get = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get"
        access = node.func if get else node  # type: ignore[attr-defined]
        if not isinstance(access, ast.Attribute | ast.Subscript):
            return None
        if not (isinstance(access.value, ast.Name) and access.value.id == self._row):
            return None
        if get:
            if node.keywords or len(node.args) > 2 or not all(isinstance(each, ast.Constant) for each in node.args):  # type: ignore[attr-defined]
                raise NotColumnarError("get with other arguments")
            return _text(node.args[0])  # type: ignore[attr-defined]
        return _text(access.slice) if isinstance(access, ast.Subscript) else access.attr

    def truth(self, node: ast.expr, rows: Rows) -> Rows:
        """bool(expression), where `and` and `or` need not give their operands."""
        if isinstance(node, ast.BoolOp):
            result = self.truth(node.values[0], rows)
            for operand in node.values[1:]:
                if isinstance(node.op, ast.And):
                    result = result & self.truth(operand, rows & result)
                else:
                    result = result | self.truth(operand, rows & ~result)
            return result
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return ~np.asarray(self.truth(node.operand, rows))
        return self.value(node, rows).truth()

    def _raise(self, raises: Rows, rows: Rows) -> None:
        if np.ndim(raises) or raises:  # most often nothing can
            self.raised = self.raised | (raises & rows)

    def _constant(self, node: ast.Constant, _rows: Rows) -> Vector:
        return constant(node.value)

    def _name(self, node: ast.Name, rows: Rows) -> Vector:
        if node.id in self._local:
            if node.id not in self.variables:
                self._raise(np.True_, rows)
                return constant(None)
            value, assigned = self.variables[node.id]
            self._raise(~np.asarray(assigned), rows)
            return value
        if node.id in self._constants:
            return constant(self._constants[node.id])
        raise NotColumnarError(f"the name {node.id}")

    def _subscript(self, node: ast.Subscript, rows: Rows) -> Vector:
        if isinstance(node.value, ast.Name) and node.value.id == self._row:
            return self._read(_text(node.slice), rows)
        raise NotColumnarError("a subscript")

    def _attribute(self, node: ast.Attribute, rows: Rows) -> Vector:
        if isinstance(node.value, ast.Name) and node.value.id == self._row and node.attr != "get":
            return self._read(node.attr, rows)
        raise NotColumnarError("an attribute")

    def _read(self, name: str, rows: Rows) -> Vector:
        column = self._column(name)
        if column is None:
            self._raise(np.True_, rows)
            return constant(None)
        return column

    def _unary(self, node: ast.UnaryOp, rows: Rows) -> Vector:
        if isinstance(node.op, ast.Not):
            return Vector("bool", np.asarray(self.truth(node, rows)))
        value = self.value(node.operand, rows)
        if not isinstance(node.op, ast.USub):
            raise NotColumnarError(f"the operator {type(node.op).__name__}")
        value, raises = operators.negative(value)
        self._raise(raises, rows)
        return value

    def _binary(self, node: ast.BinOp, rows: Rows) -> Vector:
        value, raises = operators.arithmetic(node.op, self.value(node.left, rows), self.value(node.right, rows))
        self._raise(raises, rows)
        return value

    def _boolean(self, node: ast.BoolOp, rows: Rows) -> Vector:
        value = self.value(node.values[0], rows)
        for operand in node.values[1:]:
            goes_on = value.truth() if isinstance(node.op, ast.And) else ~np.asarray(value.truth())
            value = chosen(goes_on, self.value(operand, rows & goes_on), value)
        return value

    def _conditional(self, node: ast.IfExp, rows: Rows) -> Vector:
        test = self.truth(node.test, rows)
        return chosen(test, self.value(node.body, rows & test), self.value(node.orelse, rows & ~np.asarray(test)))

    def _compare(self, node: ast.Compare, rows: Rows) -> Vector:
        result: Rows = np.True_
        left: ast.expr = node.left
        left_value: Vector | None = None
        for operator, right in zip(node.ops, node.comparators, strict=True):
            if isinstance(operator, ast.In | ast.NotIn):
                if len(node.ops) > 1:
                    raise NotColumnarError("a chain with in")
                found = self._membership(left, right, rows)
                return Vector("bool", np.asarray(~found if isinstance(operator, ast.NotIn) else found))
            if left_value is None:
                left_value = self.value(left, rows)
            right_value = self.value(right, rows & result)
            result = result & self._compared(operator, left_value, right_value, right, rows & result)
            left_value = right_value
        return Vector("bool", np.asarray(result))

    def _compared(self, operator: ast.cmpop, left: Vector, right: Vector, right_node: ast.expr, rows: Rows) -> Rows:
        if isinstance(operator, ast.Is | ast.IsNot):
            if not (isinstance(right_node, ast.Constant) and right_node.value is None):
                raise NotColumnarError("is, with something else than None")
            null = np.asarray(left.null)
            return null if isinstance(operator, ast.Is) else ~null
        if isinstance(operator, ast.Eq | ast.NotEq):
            same = np.asarray(operators.equal(left, right))
            return same if isinstance(operator, ast.Eq) else ~same
        result, raises = operators.ordered(operator, left, right)
        self._raise(raises, rows)
        return result

    def _membership(self, left: ast.expr, right: ast.expr, rows: Rows) -> np.ndarray:
        if isinstance(right, ast.Name) and right.id == self._row:
            return np.asarray(self._column(_text(left)) is not None)
        try:
            container = self._literal(right)
        except NotColumnarError:
            value = self.value(right, rows)
            found, raises = strings.contains(value, _text(left))
        else:
            value = self.value(left, rows)
            if isinstance(container, str):
                found, raises = strings.within(value, container)
            else:
                return self._among(value, container)
        self._raise(raises, rows)
        return np.asarray(found)

    def _among(self, value: Vector, container: object) -> np.ndarray:
        if not isinstance(container, tuple | list | set | frozenset) or value.kind == "object":
            raise NotColumnarError("in something else than constants")
        if value.kind == "str":
            words = {each for each in container if isinstance(each, str)}
            named = value.by_word(words.__contains__).astype(bool) & ~value.null
            return named | (value.null if None in container else np.False_)
        found: Rows = np.False_
        for each in container:
            found = found | operators.equal(value, constant(each))
        return np.asarray(found)

    def _literal(self, node: ast.expr) -> object:
        """A constant, or a tuple, list or set of constants, in place or by a module's name."""
        if isinstance(node, ast.Name):
            if node.id in self._constants and node.id not in self._local:
                return self._constants[node.id]
            raise NotColumnarError(f"the name {node.id}")
        try:
            return ast.literal_eval(node)
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            raise NotColumnarError("no literal") from None

    def _call(self, node: ast.Call, rows: Rows) -> Vector:
        function = node.func
        of_re = self._regex.function(function)
        if of_re is not None:
            return self._matches(self._regex.compiled(node, of_re), of_re, node.args[1:2], rows)
        if isinstance(function, ast.Attribute):
            if isinstance(function.value, ast.Name) and function.value.id == self._row:
                return self._get(node, rows)
            if node.keywords:
                raise NotColumnarError("keyword arguments")
            compiled = self._pattern(function.value)
            if compiled is not None:
                return self._matches(compiled, function.attr, node.args, rows)
            value = self.value(function.value, rows)
            result, raises = strings.method(function.attr, value, [self._literal(each) for each in node.args])
            self._raise(raises, rows)
            return result
        if isinstance(function, ast.Name) and function.id in _BUILTINS - self._shadowed and not node.keywords:
            return self._builtin(function.id, [self.value(each, rows) for each in node.args], rows)
        raise NotColumnarError(_UNKNOWN)

    def _pattern(self, node: ast.expr) -> patterns.Pattern | None:
        """The compiled pattern that a name of the module stands for."""
        if isinstance(node, ast.Name) and node.id not in self._local:
            known = self._constants.get(node.id)
            return known if isinstance(known, patterns.Pattern) else None
        return None

    def _matches(self, pattern: patterns.Pattern, method: str, arguments: list[ast.expr], rows: Rows) -> Vector:
        if method not in patterns.METHODS or len(arguments) != 1:
            raise NotColumnarError(f"{method} of a regular expression")
        result, raises = patterns.matches(pattern, method, self.value(arguments[0], rows))
        self._raise(raises, rows)
        return result

    def _get(self, node: ast.Call, rows: Rows) -> Vector:
        if not isinstance(node.func, ast.Attribute) or node.func.attr != "get":
            raise NotColumnarError("a method of the row")
        named = [keyword.arg for keyword in node.keywords]
        if not 1 <= len(node.args) <= 2 or named not in ([], ["default"]) or (named and len(node.args) == 2):
            raise NotColumnarError("get with other arguments")
        defaults = [*node.args[1:], *(keyword.value for keyword in node.keywords)]
        default = self.value(defaults[0], rows) if defaults else constant(None)
        column = self._column(_text(node.args[0]))
        return default if column is None else column

    def _builtin(self, name: str, arguments: list[Vector], rows: Rows) -> Vector:
        if name in ("min", "max"):
            return self._extreme(name, arguments, rows)
        if len(arguments) != 1:
            raise NotColumnarError(f"{name} of {len(arguments)} arguments")
        value = arguments[0]
        if name == "bool":
            return Vector("bool", np.asarray(value.truth()))
        if name == "len":
            result, raises = strings.length(value)
            self._raise(raises, rows)
            return result
        if not value.numeric:
            raise NotColumnarError(f"{name} of something else than a number")
        self._raise(value.null, rows)
        value = value.as_int()
        if name == "abs":
            if value.kind == "int" and value.bounds()[0] < -WIDEST:
                raise NotColumnarError("integers beyond 2**62")
            return Vector(value.kind, np.abs(value.data))
        if name == "float":
            return Vector("float", value.exact().data.astype(np.float64))
        return Vector("int", self._whole(value, rows))

    def _whole(self, value: Vector, rows: Rows) -> np.ndarray:
        if value.kind == "int":
            return value.data
        finite = np.isfinite(value.data)
        self._raise(~finite & ~np.asarray(value.null), rows)
        numbers = np.where(finite, value.data, 0.0)
        if numbers.size and np.abs(numbers).max() > EXACT:
            raise NotColumnarError("a float beyond 2**53 as an integer")
        return np.trunc(numbers).astype(np.int64)

    def _extreme(self, name: str, arguments: list[Vector], rows: Rows) -> Vector:
        if (
            len(arguments) < 2
            or len({value.kind for value in arguments}) > 1
            or arguments[0].kind not in ("int", "float")
        ):
            raise NotColumnarError(f"{name} of these")
        best = arguments[0]
        self._raise(best.null, rows)
        for other in arguments[1:]:
            self._raise(other.null, rows)
            better = other.data > best.data if name == "max" else other.data < best.data
            best = chosen(better, other, best)
        return best


def _text(node: ast.expr) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    raise NotColumnarError("a computed key")


_NODES: dict[type[ast.expr], Callable[..., Vector]] = {
    ast.Constant: Expressions._constant,
    ast.Name: Expressions._name,
    ast.Subscript: Expressions._subscript,
    ast.Attribute: Expressions._attribute,
    ast.UnaryOp: Expressions._unary,
    ast.BinOp: Expressions._binary,
    ast.BoolOp: Expressions._boolean,
    ast.IfExp: Expressions._conditional,
    ast.Compare: Expressions._compare,
    ast.Call: Expressions._call,
}
