"""The named bad inputs of the corpus that concern reading a definition."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from handbook.collect.openapi import collect_apis
from handbook.model.facts import Broken, Found
from handbook.model.limits import Limits
from handbook.model.service import Service
from handbook.tree import MemoryTree

Collect = Callable[..., Any]
HEAD = "openapi: 3.0.3\ninfo: {title: T, version: '1'}\n"


@pytest.fixture
def asked() -> Iterator[tuple[str, list[str]]]:
    """A server on this machine, and the paths it was asked for."""
    paths: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            self.send_response(404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", paths
    server.shutdown()
    server.server_close()
    thread.join()


def with_reference(ref: str) -> str:
    return HEAD + (
        f"paths:\n  /a:\n    $ref: '{ref}'\n  /b:\n    get:\n      responses:\n"
        f"        '200': {{$ref: '{ref}'}}\n"
        f"components:\n  schemas:\n    A: {{$ref: '{ref}'}}\n    B: {{items: {{$ref: '{ref}'}}}}\n"
    )


def test_openapi_remote_ref(collect: Collect, asked: tuple[str, list[str]]) -> None:
    url, paths = asked
    fact = collect({"openapi.yaml": with_reference(f"{url}/schema.yaml#/A")})
    assert paths == []
    assert [op.label for op in fact.value[0].operations] == ["GET /b"]
    refused = [p for p in fact.problems if "was not followed" in p.message]
    assert len(refused) == 4
    assert all(url in problem.message and problem.origin.line for problem in refused)
    bundled = json.loads(fact.value[0].bundle)
    assert "$ref" not in json.dumps(bundled)


@pytest.mark.parametrize("form", ["file://{}", "{}", "../../../../../../../..{}", "file:{}"])
def test_openapi_file_ref(collect: Collect, tmp_path: Path, form: str) -> None:
    secret = tmp_path / "secret.yaml"
    secret.write_text("type: string\ndescription: canary-7f3a\n")
    fact = collect({"openapi.yaml": with_reference(form.format(secret))})
    assert isinstance(fact, Found)
    assert b"canary" not in fact.value[0].bundle
    assert "canary" not in repr(fact.value)
    assert len([p for p in fact.problems if "was not followed" in p.message]) == 4


def test_openapi_ref_cycle(collect: Collect) -> None:
    spec = HEAD + (
        "paths:\n  /a: {$ref: '#/paths/~1b'}\n  /b: {$ref: '#/paths/~1a'}\n"
        "  /c:\n    get:\n      parameters: [{$ref: '#/components/parameters/P'}]\n"
        "      responses: {'200': {$ref: '#/components/responses/R'}}\n"
        "components:\n  parameters: {P: {$ref: '#/components/parameters/P'}}\n"
        "  responses:\n    R: {$ref: '#/components/responses/S'}\n"
        "    S: {$ref: '#/components/responses/R'}\n"
        "  schemas:\n    A: {$ref: '#/components/schemas/B'}\n"
        "    B: {$ref: '#/components/schemas/A'}\n"
        "    C: {allOf: [{$ref: '#/components/schemas/C'}]}\n"
    )
    (api,) = collect({"openapi.yaml": spec}).value
    assert [operation.label for operation in api.operations] == ["GET /c"]
    assert {item.name: item.schema.ref for item in api.schemas} == {"A": "B", "B": "A", "C": "C"}


def test_openapi_doubling_refs(collect: Collect) -> None:
    schemas = "".join(
        f"    S{n}: {{properties: {{a: {{$ref: '#/components/schemas/S{n + 1}'}},"
        f" b: {{$ref: '#/components/schemas/S{n + 1}'}}}}}}\n"
        for n in range(60)
    )
    use = (
        "paths:\n  /a:\n    get:\n      responses:\n        '200': {description: d, content:"
        " {application/json: {schema: {$ref: '#/components/schemas/S0'}}}}\n"
    )
    start = time.process_time()
    fact = collect(
        {"openapi.yaml": HEAD + use + "components:\n  schemas:\n" + schemas + "    S60: {}\n"}
    )
    assert time.process_time() - start < 2
    assert fact.problems == ()
    assert len(fact.value[0].bundle) < 10_000
    assert len(repr(fact.value)) < 100_000


def test_openapi_doubling_refs_over_files(collect: Collect) -> None:
    files = {
        f"f{n}.yaml": f"get: {{$ref: 'f{n + 1}.yaml'}}\nput: {{$ref: 'f{n + 1}.yaml'}}\n"
        for n in range(40)
    }
    start = time.process_time()
    fact = collect({**files, "openapi.yaml": HEAD + "paths:\n  /a: {$ref: f0.yaml}\n"})
    assert time.process_time() - start < 5
    assert isinstance(fact, Found)
    assert len(fact.problems) <= 102
    assert any("more references were not followed" in p.message for p in fact.problems)


def test_json_depth_100k(collect: Collect) -> None:
    fact = collect({"openapi.json": '{"openapi": "3.0.0", "x": ' + "[" * 100_000})
    assert isinstance(fact, Broken)
    nested = '{"a":' * 100_000 + "1" + "}" * 100_000
    fact = collect({"openapi.json": f'{{"openapi": "3.0.0", "x": {nested}}}'})
    assert isinstance(fact, Broken)
    assert "deeper than 128" in fact.problem.message


def test_yaml_laughs(collect: Collect) -> None:
    lines = ["openapi: 3.0.0", "x0: &x0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    lines += [f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 9)}]" for n in range(1, 10)]
    start = time.process_time()
    fact = collect({"openapi.yaml": "\n".join(lines)})
    assert time.process_time() - start < 2
    assert isinstance(fact, Broken)


def test_yaml_laughs_by_merge_keys(collect: Collect) -> None:
    lines = ["openapi: 3.0.0", "x0: &x0 {k: lol}"]
    lines += [f"x{n}: &x{n} {{<<: *x{n - 1}, a: *x{n - 1}, b: *x{n - 1}}}" for n in range(1, 40)]
    start = time.process_time()
    assert isinstance(collect({"openapi.yaml": "\n".join(lines)}), Broken)
    assert time.process_time() - start < 2


def test_yaml_self_alias(collect: Collect) -> None:
    assert isinstance(collect({"openapi.yaml": "openapi: 3.0.0\nx: &x\n  me: *x\n"}), Broken)


@pytest.mark.parametrize(
    "tag", ["!!python/object/apply:os.system", "!!python/name:os.system", "!!js/function"]
)
def test_yaml_python_tag(collect: Collect, tmp_path: Path, tag: str) -> None:
    trace = tmp_path / "trace"
    spec = HEAD + f"paths: {{}}\nx-run: {tag} ['touch {trace}']\n"
    assert isinstance(collect({"openapi.yaml": spec}), Found | Broken)
    assert not trace.exists()


def test_yaml_env_tag(collect: Collect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDBOOK_CANARY", "canary-7f3a")
    info = "  title: !ENV HANDBOOK_CANARY\n  version: !ENV '${HANDBOOK_CANARY}'\n"
    spec = f"openapi: 3.0.0\ninfo:\n{info}paths: {{}}\n"
    (api,) = collect({"openapi.yaml": spec}).value
    assert "canary" not in repr(api)


def test_a_link_out_of_the_repo_is_not_read(service: Service) -> None:
    files = {"openapi.yaml": HEAD + "paths: {$ref: out.yaml}\n"}
    tree = MemoryTree(files, links={"out.yaml": "/etc/passwd", "swagger.yaml": "../../x.yaml"})
    fact = collect_apis(tree, service, Limits())
    assert isinstance(fact, Found)
    assert any("out.yaml was not followed" in problem.message for problem in fact.problems)
    assert [p.origin.path for p in fact.problems if p.level == "error"] == ["swagger.yaml"]


def test_hostile_values_anywhere_never_raise(collect: Collect) -> None:
    """Each value of a rich definition, replaced by each hostile one."""
    whole = json.loads((Path(__file__).parent / "cases" / "rich.json").read_text())
    hostile: list[Any] = [None, 5, True, [], {}, "x", [None], {"$ref": "#"}, {"$ref": 5}]
    places = list(_places(whole))
    for number, place in enumerate(places):
        value = hostile[number % len(hostile)]
        inner = whole
        for key in place[:-1]:
            inner = inner[key]
        before, inner[place[-1]] = inner[place[-1]], value
        collect({"openapi.json": json.dumps(whole)})
        inner[place[-1]] = before
    assert len(places) > 150


def _places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if at:
        yield at
    items = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, inner in items:
        yield from _places(inner, (*at, key))
