"""Regular expressions: `search`, `match` and `fullmatch` with a literal pattern, once for each distinct string.

Python's own engine matches, as it would in the function. It backtracks and cannot be stopped, so only patterns whose
worst case on the strings at hand is short get here; every other one is for the sandbox.
"""

import ast
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from DataFoundry.labeling.execution.columnar.vector import NotColumnarError, Rows, Vector
from DataFoundry.labeling.functions.regex_cost import worst_steps

METHODS = {"search", "match", "fullmatch"}
_FLAGS = {"A", "ASCII", "I", "IGNORECASE", "M", "MULTILINE", "S", "DOTALL", "U", "UNICODE", "X", "VERBOSE"}
_MOST_CHARACTERS = 1_000  # of a pattern
_STEPS_OF_A_WORD = 1e6  # about ten milliseconds
_STEPS_OF_A_COLUMN = 2e8  # about two seconds


@dataclass(frozen=True)
class Pattern:
    """What `re.compile(text, flags)` stands for in a module."""

    text: str
    flags: int = 0


@dataclass(frozen=True)
class Names:
    """What names of the source mean.

    Attributes
    ----------
    modules
        Names of the module `re`.
    functions
        Names that stand for functions of it, and which.
    """

    modules: frozenset[str]
    functions: Mapping[str, str]

    @classmethod
    def of(cls, tree: ast.Module, local: set[str]) -> "Names":
        """The names that `tree` gives to `re`, those left out that functions use for variables of their own."""
        modules: list[str] = []
        functions: dict[str, str] = {}
        others: list[str] = list(local)
        for node in tree.body:
            if isinstance(node, ast.Import):
                for each in node.names:
                    (modules if each.name == "re" else others).append(each.asname or each.name)
            elif isinstance(node, ast.ImportFrom):
                for each in node.names:
                    if node.module == "re" and node.level == 0 and (each.asname or each.name) not in functions:
                        functions[each.asname or each.name] = each.name
                    else:
                        others.append(each.asname or each.name)
            elif isinstance(node, ast.FunctionDef):
                others.append(node.name)
            else:
                names = [each for each in ast.walk(node) if isinstance(each, ast.Name)]
                others += [each.id for each in names if not isinstance(each.ctx, ast.Load)]
        unclear = set(others) | (set(modules) & set(functions))
        known = {name: meant for name, meant in functions.items() if name not in unclear}
        return cls(frozenset(modules) - unclear, known)

    def function(self, node: ast.expr) -> str | None:
        """Which function of `re` an expression stands for; None for anything else."""
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in self.modules:
            return node.attr
        return self.functions.get(node.id) if isinstance(node, ast.Name) else None

    def compiled(self, node: ast.Call, function: str) -> Pattern:
        """The pattern of a call `re.<function>(pattern, [string,] flags)`.

        Raises
        ------
        NotColumnarError
            If the pattern or its flags are no literals, or the call is of another form.
        """
        places = {"compile": 1, **dict.fromkeys(METHODS, 2)}.get(function)
        keywords = [keyword.arg for keyword in node.keywords]
        if places is None or len(node.args) < places or len(node.args) + len(keywords) > places + 1:
            raise NotColumnarError(f"a call of re.{function}")
        if keywords not in ([], ["flags"]):
            raise NotColumnarError("keyword arguments")
        literal, flags = node.args[0], [*node.args[places:], *(keyword.value for keyword in node.keywords)]
        if not (isinstance(literal, ast.Constant) and isinstance(literal.value, str)):
            raise NotColumnarError("a pattern that is no text of the source")
        return Pattern(literal.value, self._flags(flags[0]) if flags else 0)

    def _flags(self, node: ast.expr) -> int:
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            return self._flags(node.left) | self._flags(node.right)
        name = self.function(node)
        if name not in _FLAGS:
            raise NotColumnarError("flags of re that are no names")
        return int(getattr(re, name))


def matches(pattern: Pattern, method: str, value: Vector) -> tuple[Vector, Rows]:
    """The matches of each row's string, of kind "match" and None where there is none; and the rows that raise.

    Raises
    ------
    NotColumnarError
        If the pattern could take long on these strings, or is not understood.
    """
    if value.kind != "str":
        return Vector("none", np.array(0), np.True_), np.True_
    longest = max((len(word) for word in value.words if word is not None), default=0)
    steps = worst_steps(pattern.text, pattern.flags, longest) if len(pattern.text) <= _MOST_CHARACTERS else None
    if steps is None or steps > _STEPS_OF_A_WORD or steps * len(value.words) > _STEPS_OF_A_COLUMN:
        raise NotColumnarError("a regular expression that may take long")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about sets that a later Python may read otherwise
            ask = getattr(re.compile(pattern.text, pattern.flags), method)
    except (re.error, RecursionError, OverflowError, ValueError):
        raise NotColumnarError("a regular expression that Python refuses") from None
    found = value.by_word(lambda word: ask(word) is not None).astype(bool)
    return Vector("match", found, ~found), value.null
