"""Files into plain values, within limits."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import pytest

from handbook.collect.openapi.read import DEPTH, Document, read_document
from handbook.model.facts import Problem
from handbook.model.limits import Limits
from handbook.tree import MemoryTree


def read(path: str, content: str | bytes, **limits: int) -> Document | Problem:
    return read_document(MemoryTree({path: content}), path, Limits(**limits))


def data(path: str, content: str | bytes) -> Any:
    document = read(path, content)
    assert isinstance(document, Document), document
    return document.data


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("200: a\ntrue: b\nnull: c\n1.5: d\n", {"200": "a", "true": "b", "null": "c", "1.5": "d"}),
        ("a: 2020-01-01\nb: no\nc: 0123\n", {"a": "2020-01-01", "b": "no", "c": "0123"}),
        (
            "b: &b {x: 1, y: 2}\nc:\n  <<: *b\n  y: 3\n",
            {"b": {"x": 1, "y": 2}, "c": {"x": 1, "y": 3}},
        ),
        ("a: .nan\nb: -.inf\n", {"a": "nan", "b": "-inf"}),
        ("{openapi: 3.0.0, 'a': [1]}", {"openapi": "3.0.0", "a": [1]}),
    ],
)
def test_yaml_becomes_what_json_can_say(text: str, expected: Mapping[str, Any]) -> None:
    assert data("a.yaml", text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": 99999999999999999999999}', {"a": 99999999999999999999999}),
        ('{"a": 1e400}', {"a": "inf"}),
        ('{"a": "\\ud800b"}', {"a": "\ufffdb"}),
        ('{"a": NaN}', {"a": "nan"}),
        ("\ufeff{}", {}),
    ],
)
def test_json_at_the_edges(text: str, expected: Mapping[str, Any]) -> None:
    assert data("a.json", text) == expected


@pytest.mark.parametrize(
    ("path", "text", "line", "words"),
    [
        ("a.json", '{"a": 1,\n "b": }', 2, "not valid JSON"),
        ("a.yaml", "a: 1\nb: [1, 2\nc: 3\n", 3, "not valid YAML"),
        ("a.yaml", "a: 1\na: 2\n", 0, "duplicate"),
        ("a.yaml", "a: 1\n---\nb: 2\n", 0, "more than one document"),
        ("a.yaml", "? [a, b]\n: x\n", 0, "not valid YAML"),
    ],
)
def test_mistakes_name_the_line(path: str, text: str, line: int, words: str) -> None:
    problem = read(path, text)
    assert isinstance(problem, Problem)
    assert (problem.origin.path, problem.origin.line) == (path, line)
    assert words in problem.message
    assert problem.hint


@pytest.mark.parametrize("path", ["a.json", "a.yaml"])
def test_nesting_up_to_the_limit(path: str) -> None:
    fits, deeper = DEPTH - 2, DEPTH + 2
    assert isinstance(read(path, "[" * fits + "]" * fits), Document)
    assert isinstance(read(path, "[" * deeper + "]" * deeper), Problem)


def test_too_many_values_are_refused() -> None:
    assert isinstance(read("a.json", str([1] * 90), openapi_values=100), Document)
    problem = read("a.json", str([1] * 110), openapi_values=100)
    assert isinstance(problem, Problem)
    assert "100 values" in problem.message


def test_too_large_a_file_says_which_limit() -> None:
    problem = read("a.json", "[1, 2, 3, 4]", openapi_file=5)
    assert isinstance(problem, Problem)
    assert "5 bytes" in problem.message
    assert "limits.openapi_file" in problem.hint


@pytest.mark.parametrize("opening", ["[", "{", "a: [", '"x": ['])
def test_brackets_in_one_line_cost_no_square_of_time(opening: str) -> None:
    start = time.process_time()
    assert isinstance(read("a.yaml", f"openapi: 3.0.0\nx: {opening * 50_000}"), Problem)
    assert time.process_time() - start < 1


def test_brackets_in_texts_do_not_nest() -> None:
    text = "a: [" + ", ".join(['"[[["'] * 200) + "]"
    assert data("a.yaml", text) == {"a": ["[[["] * 200}
