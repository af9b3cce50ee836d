"""Routes that Python web frameworks are told of: by decorators, or by calls."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Protocol

from handbook.model.source import Call, Route

if TYPE_CHECKING:
    from handbook.collect.source.reading import Decorated


class Walked(Protocol):
    """What was seen of a file: decorated functions, frameworks, handlers of declaring calls."""

    decorated: list[Decorated]
    frameworks: set[str]
    handlers: dict[int, str]


FRAMEWORKS = {
    "fastapi": "FastAPI",
    "flask": "Flask",
    "quart": "Quart",
    "starlette": "Starlette",
    "django": "Django",
    "aiohttp": "aiohttp",
    "sanic": "Sanic",
    "litestar": "Litestar",
    "bottle": "Bottle",
    "falcon": "Falcon",
    "tornado": "Tornado",
    "robyn": "Robyn",
    "blacksheep": "BlackSheep",
}
_METHODS = frozenset({"get", "post", "put", "patch", "delete", "head", "options"})
_ANY = frozenset({"route", "api_route"})
_VERBS = frozenset(method.upper() for method in _METHODS)
_CALLS = frozenset(
    f"{owner}.{name}"
    for owner, names in {
        "starlette.routing": ("Route",),
        "django.urls": ("path", "re_path"),
        "django.conf.urls": ("url",),
        "aiohttp.web": tuple(_METHODS),
    }.items()
    for name in names
)
_ADDERS = {"?.add_route": "*", "?.add_url_rule": "*", "?.add_api_route": "*"} | {
    f"?.add_{method}": method.upper() for method in _METHODS
}


DECLARING = _CALLS | frozenset(_ADDERS)
"""Names of calls that declare a route."""


def routes_of(calls: list[Call], walk: Walked) -> list[Route]:
    """Return the routes of one file; none where no web framework is imported."""
    if not walk.frameworks:
        return []
    framework = FRAMEWORKS[sorted(walk.frameworks)[0]]
    found = [route for item in walk.decorated for route in _by_decorator(item, framework)]
    for place, call in enumerate(calls):
        if not call.texts or call.name not in DECLARING:
            continue
        handler = walk.handlers.get(place, "")
        method = _ADDERS.get(call.name, call.name.rpartition(".")[2].upper())
        verbs = [text.upper() for text in call.texts[1:] if text.upper() in _VERBS]
        for verb in verbs or [method if method in _VERBS else "*"]:
            found.append(Route(verb, call.texts[0], framework, call.function, call.spot, handler))
    return found


def _by_decorator(item: Decorated, framework: str) -> list[Route]:
    found = []
    for name, call, spot in item.calls:
        last = name.rpartition(".")[2]
        template = _template(call)
        if template is None or (last not in _METHODS and last not in _ANY):
            continue
        for method in _methods(call) if last in _ANY else [last.upper()]:
            found.append(Route(method, template, framework, item.name, spot, item.name))
    return found


def _template(call: ast.Call) -> str | None:
    named = [k.value for k in call.keywords if k.arg in ("path", "rule", "uri")]
    for value in [*call.args[:1], *named]:
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            return value.value if value.value == "" or value.value.startswith("/") else None
    return None


def _methods(call: ast.Call) -> list[str]:
    for keyword in call.keywords:
        if keyword.arg == "methods" and isinstance(keyword.value, ast.List | ast.Tuple | ast.Set):
            texts = [item.value for item in keyword.value.elts if isinstance(item, ast.Constant)]
            return [str(text).upper() for text in texts] or ["GET"]
    return ["GET"]
