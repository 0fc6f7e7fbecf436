"""Whether a function may be run once for equal rows: its answer depends on the row alone, as far as its source tells.

The check errs to the careful side: a function that it does not understand runs for each row, in order.
"""

import ast

from DataFoundry.labeling.functions.return_values import Parents

_MODULES = {"re", "math", "json", "string", "unicodedata", "typing", "__future__"}
_STATEFUL_NAMES = {
    *("next", "iter", "id", "hash", "setattr", "delattr", "globals", "vars", "locals", "exec", "eval", "compile"),
    *("open", "input", "object", "print", "__import__", "breakpoint", "memoryview", "bytearray"),
}
_READING_BUILTINS = {
    *(
        "len",
        "sum",
        "min",
        "max",
        "any",
        "all",
        "sorted",
        "set",
        "frozenset",
        "tuple",
        "list",
        "dict",
        "enumerate",
        "zip",
    ),
    *("range", "isinstance", "str", "repr", "bool", "reversed"),
}
_READING_METHODS = {
    *("get", "items", "keys", "values", "index", "count", "search", "match", "fullmatch", "findall", "sub", "split"),
    *("issubset", "issuperset", "isdisjoint", "intersection", "union", "difference"),
}
_MAKERS_OF_CONSTANTS = {"compile", "frozenset"}


def is_pure(tree: ast.Module, above: Parents) -> bool:
    """Whether every function in `tree` keeps nothing between calls and asks nothing but its arguments.

    Parameters
    ----------
    above
        The parent of each node below `tree`.
    """
    shared = _shared_names(tree)
    return all(_harmless(node, above, shared) for node in above)


def _shared_names(tree: ast.Module) -> dict[str, bool]:
    """Names bound at module level that are no functions; True for a list, set or dict of constants."""
    shared: dict[str, bool] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                for name in (each.id for each in ast.walk(target) if isinstance(each, ast.Name)):
                    if node.value is None or not _is_constant(node.value):
                        flat = node.value is not None and not isinstance(node, ast.AugAssign) and _is_flat(node.value)
                        shared[name] = flat and name not in shared
    return shared


def _is_constant(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant | ast.Lambda):
        return True
    if isinstance(node, ast.Tuple):
        return all(_is_constant(each) for each in node.elts)
    if isinstance(node, ast.UnaryOp | ast.BinOp | ast.BoolOp | ast.Compare):
        return all(_is_constant(each) for each in ast.iter_child_nodes(node) if isinstance(each, ast.expr))
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        return name in _MAKERS_OF_CONSTANTS
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)  # math.pi, re.I


def _is_flat(node: ast.expr) -> bool:
    if isinstance(node, ast.List | ast.Set):
        return all(_is_constant(each) for each in node.elts)
    if isinstance(node, ast.Dict):
        return all(key is not None and _is_constant(key) for key in node.keys) and all(map(_is_constant, node.values))
    return False


def _harmless(node: ast.AST, above: Parents, shared: dict[str, bool]) -> bool:
    if isinstance(node, ast.Global | ast.Nonlocal | ast.ClassDef | ast.Yield | ast.YieldFrom | ast.Await | ast.Delete):
        return False
    if isinstance(node, ast.Import):
        return all(each.name in _MODULES for each in node.names)
    if isinstance(node, ast.ImportFrom):
        return node.module in _MODULES and all(each.name != "*" for each in node.names)
    if isinstance(node, ast.arguments):
        return all(_is_constant(default) for default in [*node.defaults, *filter(None, node.kw_defaults)])
    if isinstance(node, ast.Attribute):
        return isinstance(node.ctx, ast.Load) and not node.attr.startswith("__")
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        if node.id in _STATEFUL_NAMES:
            return False
        return node.id not in shared or (shared[node.id] and _only_read(node, above))
    return True


def _only_read(node: ast.Name, above: Parents) -> bool:
    """Whether this use of a shared list, set or dict of constants cannot change it."""
    parent = above[node]
    if isinstance(parent, ast.Compare | ast.comprehension | ast.For):
        return True
    if isinstance(parent, ast.Subscript):
        return parent.value is node and isinstance(parent.ctx, ast.Load)
    if isinstance(parent, ast.Attribute):
        return parent.attr in _READING_METHODS
    return isinstance(parent, ast.Call) and isinstance(parent.func, ast.Name) and parent.func.id in _READING_BUILTINS
