"""Definitions are counted outside of comments and texts, and nothing makes counting slow."""

from __future__ import annotations

import time

import pytest

from handbook.collect.interfaces import collect_interfaces
from handbook.collect.interfaces.definitions import asyncapi, graphql, proto
from handbook.model.facts import Absent
from handbook.model.limits import Limits
from handbook.model.service import Service
from handbook.tree import MemoryTree


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("service A { rpc X(M) returns (M); rpc Y(M) returns (M) {} }", 2),
        ("message M { string rpc = 1; M service = 2; }", 0),
        ('/* service A { rpc X } */ option s = "service B { rpc Y }";', 0),
        ("service A { option x = { rpc: 1 }; rpc X(M) returns (M); }", 1),
    ],
)
def test_methods_of_protocol_buffers(text: str, count: int) -> None:
    assert proto(text) == (count, "")


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("type Query { a: Int, b(x: Int = 1, y: In): [Int!]! }", 2),
        ("extend type Mutation {\n  save(input: Input!): Int\n}", 1),
        ("type Score { value: Int }\ninput Query2 { a: Int }", 0),
        ("query { a: score { value } }", 0),
        ('"""type Query { a: Int }"""\n# type Query { a: Int }', 0),
    ],
)
def test_fields_of_graphql(text: str, count: int) -> None:
    assert graphql(text) == (count, "")


@pytest.mark.parametrize("read", [proto, graphql])
@pytest.mark.parametrize("text", ["service A {", "}", "type Query { a: Int"])
def test_braces_that_do_not_match_are_said(read: object, text: str) -> None:
    assert callable(read)
    _, problem = read(text)
    assert "brace" in problem


def test_channels_stand_for_operations_in_the_older_asyncapi() -> None:
    text = "asyncapi: 2.6.0\nchannels:\n  scored: {}\n  labelled: {}\n"
    assert asyncapi(text, Limits()) == (2, "")
    assert asyncapi("a: [", Limits())[1]
    assert "no key" in asyncapi("openapi: 3.1.0", Limits())[1]


@pytest.mark.parametrize("read", [proto, graphql])
@pytest.mark.parametrize("piece", ["/*", '"', '"\\', "'", "{", '"""', "service ", '\\"', "#", " "])
def test_no_text_takes_long(read: object, piece: str) -> None:
    assert callable(read)
    start = time.process_time()
    read(piece * 100_000)
    assert time.process_time() - start < 2


def test_nothing_is_absent_with_where_it_was_looked_for() -> None:
    tree = MemoryTree({"README.md": "# Risk"})
    fact = collect_interfaces(tree, Service(name="Risk", slug="risk", repo=tree.repo), Limits())
    assert isinstance(fact, Absent)
    assert "*.proto" in fact.searched
