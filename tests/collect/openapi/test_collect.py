"""From a tree to the definitions of a service."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from handbook.model.api import ApiDefinition
from handbook.model.facts import Absent, Broken, Found

Collect = Callable[..., Any]
INFO = "info: {title: %s, version: '1'}\n"
PATHS = "paths:\n  /%s:\n    get:\n      responses: {'200': {description: d}}\n"


def spec(title: str, path: str = "a") -> str:
    return "openapi: 3.0.0\n" + INFO % title + PATHS % path


def test_absent_says_where_it_looked(collect: Collect) -> None:
    fact = collect({"README.md": "# Risk", "data.json": "{}", "openapi.yaml": "generator: x\n"})
    assert isinstance(fact, Absent)
    assert "openapi.yaml" in fact.searched[0]


def test_one_definition_is_at_api(collect: Collect) -> None:
    (api,) = collect({"openapi.yaml": spec("Risk Score")}).value
    assert (api.slug, api.uri, api.title) == ("risk-score", "api/", "Risk Score")
    assert [file.path for file in api.files] == ["openapi.yaml"]
    assert msgspec.json.decode(api.bundle)["info"]["title"] == "Risk Score"


def test_several_have_pages_of_their_own(collect: Collect) -> None:
    files = {"openapi.yaml": spec("A"), "api/b.yaml": spec("B", "b"), "api/c.yaml": spec("B", "c")}
    fact = collect(files)
    assert [(api.slug, api.uri) for api in fact.value] == [
        ("a", "api/a/"),
        ("b", "api/b/"),
        ("b-2", "api/b-2/"),
    ]


def test_parts_of_others_are_not_definitions_of_their_own(collect: Collect) -> None:
    files = {
        "api/a-common.yaml": spec("Common", "ping"),
        "api/openapi.yaml": "openapi: 3.0.0\n"
        + INFO % "Whole"
        + "paths:\n  /ping: {$ref: 'a-common.yaml#/paths/~1ping'}\n",
    }
    assert [api.title for api in collect(files).value] == ["Whole"]


def test_a_copy_in_another_format_is_shown_once(collect: Collect) -> None:
    as_json = {
        "openapi": "3.0.0",
        "info": {"title": "Risk", "version": "1"},
        "paths": {"/a": {"get": {"responses": {"200": {"description": "d"}}}}},
    }
    fact = collect({"openapi.yaml": spec("Risk"), "docs/openapi.json": json.dumps(as_json)})
    assert [api.origin.path for api in fact.value] == ["openapi.yaml"]
    assert [(p.level, p.origin.path) for p in fact.problems] == [("notice", "docs/openapi.json")]


def test_one_that_is_broken_does_not_hide_the_other(collect: Collect) -> None:
    fact = collect({"openapi.yaml": spec("Risk"), "swagger.yaml": "swagger: '2.0'\na: [\n"})
    assert isinstance(fact, Found)
    assert [api.title for api in fact.value] == ["Risk"]
    assert [(p.level, p.origin.path) for p in fact.problems] == [("error", "swagger.yaml")]


@pytest.mark.parametrize(
    ("text", "words", "line"),
    [
        ("swagger: '1.2'\ninfo: {}\n", "version Swagger 1.2 cannot be read", 1),
        ("info: {}\nopenapi: 4.0.0\n", "version OpenAPI 4.0.0 cannot be read", 2),
        ("openapi: 3.0.0\npaths: [\n", "not valid YAML", 3),
    ],
)
def test_broken_names_file_and_line(collect: Collect, text: str, words: str, line: int) -> None:
    fact = collect({"openapi.yaml": text})
    assert isinstance(fact, Broken)
    assert words in fact.problem.message
    assert (fact.problem.origin.path, fact.problem.origin.line) == ("openapi.yaml", line)


def test_more_definitions_than_the_limit(collect: Collect) -> None:
    files = {f"{n}/openapi.yaml": spec(f"T{n}", f"p{n}") for n in range(5)}
    fact = collect(files, openapi_definitions=3)
    assert len(fact.value) == 3
    assert "2 more files" in fact.problems[0].message


@pytest.mark.parametrize("version", ["2.0", "3.0.3", "3.1.1", "3.2.0"])
def test_all_dialects(api_of: Callable[..., ApiDefinition], version: str) -> None:
    api = api_of(version, paths={"/a": {"get": {"responses": {"200": {"description": "d"}}}}})
    assert api.problems == ()
    assert [operation.label for operation in api.operations] == ["GET /a"]
    assert api.format == ("Swagger 2.0" if version == "2.0" else f"OpenAPI {version}")


def test_records_survive_a_process_boundary(api_of: Callable[..., ApiDefinition]) -> None:
    api = api_of(components={"schemas": {"A": {"properties": {"b": {"type": "string"}}}}})
    assert pickle.loads(pickle.dumps(api)) == api  # noqa: S301
    assert msgspec.json.decode(msgspec.json.encode(api), type=ApiDefinition) == api
