"""Expressions as chains of small functions, each an operation of Python's own on plain values.

For what has no array form: splitting, comprehensions, `any` and `all`, f-strings. The source is not compiled or run:
its tree is walked once, and only operations that cannot change anything and whose cost is known get a function here.
"""

import ast
import operator
import re
from collections.abc import Callable

from DataFoundry.labeling.execution.columnar.bounds import (
    Meter,
    concatenated,
    in_order,
    is_long,
    join,
    replace,
    spelled,
)
from DataFoundry.labeling.execution.columnar.loops import Among, Cells, Step, given_values, of_a_set, turns_of
from DataFoundry.labeling.execution.columnar.vector import WIDEST, NotColumnarError

KEPT = object()  # stands in a slot whose value is not known yet
_SPEC = re.compile(r"[<>^]?[+ ]?0?\d{0,2},?(\.\d{1,2})?[sdfeg%]?")
_METHODS = {
    *("lower", "upper", "strip", "lstrip", "rstrip", "title", "capitalize", "casefold", "swapcase", "startswith"),
    *("endswith", "isdigit", "isalpha", "isalnum", "isnumeric", "isdecimal", "islower", "isupper", "isspace"),
    *("istitle", "isidentifier", "isascii", "count", "find", "rfind", "index", "rindex", "split", "rsplit"),
    *("splitlines", "partition", "rpartition", "removeprefix", "removesuffix", "isdisjoint", "issubset"),
    *("issuperset", "intersection", "union", "difference", "get"),
}
_COMPARE: dict[type[ast.cmpop], Callable[..., object]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda a, b: a in b,
    ast.NotIn: lambda a, b: a not in b,
}
_ARITHMETIC: dict[type[ast.operator], Callable[..., object]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
# Functions of one argument. Those that ask for an order get no sets, for a set's order is nobody's promise.
_UNORDERED: dict[str, Callable[..., object]] = {
    "any": any,
    "all": all,
    "len": len,
    "sum": sum,
    "sorted": sorted,
    "set": set,
    "frozenset": frozenset,
    "min": min,
    "max": max,
    "bool": bool,
    "int": int,
    "float": float,
    "abs": abs,
}
_OF_ORDER = {"sum", "sorted", "min", "max"}  # for floats also these
_ORDERED: dict[str, Callable[..., object]] = {"list": list, "tuple": tuple, "str": str}


class Closures:
    """Turns expressions into steps.

    Parameters
    ----------
    leaf
        Gives the step of a row's column or of a name, or None where the node is neither; may raise NotColumnarError.
    slot
        Makes a slot, and gives its place among the cells.
    builtin
        Whether a name means Python's builtin.
    """

    def __init__(
        self,
        leaf: Callable[[ast.expr], Step | None],
        slot: Callable[[], int],
        builtin: Callable[[str], bool],
        meter: Meter,
    ) -> None:
        self._leaf = leaf
        self._slot = slot
        self._builtin = builtin
        self._meter = meter
        self._bound: dict[str, int] = {}

    def step(self, node: ast.expr) -> Step:
        """The step that gives the expression's value; raises NotColumnarError."""
        if isinstance(node, ast.Name) and node.id in self._bound:
            return operator.itemgetter(self._bound[node.id])
        found = self._leaf(node)
        if found is not None:
            return found
        make = _MAKERS.get(type(node))
        if make is None:
            raise NotColumnarError(f"the expression {type(node).__name__}")
        if not self._bound:
            return make(self, node)
        if not self._invariant(node):
            return self._paid(make(self, node)) if isinstance(node, _MAKING) else make(self, node)
        before, self._bound = self._bound, {}  # its parts are not kept beside it
        try:
            return self._kept(make(self, node))
        finally:
            self._bound = before

    def _invariant(self, node: ast.expr) -> bool:
        """Whether no turn of the loops around it can change its value, so that it is worked out once a row."""
        return not isinstance(node, ast.Constant) and not any(
            isinstance(each, ast.Name) and each.id in self._bound for each in ast.walk(node)
        )

    def _kept(self, step: Step) -> Step:
        place = self._slot()

        def kept(cells: Cells) -> object:
            value = cells[place]
            if value is KEPT:
                value = cells[place] = step(cells)
            return value

        return kept

    def _paid(self, step: Step) -> Step:
        """The step of a turn, whose value is paid for: a loop may make one in each turn."""
        return self._then(step, self._meter.make)

    def _operand(self, node: ast.expr) -> Step:
        """The step of what is compared, searched or handed to a builtin: in a loop, that is paid for in each turn."""
        step = self.step(node)
        return self._then(step, self._meter.look) if self._bound and not isinstance(node, ast.Constant) else step

    @staticmethod
    def _then(step: Step, pay: Callable[[object], None]) -> Step:
        def paid(cells: Cells) -> object:
            value = step(cells)
            if is_long(value):
                pay(value)
            return value

        return paid

    def _constant(self, node: ast.Constant) -> Step:
        value = node.value
        if not (value is None or isinstance(value, bool | int | float | str)):
            raise NotColumnarError(f"a constant of type {type(value).__name__}")
        return lambda cells: value

    def _sequence(self, node: ast.List | ast.Tuple | ast.Set) -> Step:
        steps = [self.step(each) for each in node.elts]
        kind = {ast.List: list, ast.Tuple: tuple, ast.Set: set}[type(node)]
        if all(isinstance(each, ast.Constant) for each in node.elts):
            whole = kind([step([]) for step in steps])  # nothing here can change it
            return lambda cells: whole
        return lambda cells: kind([step(cells) for step in steps])

    def _boolean(self, node: ast.BoolOp) -> Step:
        *first, last = [self.step(each) for each in node.values]
        stops_at = isinstance(node.op, ast.Or)

        def run(cells: Cells) -> object:
            for step in first:
                value = step(cells)
                if bool(value) is stops_at:
                    return value
            return last(cells)

        return run

    def _unary(self, node: ast.UnaryOp) -> Step:
        operations: dict[type[ast.unaryop], Callable[..., object]] = {ast.Not: operator.not_, ast.USub: operator.neg}
        operation = operations.get(type(node.op))
        if operation is None:
            raise NotColumnarError(f"the operator {type(node.op).__name__}")
        step = self.step(node.operand)
        return lambda cells: operation(step(cells))

    def _binary(self, node: ast.BinOp) -> Step:
        operation = _ARITHMETIC.get(type(node.op))
        if operation is None:
            raise NotColumnarError(f"the operator {type(node.op).__name__}")
        left, right, adds = self.step(node.left), self.step(node.right), isinstance(node.op, ast.Add)

        def run(cells: Cells) -> object:
            one, other = left(cells), right(cells)
            if adds and isinstance(one, str | list | tuple) and isinstance(other, str | list | tuple):
                return concatenated(one, other)
            for each in (one, other):
                if isinstance(each, int | float):
                    if isinstance(each, int) and abs(each) > WIDEST:
                        raise NotColumnarError("integers beyond 2**62")
                elif each is not None and not adds:  # a text times a number could be of any length
                    raise NotColumnarError("arithmetic on something else than numbers")
            return operation(one, other)

        return run

    def _conditional(self, node: ast.IfExp) -> Step:
        test, yes, no = self.step(node.test), self.step(node.body), self.step(node.orelse)
        return lambda cells: yes(cells) if test(cells) else no(cells)

    def _compare(self, node: ast.Compare) -> Step:
        searched = len(node.ops) == 1 and isinstance(node.ops[0], ast.In | ast.NotIn)  # only what is on the right
        first = self.step(node.left) if searched else self._operand(node.left)
        steps = [first, *[self._operand(each) for each in node.comparators]]
        operations = [self._comparison(each, right) for each, right in zip(node.ops, node.comparators, strict=True)]
        if len(operations) == 1:
            (left, right), (operation,) = steps, operations
            return lambda cells: operation(left(cells), right(cells))

        def chain(cells: Cells) -> object:
            left = steps[0](cells)
            for operation, step in zip(operations, steps[1:], strict=True):
                right = step(cells)
                if not operation(left, right):
                    return False
                left = right
            return True

        return chain

    def _comparison(self, node: ast.cmpop, right: ast.expr) -> Callable[..., object]:
        if isinstance(node, ast.Is | ast.IsNot):
            if not (isinstance(right, ast.Constant) and right.value is None):
                raise NotColumnarError("is, with something else than None")
            return operator.is_ if isinstance(node, ast.Is) else operator.is_not
        return _COMPARE[type(node)]

    def _subscript(self, node: ast.Subscript) -> Step:
        value = self.step(node.value)
        if isinstance(node.slice, ast.Slice):
            parts = [node.slice.lower, node.slice.upper, node.slice.step]
            ends = [self.step(each or ast.Constant(None)) for each in parts]
            return lambda cells: operator.getitem(value(cells), slice(*[end(cells) for end in ends]))  # type: ignore[call-overload]
        index = self.step(node.slice)
        return lambda cells: operator.getitem(value(cells), index(cells))  # type: ignore[call-overload]

    def _formatted(self, node: ast.JoinedStr) -> Step:
        steps = [self._part(each) for each in node.values]
        return lambda cells: "".join([step(cells) for step in steps])

    def _part(self, node: ast.expr) -> Callable[[Cells], str]:
        if isinstance(node, ast.Constant):
            text = str(node.value)
            return lambda cells: text
        if not isinstance(node, ast.FormattedValue) or node.conversion != -1:
            raise NotColumnarError("an f-string with a conversion")
        spec = ast.unparse(node.format_spec)[2:-1] if node.format_spec else ""
        if not _SPEC.fullmatch(spec):
            raise NotColumnarError("an f-string with such a format")
        step = self.step(node.value)
        return lambda cells: format(spelled(step(cells)), spec)

    def _call(self, node: ast.Call) -> Step:
        if node.keywords or any(isinstance(each, ast.Starred) for each in node.args):
            raise NotColumnarError("keyword arguments")
        if isinstance(node.func, ast.Attribute):
            return self._method(node.func, [self._operand(each) for each in node.args])
        if not (isinstance(node.func, ast.Name) and self._builtin(node.func.id) and len(node.args) == 1):
            raise NotColumnarError("a call")
        name, (argument,) = node.func.id, node.args
        call = _UNORDERED.get(name) or _ORDERED.get(name)
        if call is None:
            raise NotColumnarError(f"a call of {name}")
        if isinstance(argument, ast.GeneratorExp) and name not in ("len", "bool", "int", "float", "abs", "str"):
            items = self._loop(argument, call if name in _UNORDERED else None)
            return items if name in _UNORDERED else lambda cells: call(items(cells))
        step = self._operand(argument)
        if name in _ORDERED:
            check = spelled if name == "str" else in_order
            return lambda cells: call(check(step(cells)))
        if name in _OF_ORDER:
            return lambda cells: given_values(call, step(cells))
        return lambda cells: call(step(cells))

    def _method(self, node: ast.Attribute, arguments: list[Step]) -> Step:
        name, value = node.attr, self._operand(node.value)
        if name == "join" and len(arguments) == 1:
            return lambda cells: join(value(cells), arguments[0](cells))
        if name == "replace" and len(arguments) == 2:
            return lambda cells: replace(value(cells), *[each(cells) for each in arguments])
        if name not in _METHODS:
            raise NotColumnarError(f"the method {name}")
        if not arguments:
            ask = operator.methodcaller(name)
            return lambda cells: ask(value(cells))
        return lambda cells: getattr(value(cells), name)(*[each(cells) for each in arguments])

    def _comprehension(self, node: ast.ListComp | ast.SetComp) -> Step:
        return self._loop(node, None if isinstance(node, ast.ListComp) else set)

    def _loop(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp, call: Callable[..., object] | None) -> Step:
        """`call` of what the loop gives, or a list of it, which wants an order."""
        if len(node.generators) != 1 or not isinstance(node.generators[0].target, ast.Name):
            raise NotColumnarError("a comprehension of several loops or names")
        loop = node.generators[0]
        items = self.step(loop.iter)
        name, before = loop.target.id, dict(self._bound)  # type: ignore[attr-defined]
        place = self._bound[name] = self._slot()
        try:
            member = self._members(node.elt, name) if call in (any, all) and not loop.ifs else None
            give, tests = self.step(node.elt), [self.step(each) for each in loop.ifs]
        finally:
            self._bound = before
        among, meter, turns = Among(), self._meter, turns_of(place, give, tests)

        def run(cells: Cells) -> object:
            over = items(cells)
            meter.charge(over)
            if call is None:
                return list(turns(cells, in_order(over)))  # type: ignore[arg-type]
            given = turns(cells, over)  # type: ignore[arg-type]
            if member is not None and over:
                whole = member(cells)
                found = among(over, whole) if call is any and type(whole) is list else None
                if found is not None:
                    return found
                meter.look(whole, len(over))  # type: ignore[arg-type]
                given = (each in whole for each in over)  # type: ignore[operator, attr-defined]
            return of_a_set(call, given) if isinstance(over, set | frozenset) else call(given)

        return run

    def _members(self, node: ast.expr, name: str) -> Step | None:
        """The step of E in `name in E`, where E is the same in every turn."""
        if not (isinstance(node, ast.Compare) and isinstance(node.left, ast.Name) and node.left.id == name):
            return None
        if len(node.ops) == 1 and isinstance(node.ops[0], ast.In) and self._invariant(node.comparators[0]):
            return self.step(node.comparators[0])
        return None


_MAKING = (ast.Call, ast.BinOp, ast.Subscript, ast.JoinedStr, ast.List, ast.Tuple, ast.Set, ast.ListComp, ast.SetComp)
_MAKERS: dict[type[ast.expr], Callable[..., Step]] = {
    ast.Constant: Closures._constant,
    ast.List: Closures._sequence,
    ast.Tuple: Closures._sequence,
    ast.Set: Closures._sequence,
    ast.BoolOp: Closures._boolean,
    ast.UnaryOp: Closures._unary,
    ast.BinOp: Closures._binary,
    ast.IfExp: Closures._conditional,
    ast.Compare: Closures._compare,
    ast.Subscript: Closures._subscript,
    ast.JoinedStr: Closures._formatted,
    ast.Call: Closures._call,
    ast.ListComp: Closures._comprehension,
    ast.SetComp: Closures._comprehension,
}
