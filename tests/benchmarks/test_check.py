"""The benchmark of ``handbook check``: the repo that it makes, the tables that it writes."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from benchmarks.check import OURS, CheckResults, CheckSample, check_seconds, check_section
from benchmarks.checkrepo import make_check_repo, some_module
from benchmarks.measure import Cost


def test_the_repo_has_as_many_files_as_asked_and_no_two_alike(tmp_path: Path) -> None:
    repo = make_check_repo(tmp_path / "repo", 1_200)
    listed = subprocess.run(
        ["git", "ls-files", "-s"], cwd=repo, check=True, capture_output=True, text=True
    ).stdout.splitlines()
    assert len(listed) == 1_200
    python = [line.split()[1] for line in listed if line.endswith(".py")]
    assert len(python) > 600
    # Only files that are empty in this repo, and others' twins, can be alike.
    assert len(set(python)) > len(python) * 0.95
    assert some_module(repo).suffix == ".py"


def test_the_page_shows_ratios_and_no_seconds() -> None:
    cold, again, other = Cost(4.0, 200, 6.0), Cost(0.2, 50, 0.2), Cost(2.0, 100, 2.0)
    results = CheckResults(
        100,
        80,
        50,
        [
            CheckSample(OURS, "cold", 0, cold),
            CheckSample(OURS, "cold", 1, Cost(9.0, 100, 6.0)),
            CheckSample(OURS, "unchanged", 0, again),
            CheckSample("ruff check", "cold", 0, other),
        ],
    )
    section = check_section(results)
    assert "| handbook check | unchanged | 0.05× | 0.2× |" in section
    assert "| ruff check |  | 0.50× | 0.5× |" in section
    assert not re.search(r"\d s\b", section)
    assert "| handbook check | cold | 4.00 | 6.00 |" in check_seconds(results)
