"""Literal values in Python source, as far as they can be told without running it."""

from __future__ import annotations

import ast
from collections.abc import Mapping

Value = str | list["Value"] | bool | int | None
"""A text, a list, a truth, a number; None for what cannot be told."""

Names = Mapping[str, Value]
_ITEMS = 200
_TEXT = 256 * 1024
_DEPTH = 20


def value_of(node: ast.AST | None, names: Names, depth: int = 0) -> Value:
    """Return what an expression stands for; ``names`` are the variables that are known."""
    if node is None or depth > _DEPTH:
        return None
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str | bool | int) else None
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        return [value_of(item, names, depth + 1) for item in node.elts[:_ITEMS]]
    if isinstance(node, ast.JoinedStr):
        return _joined([value_of(_inner(part), names, depth + 1) for part in node.values])
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = (value_of(side, names, depth + 1) for side in (node.left, node.right))
        if isinstance(left, list) and isinstance(right, list):
            return (left + right)[:_ITEMS]
        return _joined([left, right])
    if isinstance(node, ast.Call):
        return _called(node, names, depth)
    return None


def _inner(part: ast.expr) -> ast.expr:
    return part.value if isinstance(part, ast.FormattedValue) else part


def _joined(parts: list[Value]) -> Value:
    texts = [str(part) for part in parts if isinstance(part, str | int)]
    if len(texts) != len(parts) or sum(map(len, texts)) > _TEXT:
        return None
    return "".join(texts)


def _called(node: ast.Call, names: Names, depth: int) -> Value:
    """``text("…")``, ``op.f("…")``, ``dedent("…")``, ``"…".strip()``: the text itself."""
    name = last_name(node.func)
    if name in ("text", "f", "dedent", "DDL", "quoted_name", "cleandoc", "SQL") and node.args:
        return value_of(node.args[0], names, depth + 1)
    if name in ("strip", "lstrip", "rstrip") and isinstance(node.func, ast.Attribute):
        return value_of(node.func.value, names, depth + 1)
    return None


def last_name(node: ast.AST) -> str:
    """Return the last part of a name: "Column" of ``sa.Column``."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def constants(body: list[ast.stmt]) -> dict[str, Value]:
    """Return the variables that a module sets to values that can be told."""
    names: dict[str, Value] = {}
    for node in body:
        target: ast.expr | None = None
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target = node.targets[0]
        elif isinstance(node, ast.AnnAssign):
            target = node.target
        if isinstance(target, ast.Name) and isinstance(node, ast.Assign | ast.AnnAssign):
            names[target.id] = value_of(node.value, names)
    return names


def text_of(node: ast.AST | None, names: Names) -> str:
    """Return a text; "" for anything else."""
    found = value_of(node, names)
    return found if isinstance(found, str) else ""


def texts_of(node: ast.AST | None, names: Names) -> list[str]:
    """Return the texts of a list; of a single text a list of it."""
    found = value_of(node, names)
    if isinstance(found, str):
        return [found]
    return [item for item in found if isinstance(item, str)] if isinstance(found, list) else []


def argument(call: ast.Call, place: int, *keywords: str) -> ast.expr | None:
    """Return an argument by its place or by one of its keywords."""
    if 0 <= place < len(call.args) and not isinstance(call.args[place], ast.Starred):
        return call.args[place]
    return next((item.value for item in call.keywords if item.arg in keywords), None)


def keyword(call: ast.Call, name: str) -> ast.expr | None:
    """Return a keyword argument."""
    return next((item.value for item in call.keywords if item.arg == name), None)


def is_true(node: ast.AST | None) -> bool:
    """Tell whether an expression is the literal ``True``."""
    return isinstance(node, ast.Constant) and node.value is True


def is_false(node: ast.AST | None) -> bool:
    """Tell whether an expression is the literal ``False``."""
    return isinstance(node, ast.Constant) and node.value is False
