"""Deploying and publishing, step by step, against a stand-in for the cluster."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from tests.deploy.manifests import ROOT, tool

from fraud_score.local.part import free_port


@pytest.fixture
def cluster(tmp_path: Path) -> dict[str, str]:
    """Environment in which ``kubectl`` is the stand-in."""
    program = tmp_path / "kubectl"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} {ROOT}/tests/deploy/cluster.py "$@"\n')
    program.chmod(0o755)
    return {
        **os.environ,
        "KUBECTL": str(program),
        "REAL_KUBECTL": tool("kubectl", "it comes with requirements/dev.lock"),
        "CLUSTER": str(tmp_path),
        "API_PORT": str(free_port()),
        "SMOKE_SECONDS": "0.1",
    }


def _deploy(cluster: dict[str, str], *arguments: str, fail: str = "") -> tuple[int, str, list[str]]:
    done = subprocess.run(
        [ROOT / "deploy/deploy.sh", *arguments],
        env={**cluster, "FAIL": fail},
        check=False,
        capture_output=True,
        text=True,
    )
    calls = Path(cluster["CLUSTER"], "calls")
    lines = calls.read_text(encoding="utf-8").splitlines() if calls.exists() else []
    return done.returncode, done.stdout + done.stderr, lines


def _steps(calls: list[str]) -> list[str]:
    names = {
        "acme.example/phase=migrate": "apply migrate",
        "acme.example/phase=rollout": "apply rollout",
        "!acme.example/phase": "apply settings",
        "wait --for": "wait",
        "port-forward": "smoke",
        "create configmap": "remember",
    }
    return [name for call in calls for key, name in names.items() if key in call]


def test_what_is_not_proven_is_not_kept(cluster: dict[str, str]) -> None:
    code, said, calls = _deploy(cluster, "dev")
    assert code == 1
    assert "smoke test failed" in said
    assert "nothing to go back to" in said
    assert _steps(calls) == ["apply settings", "apply migrate", "wait", "apply rollout", "smoke"]


def test_nothing_is_rolled_out_when_the_migration_fails(cluster: dict[str, str]) -> None:
    code, _, calls = _deploy(cluster, "prod", fail="wait")
    assert code == 1
    assert _steps(calls) == ["apply settings", "apply migrate", "wait"]
    assert calls[-1].startswith("logs job/fraud-score-migrate")


@pytest.mark.parametrize("fail", ["deployment/fraud-score-worker", ""])
def test_a_failed_roll_out_goes_back_to_what_was_proven(cluster: dict[str, str], fail: str) -> None:
    proven = Path(cluster["CLUSTER"], "proven.yaml")
    proven.write_text("kind: List\n")
    code, said, calls = _deploy(cluster, "prod", fail=fail)
    assert code == 1
    assert "going back" in said
    steps = _steps(calls)
    assert steps[3:] in (
        ["apply rollout", "apply settings", "apply rollout"],
        ["apply rollout", "smoke", "apply settings", "apply rollout"],
    )
    assert "proven.yaml" in next(c for c in reversed(calls) if "phase=rollout" in c)
    assert "remember" not in steps
    assert proven.read_text() == "kind: List\n"


def test_without_its_secret_nothing_starts(cluster: dict[str, str]) -> None:
    code, said, calls = _deploy(cluster, "stage", fail="secret")
    assert code == 1
    assert "deploy/README.md" in said
    assert _steps(calls) == ["apply settings"]


def test_an_unknown_environment_is_named(cluster: dict[str, str]) -> None:
    code, said, calls = _deploy(cluster, "test")
    assert code == 2
    assert "no such environment: test; there are: dev prod stage" in said
    assert calls == []


def test_nothing_is_left_in_the_repository(cluster: dict[str, str]) -> None:
    _deploy(cluster, "dev", fail="wait")
    assert not list((ROOT / "deploy").glob("rendered.*"))


@pytest.fixture
def version(tmp_path: Path) -> Path:
    """A folder that looks like a trained version."""
    folder = tmp_path / "trained" / "7"
    (folder / "assets.extra").mkdir(parents=True)
    (folder / "saved_model.pb").write_bytes(b"model")
    (folder / "assets.extra" / "reference.json").write_text("{}")
    return folder


def _publish(cluster: dict[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    volume = Path(cluster["CLUSTER"], "volume")
    programs = Path(cluster["CLUSTER"], "bin")
    programs.mkdir(exist_ok=True)
    program = programs / "fraud-score"
    program.write_text(f'#!/bin/sh\ntest -f "$2/saved_model.pb" && echo "$@" >{volume}/ran\n')
    program.chmod(0o755)
    return subprocess.run(
        [ROOT / "deploy/publish-model.sh", "dev", folder],
        env={
            **cluster,
            "MODEL_VOLUME": str(volume),
            "PATH": f"{programs}:{os.environ['PATH']}",
        },
        check=False,
        capture_output=True,
        text=True,
    )


def test_a_version_is_published_whole_or_not_at_all(
    cluster: dict[str, str], version: Path, tmp_path: Path
) -> None:
    done = _publish(cluster, version)
    assert done.returncode == 0, done.stderr
    published = tmp_path / "volume/fraud/7"
    assert (published / "assets.extra/reference.json").is_file()
    # Its reference was loaded while it still had a name that no model server looks at.
    ran = (tmp_path / "volume/ran").read_text().strip()
    assert ran == f"reference {tmp_path}/volume/fraud/.partial-7"
    assert [p.name for p in published.parent.iterdir()] == ["7"]
    again = _publish(cluster, version)
    assert again.returncode == 1
    assert "a version never changes" in again.stderr


def test_what_is_no_version_is_not_published(cluster: dict[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "8"
    folder.mkdir()
    done = _publish(cluster, folder)
    assert done.returncode == 2
    assert "no saved_model.pb" in done.stderr
    unnamed = _publish(cluster, tmp_path)
    assert unnamed.returncode == 2
    assert "named by its number" in unnamed.stderr


@pytest.mark.parametrize("script", sorted((ROOT / "deploy").glob("*.sh")), ids=lambda p: p.name)
def test_scripts_pass_shellcheck(script: Path) -> None:
    shellcheck = tool("shellcheck", "it comes with requirements/dev.lock")
    done = subprocess.run([shellcheck, script], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert os.access(script, os.X_OK)


def test_the_pipeline_runs_scripts_that_exist() -> None:
    for path in (ROOT / ".github/workflows").glob("*.yaml"):
        for job in yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"].values():
            for step in job.get("steps", []):
                command = str(step.get("run", "")).split()
                if command and "/" in command[0]:
                    assert os.access(ROOT / command[0], os.X_OK), command[0]
