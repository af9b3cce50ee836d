"""What a definition says about itself: title, servers, tags, ways to authenticate."""

from __future__ import annotations

from typing import Any

from handbook.collect.openapi.bundle import Bundle
from handbook.collect.openapi.names import Names, anchor
from handbook.collect.openapi.pointers import mapping, sequence, text
from handbook.model.api import SchemeUse, SecurityScheme, Server, Tag

DIALECTS = ("2.0", "3.0", "3.1", "3.2")
_HOPS = 16


def dialect(data: dict[str, Any]) -> str:
    """Return "2.0", "3.0", "3.1" or "3.2"; another version as written; "" if it is none."""
    if "openapi" in data:
        version = text(data["openapi"])
        short = ".".join(version.split(".")[:2])
        return short if short in DIALECTS[1:] else version
    version = text(data.get("swagger"))
    return "2.0" if version in ("2.0", "2") else version


def format_name(data: dict[str, Any]) -> str:
    """Return the name of the format for people: "OpenAPI 3.0.3", "Swagger 2.0"."""
    if "openapi" in data:
        return f"OpenAPI {text(data['openapi'])}"
    return f"Swagger {dialect(data)}"


def servers(data: dict[str, Any]) -> tuple[Server, ...]:
    """Return the addresses, variables filled with their defaults."""
    if "swagger" in data:
        return _servers_2(data)
    found = []
    for raw in sequence(data.get("servers")):
        node = mapping(raw)
        url = text(node.get("url"))
        for name, variable in mapping(node.get("variables")).items():
            url = url.replace(f"{{{name}}}", text(mapping(variable).get("default")) or name)
        if url:
            found.append(Server(url[:2000], text(node.get("description"))))
    return tuple(found[:50])


def _servers_2(data: dict[str, Any]) -> tuple[Server, ...]:
    host, base = text(data.get("host")), text(data.get("basePath"))
    if not host:
        return (Server(base),) if base else ()
    schemes = [text(scheme) for scheme in sequence(data.get("schemes"))] or ["https"]
    return tuple(Server(f"{scheme}://{host}{base}") for scheme in schemes[:5])


def tags(data: dict[str, Any]) -> tuple[Tag, ...]:
    """Return the tags that are described, in order."""
    nodes = [mapping(raw) for raw in sequence(data.get("tags"))]
    named = {text(node.get("name")): node for node in reversed(nodes) if text(node.get("name"))}
    return tuple(Tag(name, text(node.get("description"))) for name, node in reversed(named.items()))


def security_schemes(bundle: Bundle) -> tuple[SecurityScheme, ...]:
    """Return the ways to authenticate, of all dialects in one form."""
    data, names = bundle.data, Names()
    raws = mapping(mapping(data.get("components")).get("securitySchemes"))
    raws = mapping(data.get("securityDefinitions")) if "swagger" in data else raws
    return tuple(
        _scheme(name, names.unique(anchor("auth", name)), bundle.follow(raw, _HOPS)[0])
        for name, raw in raws.items()
    )


def security(raw: Any) -> tuple[tuple[SchemeUse, ...], ...]:
    """Return the alternatives; an empty list means that nothing is needed."""
    if not isinstance(raw, list):
        return ()
    if not raw:
        return ((),)
    return tuple(
        tuple(
            SchemeUse(name, tuple(text(scope) for scope in sequence(scopes)))
            for name, scopes in mapping(option).items()
        )
        for option in raw
    )


def _scheme(name: str, place: str, node: dict[str, Any]) -> SecurityScheme:
    kind = text(node.get("type"))
    detail = ""
    if kind == "basic":
        kind, detail = "http", "basic"
    elif kind == "http":
        detail = text(node.get("scheme"))
    elif kind == "apiKey":
        detail = f"{text(node.get('in'))} {text(node.get('name'))}"
    elif kind == "openIdConnect":
        detail = text(node.get("openIdConnectUrl"))
    elif kind == "oauth2":
        detail = ", ".join(mapping(node.get("flows"))) or text(node.get("flow"))
    flows = [mapping(flow) for flow in mapping(node.get("flows")).values()]
    scopes = {
        scope: text(words)
        for holder in [node, *flows]
        for scope, words in mapping(holder.get("scopes")).items()
    }
    description = text(node.get("description"))
    return SecurityScheme(name, place, kind, detail, description, tuple(scopes.items()))
