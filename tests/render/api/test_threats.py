"""The named bad inputs of the corpus that concern showing a definition."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from handbook.model.pages import Section

Render = Callable[..., Section]
PAYLOADS = [
    "<script>alert(1)</script>",
    "</title></code></pre></script><script>alert(1)</script>",
    '<img src=x onerror="alert(1)">',
    '"><svg onload=alert(1)>',
    "[x](javascript:alert(1))",
    "[x](jav\tascript:alert(1)) <javascript:alert(1)>",
    "![x](https://evil.example/pixel.png)",
    "<iframe src=https://evil.example></iframe><base href=//evil.example/>",
    "[x](data:text/html,<script>alert(1)</script>)",
    "{{ 7 * 7 }}{% include '/etc/passwd' %}",
    "' onmouseover='alert(1)",
    "<a id=__config class=md-overlay>x</a>",
]


def hostile(text: str) -> dict[str, Any]:
    """Say ``text`` wherever a definition can say something."""
    schema = {
        "type": "object",
        "title": text,
        "description": text,
        "required": [text],
        "properties": {
            text: {
                "type": "string",
                "format": text,
                "pattern": text,
                "enum": [text],
                "default": text,
                "description": text,
            },
            "deep": {"oneOf": [{"title": text, "properties": {text: {}}}, {"type": text}]},
        },
    }
    content = {
        text: {"schema": schema, "example": text},
        "application/json": {
            "schema": {
                "$ref": "#/components/schemas/" + text.replace("~", "~0").replace("/", "~1")
            },
            "examples": {text: {"summary": text, "description": text, "value": {text: text}}},
        },
    }
    operation = {
        "operationId": text,
        "summary": text,
        "description": text,
        "tags": [text],
        "externalDocs": {"url": f"javascript:{text}"},
        "parameters": [
            {"name": text, "in": place, "required": True, "description": text, "schema": schema}
            for place in ("query", "header", "path", "cookie")
        ],
        "requestBody": {"description": text, "content": content},
        "responses": {
            text: {
                "description": text,
                "content": content,
                "headers": {text: {"description": text, "schema": schema}},
            }
        },
        "security": [{text: [text]}],
        "callbacks": {text: {text: {"post": {"description": text, "responses": {}}}}},
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": text,
            "version": text,
            "description": text,
            "license": {"name": text},
            "contact": {"url": f"javascript:{text}"},
        },
        "externalDocs": {"url": f"javascript:{text}"},
        "servers": [{"url": text, "description": text}],
        "tags": [{"name": text, "description": text}],
        "paths": {f"/{text}": {"get": operation, "post": {**operation, "operationId": "b"}}},
        "webhooks": {text: {"post": operation}},
        "components": {
            "schemas": {text: schema},
            "securitySchemes": {
                text: {
                    "type": "oauth2",
                    "description": text,
                    "flows": {text: {"scopes": {text: text}}},
                }
            },
        },
    }


@pytest.mark.parametrize("payload", PAYLOADS)
def test_openapi_html_description(rendered: Render, parse: Any, payload: str) -> None:
    section = rendered(openapi=hostile(payload))
    for page in section.pages:
        parser = parse(page.html)
        tags = {name.split()[0] for name, _ in parser.attributes}
        assert not tags & {"script", "img", "svg", "iframe", "base", "style", "object", "form"}
        for name, value in parser.attributes:
            assert not name.split()[1].startswith("on"), (name, value)
            if name.endswith((" href", " src")):
                assert value.startswith(("#", "source/", "openapi.json", "https://"))
                assert "javascript:" not in value
            assert not (name.endswith(" id") and value.startswith("__"))
            assert not (name.endswith(" class") and "md-overlay" in value)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_openapi_html_description_is_shown_as_text(
    rendered: Render, parse: Any, payload: str
) -> None:
    parser = parse(rendered(openapi=hostile(payload)).pages[0].html)
    words = " ".join("".join(parser.texts).split())
    assert " ".join(payload.split()) in words


def test_bundles_of_hostile_definitions_are_json(rendered: Render) -> None:
    section = rendered(openapi=hostile(PAYLOADS[0]))
    (bundled,) = [asset.data for asset in section.assets if asset.data]
    assert json.loads(bundled)["info"]["title"] == PAYLOADS[0]
