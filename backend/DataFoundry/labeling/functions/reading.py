"""Labeling functions as they come in a request: parsed, checked, never run here."""

import ast
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from DataFoundry.errors import LabelingFunctionError, RequestError
from DataFoundry.labeling.execution.failures import Fault
from DataFoundry.labeling.functions.columns_read import Reads, columns_read
from DataFoundry.labeling.functions.purity_check import is_pure
from DataFoundry.labeling.functions.regex_cost import may_never_end
from DataFoundry.labeling.functions.regex_dialect import regex_literals
from DataFoundry.labeling.functions.return_values import Parents, TooDeepError, own_nodes, parents
from DataFoundry.settings import Limits, limits

MAX_DEPTH = 200  # of nested syntax; deeper sources exhaust parsers, people do not write them


@dataclass(frozen=True)
class LabelingFunction:
    """One parsed labeling function.

    Attributes
    ----------
    name
        What the request calls it; unique in a request.
    code
        Its source, with helpers, constants and imports.
    target
        The function in the source that is called with a row.
    reads
        The columns it reads, as far as its source tells.
    pure
        Whether equal rows always get equal answers, as far as its source tells.
    """

    name: str
    code: str
    tree: ast.Module = field(repr=False, compare=False)
    target: ast.FunctionDef = field(repr=False, compare=False)
    reads: Reads
    pure: bool

    @property
    def return_line(self) -> int:
        """The line of its only `return`, or of its `def` where there are several."""
        lines = {node.lineno for node in own_nodes(self.target) if isinstance(node, ast.Return)}
        return lines.pop() if len(lines) == 1 else self.target.lineno


def read_functions(items: Sequence[Mapping[str, str]]) -> list[LabelingFunction]:
    """Parse the `labeling_functions` of a request.

    Parameters
    ----------
    items
        Mappings with `name` and `code`.

    Raises
    ------
    RequestError
        If there are none, too many, or two of one name.
    LabelingFunctionError
        If a source is no function of one row.
    """
    found = read_each(items)
    for each in found:
        if isinstance(each, LabelingFunctionError):
            raise each
    return [each for each in found if isinstance(each, LabelingFunction)]


def read_each(items: Sequence[Mapping[str, str]]) -> list[LabelingFunction | LabelingFunctionError]:
    """As `read_functions`, but a source that is no function of one row is answered by its error in its place.

    Raises
    ------
    RequestError
        If there are none, too many, or two of one name.
    """
    if not items:
        raise RequestError("labeling_functions is empty; give at least one function.", field="labeling_functions")
    bounds = limits()
    most = bounds.max_labeling_functions
    if len(items) > most:
        raise RequestError(
            f"labeling_functions holds {len(items)} functions, more than the limit of {most}.",
            field="labeling_functions",
        )
    names = [str(item["name"]) for item in items]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise RequestError(
            f"labeling_functions: two functions are called {twice[:100]!r}; rename one.", field="labeling_functions"
        )
    return [_read_or_error(str(item["name"]), str(item["code"]), bounds) for item in items]


def _read_or_error(name: str, code: str, bounds: Limits) -> LabelingFunction | LabelingFunctionError:
    try:
        return read_function(name, code, bounds)
    except LabelingFunctionError as error:
        return error


def read_function(name: str, code: str, bounds: Limits | None = None) -> LabelingFunction:
    """Parse one labeling function; the one called `name`, else the last one that the source defines.

    Raises
    ------
    LabelingFunctionError
        If the source is too long, is no Python, or defines no function of one row.
    """
    _refuse_text(name, code, (bounds or limits()).max_function_bytes)
    tree, above = _parsed(name, code)
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    if not functions:
        raise _refused(name, "the source defines no function; write def " + (name or "lf") + "(x): ...")
    target = next((node for node in reversed(functions) if node.name == name), functions[-1])
    if isinstance(target, ast.AsyncFunctionDef):
        raise _refused(name, "an async function cannot label; write a plain def.", target.lineno)
    _refuse_signature(name, target)
    _refuse_endless_regexes(name, above)
    return LabelingFunction(name, code, tree, target, columns_read(tree, target, above), is_pure(tree, above))


def _refuse_text(name: str, code: str, most: int) -> None:
    try:
        size = len(code.encode())
        name.encode()
    except UnicodeEncodeError:
        raise _refused(name, "the source holds characters that are not valid Unicode (lone surrogates).") from None
    if size > most:
        raise _refused(name, f"the source is {size} bytes long, more than the limit of {most}.")
    if "\0" in code:
        raise _refused(name, "the source holds a NUL character.")
    if _bracket_depth(code) > MAX_DEPTH:
        raise _refused(name, f"the source nests brackets more than {MAX_DEPTH} deep.")


def _bracket_depth(code: str) -> int:
    """How deep brackets nest, those in strings and comments counted too; 0 where there are too few to matter."""
    if sum(code.count(letter) for letter in "([{") <= MAX_DEPTH:
        return 0
    depth = deepest = 0
    for letter in code:
        depth += (letter in "([{") - (letter in ")]}")
        deepest = max(deepest, depth)
    return deepest


def _parsed(name: str, code: str) -> tuple[ast.Module, Parents]:
    try:
        tree = ast.parse(code)
    except SyntaxError as error:
        raise _refused(name, f"it is not valid Python: {error.msg}.", error.lineno) from None
    except (ValueError, RecursionError, MemoryError):
        raise _refused(name, "it is not valid Python, or too deeply nested.") from None
    try:
        return tree, parents(tree, MAX_DEPTH)
    except TooDeepError as error:
        line = getattr(error.node, "lineno", None)
        raise _refused(name, f"the source nests more than {MAX_DEPTH} deep.", line) from None


def _refuse_signature(name: str, target: ast.FunctionDef) -> None:
    if target.decorator_list:
        raise _refused(name, "decorators are not supported; remove them and send the plain function.", target.lineno)
    arguments = target.args
    positional = arguments.posonlyargs + arguments.args
    required = len(positional) - len(arguments.defaults)
    keyword_only = [default for default in arguments.kw_defaults if default is None]
    if not positional or required > 1 or keyword_only:
        raise _refused(name, f"{target.name} must take exactly one argument, the row.", target.lineno)


def _refuse_endless_regexes(name: str, nodes: Iterable[ast.AST]) -> None:
    for _, literal in regex_literals(nodes):
        pattern = str(literal.value)
        if may_never_end(pattern):
            raise Fault(
                name,
                f"time limit: the regular expression {pattern[:80]!r} repeats a repeat, which can take Python time "
                "without end; write it without the outer or the inner repeat.",
                literal.lineno,
                kind="limit",
            ).error()


def _refused(name: str, reason: str, line: int | None = None) -> LabelingFunctionError:
    return Fault(name.encode("utf-8", "replace").decode()[:100], reason, line).error()
