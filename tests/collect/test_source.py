"""What reading Python source shows: names through imports, routes, shapes, SQL; nothing is run."""

from __future__ import annotations

import textwrap

import pytest

from handbook.collect.source import collect_source
from handbook.model.facts import Absent, Found
from handbook.model.limits import Limits
from handbook.model.service import Service
from handbook.model.source import Function, Source
from handbook.tree import MemoryTree

SERVICE = Service("Risk", "risk", "https://git.example/r")


def read(*files: str, **named: str) -> Source:
    contents = {f"app{n}.py": text for n, text in enumerate(files)} | named
    tree = MemoryTree({path: textwrap.dedent(text) for path, text in contents.items()})
    fact = collect_source(tree, SERVICE, Limits())
    assert isinstance(fact, Found)
    return fact.value


def function(text: str) -> Function:
    return read(text).functions[0]


def test_names_are_followed_through_imports() -> None:
    found = read(
        """
        import pandas as pd, os.path
        from mlflow import log_metric as note
        from . import own
        pd.read_csv("data/x.csv", sep=";")
        note("a", 1)
        os.path.join("a")
        model.predict(1)
        df.groupby("a").apply(own.f)
        """
    )
    assert [call.name for call in found.calls] == [
        "pandas.read_csv", "mlflow.log_metric", "os.path.join", "?.predict", "?.apply", "?.groupby",
    ]  # fmt: skip
    first = found.calls[0]
    assert (first.spot.line, first.texts, first.keywords) == (5, ("data/x.csv", ";"), ("sep",))
    assert [item.name for item in found.imported("mlflow", "os")] == [
        "os.path",
        "mlflow.log_metric",
    ]
    assert [call.name for call in found.called("pandas.")] == ["pandas.read_csv"]


def test_all_that_a_match_may_hold_is_read() -> None:
    found = read(
        """
        def f(it):
            match it:
                case True | None | 1.5 | -2j | "a" | b"b":
                    save(it)
                case [1, *rest] | {"a": False, **rest} | Point(x=True) as rest:
                    load(rest)
                case _:
                    drop(...)
        """
    )
    assert [call.name for call in found.calls] == ["save", "load", "drop"]


def test_a_call_knows_its_function_and_the_loops_around_it() -> None:
    found = read(
        """
        class Model:
            def score(self, rows):
                for row in rows:
                    while True:
                        self.net.predict(row)
                return [clean(row) for row in rows]
        """
    )
    calls = {call.name: (call.function, call.loops) for call in found.calls}
    assert calls == {"?.predict": ("Model.score", 2), "clean": ("Model.score", 1)}
    assert [call.spot.line for call in found.inside("Model.score", "app0.py")] == [6, 7]


ROUTES = {
    "fastapi": (
        "from fastapi import FastAPI\napp = FastAPI()\n@app.get('/a/{id}')\nasync def f(id): ...",
        [("GET", "/a/{id}", "FastAPI", "f")],
    ),
    "api-route": (
        "from fastapi import APIRouter\nr = APIRouter()\n"
        "@r.api_route(path='/b', methods=['GET', 'POST'])\ndef f(): ...",
        [("GET", "/b", "FastAPI", "f"), ("POST", "/b", "FastAPI", "f")],
    ),
    "flask": (
        "from flask import Flask\napp = Flask(__name__)\n"
        "@app.route('/score', methods=['POST'])\ndef f(): ...",
        [("POST", "/score", "Flask", "f")],
    ),
    "starlette": (
        "from starlette.routing import Route\nROUTES = [Route('/v1', f, methods=['PUT'])]",
        [("PUT", "/v1", "Starlette", "")],
    ),
    "django": (
        "from django.urls import path\nurlpatterns = [path('users/', views.users)]",
        [("*", "users/", "Django", "")],
    ),
    "aiohttp": (
        "from aiohttp import web\ndef make(app):\n    app.router.add_post('/x', h)",
        [("POST", "/x", "aiohttp", "make")],
    ),
    "no framework": ("@cache.get('/a')\ndef f(): ...", []),
    "not a path": ("import flask\n@mock.get('a')\ndef f(): ...", []),
}


@pytest.mark.parametrize(("text", "expected"), ROUTES.values(), ids=ROUTES)
def test_routes(text: str, expected: list[tuple[str, ...]]) -> None:
    found = read(text).routes
    assert [(r.method, r.template, r.framework, r.function) for r in found] == expected


