"""OpenAPI definitions of the demo services, in 2.0, 3.0 and 3.1."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterator
from typing import Any

import yaml

from benchmarks.demofleet.services import Api, DemoService, Kind, Operation, Resource

Node = dict[str, Any]

_SCHEMAS: dict[Kind, Node] = {
    "string": {"type": "string"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "datetime": {"type": "string", "format": "date-time"},
    "array": {"type": "array", "items": {"type": "string"}},
    "object": {"type": "object", "additionalProperties": True},
}
_EXAMPLES: dict[Kind, Any] = {
    "string": "example",
    "integer": 42,
    "number": 0.87,
    "boolean": True,
    "date": "2026-03-01",
    "datetime": "2026-03-01T09:30:00Z",
    "array": ["first", "second"],
    "object": {"key": "value"},
}
_VERBS: dict[Operation, tuple[str, str]] = {
    "list": ("get", "List {plural}"),
    "create": ("post", "Create a {name}"),
    "get": ("get", "Get one {name}"),
    "replace": ("put", "Replace a {name}"),
    "delete": ("delete", "Delete a {name}"),
}


def definition_files(service: DemoService, release: int) -> dict[str, bytes]:
    """Return the files of a service's API definition at a release; none without an API."""
    api = service.api
    if api is None:
        return {}
    document = _Definition(service, api, release).document()
    if service.broken_api and release == service.releases:
        _break(document)
    files = {}
    if api.split:
        for title, schema in document["components"]["schemas"].items():
            path = posixpath.join(posixpath.dirname(api.file), f"schemas/{title}.yaml")
            files[path] = _written(_redirected(schema, "./{}.yaml"), "yaml")
        del document["components"]["schemas"]
        document = _redirected(document, "./schemas/{}.yaml")
    return {api.file: _written(document, api.format), **files}


