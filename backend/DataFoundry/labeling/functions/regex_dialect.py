"""Regular expressions that the sandbox's engine reads otherwise than Python's, written so that both mean the same.

Python's `$` also matches before a newline at the end, its `\\Z` does not, and `[a[b]` or `[a&&b]` are plain sets of
characters; in the sandbox it is the other way round. Only patterns that stand in a call of `re` can be seen, which is
nearly all.
"""

import ast
from collections.abc import Iterable, Iterator

_FUNCTIONS = {"compile", "search", "match", "fullmatch", "findall", "finditer", "sub", "subn", "split"}
_IN_SETS = {"[", "&", "~"}


def regex_literals(nodes: Iterable[ast.AST]) -> Iterator[tuple[ast.Call, ast.Constant]]:
    """Each call of a function of `re` whose pattern is a literal, and the literal."""
    nodes = list(nodes)
    modules = {each.asname or each.name for each in _imported(nodes, ast.Import) if each.name == "re"}
    names = {each.asname or each.name for each in _imported(nodes, ast.ImportFrom) if each.name in _FUNCTIONS}
    for node in nodes if modules or names else ():
        if isinstance(node, ast.Call) and node.args and _calls_re(node.func, modules, names):
            pattern = node.args[0]
            if isinstance(pattern, ast.Constant) and isinstance(pattern.value, str):
                yield node, pattern


def for_sandbox(code: str, tree: ast.Module) -> str:
    """The source with its patterns in the sandbox's dialect; every line stays where it is."""
    lines = code.encode().split(b"\n")
    for call, literal in sorted(regex_literals(ast.walk(tree)), key=lambda pair: (pair[1].lineno, -pair[1].col_offset)):
        pattern = str(literal.value)
        spoken = _translated(pattern, _is_multiline(call, pattern))
        if spoken != pattern and literal.lineno == literal.end_lineno and literal.end_col_offset is not None:
            line = lines[literal.lineno - 1]
            lines[literal.lineno - 1] = (
                line[: literal.col_offset] + repr(spoken).encode() + line[literal.end_col_offset :]
            )
    return b"\n".join(lines).decode()


def _imported(nodes: list[ast.AST], kind: type[ast.Import] | type[ast.ImportFrom]) -> Iterator[ast.alias]:
    for node in nodes:
        if isinstance(node, kind) and (isinstance(node, ast.Import) or node.module == "re"):
            yield from node.names


def _calls_re(function: ast.expr, modules: set[str], names: set[str]) -> bool:
    if isinstance(function, ast.Attribute):
        return isinstance(function.value, ast.Name) and function.value.id in modules and function.attr in _FUNCTIONS
    return isinstance(function, ast.Name) and function.id in names


def _is_multiline(call: ast.Call, pattern: str) -> bool:
    """Whether `$` may mean every line's end, which it means in both dialects."""
    words = {getattr(node, "attr", getattr(node, "id", "")) for node in ast.walk(call)}
    head = pattern[: pattern.find(")")] if pattern.startswith("(?") else ""
    return bool(words & {"M", "MULTILINE"}) or "m" in head


def _translated(pattern: str, multiline: bool) -> str:
    spoken: list[str] = []
    inside = place = 0  # of a set: how far we are into it
    while place < len(pattern):
        letter = pattern[place]
        if letter == "\\":
            pair = pattern[place : place + 2]
            spoken.append("\\z" if pair == "\\Z" and not inside else pair)
            place, inside = place + 2, inside + bool(inside)
            continue
        if inside:
            first = inside == 1
            closes = letter == "]" and not first
            spoken.append("\\" + letter if letter in _IN_SETS or (letter == "]" and first) else letter)
            inside = 0 if closes else inside if first and letter == "^" else inside + 1
        elif letter == "[":
            spoken.append(letter)
            inside = 1
        else:
            spoken.append("(?=\\n?\\z)" if letter == "$" and not multiline else letter)
        place += 1
    return "".join(spoken)
