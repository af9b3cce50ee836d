"""Which addresses an expression of a test can stand for, as far as literals tell."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping

UNKNOWN = "{}"
NAMED = "@"
"""Begins an address that a test asks the framework for, by the route's name."""

_OPTIONS = 16  # that one expression may stand for
_DEPTH = 6
_LONGEST = 300
_PERCENT = re.compile(r"%(?:\(\w+\))?[-+ #0]*\d*(?:\.\d+)?[sdrif]")
_BRACES = re.compile(r"\{[^{}]*\}")
_REVERSED = frozenset({"reverse", "reverse_lazy", "url_for", "url_path_for", "app_path_for"})
_HOST = re.compile(r"(?:https?|wss?)://[^/?#]*", re.IGNORECASE)

Texts = Mapping[str, tuple[str, ...]]
Pairs = dict[tuple[str, str], list[tuple[str, str]]]
"""What two names stand for together, row by row of a table of cases."""


def options(node: ast.expr, texts: Texts, depth: int = 0) -> tuple[str, ...]:
    """Return the texts that an expression can be; "{}" in them stands for any."""
    if depth > _DEPTH:
        return (UNKNOWN,)
    if isinstance(node, ast.Constant):
        return (str(node.value)[:_LONGEST],)
    if isinstance(node, ast.Name | ast.Attribute):
        return texts.get(name_of(node), (UNKNOWN,))
    if isinstance(node, ast.JoinedStr):
        return _joined(_part(item, texts, depth + 1) for item in node.values)
    if isinstance(node, ast.BinOp):
        return _operation(node, texts, depth + 1)
    if isinstance(node, ast.IfExp):
        either = (*options(node.body, texts, depth + 1), *options(node.orelse, texts, depth + 1))
        return tuple(dict.fromkeys(either))[:_OPTIONS]
    return _call(node, texts, depth + 1) if isinstance(node, ast.Call) else (UNKNOWN,)


def addresses(texts: Iterable[str], *, relative: bool) -> Iterator[str]:
    """Give the paths of addresses, without host and query.

    ``relative``: a text without a leading slash is one too, below an unknown folder.
    """
    for text in texts:
        path = _HOST.sub("", text, count=1).partition("?")[0].partition("#")[0]
        if text and not path:
            path = "/"
        if re.search(r"[\s\\<>|]", path) or len(path) >= _LONGEST:
            continue
        if path.startswith(("/", UNKNOWN, NAMED)):
            yield path
        elif relative and re.match(r"[\w.~-]+(?:/|$)", path):
            yield f"{UNKNOWN}/{path}"


