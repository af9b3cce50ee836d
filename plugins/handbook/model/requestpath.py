"""The request path: what the functions that answer requests call, as far as names tell."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from handbook.model.source import Call, Function, Route, Source

_DEPTH = 4  # calls from the handler
_MOST = 400  # functions
_COMMON = frozenset(
    {"get", "set", "add", "run", "main", "read", "write", "open", "close", "create", "update"}
    | {"delete", "save", "load", "init", "start", "stop", "call", "execute", "send", "append"}
)
"""Names that many things have: a call of one does not say which function is meant."""

_SERVERS = (
    "kserve", "mlserver", "bentoml", "ray.serve", "litserve", "cog", "ts.torch_handler",
    "seldon_core", "tritonserver", "triton_python_backend_utils",
)  # fmt: skip
_ANSWERS = frozenset(
    {"predict", "preprocess", "postprocess", "explain", "execute", "handle", "inference"}
    | {"initialize", "decode_request", "encode_response", "__call__"}
)
"""What frameworks of model servers call for each request."""

Place = tuple[str, str]
"""Path of the file and qualified name of the function."""


class RequestPath:
    """Handlers of routes, the functions they reach, and the calls in them.

    ``files`` are those that any of these functions is in.
    """

    def __init__(self, source: Source) -> None:
        self._functions: dict[str, list[Function]] = defaultdict(list)
        for function in source.functions:
            self._functions[function.name.rpartition(".")[2]].append(function)
        self._calls: dict[Place, list[Call]] = defaultdict(list)
        for call in source.calls:
            self._calls[call.spot.path, call.function].append(call)
        self._imports: defaultdict[str, list[str]] = defaultdict(list)
        for one in source.imports:
            self._imports[one.spot.path].append(one.name)
        self._serving = {item.spot.path: item for item in source.imported(*_SERVERS)}
        self.handlers = tuple(self._handlers(source))
        self.reached = frozenset(self._reach())
        self.files = frozenset(path for path, _ in self.reached)

    def candidates(self, route: Route) -> list[Function]:
        """Return the functions that may answer a route: one, where names tell."""
        if not route.handler:
            return []
        every = self._functions.get(route.handler.rpartition(".")[2], [])
        same = [item for item in every if item.spot.path == route.spot.path]
        exact = [item for item in same if item.name == route.handler][:1]
        return exact or same or self._imported(every, route) or every

    def _imported(self, functions: list[Function], route: Route) -> list[Function]:
        """Return those in a module that is imported where the route is, best one of that name."""
        names = self._imports.get(route.spot.path, ())
        parts = {part for name in names for part in name.split(".")}
        owner = route.handler.rpartition(".")[0].rpartition(".")[2].strip("_").lower()
        found = [item for item in functions if _stem(item.spot.path) in parts]
        named = [
            item for item in found if owner and owner in f"{item.spot.path}.{item.name}".lower()
        ]
        return named or found

    def handler(self, route: Route) -> Function | None:
        """Return the function that answers a route; None where names do not tell."""
        found = self.candidates(route)
        return found[0] if len(found) == 1 else None

    def calls(self) -> Iterator[Call]:
        """Give the calls in all functions that are reached, in the order of files and lines."""
        for place in sorted(self.reached):
            yield from self._calls[place]

    def calls_of(self, place: Place) -> list[Call]:
        """Return the calls in one function itself."""
        return self._calls[place]

    def _handlers(self, source: Source) -> Iterator[Function]:
        seen = set()
        for function in source.functions:
            name = function.name.rpartition(".")[2]
            if function.spot.path in self._serving and name in _ANSWERS:
                seen.add(_place(function))
                yield function
        for route in source.routes:
            answering = self.handler(route)
            if answering and (place := _place(answering)) not in seen:
                seen.add(place)
                yield answering

    def _reach(self) -> set[Place]:
        reached = {_place(function) for function in self.handlers}
        level = set(reached)
        for _ in range(_DEPTH):
            level = {
                _place(function)
                for place in level
                for call in self._calls[place]
                if (function := self._called(call))
            } - reached
            if not level or len(reached) > _MOST:
                break
            reached |= level
        return reached

    def _called(self, call: Call) -> Function | None:
        """Return the own function that is called, if there is only one that it can be."""
        name = call.name.rpartition(".")[2]
        found = self._functions.get(name, [])
        near = [item for item in found if item.spot.path == call.spot.path and item.name == name]
        if near and "." not in call.name:
            return near[0]
        method = call.name.startswith("?.")
        if len(found) != 1 or (method and (name in _COMMON or len(name) < 4)):
            return None
        return found[0]


def _place(function: Function) -> Place:
    return function.spot.path, function.name


def _stem(path: str) -> str:
    return path.rpartition("/")[2].removesuffix(".py")
