"""The shape of a function's body: nesting, late ``else``, whether it can return anything else."""

from __future__ import annotations

import ast
from collections.abc import Iterator

_BLOCKS = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.Match)
_NESTS = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.Try, ast.Match)
_HARMLESS = (ast.Expr, ast.Return, ast.Pass)


def depth(body: list[ast.stmt]) -> int:
    """Return how deep branches, loops and handlers are nested; ``with`` does not count.

    An ``elif`` is as deep as its ``if``.
    """
    deepest = 0
    todo = [(node, 0) for node in body]
    while todo:
        node, level = todo.pop()
        if not isinstance(node, _BLOCKS):
            continue
        inner = level + isinstance(node, _NESTS)
        deepest = max(deepest, inner)
        for block, chained in _blocks(node):
            todo += [(child, level if chained else inner) for child in block]
    return deepest


def late_else(body: list[ast.stmt]) -> int:
    """Return the line of an ``else`` whose ``if`` always leaves the function; 0 if none."""
    todo = list(body)
    while todo:
        node = todo.pop(0)
        if isinstance(node, ast.If) and node.orelse and isinstance(node.body[-1], ast.Return):
            chained = len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If)
            if not chained and len(node.orelse) > 2:
                return node.orelse[0].lineno
        if isinstance(node, _BLOCKS):
            todo += [child for block, _ in _blocks(node) for child in block]
    return 0


def constant(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Tell whether a function does nothing but return literals: no call, no name, no branch."""
    if not all(isinstance(item, _HARMLESS) for item in node.body):
        return False
    returned = [item.value for item in node.body if isinstance(item, ast.Return)]
    texts = [item for item in node.body if isinstance(item, ast.Expr)]
    if not returned or any(not isinstance(item.value, ast.Constant) for item in texts):
        return False
    return all(_literal(value) for value in returned)


def annotations_of(
    node: ast.FunctionDef | ast.AsyncFunctionDef, *, inside_class: bool
) -> tuple[int, int]:
    """Count the parameters and results that have types, and those that could have."""
    arguments = node.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    if inside_class and every and every[0].arg in ("self", "cls", "mcs"):
        every = every[1:]
    every += [item for item in (arguments.vararg, arguments.kwarg) if item]
    result = 0 if node.name in ("__init__", "__post_init__") else 1
    given = sum(item.annotation is not None for item in every)
    return given + (result and node.returns is not None), len(every) + result


def _literal(value: ast.expr | None) -> bool:
    """Literals, and objects made of nothing else: ``JSONResponse({"ok": True})``."""
    if value is None or isinstance(value, ast.Constant):
        return True
    if isinstance(value, ast.Dict):
        return all(_literal(item) for item in (*value.keys, *value.values))
    if isinstance(value, ast.List | ast.Tuple | ast.Set):
        return all(_literal(item) for item in value.elts)
    if isinstance(value, ast.Call) and _looks_like_a_class(value.func):
        return all(_literal(item) for item in (*value.args, *(k.value for k in value.keywords)))
    return isinstance(value, ast.Attribute) and _looks_like_a_constant(value)


def _looks_like_a_class(node: ast.expr) -> bool:
    name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    return name[:1].isupper() or name in ("jsonify", "json_response", "make_response", "dict")


def _looks_like_a_constant(node: ast.Attribute) -> bool:
    return node.attr.isupper()


def _blocks(node: ast.stmt) -> Iterator[tuple[list[ast.stmt], bool]]:
    """Give the blocks of a statement, and whether each is an ``elif``."""
    if isinstance(node, ast.If):
        yield node.body, False
        yield node.orelse, len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If)
        return
    if isinstance(node, ast.Match):
        for case in node.cases:
            yield case.body, False
        return
    for name in ("body", "orelse", "finalbody"):
        yield getattr(node, name, []), False
    for handler in getattr(node, "handlers", []):
        yield handler.body, False
