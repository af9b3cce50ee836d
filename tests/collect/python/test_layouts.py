"""Which files of a repo are found to be modules, and by what names. Cases are data."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from handbook.collect.python.find import find_packages
from handbook.model.limits import Limits
from handbook.tree import MemoryTree

CASES = yaml.safe_load((Path(__file__).parent / "cases" / "layouts.yml").read_text("utf-8"))


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_layout(case: dict[str, Any]) -> None:
    found = find_packages(MemoryTree(case["files"]), case.get("root", ""), Limits())
    assert [file.name for file in found.files] == case["modules"]
    if "packages" in case:
        assert list(found.names) == case["packages"]
    if "paths" in case:
        assert [file.path for file in found.files] == case["paths"]
    expected = case.get("problems", [])
    assert len(found.problems) == len(expected)
    for problem, start in zip(found.problems, expected, strict=True):
        assert problem.message.startswith(start)


def test_names_the_same_folder_gives_are_unique() -> None:
    names = [case["name"] for case in CASES]
    assert len(names) == len(set(names))


def test_too_many_modules_are_cut_and_said() -> None:
    files = {"risk/__init__.py": ""} | {f"risk/m{n}.py": "" for n in range(30)}
    found = find_packages(MemoryTree(files), "", Limits(pages=10))
    assert len(found.files) == 10
    assert found.files[0].name == "risk"
    assert "10 of 31" in found.problems[0].message


def test_a_wide_and_deep_tree_is_read_in_linear_time() -> None:
    files = {f"a{n}/b/c/d/e/f{n}.py": "import os\n" for n in range(3000)}
    files |= {f"p{n}/__init__.py": "" for n in range(1000)}
    found = find_packages(MemoryTree(files), "", Limits())
    assert len(found.names) == 1000