def name_of(node: ast.expr) -> str:
    """Return a dotted name as written, "" if it is none."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


def assigned(nodes: Iterable[ast.AST], texts: dict[str, tuple[str, ...]], pairs: Pairs) -> None:
    """Add what names are set to by statements, and by loops over literals."""
    for node in nodes:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                _learn(target, options(node.value, texts), texts)
        elif isinstance(node, ast.AnnAssign) and node.value:
            _learn(node.target, options(node.value, texts), texts)
        elif isinstance(node, ast.For | ast.AsyncFor):
            _spread(node.target, node.iter, texts, pairs)
        elif isinstance(node, ast.FunctionDef) and isinstance(node.body[-1], ast.Return):
            value = node.body[-1].value  # of a helper that makes an address
            if isinstance(value, ast.JoinedStr | ast.Constant | ast.BinOp):
                _learn(ast.Name(node.name), options(value, texts), texts)


def parametrized(
    decorators: Iterable[ast.expr], texts: dict[str, tuple[str, ...]], pairs: Pairs
) -> None:
    """Add what ``pytest.mark.parametrize`` gives for the names of parameters."""
    for node in decorators:
        if not isinstance(node, ast.Call) or len(node.args) < 2:
            continue
        if not name_of(node.func).endswith("parametrize"):
            continue
        first, rows = node.args[0], node.args[1]
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            names = [name.strip() for name in first.value.split(",")]
        elif isinstance(first, ast.List | ast.Tuple):
            names = [str(item.value) for item in first.elts if isinstance(item, ast.Constant)]
        else:
            continue
        _rows([ast.Name(name) for name in names], rows, texts, pairs)


def _spread(
    target: ast.expr, values: ast.expr, texts: dict[str, tuple[str, ...]], pairs: Pairs
) -> None:
    names = list(target.elts) if isinstance(target, ast.Tuple) else [target]
    _rows(names, values, texts, pairs)


def _rows(
    names: list[ast.expr], rows: ast.expr, texts: dict[str, tuple[str, ...]], pairs: Pairs
) -> None:
    if not isinstance(rows, ast.List | ast.Tuple | ast.Set):
        return
    for row in rows.elts[: _OPTIONS * 2]:
        cells: list[ast.expr] = [row]
        if isinstance(row, ast.Call) and name_of(row.func).endswith("param"):
            cells = list(row.args)
        elif len(names) > 1 and isinstance(row, ast.Tuple | ast.List):
            cells = list(row.elts)
        for name, cell in zip(names, cells, strict=False):
            _learn(name, options(cell, texts), texts)
        known = [
            (name_of(name), options(cell, texts)) for name, cell in zip(names, cells, strict=False)
        ]
        for (one, ones), (two, twos) in itertools.permutations(known[:_DEPTH], 2):
            pairs.setdefault((one, two), []).append((ones[0], twos[0]))


def _learn(target: ast.expr, found: tuple[str, ...], texts: dict[str, tuple[str, ...]]) -> None:
    name = name_of(target)
    if not name or found == (UNKNOWN,):
        return
    both = dict.fromkeys((*texts.get(name, ()), *found))
    texts[name] = tuple(both)[: _OPTIONS * 2]


def _part(node: ast.expr, texts: Texts, depth: int) -> tuple[str, ...]:
    inner = node.value if isinstance(node, ast.FormattedValue) else node
    return options(inner, texts, depth)


def _joined(parts: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    combined = itertools.islice(itertools.product(*list(parts)[:40]), _OPTIONS)
    return tuple(dict.fromkeys("".join(part)[:_LONGEST] for part in combined))


def _operation(node: ast.BinOp, texts: Texts, depth: int) -> tuple[str, ...]:
    left = options(node.left, texts, depth)
    if isinstance(node.op, ast.Mod):
        return tuple(_PERCENT.sub(UNKNOWN, text) for text in left)
    if isinstance(node.op, ast.Add | ast.Div):
        middle = "/" if isinstance(node.op, ast.Div) else ""
        return _joined((left, (middle,), options(node.right, texts, depth)))
    return (UNKNOWN,)


def _call(node: ast.Call, texts: Texts, depth: int) -> tuple[str, ...]:
    if isinstance(node.func, ast.Attribute) and node.func.attr == "format":
        return tuple(_BRACES.sub(UNKNOWN, text) for text in options(node.func.value, texts, depth))
    last = name_of(node.func).rpartition(".")[2]
    if last == "urljoin" and len(node.args) == 2:
        tails = options(node.args[1], texts, depth)
        return tuple(f"{UNKNOWN}/{tail.lstrip('/')}" for tail in tails)
    if last in _REVERSED and (named := _argument(node)):
        return tuple(f"{NAMED}{name}" for name in options(named, texts, depth) if name != UNKNOWN)
    if last in ("URL", "str", "quote") and len(node.args) == 1:
        return options(node.args[0], texts, depth)
    return texts.get(name_of(node.func), (UNKNOWN,))


def _argument(node: ast.Call) -> ast.expr | None:
    named = (item.value for item in node.keywords if item.arg in ("viewname", "name", "endpoint"))
    return node.args[0] if node.args else next(named, None)
