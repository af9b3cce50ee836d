"""Scripts, images and pipelines: linted, pinned, and naming things that exist."""

from __future__ import annotations

import os
import re
import subprocess

import pytest
import yaml
from tests.deploy.manifests import ROOT, render, tool

from new_service.local.recipes import SERVING_IMAGE

SCRIPTS = sorted([*ROOT.glob("deploy/*.sh"), *ROOT.glob("deploy/backends/*.sh")])
BACKENDS = ("process", "docker", "kind", "cluster")


def test_scripts_pass_shellcheck() -> None:
    shellcheck = tool("shellcheck", "it comes with requirements/dev.lock")
    files = [*SCRIPTS, ROOT / "deploy/hook-post-receive"]
    command = [shellcheck, "--external-sources", "--source-path", "SCRIPTDIR", *files]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stdout


def test_scripts_can_be_started() -> None:
    sourced = {"common.sh", *(f"{one}.sh" for one in BACKENDS)}
    assert [
        path.name for path in SCRIPTS if path.name not in sourced and not os.access(path, os.X_OK)
    ] == []


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_backend_has_every_function_that_is_called(backend: str) -> None:
    common = "".join(path.read_text() for path in SCRIPTS if path.parent.name == "deploy")
    called = sorted(set(re.findall(r"\bbackend_\w+", common)))
    assert len(called) > 10
    check = 'source deploy/common.sh; for name in "$@"; do declare -F "$name"; done'
    done = subprocess.run(
        ["bash", "-c", check, "check", *called],
        env={**os.environ, "BACKEND": backend, "BASH_ENV": ""},
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert done.stdout.split() == called, done.stderr


def test_an_unknown_backend_or_environment_is_named() -> None:
    def said(backend: str, environment: str) -> str:
        environ = {**os.environ, "BACKEND": backend}
        command = [ROOT / "deploy/url.sh", environment]
        done = subprocess.run(command, env=environ, check=False, capture_output=True, text=True)
        assert done.returncode == 2
        return done.stderr

    assert "expected process, docker, kind or cluster" in said("vm", "dev")
    assert "'test'; there are: dev stage prod" in said("process", "test")


def test_hadolint_finds_nothing() -> None:
    hadolint = tool("hadolint", "it comes with requirements/dev.lock")
    command = [hadolint, ROOT / "Dockerfile"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_another_commit_does_not_install_the_libraries_again() -> None:
    """What an image takes from a lock lies below the code, in stages that do not copy the code."""
    stages = (ROOT / "Dockerfile").read_text(encoding="utf-8").split("\nFROM ")[1:]
    names = [stage.partition("\n")[0].split() for stage in stages]
    base = {words[-1]: words[0] for words in names}
    copies = {words[-1]: "COPY src" in text for words, text in zip(names, stages, strict=True)}
    for words, text in zip(names, stages, strict=True):
        stage = words[-1] if "--require-hashes" in text else ""
        while stage in base:
            assert not copies[stage], f"{words[-1]} installs its lock anew for each commit"
            stage = base[stage]


def test_everything_serves_with_the_same_images() -> None:
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]
    deployed = {c["image"] for w in render("prod").workloads for c in w.containers}
    assert compose["model-server"]["image"] == SERVING_IMAGE
    assert SERVING_IMAGE in deployed
    postgres = (ROOT / "deploy/components/kind/postgres.yaml").read_text(encoding="utf-8")
    assert f"image: {compose['postgres']['image']}\n" in postgres


def test_pipelines_run_scripts_that_exist() -> None:
    commands = []
    for path in (ROOT / ".github/workflows").glob("*.yaml"):
        for job in yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"].values():
            commands += [str(step.get("run", "")) for step in job.get("steps", [])]
    scripts = {word for text in commands for word in text.split() if word.startswith("deploy/")}
    assert scripts
    assert all(os.access(ROOT / script, os.X_OK) for script in scripts)
