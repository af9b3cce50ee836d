"""The tables that rules judge by hold together, and names of images are understood."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from handbook.check.cycles import cycles_of_image, newest_allowed
from handbook.check.rules.code import PYTHON_ENDS
from handbook.check.tables import needs, products, retired

PAGE = (Path(__file__).parents[2] / "docs/plan/choosing-tools.md").read_text(encoding="utf-8")


def test_every_end_is_a_day_and_has_a_source() -> None:
    for name, product in products().items():
        assert product.policy.startswith("https://"), name
        assert product.ends, name
        for cycle, end in product.ends.items():
            assert date.fromisoformat(end), (name, cycle)
            assert re.fullmatch(r"\d+(\.\d+)*", cycle), (name, cycle)
        assert set(product.codenames.values()) <= set(product.ends), name


def test_both_tables_of_python_say_the_same() -> None:
    ends = products()["python"].ends
    assert {version: ends[version] for version in PYTHON_ENDS} == PYTHON_ENDS


def test_what_has_ended_is_no_successor_and_no_standard() -> None:
    standard = {name for need in needs().values() for name in need.standard}
    assert standard & set(retired()) == set()
    for name, entry in retired().items():
        assert re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", entry.last), name
        assert entry.use.split()[0] not in retired(), name


def test_no_package_is_both_standard_and_unusual() -> None:
    for name, need in needs().items():
        assert set(need.standard) & set(need.others) == set(), name


@pytest.mark.parametrize("name", ["standard", "support", "retired"])
def test_each_table_is_on_its_page(name: str) -> None:
    assert f"check/tables/{name}.toml" in PAGE


@pytest.mark.parametrize(
    ("image", "titles"),
    [
        ("python:3.9-slim-bullseye", ["Python 3.9", "Debian 11"]),
        ("docker.io/library/node:18.19.0-alpine3.17", ["Node.js 18", "Alpine Linux 3.17"]),
        ("gcr.io/distroless/python3-debian11:nonroot", ["Debian 11"]),
        ("public.ecr.aws/lambda/python:3.9", ["Python 3.9"]),
        ("nvidia/cuda:11.8.0-cudnn8-devel-ubuntu20.04", ["Ubuntu 20.04"]),
        ("tiangolo/uvicorn-gunicorn-fastapi:python3.8", ["Python 3.8"]),
        ("localhost:5000/postgres:9.6.24", ["PostgreSQL 9.6"]),
        ("ubuntu:focal", ["Ubuntu 20.04"]),
        ("rust:1.80-slim-bookworm", ["Debian 12"]),
        ("python:3", []),
        ("redis:7", []),
        ("python", []),
        ("acme/python-tools:3.9", []),
        ("postgres@sha256:00", []),
        ("python:${VERSION}-slim", []),
        ("mysql:{{ .Values.tag }}", []),
    ],
)
def test_cycles_of_an_image(image: str, titles: list[str]) -> None:
    assert [cycle.title for cycle in cycles_of_image(image)] == titles


@pytest.mark.parametrize(
    ("wanted", "cycle"),
    [
        (">=3.8", ""),
        (">=3.8,<3.10", "3.9"),
        ("^3.8", ""),
        ("~3.9", "3.9"),
        ("==3.8.*", "3.8"),
        ("3.8.1", "3.8"),
        (">=3.9,<3.99", ""),
        ("<3", "2.7"),
        ("anything", ""),
        ("", ""),
    ],
)
def test_the_newest_that_a_range_allows(wanted: str, cycle: str) -> None:
    found = newest_allowed("python", wanted)
    assert (found.cycle if found else "") == cycle
