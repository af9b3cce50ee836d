"""Who gets an alert: the routes of an Alertmanager whose configuration is in the repo."""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Mapping as Labels

from msgspec import Struct

from handbook.collect.monitoring.place import text_of
from handbook.yamlnodes import Mapping, Node, Scalar, Sequence, texts

_DEPTH = 20
_ROUTES = 1_000
_MATCHER = re.compile(r"\s*\{?\s*([A-Za-z_]\w*)\s*(=~|!~|!=|=)\s*[\"']?([^\"'}]*)[\"']?\s*\}?\s*")
_PLAIN = re.compile(r"[\w.-]+(?:\|[\w.-]+)*")


class Matcher(Struct, frozen=True):
    """A label, how it is compared ("=", "!=", "=~", "!~"), and with what."""

    label: str
    how: str
    value: str


class Route(Struct, frozen=True):
    """A route with those below it; ``receiver`` is "" where it is that of the route above."""

    receiver: str
    matchers: tuple[Matcher, ...]
    routes: tuple[Route, ...]


def routes_in(document: Node) -> tuple[Route, tuple[str, ...]] | None:
    """Return the top route and the receivers' names, where a document is such a configuration."""
    if not isinstance(document, Mapping):
        return None
    if text_of(document, "kind") == "AlertmanagerConfig":
        document = document.mapping("spec")
    route, receivers = document.get("route"), document.get("receivers")
    if not isinstance(route, Mapping) or not isinstance(receivers, Sequence):
        return None
    names = [text_of(item, "name") for item in receivers.items if isinstance(item, Mapping)]
    return _route(route, 0), tuple(name for name in names if name)[:200]


def _route(node: Mapping, depth: int) -> Route:
    inner = node.get("routes")
    items = inner.items[:_ROUTES] if isinstance(inner, Sequence) and depth < _DEPTH else []
    return Route(
        receiver=text_of(node, "receiver"),
        matchers=tuple(_matchers(node)),
        routes=tuple(_route(item, depth + 1) for item in items if isinstance(item, Mapping)),
    )


def _matchers(node: Mapping) -> Iterator[Matcher]:
    for item in texts(node.get("matchers")):
        # One text may hold several; what is not understood must not match everything.
        for part in item.text[:1_000].strip("{} ").split(","):
            found = _MATCHER.fullmatch(part)
            yield Matcher(*found.groups()) if found else Matcher("", "=", "?")
    listed = node.get("matchers")
    for entry in listed.items if isinstance(listed, Sequence) else ():
        if isinstance(entry, Mapping):  # AlertmanagerConfig
            yield Matcher(
                text_of(entry, "name"), text_of(entry, "matchType") or "=", text_of(entry, "value")
            )
    for key, how in (("match", "="), ("match_re", "=~")):
        for name, value in node.mapping(key).pairs:
            if isinstance(value, Scalar):
                yield Matcher(name.text, how, value.text)


def receiver_of(route: Route, labels: Labels[str, str]) -> str:
    """Return who gets an alert with these labels: the deepest first route that matches."""
    receiver = route.receiver
    level: Route | None = route
    while level is not None:
        level = next((item for item in level.routes if _all_match(item, labels)), None)
        receiver = (level.receiver or receiver) if level else receiver
    return receiver


def _all_match(route: Route, labels: Labels[str, str]) -> bool:
    return all(_matches(item, labels) for item in route.matchers)


def _matches(item: Matcher, labels: Labels[str, str]) -> bool:
    value = labels.get(item.label)
    if item.how in ("=", "!="):
        return value is not None and (value == item.value) == (item.how == "=")
    # Patterns of others are never run: only a choice between plain words is understood.
    if value is None or not _PLAIN.fullmatch(item.value.strip("^$()")):
        return False
    return (value in item.value.strip("^$()").split("|")) == (item.how == "=~")