SHAPES = {
    "flat": ("def f(a):\n    if not a:\n        return 1\n    return 2", 1, 0),
    "elif": (
        "def f(a):\n    if a:\n        x()\n    elif b:\n        y()\n    else:\n        z()",
        1,
        0,
    ),
    "deep": (
        "def f(a):\n    for b in a:\n        if b:\n            try:\n                if c: d()\n"
        "            except E: pass",
        4,
        0,
    ),
    "with": ("def f():\n    with a:\n        with b:\n            c()", 0, 0),
    "late": (
        "def f(a):\n    if a:\n        return 1\n    else:\n        b()\n        c()\n        d()",
        1,
        5,
    ),
}


@pytest.mark.parametrize(("text", "deep", "late"), SHAPES.values(), ids=SHAPES)
def test_the_shape_of_a_function(text: str, deep: int, late: int) -> None:
    found = function(text)
    assert (found.depth, found.late_else) == (deep, late)


CONSTANTS = {
    "literal": ('return {"status": "ok"}', True),
    "docstring": ('"""Health."""\n    return "ok", 200', True),
    "response": ('return JSONResponse({"ok": True}, status_code=status.HTTP_200_OK)', True),
    "asks": ('return {"ok": database.ping()}', False),
    "branch": ('if x:\n        return 1\n    return "ok"', False),
    "nothing": ("pass", False),
}


@pytest.mark.parametrize(("body", "expected"), CONSTANTS.values(), ids=CONSTANTS)
def test_a_function_that_can_return_nothing_else(body: str, expected: bool) -> None:
    assert function(f"def f():\n    {body}").constant is expected


@pytest.mark.parametrize(
    ("text", "given", "of"),
    [
        ("def f(a, b): ...", 0, 3),
        ("def f(a: int, *c: str, **d) -> int: ...", 3, 4),
        ("class A:\n    def __init__(self, a: int): ...", 1, 1),
        ("class A:\n    def g(self) -> None: ...", 1, 1),
    ],
)
def test_annotations_are_counted(text: str, given: int, of: int) -> None:
    found = function(text)
    assert (found.annotated, found.annotatable) == (given, of)


def test_sql_in_strings_is_found_by_how_it_begins() -> None:
    found = read(
        """
        def f(db):
            "Delete a row from the table"
            db.execute("DELETE FROM jobs WHERE done")
            db.execute("select a, b from t")
        HELP = "Select the rows that you want to keep."
        WORD = "update"
        """
    )
    assert [(item.verb, item.function, item.spot.line) for item in found.sql] == [
        ("delete", "f", 4),
        ("select", "f", 5),
    ]


def test_files_for_python_2_and_files_that_cannot_be_read_are_told_apart() -> None:
    found = read("print 'hello'\n", "def f(:\n", "x = 1\n")
    assert [(s.path, s.line) for s in found.python2] == [("app0.py", 1)]
    assert [s.path for s in found.unread] == ["app1.py"]
    assert found.files == 3


def test_tests_examples_and_the_code_of_others_are_left_out() -> None:
    aside = (
        "tests/a.py",
        "test_b.py",
        "examples/c.py",
        "vendor/d.py",
        "skip/e.py",
        "a_pb2.py",
        ".ci/f.py",
    )
    files = {**dict.fromkeys(aside, "import a"), "app.py": "import b"}
    tree = MemoryTree({**files, ".handbook.yml": "ignore: [skip/**]"})
    fact = collect_source(tree, SERVICE, Limits())
    assert isinstance(fact, Found)
    assert [item.name for item in fact.value.imports] == ["b"]
    alone = MemoryTree({"README.md": "x"})
    assert collect_source(alone, SERVICE, Limits()) == Absent(("**/*.py",))


HOSTILE = {
    "deep brackets": "x = " + "(" * 100_000,
    "deep sum": "x = " + "1+" * 50_000 + "1",
    "deep attribute": "x" + ".a" * 50_000 + "()",
    "deep unary": "x = " + "-" * 50_000 + "1",
    "deep blocks": "".join(f"{' ' * n}if a:\n" for n in range(90)) + " " * 90 + "pass",
    "nul": "x = 1\0",
    "many calls": "f('x')\n" * 50_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_files_cost_themselves_only(text: str) -> None:
    found = read(text, "import fine")
    assert [item.name for item in found.imports][-1:] == ["fine"]


def test_half_a_character_in_a_literal_costs_nothing() -> None:
    found = read('f("\\ud800", "x")\nsql = "SELECT a FROM b WHERE c = \'\\udfff\'"')
    assert found.calls[0].texts == ("?", "x")
    assert found.sql[0].text.endswith("'?'")
