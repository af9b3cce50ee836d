"""Parameters of an operation; those of OpenAPI 2 that are really a body become one."""

from __future__ import annotations

import json
from typing import Any, cast

from handbook.collect.openapi.bundle import Bundle
from handbook.collect.openapi.content import ContentReader, described
from handbook.collect.openapi.pointers import mapping, reference, sequence, text
from handbook.collect.openapi.samples import Sampler
from handbook.collect.openapi.schemas import SchemaReader
from handbook.model.api import Body, Media, Parameter, Place
from handbook.model.limits import Limits

_PLACES = ("path", "query", "header", "cookie")
_FORM = "application/x-www-form-urlencoded"
_FILES = "multipart/form-data"

Raw = dict[str, Any]


class ParameterReader:
    """Reads the parameters of one bundle; shared ones only once."""

    def __init__(
        self, bundle: Bundle, schemas: SchemaReader, content: ContentReader, limits: Limits
    ) -> None:
        self._bundle, self._schemas, self._content = bundle, schemas, content
        self._hops = limits.openapi_depth
        self._sampler = Sampler(bundle)
        self._shared: dict[str, Parameter | None] = {}

    def raws(self, *lists: Any) -> list[tuple[Any, Raw]]:
        """Return parameters as (written, followed), later lists overriding earlier ones."""
        found: dict[tuple[str, str], tuple[Any, Raw]] = {}
        for written in [item for raw in lists for item in sequence(raw)]:
            node, _ = self._bundle.follow(written, self._hops)
            if name := text(node.get("name")):
                found[name, text(node.get("in"))] = (written, node)
        return list(found.values())

    def parameter(self, written: Any, node: Raw) -> Parameter | None:
        """Read one parameter; None for what belongs to the body, or to nowhere."""
        ref = reference(written)
        if not ref or len(written) > 1:
            return self._read(node)
        if ref not in self._shared:
            self._shared[ref] = self._read(node)
        return self._shared[ref]

    def body_2(self, nodes: list[Raw], consumes: list[str]) -> Body | None:
        """Make the body that OpenAPI 2 describes by parameters."""
        for node in nodes:
            if node.get("in") == "body":
                return self._whole_body(node, consumes)
        fields = [node for node in nodes if node.get("in") == "formData"]
        return self._form(fields, consumes) if fields else None

    def _read(self, node: Raw) -> Parameter | None:
        place = text(node.get("in"))
        if place not in _PLACES:
            return None
        schema = self._schema(node)
        return Parameter(
            name=text(node.get("name")),
            place=cast(Place, place),
            schema=self._schemas.read(schema),
            required=node.get("required") is True or place == "path",
            deprecated=node.get("deprecated") is True,
            description=described(node),
            example=self._example(node, schema),
        )

    def _schema(self, node: Raw) -> Any:
        if "schema" in node:
            return node["schema"]
        for media in mapping(node.get("content")).values():
            return mapping(media).get("schema", {})
        outer = ("name", "in", "required", "description", "allowEmptyValue", "collectionFormat")
        return {key: value for key, value in node.items() if key not in outer}

    def _example(self, node: Raw, schema: Any) -> str:
        given = [node.get("example")]
        given += [mapping(raw).get("value") for raw in mapping(node.get("examples")).values()]
        given += [mapping(schema).get(key) for key in ("example", "default")]
        for value in given:
            if value is not None:
                return _plain(value)
        # An invented text helps nobody; a number, a date or a choice shows the form.
        value = self._sampler.sample(schema, "request")
        return "" if value in (None, "string", {}, []) else _plain(value)

    def _whole_body(self, node: Raw, consumes: list[str]) -> Body:
        schema = self._schemas.read(node.get("schema", {}))
        kinds = [kind for kind in consumes if kind not in (_FORM, _FILES)] or ["application/json"]
        content = tuple(
            Media(kind, schema, self._content.generated(kind, node.get("schema"), "request"))
            for kind in kinds
        )
        return Body(content, node.get("required") is True, described(node))

    def _form(self, fields: list[Raw], consumes: list[str]) -> Body:
        files = any(field.get("type") == "file" for field in fields)
        kinds = [kind for kind in consumes if kind in (_FORM, _FILES)]
        kind = kinds[0] if kinds and not files else _FILES if files else _FORM
        schema = {
            "type": "object",
            "properties": {
                text(field["name"]): {
                    **mapping(self._schema(field)),
                    "description": described(field),
                }
                for field in fields
            },
            "required": [field["name"] for field in fields if field.get("required") is True],
        }
        media = Media(
            kind, self._schemas.read(schema), self._content.generated(kind, schema, "request")
        )
        return Body((media,), bool(schema["required"]))


def _plain(value: Any) -> str:
    if isinstance(value, list) and value:
        value = value[0]
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)[:200]
    return text(value)[:200]
