"""The operations, webhooks and callbacks of a definition."""

from __future__ import annotations

from typing import Any

from handbook.collect.openapi.about import security, security_schemes, servers
from handbook.collect.openapi.bundle import Bundle
from handbook.collect.openapi.content import ContentReader, media_types
from handbook.collect.openapi.curl import curl
from handbook.collect.openapi.names import Names, anchor
from handbook.collect.openapi.parameters import ParameterReader
from handbook.collect.openapi.pointers import Pointer, mapping, sequence, text
from handbook.collect.openapi.schemas import SchemaReader
from handbook.model.api import Body, Operation, OperationKind, Parameter, Response
from handbook.model.limits import Limits

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
Problems = list[tuple[Pointer, str]]


class OperationReader:
    """Reads all operations of one bundle."""

    def __init__(self, bundle: Bundle, schemas: SchemaReader, limits: Limits) -> None:
        self._bundle, self._schemas, self._limits = bundle, schemas, limits
        self._content = ContentReader(bundle, schemas, limits)
        self._parameters = ParameterReader(bundle, schemas, self._content, limits)
        self._anchors = Names()
        self._ids: dict[str, Pointer] = {}
        self._responses: dict[tuple[str, str], Response] = {}
        self._schemes = {scheme.name: scheme for scheme in security_schemes(bundle)}
        self._server = next((server.url for server in servers(bundle.data)), "")
        self._left = limits.openapi_operations
        self.problems: Problems = []

    def operations(self) -> tuple[Operation, ...]:
        """Return operations in the order of the definition, then its webhooks."""
        data = self._bundle.data
        found = self._items(mapping(data.get("paths")), ("paths",), "operation")
        for key in ("webhooks", "x-webhooks"):
            found += self._items(mapping(data.get(key)), (key,), "webhook")
        return tuple(found)

    def _items(self, items: dict[str, Any], at: Pointer, kind: OperationKind) -> list[Operation]:
        found: list[Operation] = []
        for path, written in items.items():
            if path.startswith("x-") and kind == "operation":
                continue
            item, moved = self._bundle.follow(written, self._limits.openapi_depth)
            place = moved or (*at, path)
            methods = {method: item[method] for method in METHODS if method in item}
            more = mapping(item.get("additionalOperations"))
            for method, raw in (methods | more).items():
                inside = place if method in methods else (*place, "additionalOperations")
                if not isinstance(raw, dict):
                    continue
                self._left -= 1
                if self._left < 0:
                    most = self._limits.openapi_operations
                    self._schemas.cut.add(f"Only the first {most:,} operations are shown.")
                    return found
                found.append(self._operation(kind, (method, path), raw, item, (*inside, method)))
        return found

    def _operation(
        self,
        kind: OperationKind,
        label: tuple[str, str],
        node: dict[str, Any],
        item: dict[str, Any],
        at: Pointer,
    ) -> Operation:
        self._schemas.begin()
        method, path = label[0].upper(), label[1]
        parameters, body = self._sent(item, node)
        needed = security(node.get("security", self._bundle.data.get("security")))
        ident = text(node.get("operationId"))
        if kind == "operation":
            self._check(ident, path, parameters, at)
        name = anchor("op", ident) if ident else anchor("op", f"{method.lower()}-{path}")
        tags = tuple(text(tag) for tag in sequence(node.get("tags")) if text(tag))
        return Operation(
            method=method,
            path=path,
            anchor=self._anchors.unique(name),
            origin=self._bundle.origin(at),
            id=ident,
            kind=kind,
            summary=" ".join(text(node.get("summary")).split()),
            description=text(node.get("description")) or text(item.get("description")),
            tags=tags,
            deprecated=node.get("deprecated") is True,
            parameters=parameters,
            body=body,
            responses=self._all_responses(node),
            security=needed if kind == "operation" else (),
            curl=self._curl((method, path), parameters, body, node) if kind == "operation" else "",
            docs_url=text(mapping(node.get("externalDocs")).get("url")),
            callbacks=() if kind == "callback" else self._callbacks(node, at),
        )

    def _sent(
        self, item: dict[str, Any], node: dict[str, Any]
    ) -> tuple[tuple[Parameter, ...], Body | None]:
        raws = self._parameters.raws(item.get("parameters"), node.get("parameters"))
        read = [self._parameters.parameter(written, raw) for written, raw in raws]
        parameters = tuple(parameter for parameter in read if parameter)
        if "swagger" not in self._bundle.data:
            return parameters, self._content.body(node.get("requestBody"))
        consumes = media_types(node.get("consumes"), self._bundle.data.get("consumes"))
        return parameters, self._parameters.body_2([raw for _, raw in raws], consumes)

    def _all_responses(self, node: dict[str, Any]) -> tuple[Response, ...]:
        produces = media_types(node.get("produces"), self._bundle.data.get("produces"))
        found = []
        for status, raw in mapping(node.get("responses")).items():
            if status.startswith("x-"):
                continue
            ref = text(mapping(raw).get("$ref"))
            if not ref:
                found.append(self._content.response(status, raw, produces))
                continue
            if (status, ref) not in self._responses:
                self._responses[status, ref] = self._content.response(status, raw, produces)
            found.append(self._responses[status, ref])
        return tuple(found)

    def _callbacks(self, node: dict[str, Any], at: Pointer) -> tuple[Operation, ...]:
        found = []
        for name, raw in mapping(node.get("callbacks")).items():
            items = {
                key: value
                for key, value in self._content.follow(raw).items()
                if not key.startswith("x-")
            }
            found += self._items(items, (*at, "callbacks", name), "callback")
        return tuple(found)

    def _curl(
        self,
        label: tuple[str, str],
        parameters: tuple[Parameter, ...],
        body: Body | None,
        node: dict[str, Any],
    ) -> str:
        own = servers({"servers": node["servers"]}) if "servers" in node else ()
        server = own[0].url if own else self._server
        needed = security(node.get("security", self._bundle.data.get("security")))
        first = next(iter(needed), ())
        schemes = [self._schemes[use.scheme] for use in first if use.scheme in self._schemes]
        return curl(label, server, parameters, body, schemes)

    def _check(self, ident: str, path: str, parameters: tuple[Parameter, ...], at: Pointer) -> None:
        """Note what the metaschemas cannot see."""
        if ident and ident in self._ids:
            first = self._bundle.origin(self._ids[ident])
            self.problems.append(
                (at, f'the operationId "{ident[:100]}" is used before ({first.path}:{first.line})')
            )
        self._ids.setdefault(ident, at)
        declared = {parameter.name for parameter in parameters if parameter.place == "path"}
        for part in path.split("{")[1:]:
            name = part.partition("}")[0]
            if name not in declared:
                self.problems.append((at, f'the path parameter "{name[:100]}" is not described'))
