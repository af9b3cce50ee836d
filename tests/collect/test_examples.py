"""Tests are read as examples; what cannot be read costs itself only, and takes little time."""

from __future__ import annotations

import time

import pytest

from handbook.collect.examples import collect_tests
from handbook.model.examples import Examples, Request, Test, Tests
from handbook.model.facts import Absent, Found
from handbook.model.limits import Limits
from handbook.model.service import Service
from handbook.routing import Target, examples_of
from handbook.tree import MemoryTree


def read(files: dict[str, str], path: str = "") -> Tests:
    tree = MemoryTree(files)
    fact = collect_tests(tree, Service("Risk", "risk", tree.repo, path=path), Limits())
    assert isinstance(fact, Found)
    return fact.value


def test_names_are_followed_through_imports_variables_and_blocks() -> None:
    text = """\
from acme.risk import Client, RED
import acme.risk.model as model


def test_it():
    client = Client(RED)
    client.score(1)
    with model.open("x") as opened:
        opened.close()
    from acme.late import thing
    thing()
"""
    names = {use.name for use in read({"tests/test_a.py": text}).uses}
    assert names == {
        "acme.risk.Client",
        "acme.risk.RED",
        "acme.risk.Client.score",
        "acme.risk.model.open",
        "acme.risk.model.open.close",
        "acme.late.thing",
    }


def test_methods_and_addresses_of_a_table_stay_together() -> None:
    text = """\
import pytest


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/a", 200), ("PUT", "/b", 405)])
def test_it(client, method, path, status):
    assert client.request(method, path).status_code == status


def test_them(client):
    for path, method in [("/c", "POST"), ("/d", "HEAD")]:
        client.open(path, method=method)
"""
    asked = {(request.method, request.path) for request in read({"tests/test_a.py": text}).requests}
    assert asked == {("GET", "/a"), ("PUT", "/b"), ("POST", "/c"), ("HEAD", "/d")}


def test_only_the_service_and_no_data_of_its_tests() -> None:
    call = "def test_it(client):\n    client.get('/a')\n"
    files = {
        "a/tests/test_a.py": call,
        "a/tests/data/test_b.py": call.replace("/a", "/data"),
        "a/vendor/x/tests/test_c.py": call.replace("/a", "/vendor"),
        "b/tests/test_d.py": call.replace("/a", "/b"),
    }
    assert [request.path for request in read(files, "a").requests] == ["/a"]


def test_no_tests_say_where_was_looked() -> None:
    tree = MemoryTree({"a.py": ""})
    fact = collect_tests(tree, Service("R", "r", tree.repo), Limits())
    assert isinstance(fact, Absent) and "tests/" in fact.searched


@pytest.mark.parametrize(
    "text",
    [
        "def test_(:\n",
        "\0",
        "def test_it(c):\n    c.get(" + "(" * 3_000 + ")" * 3_000 + ")\n",
        "def test_it(c):\n    c.get(" + "'/a' + " * 1_500 + "'/b')\n",
        "def test_it(c):\n    c.get(f'" + "{a}/" * 3_000 + "')\n",
        "def test_it(c):\n    for a in ['/x'] * 3:\n        c.get(a)\n" * 2_000,
        "x = y = z = w\n" * 20_000,
    ],
    ids=["syntax", "null", "deep", "long-sum", "long-f-string", "many", "assignments"],
)
def test_odd_files_cost_themselves_only(text: str) -> None:
    good = "def test_it(client):\n    client.get('/a')\n"
    begun = time.process_time()
    found = read({"tests/test_odd.py": text, "tests/test_good.py": good})
    assert "/a" in {request.path for request in found.requests}
    assert time.process_time() - begun < 5


@pytest.mark.parametrize(
    "line",
    [
        "get(" * 5_000,
        "fetch('/" + "a" * 5_000,
        "NewRequest(" + "a." * 5_000,
        "${" * 9_000 + "get('/a')",
    ],
)
def test_odd_lines_of_other_languages_take_no_time(line: str) -> None:
    begun = time.process_time()
    read({"a.test.ts": f"{line}\n" * 20, "b_test.go": f"{line}\n" * 20})
    assert time.process_time() - begun < 2


def test_templates_of_a_hostile_definition_take_no_time() -> None:
    here = Test("t.py", 1, 2, "test_it")
    requests = [Request("GET", "/" + "a" * 250 + f"/{n}b", 1, (here,)) for n in range(50)]
    targets = [Target(f"{n}", "GET", "/" + "{a}a" * 60 + "/{x}c") for n in range(200)]
    begun = time.process_time()
    assert examples_of(requests, targets) == {}
    assert time.process_time() - begun < 2


def test_the_closest_template_wins() -> None:
    here = Test("t.py", 1, 2, "test_it")
    targets = [
        Target("one", "GET", "/v1/items/{id}"),
        Target("search", "GET", "/v1/items/search"),
        Target("make", "POST", "/v1/items"),
        Target("act", "GET", "/v1/items/{id}:act"),
        Target("file", "*", "/files/<path:name>"),
    ]

    def of(method: str, path: str) -> set[str]:
        return set(examples_of([Request(method, path, 1, (here,))], targets))

    assert of("GET", "/v1/items/7") == {"one"}
    assert of("GET", "/v1/items/search") == {"search"}
    assert of("GET", "/v1/items/7:act") == {"act"}
    assert of("POST", "{}/items/") == {"make"}
    assert of("POST", "/items") == {"make"}
    assert of("DELETE", "/v1/items/7") == set()
    assert of("GET", "/items") == set()
    assert of("PUT", "/files/a.txt") == {"file"}
    assert of("PUT", "/files/a/b.txt") == {"file"}
    assert of("GET", "/") == set()


def test_the_shortest_tests_are_kept_and_all_are_counted() -> None:
    text = "".join(
        f"def test_{n}(client):\n{'    x = 1' + chr(10) if n % 2 else ''}    client.get('/a')\n\n"
        for n in range(20)
    )
    request = read({"tests/test_a.py": text}).requests[0]
    assert request.count == 20 and len(request.tests) == 5
    assert {test.last - test.line for test in request.tests} == {1}
    shown = examples_of([request], [Target("a", "GET", "/a")])["a"]
    assert shown == Examples(20, request.tests)
