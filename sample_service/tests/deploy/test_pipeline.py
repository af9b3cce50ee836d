"""Hooks before a commit, and the pipeline from a push to production."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from pre_commit.clientlib import load_config
from tests.deploy.manifests import OVERLAYS, ROOT

HOOKS: dict[str, dict[str, Any]] = {
    hook["id"]: {**hook, "repo": repo["repo"], "rev": repo.get("rev", "")}
    for repo in load_config(ROOT / ".pre-commit-config.yaml")["repos"]
    for hook in repo["hooks"]
}

PUBLISHED = [
    "check-added-large-files",
    "check-ast",
    "check-byte-order-marker",
    "check-builtin-literals",
    "check-case-conflict",
    "check-docstring-first",
    "check-executables-have-shebangs",
    "check-illegal-windows-names",
    "check-json",
    "check-merge-conflict",
    "check-shebang-scripts-are-executable",
    "check-symlinks",
    "check-toml",
    "check-vcs-permalinks",
    "check-xml",
    "check-yaml",
    "debug-statements",
    "destroyed-symlinks",
    "detect-aws-credentials",
    "detect-private-key",
    "double-quote-string-fixer",
    "end-of-file-fixer",
    "file-contents-sorter",
    "fix-byte-order-marker",
    "forbid-new-submodules",
    "mixed-line-ending",
    "name-tests-test",
    "no-commit-to-branch",
    "pretty-format-json",
    "requirements-txt-fixer",
    "sort-simple-yaml",
    "trailing-whitespace",
]
"""Hooks of pre-commit-hooks v6.0.0, from its ``.pre-commit-hooks.yaml``."""

WORKFLOWS: dict[str, dict[Any, Any]] = {
    path.name: yaml.safe_load(path.read_text(encoding="utf-8"))
    for path in sorted((ROOT / ".github/workflows").glob("*.yaml"))
}
STEPS = [
    step
    for workflow in WORKFLOWS.values()
    for job in workflow["jobs"].values()
    for step in job.get("steps", [])
]
ON = True
"""YAML 1.1 reads the key ``on`` as true."""


@pytest.mark.parametrize("name", HOOKS)
def test_a_hook_exists_in_the_version_named(name: str) -> None:
    hook = HOOKS[name]
    if hook["repo"] == "local":
        program = Path(sys.executable).with_name(Path(hook["entry"].split()[0]).name)
        assert program.exists(), f"{program.name} is not in requirements/dev.lock"
    else:
        assert hook["rev"] == "v6.0.0"
        assert name in PUBLISHED


def test_hooks_format_sort_imports_lint_and_check_types() -> None:
    assert {"ruff-format", "ruff-check", "mypy", "check-yaml", "check-merge-conflict"} <= set(HOOKS)
    lint = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    # What isort and flake8 did.
    selected = re.search(r"^select = \[(.*)\]$", lint, re.M)
    assert selected
    assert {'"I"', '"E"', '"F"', '"W"'} <= set(selected[1].split(", "))


def test_hooks_let_the_repository_in() -> None:
    limit = next(a for a in HOOKS["check-added-large-files"]["args"] if "--maxkb" in a)
    kilobytes = int(limit.partition("=")[2])
    for folder in ("deploy", "monitoring", "requirements", "src"):
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and "target" not in path.parts and "__pycache__" not in path.parts:
                assert path.stat().st_size <= kilobytes * 1024, path


def test_every_push_to_main_goes_through_all_environments() -> None:
    delivery = WORKFLOWS["delivery.yaml"]
    assert delivery[ON]["push"]["branches"] == ["main"]
    jobs = delivery["jobs"]
    assert jobs["dev"]["needs"] == ["test", "images"]
    assert jobs["stage"]["needs"] == "dev"
    assert jobs["prod"]["needs"] == "stage"
    for name in OVERLAYS:
        assert jobs[name]["with"]["environment"] == name
        assert jobs[name]["with"]["tag"] == jobs["dev"]["with"]["tag"]


def test_nobody_in_particular_may_deploy() -> None:
    for path in (ROOT / ".github/workflows").glob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"github\.(actor|triggering_actor)|event\.sender", text), path.name


def test_the_pipeline_pins_what_it_uses_and_asks_for_little() -> None:
    for step in STEPS:
        if "uses" in step:
            assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", step["uses"]), step["uses"]
        # An expression in a script would be run as code.
        assert "${{" not in step.get("run", ""), step["run"]
    for workflow in WORKFLOWS.values():
        assert workflow["permissions"] == {"contents": "read"}
        for job in workflow["jobs"].values():
            assert "timeout-minutes" in job or "uses" in job


def test_the_images_built_are_those_deployed() -> None:
    built = WORKFLOWS["delivery.yaml"]["jobs"]["images"]["strategy"]["matrix"]["include"]
    kustomization = yaml.safe_load((ROOT / "deploy/overlays/prod/kustomization.yaml").read_text())
    ours = {one["name"] for one in kustomization["images"] if one["name"].startswith("ghcr.io/")}
    assert {one["image"] for one in built} == ours
    deploy = (ROOT / "deploy/deploy.sh").read_text(encoding="utf-8")
    assert all(f"name: {name}," in deploy for name in ours)