class _Definition:
    """Builds one document; ``old`` tells Swagger 2.0 from OpenAPI 3."""

    def __init__(self, service: DemoService, api: Api, release: int) -> None:
        self._service = service
        self._api = api
        self._release = release
        self._old = api.version.startswith("2")
        self._schemas = "#/definitions/" if self._old else "#/components/schemas/"

    def document(self) -> Node:
        service = self._service
        info = {
            "title": service.title,
            "version": f"{self._release}.0.0",
            "description": f"{service.summary}\n\n{service.why}".strip(),
            "contact": {"name": service.team},
        }
        resources = self._api.at(self._release)
        tags = [{"name": r.plural.capitalize(), "description": r.about} for r in resources]
        paths = {path: item for r in resources for path, item in self._paths(r)}
        schemas = {title: schema for r in resources for title, schema in self._resource(r)}
        schemas["Problem"] = _PROBLEM
        security: list[Node] = [{"token": []}]
        if self._old:
            scheme = {"type": "apiKey", "in": "header", "name": "Authorization"}
            host = {
                "host": f"{service.name}.internal.example",
                "basePath": "/",
                "schemes": ["https"],
            }
            head = {"swagger": "2.0", "info": info, **host, "tags": tags, "security": security}
            return {
                **head,
                "consumes": ["application/json"],
                "produces": ["application/json"],
                "paths": paths,
                "definitions": schemas,
                "securityDefinitions": {"token": scheme},
            }
        servers = [
            {"url": f"https://{service.name}.internal.example", "description": "production"},
            {"url": f"https://{service.name}.stage.internal.example", "description": "stage"},
        ]
        components = {
            "schemas": schemas,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        }
        head = {"openapi": self._api.version, "info": info, "servers": servers, "tags": tags}
        return {**head, "security": security, "paths": paths, "components": components}

    def _paths(self, resource: Resource) -> Iterator[tuple[str, Node]]:
        whole = [op for op in resource.ops if op in ("list", "create")]
        single = [op for op in resource.ops if op not in whole]
        path = f"/{resource.plural}"
        if whole:
            yield path, {_VERBS[op][0]: self._operation(resource, op) for op in whole}
        if single:
            key = f"{resource.name}_id"
            about = f"Identifier of the {resource.name}."
            parameter = self._parameter(key, "path", {"type": "string"}, about)
            operations = {_VERBS[op][0]: self._operation(resource, op) for op in single}
            yield f"{path}/{{{key}}}", {"parameters": [parameter], **operations}

    def _operation(self, resource: Resource, op: Operation) -> Node:
        names = {"name": resource.name, "plural": resource.plural}
        subject = resource.plural if op == "list" else resource.name
        operation: Node = {
            "operationId": f"{op}{subject.capitalize()}",
            "summary": _VERBS[op][1].format(**names),
            "tags": [resource.plural.capitalize()],
        }
        operation["description"] = resource.about
        if resource.deprecated:
            operation["deprecated"] = True
            operation["description"] += f" **Deprecated.** {resource.deprecated}"
        if op == "list":
            operation["parameters"] = [
                self._parameter("limit", "query", _LIMIT, "Most entries to return."),
                self._parameter("after", "query", {"type": "string"}, "Where the last page ended."),
            ]
        if op in ("create", "replace"):
            self._add_body(operation, resource)
        operation["responses"] = self._responses(resource, op)
        return operation

    def _add_body(self, operation: Node, resource: Resource) -> None:
        schema = {"$ref": f"{self._schemas}New{resource.title}"}
        if self._old:
            body = {"name": "body", "in": "body", "required": True, "schema": schema}
            operation["parameters"] = [body]
            return
        content = {"schema": schema, "example": _example(resource)}
        operation["requestBody"] = {"required": True, "content": {"application/json": content}}

    def _responses(self, resource: Resource, op: Operation) -> Node:
        problem = self._response("Something is wrong; the answer says what.", "Problem")
        if op == "delete":
            return {"204": {"description": "It is gone."}, "404": problem}
        if op == "list":
            page = self._response("A page of them.", f"{resource.title}Page")
            return {"200": page, "401": problem}
        one = self._response(f"The {resource.name}.", resource.title)
        if op == "create":
            return {"201": one, "400": problem, "409": problem}
        return {"200": one, "404": problem}

    def _response(self, description: str, title: str) -> Node:
        schema = {"$ref": f"{self._schemas}{title}"}
        if self._old:
            return {"description": description, "schema": schema}
        return {"description": description, "content": {"application/json": {"schema": schema}}}

    def _parameter(self, name: str, place: str, schema: Node, about: str) -> Node:
        head = {"name": name, "in": place, "description": about, "required": place == "path"}
        return {**head, **schema} if self._old else {**head, "schema": schema}

    def _resource(self, resource: Resource) -> Iterator[tuple[str, Node]]:
        fields = {
            name: {**_SCHEMAS[kind], "description": about}
            for name, (kind, about) in resource.fields.items()
        }
        given: Node = {"type": "object", "required": [next(iter(fields))], "properties": fields}
        yield f"New{resource.title}", given
        own = {
            "id": {"type": "string", "description": "Given by the service."},
            "created_at": {"type": "string", "format": "date-time"},
        }
        extended = {"type": "object", "required": ["id", "created_at"], "properties": own}
        parts = [{"$ref": f"{self._schemas}New{resource.title}"}, extended]
        example = {"id": f"{resource.name}-1042", "created_at": _EXAMPLES["datetime"]}
        whole = {"allOf": parts, "description": resource.about}
        yield resource.title, {**whole, "example": {**example, **_example(resource)}}
        entries = {"type": "array", "items": {"$ref": f"{self._schemas}{resource.title}"}}
        page = {"items": entries, "next": {"type": "string", "description": "Pass it as `after`."}}
        yield f"{resource.title}Page", {"type": "object", "required": ["items"], "properties": page}


_LIMIT: Node = {"type": "integer", "minimum": 1, "maximum": 200, "default": 50}
_PROBLEM: Node = {
    "type": "object",
    "description": "What went wrong (RFC 9457).",
    "required": ["title", "status"],
    "properties": {
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
    },
}


def _example(resource: Resource) -> Node:
    return {name: _EXAMPLES[kind] for name, (kind, _) in resource.fields.items()}


def _break(document: Node) -> None:
    """Make the mistakes people make: a schema that is not there, an answer that is missing."""
    path = next(iter(document["paths"]))
    operation = next(iter(document["paths"][path].values()))
    content = operation["requestBody"]["content"]["application/json"]
    content["schema"] = {"$ref": "#/components/schemas/Adress"}
    document["paths"]["/healthz"] = {"get": {"summary": "Is it alive?"}}


def _redirected(node: Any, form: str) -> Any:
    if isinstance(node, list):
        return [_redirected(item, form) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: form.format(value.rpartition("/")[2])
        if key == "$ref" and isinstance(value, str)
        else _redirected(value, form)
        for key, value in node.items()
    }


def _written(document: Node, form: str) -> bytes:
    if form == "json":
        return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()
    text = yaml.dump(document, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=100)
    return text.encode()


class _Plain(yaml.SafeDumper):
    """Writes what is repeated again: definitions of people have no anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True
