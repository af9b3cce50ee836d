"""Environments as processes of this machine, from a first build to nothing left.

Everything is real: a Postgres, a model server and the service itself for each environment, in a clone
of this repository. What they share is one story, told in the order in which it happens.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from tests.deploy.manifests import ROOT

from new_service.local.guard import Guard
from new_service.local.part import PartError
from new_service.local.recipes import chosen_model_server
from new_service.local.training import train

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("environments")]


@dataclass
class Clone:
    """A clone of the repository, and a trained model beside it."""

    folder: Path
    model: Path

    def run(self, script: str, *arguments: str, expect: int = 0, smoke_seconds: int = 10) -> str:
        """Run a script of ``deploy/``; return what it printed."""
        own = {"BACKEND": "process", "VENV": sys.prefix, "SMOKE_SECONDS": str(smoke_seconds)}
        done = subprocess.run(
            [self.folder / "deploy" / script, *arguments],
            env={**os.environ, **own},
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == expect, f"{done.stdout}\n{done.stderr}"
        return (done.stdout if expect == 0 else done.stdout + done.stderr).strip()

    def commit(self) -> str:
        """Commit what is in the folder, build it, and return its tag."""
        git = ["git", "-c", "user.name=test", "-c", "user.email=test@example.org"]
        for command in (["add", "--all"], ["commit", "--quiet", "--allow-empty", "-m", "Change"]):
            subprocess.run([*git, *command], check=True, cwd=self.folder)
        return self.run("build.sh")

    def change(self, path: str, old: str, new: str) -> None:
        """Replace words of a file."""
        file = self.folder / path
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new, 1), encoding="utf-8")

    def processes(self) -> list[psutil.Process]:
        """What runs and has to do with this clone."""
        mine = str(self.folder)
        return [
            p for p in psutil.process_iter(["cmdline"]) if mine in " ".join(p.info["cmdline"] or [])
        ]

    def unit(self, environment: str, kind: str) -> tuple[str, int]:
        """Name and process id of the unit that serves: ``release`` or ``model_server``."""
        folder = self.folder / ".deploy" / environment
        name = json.loads((folder / "state.json").read_text())[kind]
        return name, int((folder / "units" / name / "pid").read_text())


@pytest.fixture(scope="module")
def clone() -> Iterator[Clone]:
    try:
        chosen_model_server(os.environ)
    except PartError as exc:
        pytest.skip(str(exc))
    # Short, and passable for the user that Postgres runs as.
    work = Path(tempfile.mkdtemp(prefix="environments-")).resolve()
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    made = subprocess.run(listed, cwd=ROOT, check=False, capture_output=True, text=True)
    folder = work / "clone"
    for name in made.stdout.split() or [p.name for p in ROOT.iterdir() if p.name != ".venv"]:
        source, target = ROOT / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        elif source.is_file():
            shutil.copy(source, target)
    subprocess.run(["git", "init", "--quiet", "-b", "main", folder], check=True)
    one = Clone(folder, work / "trained" / "models" / "new_service" / "1")
    try:
        with Guard() as guard:
            for _ in train(guard, work / "trained"):
                pass
        yield one
    finally:
        one.run("down.sh", "--delete")
        shutil.rmtree(work)


def test_a_release_and_its_model_go_from_dev_to_prod_and_back(clone: Clone) -> None:
    first = clone.commit()
    assert clone.run("build.sh") == first, "the same commit is the same release"
    assert "never deployed" in clone.run("status.sh", "prod")
    assert "deploy/publish-model.sh dev" in clone.run("deploy.sh", "dev", first, expect=1)
    assert "not proven in dev" in clone.run("deploy.sh", "stage", first, expect=1)
    for environment in ("dev", "stage", "prod"):
        clone.run("publish-model.sh", environment, str(clone.model))
        said = clone.run("deploy.sh", environment, first)
        assert re.search(r"^scored by new_service 1: ", said, re.M)
        assert said.endswith(f"== {environment}: done")
    assert clone.run("status.sh", "prod") == f"prod   ready, model 1, release {first}"
    _a_second_model(clone)
    _a_rollback(clone, first)


def _a_second_model(clone: Clone) -> None:
    assert "already in stage" in clone.run("publish-model.sh", "stage", str(clone.model), expect=1)
    second = clone.model.with_name("2")
    shutil.copytree(clone.model, second)
    # A version that says it is another one is refused, and nothing of it stays.
    assert "expected 2" in clone.run("publish-model.sh", "stage", str(second), expect=1)
    for file in second.glob("assets.extra/*.json"):
        document = json.loads(file.read_text())
        for key in {"version", "model_version"} & set(document):
            document[key] = 2
        file.write_text(json.dumps(document))
    before = clone.unit("stage", "model_server")
    assert clone.run("publish-model.sh", "stage", str(second)).endswith("serves version 2")
    assert clone.unit("stage", "model_server") == before, "without a restart"
    assert clone.run("publish-model.sh", "prod", str(second)).endswith("names: version 1")


def _a_rollback(clone: Clone, first: str) -> None:
    clone.change("deploy/overlays/prod/models.config", "versions: 1", "versions: 2")
    clone.change(
        "deploy/overlays/prod/models.config", 'key: "stable" value: 1', 'key: "stable" value: 2'
    )
    clone.change(
        "deploy/overlays/prod/models.config", 'key: "canary" value: 1', 'key: "canary" value: 2'
    )
    clone.commit()
    assert clone.run("deliver.sh").endswith("== prod: done")
    there = clone.run("status.sh", "prod")
    assert "model 2" in there
    # With no time at all no release is proven, and the one that serves has to go on.
    said = clone.run("rollback.sh", "prod", expect=1, smoke_seconds=0)
    assert f"{first} does not work here any more; forward again to" in said
    assert clone.run("status.sh", "prod") == there
    assert clone.run("rollback.sh", "prod").endswith("== prod: done")
    assert clone.run("status.sh", "prod") == f"prod   ready, model 1, release {first}"
    assert "only release" in clone.run("rollback.sh", "prod", expect=1)


@pytest.mark.parametrize(
    ("path", "old", "new", "said"),
    [
        ("src/new_service/worker.py", "import asyncio", "import asyncio, nothing_of_that_name", ""),
        (
            "src/new_service/work.py",
            "async def score(self, jobs: Sequence[Job]) -> list[Job]:",
            "",
            "",
        ),
    ],
    ids=["does-not-start", "does-not-score"],
)
def test_a_broken_release_leaves_what_was_proven(
    clone: Clone, path: str, old: str, new: str, said: str
) -> None:
    proven = clone.run("status.sh", "dev")
    assert "ready" in proven
    broken = new or f"{old}\n        raise RuntimeError('broken')"
    clone.change(path, old, broken)
    tag = clone.commit()
    clone.run("deploy.sh", "dev", tag, expect=1)
    clone.change(path, broken, old)
    assert clone.run("status.sh", "dev") == proven
    assert "not proven in dev" in clone.run("deploy.sh", "stage", tag, expect=1)


def test_it_comes_back_after_kill_9_and_leaves_nothing_after_down(clone: Clone) -> None:
    tag = clone.run("status.sh", "dev").rpartition(" ")[2]
    for kind in ("release", "model_server"):
        os.kill(clone.unit("dev", kind)[1], signal.SIGKILL)
    database = clone.folder / ".deploy/dev/units/database/pid"
    os.kill(int(database.read_text()), signal.SIGKILL)
    assert "stopped" in clone.run("status.sh", "dev")
    clone.run("deploy.sh", "dev", tag)
    assert clone.run("status.sh", "dev").startswith("dev    ready, model 1")
    assert clone.processes()
    assert clone.run("down.sh").count("stopped") == 3
    assert clone.processes() == []
    assert "does not run" in clone.run("url.sh", "dev", expect=1)
