"""One Python file of tests: the routes that its functions call, the objects that they use."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from handbook.collect.examples.addresses import (
    UNKNOWN,
    Pairs,
    addresses,
    assigned,
    name_of,
    options,
    parametrized,
)
from handbook.model.examples import Test

_METHODS = frozenset({"get", "post", "put", "patch", "delete", "head", "options"})
_EITHER_WAY = frozenset({"request", "open", "generic", "fetch", "stream", "simulate_request"})
_SAYING = frozenset({"request", "fetch", "send", "call"})
_NAMED = ("url", "path", "endpoint", "uri")
_CLIENTS = ("client", "session", "http", "api", "app", "request", "server")
_FAKES = ("mock", "respx", "responses", "httpretty", "aioresponses", "vcr", "patch")
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_BLOCKS = (ast.With, ast.AsyncWith)
_PLAIN = frozenset(
    kind
    for base in (ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop)
    for kind in base.__subclasses__()
)
"""Nodes with nothing inside them."""
_CALLS = 2_000  # of one function

_Function = ast.FunctionDef | ast.AsyncFunctionDef


class Shown:
    """What one function shows: requests as (method, path), names of objects."""

    def __init__(self, test: Test) -> None:
        self.test = test
        self.requests: set[tuple[str, str]] = set()
        self.names: set[str] = set()
        self.unclear = 0


Shared = dict[str, dict[str, tuple[str, ...]]]
"""Of modules of tests, by the last part of their names: what their variables hold."""


def read_tests(module: ast.Module, path: str, shared: Shared) -> list[Shown]:
    """Read a parsed file; what it sets is added to ``shared``, for the files read after it.

    Raises:
        RecursionError: it is nested too deeply.
    """
    around = _Around(shared)
    around.learn(module.body)
    if around.texts:
        name = path.removesuffix(".py").removesuffix("/__init__").rpartition("/")[2]
        shared.setdefault(name, {}).update(around.texts)
    return [
        _Reader(function, around.copy()).read(path, name)
        for name, function, around in _functions(module.body, "", around)
    ]


class _Around:
    """What is known where a function stands: imported names, and literals that names are for."""

    def __init__(self, shared: Shared) -> None:
        self.names: dict[str, str] = {}
        self.texts: dict[str, tuple[str, ...]] = {}
        self.pairs: Pairs = {}
        self._shared = shared

    def copy(self) -> _Around:
        other = _Around(self._shared)
        other.names, other.texts = dict(self.names), dict(self.texts)
        other.pairs = {names: list(rows) for names, rows in self.pairs.items()}
        return other

    def learn(self, nodes: list[ast.stmt]) -> None:
        """Add what statements import and set."""
        for node in nodes:
            self._import(node)
        assigned(nodes, self.texts, self.pairs)
        for node in nodes:
            self._made(node)

    def dotted(self, node: ast.expr) -> str:
        """Name an object through imports; "" if it comes from none."""
        parts: list[str] = []
        while True:
            if isinstance(node, ast.Attribute):
                parts.append(node.attr)
                node = node.value
            elif isinstance(node, ast.Call):
                node = node.func
            elif isinstance(node, ast.Await):
                node = node.value
            else:
                break
        known = self.names.get(node.id, "") if isinstance(node, ast.Name) else ""
        return ".".join([known, *reversed(parts)]) if known else ""

    def _import(self, node: ast.stmt) -> None:
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            above = self._shared.get(node.module.rpartition(".")[2], {})
            for alias in node.names:
                name = alias.asname or alias.name
                self.names[name] = f"{node.module}.{alias.name}"
                if alias.name in above:
                    self.texts[name] = above[alias.name]
                inside = self._shared.get(alias.name, {})
                self.texts |= {f"{name}.{key}": found for key, found in inside.items()}
        elif isinstance(node, ast.Import):
            for alias in node.names:
                root = alias.name.partition(".")[0]
                self.names[alias.asname or root] = alias.name if alias.asname else root

    def _made(self, node: ast.stmt) -> None:
        """Remember what a variable is made by: its methods are those of that class."""
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            self._bind(node.targets[0], node.value)
        elif isinstance(node, ast.AnnAssign) and node.value:
            self._bind(node.target, node.value)
        elif isinstance(node, _BLOCKS):
            for item in node.items:
                if item.optional_vars:
                    self._bind(item.optional_vars, item.context_expr)

    def _bind(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Name) and (name := self.dotted(value)):
            self.names[target.id] = name


def _functions(
    nodes: list[ast.stmt], outer: str, around: _Around
) -> Iterator[tuple[str, _Function, _Around]]:
    for node in nodes:
        if isinstance(node, _FUNCTIONS):
            yield f"{outer}{node.name}", node, around
        elif isinstance(node, ast.ClassDef):
            inner = around.copy()
            inner.learn(node.body)
            inner.texts |= {f"self.{name}": found for name, found in inner.texts.items()}
            for method in node.body:
                if isinstance(method, _FUNCTIONS) and method.name.lower().startswith("setup"):
                    assigned(ast.walk(method), inner.texts, inner.pairs)
            yield from _functions(node.body, f"{outer}{node.name}.", inner)


class _Reader:
    """Reads one function."""

    def __init__(self, function: _Function, around: _Around) -> None:
        self._function = function
        self._around = around

    def read(self, path: str, name: str) -> Shown:
        function = self._function
        line = min([function.lineno, *(item.lineno for item in function.decorator_list)])
        helper = not function.name.startswith("test")
        last = function.end_lineno or function.lineno
        shown = Shown(Test(path, line, last, name, helper))
        nodes = _inside(function.body)
        parametrized(function.decorator_list, self._around.texts, self._around.pairs)
        self._around.learn([node for node in nodes if isinstance(node, ast.stmt)])
        calls = [node for node in nodes if isinstance(node, ast.Call)]
        for call in calls[:_CALLS]:
            self._request(call, shown)
        if not helper:
            shown.names = set(self._uses(nodes))
        return shown

    def _request(self, call: ast.Call, shown: Shown) -> None:
        if not isinstance(call.func, ast.Attribute):
            self._helper(call, shown)
            return
        word = call.func.attr.removeprefix("simulate_").removeprefix("async_")
        receiver = self._receiver(call.func.value)
        if any(fake in receiver for fake in _FAKES):
            return
        relative = any(part in receiver.rpartition(".")[2] for part in _CLIENTS)
        methods: tuple[str, ...]
        if word in _METHODS:
            methods, target = (word.upper(),), _argument(call, 0)
        elif word == "websocket_connect":
            methods, target = ("GET",), _argument(call, 0)
        elif word in _EITHER_WAY:
            methods, target = self._either(call)
        else:
            self._helper(call, shown)
            return
        if target is None:
            return
        if together := self._together(call, target):
            for method, text in together:
                shown.requests |= {(method, path) for path in addresses((text,), relative=relative)}
            return
        found = options(target, self._around.texts)
        paths = list(addresses(found, relative=relative))
        shown.unclear += relative and found == (UNKNOWN,)
        shown.requests |= {
            (method, path) for path in paths if path != UNKNOWN for method in methods
        }

    def _helper(self, call: ast.Call, shown: Shown) -> None:
        """Look into calls of helpers: ``post_json("/scores")``, ``send_request("GET", "/")``."""
        name = name_of(call.func).rpartition(".")[2].lower()
        words = frozenset(name.split("_"))
        if not (_SAYING | _METHODS) & words or any(fake in name for fake in _FAKES):
            return
        said = [verb for item in call.args[:2] for verb in self._verbs(item)]
        methods = said or [word.upper() for word in words & _METHODS] or ["*"]
        for item in call.args[:3]:
            found = [text for text in options(item, self._around.texts) if text[:1] in ("/", "@")]
            paths = list(addresses(found, relative=False))
            shown.requests |= {(method, path) for path in paths for method in methods}

    def _either(self, call: ast.Call) -> tuple[tuple[str, ...], ast.expr | None]:
        """Tell method and address of ``request("GET", "/")`` and ``open("/", method="GET")``."""
        said = next((item.value for item in call.keywords if item.arg == "method"), None)
        if said is None and len(call.args) > 1:
            verbs = self._verbs(call.args[0])
            if verbs:
                return verbs, call.args[1]
        target = _argument(call, 0)
        verbs = self._verbs(said) if said else ("GET",)
        return verbs or ("*",), target

    def _together(self, call: ast.Call, target: ast.expr) -> list[tuple[str, str]]:
        """Return method and address of each row of a table of cases, if both come from one."""
        said = next((item.value for item in call.keywords if item.arg == "method"), None)
        verb = said or (call.args[0] if call.args else target)
        rows = self._around.pairs.get((name_of(verb), name_of(target)), [])
        return [(one.upper(), two) for one, two in rows if one.lower() in _METHODS]

    def _verbs(self, node: ast.expr) -> tuple[str, ...]:
        found = [text.upper() for text in options(node, self._around.texts)]
        return tuple(text for text in found if text.lower() in _METHODS)

    def _receiver(self, node: ast.expr) -> str:
        """Name what is called, in lower case: as written, and where it comes from."""
        while isinstance(node, ast.Call | ast.Await):
            node = node.func if isinstance(node, ast.Call) else node.value
        return f"{self._around.dotted(node)} {name_of(node)}".lower()

    def _uses(self, nodes: list[ast.AST]) -> Iterator[str]:
        inside = {
            id(node.value) for node in nodes if isinstance(node, ast.Attribute)
        }  # part of a longer name
        for node in nodes:
            if not isinstance(node, ast.Name | ast.Attribute) or id(node) in inside:
                continue
            if isinstance(node.ctx, ast.Load) and (name := self._around.dotted(node)):
                yield name


def _argument(call: ast.Call, at: int) -> ast.expr | None:
    if len(call.args) > at:
        return call.args[at]
    return next((item.value for item in call.keywords if item.arg in _NAMED), None)


def _inside(body: list[ast.stmt]) -> list[ast.AST]:
    """Return all nodes of statements, as ``ast.walk`` does, in half the time."""
    found: list[ast.AST] = list(body)
    for node in found:  # grows on the way
        for name in node._fields:
            value = getattr(node, name, None)
            if type(value) is list:
                found += [item for item in value if isinstance(item, ast.AST)]
            elif isinstance(value, ast.AST) and type(value) not in _PLAIN:
                found.append(value)
    return found
