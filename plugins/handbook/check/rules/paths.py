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

Place = tuple[str, str]
"""Path of the file and qualified name of the function."""


class RequestPath:
    """Handlers of routes, the functions they reach, and the calls in them."""

    def __init__(self, source: Source) -> None:
        self._functions: dict[str, list[Function]] = defaultdict(list)
        for function in source.functions:
            self._functions[function.name.rpartition(".")[2]].append(function)
        self._calls: dict[Place, list[Call]] = defaultdict(list)
        for call in source.calls:
            self._calls[call.spot.path, call.function].append(call)
        self.handlers = tuple(self._handlers(source))
        self.reached = frozenset(self._reach())

    def handler(self, route: Route) -> Function | None:
        """Return the function that answers a route; None where names do not tell."""
        if not route.handler:
            return None
        last = route.handler.rpartition(".")[2]
        same = [item for item in self._functions[last] if item.spot.path == route.spot.path]
        exact = [item for item in same if item.name == route.handler]
        found = exact or same or self._functions[last]
        return found[0] if len(found) == 1 or exact else None

    def calls(self) -> Iterator[Call]:
        """Give the calls in all functions that are reached, in the order of files and lines."""
        for place in sorted(self.reached):
            yield from self._calls[place]

    def calls_of(self, place: Place) -> list[Call]:
        """Return the calls in one function itself."""
        return self._calls[place]

    def _handlers(self, source: Source) -> Iterator[Function]:
        seen = set()
        for route in source.routes:
            function = self.handler(route)
            if function and (place := _place(function)) not in seen:
                seen.add(place)
                yield function

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
