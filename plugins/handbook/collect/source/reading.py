"""One Python file: imports, calls, functions, routes and SQL, in one walk of its syntax tree."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from msgspec import Struct

from handbook.collect.source.routes import DECLARING, FRAMEWORKS, routes_of
from handbook.collect.source.shape import annotations_of, constant, depth, late_else
from handbook.model.source import Call, Function, Import, Route, Spot, Sql

_TEXT = 160  # characters of a line that are kept
_SQL = re.compile(
    r"\s*(?:--[^\n]*\n\s*)*(select|insert|update|delete|copy|merge|truncate|create|alter|drop)\b",
    re.IGNORECASE,
)
_OBJECT = r"\b(?:table|index|view|schema|database|extension|sequence|type|function)\b"
_SQL_NEXT = {
    verb: re.compile(pattern, re.IGNORECASE)
    for verb, pattern in {
        "select": r"\bfrom\b",
        "insert": r"\binto\b",
        "update": r"\bset\b",
        "delete": r"\bfrom\b",
        "copy": r"\b(?:from|to)\b",
        "merge": r"\binto\b",
        "truncate": r"\w",
        "create": _OBJECT,
        "alter": _OBJECT,
        "drop": _OBJECT,
    }.items()
}
"""Of each verb: a word that follows it in a statement. English sentences end with a full stop."""
_SQL_TEXT = 2_000
_LITERALS = 8  # strings of one call
_LITERAL = 300
_LOOPS = frozenset(
    {ast.For, ast.AsyncFor, ast.While, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp}
)
_SPECIAL = frozenset(
    {ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef}
)
_PLAIN = frozenset(
    {ast.Name, ast.Pass, ast.Break, ast.Continue, ast.Global, ast.Nonlocal}
    | {str, bytes, int, bool, type(None)}
)
"""What has nothing inside that is looked for: half of all there is."""
_NO_NODES = frozenset(
    {"ctx", "op", "ops", "id", "attr", "arg", "name", "names", "asname", "level", "module"}
    | {"type_comment", "kind", "conversion", "is_async", "simple", "rest", "type_ignores"}
)
"""Fields that hold no node, or one without anything inside."""
_CALLBACK = re.compile(r"\b(?:callback|webhook|notify|notification)_ur[il]\b")
_LOGIN = re.compile(r"oauth|openid|authlib|allauth|sso\b|saml", re.IGNORECASE)


class _Inside(dict[type[ast.AST], tuple[str, ...]]):
    """Of each kind of node: the fields that may hold what is looked for."""

    def __missing__(self, kind: type[ast.AST]) -> tuple[str, ...]:
        self[kind] = tuple(name for name in kind._fields if name not in _NO_NODES)
        return self[kind]


_INSIDE = _Inside()


class Reading(Struct, array_like=True):
    """What one file holds."""

    imports: list[Import] = []
    calls: list[Call] = []
    functions: list[Function] = []
    routes: list[Route] = []
    sql: list[Sql] = []
    callbacks: list[Spot] = []
    python2: list[Spot] = []
    unread: list[Spot] = []


def read_module(module: ast.Module, path: str, text: str) -> Reading:
    """Read one parsed file.

    Raises:
        RecursionError: it is nested too deeply.
    """
    walk = _Walk(path, text.split("\n"))
    walk.visit_all(module.body, "", 0)
    reading = walk.reading
    reading.routes = routes_of(reading.calls, walk)
    if "_ur" in text and (found := _CALLBACK.search(text)) and not _LOGIN.search(text):
        reading.callbacks.append(walk.spot(text.count("\n", 0, found.start()) + 1))
    return reading


class Decorated:
    """A function with the calls that decorate it."""

    def __init__(self, name: str, calls: list[tuple[str, ast.Call, Spot]]) -> None:
        self.name = name
        self.calls = calls


class _Walk:
    """Walks statements and expressions with the function and the loops they are in."""

    def __init__(self, path: str, lines: list[str]) -> None:
        self.reading = Reading()
        self.decorated: list[Decorated] = []
        self.frameworks: set[str] = set()
        self.handlers: dict[int, str] = {}  # of calls that declare a route, by their place
        self._path = path
        self._lines = lines
        self._names: dict[str, str] = {}

    def visit_all(self, nodes: list[ast.stmt], function: str, loops: int) -> None:
        for node in nodes:
            self._visit(node, function, loops)

    def _visit(self, node: ast.AST, function: str, loops: int) -> None:
        kind = type(node)
        if kind is ast.Constant:
            if isinstance(node.value, str):  # type: ignore[attr-defined]
                self._string(node, node.value, function)  # type: ignore[arg-type, attr-defined]
            return
        if kind in _SPECIAL:
            self._special(node, function, loops)
            return
        if kind is ast.Expr and type(node.value) is ast.Constant:  # type: ignore[attr-defined]
            return  # a docstring
        if kind is ast.Call:
            self._call(node, function, loops)  # type: ignore[arg-type]
        elif kind in _LOOPS:
            loops += 1
        for name in _INSIDE[kind]:
            value = getattr(node, name, None)
            if type(value) is list:
                for item in value:
                    if type(item) not in _PLAIN:
                        self._visit(item, function, loops)
                continue
            while type(value) is ast.Attribute:
                value = value.value
            if type(value) not in _PLAIN:
                self._visit(value, function, loops)  # type: ignore[arg-type]

    def _special(self, node: ast.AST, function: str, loops: int) -> None:
        if isinstance(node, ast.Import | ast.ImportFrom):
            self._import(node)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            self._function(node, function, loops)
        elif isinstance(node, ast.ClassDef):
            inner = f"{function}.{node.name}" if function else node.name
            for child in (*node.decorator_list, *node.bases, *node.keywords):
                self._visit(child, function, loops)
            self.visit_all(node.body, inner, 0)

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        spot = self.spot(node.lineno)
        if isinstance(node, ast.ImportFrom):
            if node.level or not node.module:
                return  # from within the package itself
            for alias in node.names:
                self._names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
                self._imported(f"{node.module}.{alias.name}", spot)
            return
        for alias in node.names:
            self._names[alias.asname or alias.name.partition(".")[0]] = (
                alias.name if alias.asname else alias.name.partition(".")[0]
            )
            self._imported(alias.name, spot)

    def _imported(self, name: str, spot: Spot) -> None:
        self.reading.imports.append(Import(name, spot))
        root = name.partition(".")[0]
        if root in FRAMEWORKS:
            self.frameworks.add(root)

    def _function(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef, outer: str, loops: int
    ) -> None:
        name = f"{outer}.{node.name}" if outer else node.name
        calls = [
            (self._dotted(item.func), item, self.spot(item.lineno))
            for item in node.decorator_list
            if isinstance(item, ast.Call)
        ]
        if calls:
            self.decorated.append(Decorated(name, calls))
        for child in (*node.decorator_list, node.args):
            self._visit(child, outer, loops)
        annotated, annotatable = annotations_of(node, inside_class="." in name)
        self.reading.functions.append(
            Function(
                name=name,
                spot=self.spot(node.lineno),
                lines=(node.end_lineno or node.lineno) - node.lineno + 1,
                depth=depth(node.body),
                late_else=late_else(node.body),
                annotated=annotated,
                annotatable=annotatable,
                constant=constant(node),
                documented=ast.get_docstring(node, clean=False) is not None,
            )
        )
        self.visit_all(node.body, name, 0)

    def _call(self, node: ast.Call, function: str, loops: int) -> None:
        name = self._dotted(node.func)
        if not name:
            return
        texts = [
            _sound(item.value[:_LITERAL])
            for item in _arguments(node)
            if isinstance(item, ast.Constant) and isinstance(item.value, str)
        ]
        if name in DECLARING:
            self.handlers[len(self.reading.calls)] = self._handler(node)
        self.reading.calls.append(
            Call(
                name=name,
                spot=self.spot(node.lineno),
                function=function,
                loops=loops,
                texts=tuple(texts[:_LITERALS]),
                keywords=tuple(item.arg for item in node.keywords if item.arg),
            )
        )

    def _handler(self, node: ast.Call) -> str:
        """Name what a call that declares a route hands the requests to."""
        named = [k.value for k in node.keywords if k.arg in ("endpoint", "handler", "view_func")]
        for value in (*named, *node.args[1:]):
            view = isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute)
            inner = value.func.value if view else value  # type: ignore[attr-defined]
            if name := _written(inner):
                return name
        return ""

    def _string(self, node: ast.Constant, text: str, function: str) -> None:
        found = _SQL.match(text) if len(text) >= 12 else None
        if found is None or text.rstrip().endswith("."):
            return
        verb = found[1].lower()
        if _SQL_NEXT[verb].search(text, found.end(), found.end() + _SQL_TEXT):
            spot = self.spot(node.lineno)
            self.reading.sql.append(Sql(verb, _sound(text[:_SQL_TEXT]), spot, function))

    def _dotted(self, node: ast.expr) -> str:
        """Name what is called through the file's imports; "" where it is no name at all."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if isinstance(node, ast.Name):
            known = self._names.get(node.id)
            if known is None and parts:
                return f"?.{parts[0]}"
            return ".".join([known or node.id, *reversed(parts)])
        return f"?.{parts[0]}" if parts else ""

    def spot(self, line: int) -> Spot:
        """Return a line of the file."""
        text = self._lines[line - 1].strip()[:_TEXT] if line <= len(self._lines) else ""
        return Spot(self._path, line, text)


def _sound(text: str) -> str:
    """Return a literal without halves of characters, which nothing can be written with."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _written(node: ast.expr) -> str:
    """Return a dotted name as it is written; "" for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


def _arguments(node: ast.Call) -> Iterator[ast.expr]:
    for item in (*node.args, *(keyword.value for keyword in node.keywords)):
        if isinstance(item, ast.List | ast.Tuple):
            yield from item.elts
        else:
            yield item
