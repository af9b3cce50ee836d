"""Workflows of this repo: valid, with actions pinned as the sample pins them, and no secrets."""

from __future__ import annotations

import re
from pathlib import Path

import jsonschema
import pytest
import yaml
from tests.schemas import stored

from handbook.tutorial.runner.machine import PROBES

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yaml"))
PIN = re.compile(r"uses: ([\w./-]+)@(\S+)(?: # (v\S+))?")


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_github_would_take_it(path: Path) -> None:
    document = yaml.safe_load(path.read_text())
    document["on"] = document.pop(True)  # YAML 1.1 takes the key for a truth value
    for job in document["jobs"].values():
        # The stored schema knows no machine as new as this one.
        assert job.pop("runs-on") == "ubuntu-24.04"
        job["runs-on"] = "ubuntu-latest"
    validator = jsonschema.Draft7Validator(stored("github-workflow.json"))
    assert [problem.message for problem in validator.iter_errors(document)] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_to_commits(path: Path) -> None:
    sample = "".join(
        file.read_text() for file in (ROOT / "sample_service/.github/workflows").glob("*.yaml")
    )
    theirs = {name: (commit, tag) for name, commit, tag in PIN.findall(sample)}
    ours = PIN.findall(path.read_text())
    assert ours
    for name, commit, tag in ours:
        assert re.fullmatch(r"[0-9a-f]{40}", commit), f"{name}: pin a commit"
        assert tag, f"{name}: say which release the commit is"
        assert theirs.get(name, (commit, tag)) == (commit, tag), f"{name}: the sample has another"


def test_the_tutorial_runs_on_every_backend() -> None:
    document = yaml.safe_load((ROOT / ".github/workflows/tutorial.yaml").read_text())
    assert set(document["jobs"]["run"]["strategy"]["matrix"]["backend"]) == set(PROBES)
