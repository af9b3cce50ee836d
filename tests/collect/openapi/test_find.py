"""Which files are taken for definitions, and in which order."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from handbook.collect.openapi.find import candidates, definitions
from handbook.model.limits import Limits
from handbook.model.service import Service
from handbook.tree import MemoryTree

SPEC = "openapi: 3.0.0\n"


def found(files: dict[str, str], service: Service, **limits: int) -> list[str]:
    claimed, _ = definitions(MemoryTree(files), service, Limits(**limits))
    return [candidate.path for candidate in claimed]


def test_order_is_names_then_folders_then_depth_then_path(service: Service) -> None:
    files = dict.fromkeys(
        [
            "src/deep/er/risk.yaml",
            "src/openapi.yaml",
            "risk.yaml",
            "docs/other.yml",
            "api/v1/openapi.json",
            "api/swagger.yaml",
            "openapi.yaml",
        ],
        SPEC,
    )
    assert found(files, service) == [
        "openapi.yaml",
        "api/swagger.yaml",
        "api/v1/openapi.json",
        "src/openapi.yaml",
        "risk.yaml",
        "docs/other.yml",
        "src/deep/er/risk.yaml",
    ]


@pytest.mark.parametrize(
    "path",
    [
        "tests/openapi.yaml",
        "pkg/testdata/openapi.yaml",
        "examples/openapi.yaml",
        "example/api.yaml",
        "node_modules/x/openapi.json",
        "vendor/x/swagger.json",
        "third_party/openapi.yaml",
        ".github/openapi.yaml",
        "Tests/openapi.yaml",
        "openapi.py",
    ],
)
def test_others_files_are_left_out(path: str, service: Service) -> None:
    assert found({path: SPEC}, service) == []


def test_a_service_in_an_examples_folder_has_its_own_files(service: Service) -> None:
    inside = replace(service, path="examples/risk")
    files = {"examples/risk/openapi.yaml": SPEC, "examples/risk/tests/openapi.yaml": SPEC}
    assert found({**files, "openapi.yaml": SPEC}, inside) == ["examples/risk/openapi.yaml"]


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ("# a comment\nopenapi: '3.1.0'\n", True),
        ("info: {}\nswagger: '2.0'\n", True),
        ('{"info": {}, "openapi": "3.0.1"}', True),
        ('{"dependencies": {"openapi": "^3.0.0"}}', False),
        ("tool:\n  openapi: 3\n", False),
        ("openapi:\n  generator: x\n", False),
    ],
)
def test_other_names_need_the_mark_in_the_text(text: str, claims: bool, service: Service) -> None:
    assert bool(found({"config/thing.yaml": text}, service)) is claims


def test_the_search_stops_aloud(service: Service) -> None:
    files = {f"data/{n}.json": '{"a": 1}' * 100 for n in range(5)}
    claimed, problems = definitions(MemoryTree(files), service, Limits(openapi_search=1_000))
    assert claimed == ()
    assert [problem.origin.path for problem in problems] == ["data/1.json"]
    assert "1,000 bytes" in problems[0].message


def test_no_file_is_read_to_list_candidates(service: Service) -> None:
    tree = MemoryTree({"a.yaml": "x"}, unfetched=["a.yaml"])
    assert [candidate.path for candidate in candidates(tree, service)] == ["a.yaml"]
