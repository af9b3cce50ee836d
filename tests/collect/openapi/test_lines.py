"""The line of a value, in the ways people and tools write YAML and JSON."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
import yaml

from handbook.collect.openapi.lines import LineIndex

DATA: dict[str, Any] = {
    "openapi": "3.0.0",
    "info": {"title": "A: title", "description": "get:\n  not a key\npaths:\n  neither\n"},
    "paths": {
        "/a/{id}": {
            "get": {
                "parameters": [{"name": "id", "in": "path"}, {"in": "query", "name": "q"}],
                "responses": {"200": {"description": "It's fine"}},
            },
            "post": {"tags": ["x", "y"]},
        },
        "/b: c": {"get": {}},
    },
    "components": {"schemas": {"Pet #1": {"type": "object"}, "Ünï": {"enum": ["a", "b"]}}},
}


class Indented(yaml.SafeDumper):
    """Writes lists deeper than their key."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


FORMS = {
    "yaml": yaml.safe_dump(DATA, sort_keys=False, allow_unicode=True),
    "yaml-narrow": yaml.safe_dump(DATA, sort_keys=False, width=20),
    "yaml-indented-lists": yaml.dump(DATA, Dumper=Indented, sort_keys=False, indent=4),
    "yaml-document": "%YAML 1.2\n# head\n---\n" + yaml.safe_dump(DATA, sort_keys=False),
    "json-2": json.dumps(DATA, indent=2),
    "json-tab": json.dumps(DATA, indent="\t", ensure_ascii=True),
    "json-4-sorted": json.dumps(DATA, indent=4, sort_keys=True),
}
PLACES: list[tuple[tuple[str | int, ...], str]] = [
    (("info", "title"), "title"),
    (("paths", "/a/{id}"), "/a/{id}"),
    (("paths", "/a/{id}", "get"), "get"),
    (("paths", "/a/{id}", "post"), "post"),
    (("paths", "/b: c", "get"), "get"),
    (("paths", "/a/{id}", "get", "responses", "200", "description"), "It"),
    (("paths", "/a/{id}", "get", "responses", 200, "description"), "It"),
    (("components", "schemas", "Pet #1", "type"), "object"),
    (("components", "schemas", "Pet #1"), "Pet #1"),
]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("pointer", "word"), PLACES)
def test_line_of_a_value(form: str, pointer: tuple[str | int, ...], word: str) -> None:
    text = FORMS[form]
    line = LineIndex(text).line(pointer)
    assert word in text.split("\n")[line - 1]


@pytest.mark.parametrize("form", FORMS)
def test_operations_of_two_paths_have_their_own_lines(form: str) -> None:
    index = LineIndex(FORMS[form])
    lines = [index.line(("paths", path, "get")) for path in ("/a/{id}", "/b: c")]
    assert lines[0] < index.line(("paths", "/b: c")) < lines[1]


@pytest.mark.parametrize("form", FORMS)
def test_items_of_lists(form: str) -> None:
    index, lines = LineIndex(FORMS[form]), FORMS[form].split("\n")
    at = ("paths", "/a/{id}", "get", "parameters")
    first, second = (index.line((*at, n)) for n in (0, 1))
    assert index.line(at) < first < second
    assert "query" in lines[index.line((*at, 1, "in")) - 1]
    assert "name" in lines[index.line((*at, 1, "name")) - 1]
    assert index.line((*at, 1, "name")) != index.line((*at, 0, "name"))


def test_what_is_on_one_line_has_the_line_of_what_is_around_it() -> None:
    text = "a: 1\nb: {c: {d: 2}}\n"
    assert LineIndex(text).line(("b", "c", "d")) == 2
    assert LineIndex(json.dumps(DATA)).line(("paths", "/b: c")) == 1
    assert LineIndex("").line(("a",)) == 1


def test_time_is_linear_in_the_length_of_a_line() -> None:
    text = "a:\n  b" + " " * 300_000 + "\n  " + ":x" * 300_000 + '\n  "' + "\\x" * 300_000
    start = time.process_time()
    assert LineIndex(text).line(("a", "b")) == 1
    assert time.process_time() - start < 1
