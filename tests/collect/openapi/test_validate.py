"""What is wrong with a definition, and where; what can be read is read all the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

CASES = sorted((Path(__file__).parent / "cases" / "mistakes").glob("*.yml"))


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_mistakes(case: Path, collect: Callable[..., Any]) -> None:
    expected = yaml.safe_load(case.read_text())
    fact = collect({"openapi.yaml": expected["spec"]})
    found = [f"{problem.origin.line}: {problem.message}" for problem in fact.problems]
    assert sorted(found) == sorted(expected["problems"])
    assert all(problem.hint for problem in fact.problems)
    assert [operation.label for operation in fact.value[0].operations] == expected["operations"]


def test_a_thousand_mistakes_are_fifty_and_a_note(collect: Callable[..., Any]) -> None:
    paths = "".join(f"  /p{n}: {{get: 5}}\n" for n in range(1_000))
    spec = f"openapi: 3.0.0\ninfo: {{title: T, version: '1'}}\npaths:\n{paths}"
    problems = collect({"openapi.yaml": spec}).problems
    assert len(problems) == 51
    assert "first 50" in problems[-1].message
