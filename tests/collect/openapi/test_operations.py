"""Operations of OpenAPI 2 and 3 in one form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from handbook.model.api import ApiDefinition, SchemeUse

Make = Callable[..., ApiDefinition]
OK: dict[str, Any] = {"responses": {"200": {"description": "ok"}}}


def test_the_two_generations_give_the_same_operation(api_of: Make) -> None:
    pet = {"type": "object", "properties": {"name": {"type": "string"}}}
    old = api_of(
        "2.0",
        host="api.example.org",
        basePath="/v1",
        schemes=["https"],
        consumes=["application/json"],
        produces=["application/json"],
        paths={
            "/pets/{id}": {
                "put": {
                    "operationId": "putPet",
                    "parameters": [
                        {"name": "id", "in": "path", "required": True, "type": "integer"},
                        {"name": "pet", "in": "body", "required": True, "schema": pet},
                    ],
                    "responses": {"200": {"description": "ok", "schema": pet}},
                }
            }
        },
    )
    content = {"application/json": {"schema": pet}}
    new = api_of(
        "3.0.0",
        servers=[{"url": "https://api.example.org/v1"}],
        paths={
            "/pets/{id}": {
                "put": {
                    "operationId": "putPet",
                    "parameters": [
                        {
                            "name": "id",
                            "in": "path",
                            "required": True,
                            "schema": {"type": "integer"},
                        }
                    ],
                    "requestBody": {"required": True, "content": content},
                    "responses": {"200": {"description": "ok", "content": content}},
                }
            }
        },
    )
    assert old.servers == new.servers
    assert old.operations == new.operations
    assert old.operations[0].label == "PUT /pets/{id}"


def test_form_parameters_become_a_body(api_of: Make) -> None:
    fields = [
        {"name": "file", "in": "formData", "type": "file", "required": True},
        {"name": "note", "in": "formData", "type": "string", "description": "Any words"},
    ]
    api = api_of("2.0", paths={"/a": {"post": {"parameters": fields, **OK}}})
    body = api.operations[0].body
    assert body is not None
    assert body.required
    assert [media.type for media in body.content] == ["multipart/form-data"]
    schema = body.content[0].schema
    assert schema is not None
    assert [(p.name, p.required, p.schema.description) for p in schema.properties] == [
        ("file", True, ""),
        ("note", False, "Any words"),
    ]


def test_parameters_of_the_path_are_overridden_by_name_and_place(api_of: Make) -> None:
    item = {
        "parameters": [
            {"name": "a", "in": "query", "description": "shared", "schema": {}},
            {"name": "b", "in": "query", "schema": {}},
        ],
        "get": {
            "parameters": [
                {"name": "a", "in": "query", "description": "own", "schema": {}},
                {"name": "a", "in": "header", "schema": {}},
            ],
            **OK,
        },
    }
    (operation,) = api_of(paths={"/x": item}).operations
    assert [(p.place, p.name, p.description) for p in operation.parameters] == [
        ("query", "a", "own"),
        ("query", "b", ""),
        ("header", "a", ""),
    ]


def test_anchors_are_stable_and_unique(api_of: Make) -> None:
    paths = {
        "/a/{id}": {"get": {"operationId": "repos/get-content", **OK}, "delete": OK},
        "/b": {
            "get": {"operationId": "Repos/get content", **OK},
            "post": {"operationId": "ü", **OK},
        },
    }
    operations = api_of(paths=paths).operations
    assert [operation.anchor for operation in operations] == [
        "op-repos-get-content",
        "op-delete--a-id",
        "op-Repos-get-content-2",
        "op-ü",
    ]


@pytest.mark.parametrize(
    ("whole", "own", "expected"),
    [
        (None, None, ()),
        ([{"key": []}], None, ((SchemeUse("key"),),)),
        ([{"key": []}], [], ((),)),
        (
            None,
            [{"key": [], "oauth": ["read"]}, {}],
            ((SchemeUse("key"), SchemeUse("oauth", ("read",))), ()),
        ),
    ],
)
def test_security_of_the_operation_wins(
    api_of: Make, whole: Any, own: Any, expected: tuple[tuple[SchemeUse, ...], ...]
) -> None:
    operation = {**OK, **({} if own is None else {"security": own})}
    parts = {} if whole is None else {"security": whole}
    api = api_of(paths={"/a": {"get": operation}}, **parts)
    assert api.operations[0].security == expected


def test_webhooks_and_callbacks(api_of: Make) -> None:
    callback = {"{$request.body#/url}": {"post": {"summary": "Done", **OK}}}
    api = api_of(
        "3.1.0",
        paths={"/a": {"post": {"callbacks": {"done": callback}, **OK}}},
        webhooks={"drift": {"post": {"operationId": "drift", **OK}}},
    )
    operation, webhook = api.operations
    assert [(c.kind, c.label) for c in operation.callbacks] == [
        ("callback", "POST {$request.body#/url}")
    ]
    assert (webhook.kind, webhook.path, webhook.curl) == ("webhook", "drift", "")


def test_given_examples_come_before_generated_ones(api_of: Make) -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}}
    content = {
        "application/json": {"schema": schema, "example": {"n": 7}},
        "application/xml": {"schema": schema, "example": "<n>7</n>"},
        "application/problem+json": {"schema": schema},
        "text/csv": {"schema": {"type": "string"}},
    }
    get = {"responses": {"200": {"description": "d", "content": content}}}
    (operation,) = api_of(paths={"/a": {"get": get}}).operations
    examples = {
        media.type: [(e.text, e.language, e.generated) for e in media.examples]
        for media in operation.responses[0].content
    }
    assert examples == {
        "application/json": [('{\n  "n": 7\n}', "json", False)],
        "application/xml": [("<n>7</n>", "xml", False)],
        "application/problem+json": [('{\n  "n": 1\n}', "json", True)],
        "text/csv": [],
    }


def test_every_operation_knows_its_line(collect: Callable[..., Any]) -> None:
    spec = (
        "openapi: 3.0.0\ninfo: {title: T, version: '1'}\npaths:\n  /a:\n    get:\n"
        "      responses: {'200': {description: d}}\n    post:\n"
        "      responses: {'200': {description: d}}\n"
    )
    api = collect({"openapi.yaml": spec}).value[0]
    lines = [(op.method, op.origin.path, op.origin.line) for op in api.operations]
    assert lines == [("GET", "openapi.yaml", 5), ("POST", "openapi.yaml", 7)]


def test_more_operations_than_the_limit_are_cut_aloud(collect: Callable[..., Any]) -> None:
    paths = "".join(f"  /p{n}: {{get: {{responses: {{}}}}}}\n" for n in range(10))
    spec = f"openapi: 3.0.0\ninfo: {{title: T, version: '1'}}\npaths:\n{paths}"
    fact = collect({"openapi.yaml": spec}, openapi_operations=4)
    assert len(fact.value[0].operations) == 4
    assert any("first 4 operations" in problem.message for problem in fact.problems)
