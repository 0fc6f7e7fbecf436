"""What a labeling function can return, as far as its source tells."""

import ast

Parents = dict[ast.AST, ast.AST]


def parents(tree: ast.AST, depth: int) -> Parents:
    """The parent of each node below `tree`, those near the root first.

    Raises
    ------
    TooDeepError
        If nodes are nested more than `depth` deep.
    """
    above: Parents = {}
    level: list[ast.AST] = [tree]
    for _ in range(depth):
        below: list[ast.AST] = []
        for node in level:
            for child in ast.iter_child_nodes(node):
                above[child] = node
                below.append(child)
        if not below:
            return above
        level = below
    raise TooDeepError(level[0])


class TooDeepError(ValueError):
    """A source nests too deep; `node` is the first of the nodes at that depth."""

    def __init__(self, node: ast.AST) -> None:
        super().__init__("too deeply nested")
        self.node = node


def possible_votes(target: ast.FunctionDef) -> set[int] | None:
    """The class numbers and -1 that `target` returns, or None where the source does not tell."""
    found: set[int] = set()
    for node in own_nodes(target):
        if isinstance(node, ast.Return):
            votes = {-1} if node.value is None else _votes(node.value)
            if votes is None:
                return None
            found |= votes
    return found


def own_nodes(target: ast.FunctionDef) -> list[ast.AST]:
    """The nodes of the function without those of functions inside it."""
    found: list[ast.AST] = []
    waiting: list[ast.AST] = list(target.body)
    while waiting:
        node = waiting.pop()
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            found.append(node)
            waiting.extend(ast.iter_child_nodes(node))
    return found


def _votes(node: ast.expr) -> set[int] | None:
    if isinstance(node, ast.Constant):
        if node.value is None:
            return {-1}
        return {int(node.value)} if isinstance(node.value, int) else None
    if isinstance(node, ast.UnaryOp):
        if isinstance(node.op, ast.Not):
            return {0, 1}
        inner = _votes(node.operand)
        return {-vote for vote in inner} if inner is not None and isinstance(node.op, ast.USub) else None
    if isinstance(node, ast.IfExp):
        both = _votes(node.body), _votes(node.orelse)
        return both[0] | both[1] if both[0] is not None and both[1] is not None else None
    return {0, 1} if isinstance(node, ast.Compare) else None
