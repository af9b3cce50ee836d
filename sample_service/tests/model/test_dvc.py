"""The data's versions with real DVC, in a copy of this repo that is a repo of its own."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
COPIED = (
    ".dvc/config",
    ".dvc/.gitignore",
    "data/.gitignore",
    ".dvcignore",
    ".gitignore",
    "dvc.yaml",
    "dvc.lock",
    "reports",
    "src",
)
STAGES = ["generate", "prepare", "train", "evaluate"]

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("dvc")]


class Repo:
    """A folder with Git and DVC in it.

    Args:
        folder: Where it is.
        postgres: Address of a server for the features.
    """

    def __init__(self, folder: Path, postgres: str) -> None:
        self.folder = folder
        self._environment = {
            **os.environ,
            "DATABASE_URL": postgres,
            "DVC_NO_ANALYTICS": "1",
            "DVC_SITE_CACHE_DIR": str(folder.parent / "site"),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONPATH": str(folder / "src"),
            "GIT_CONFIG_GLOBAL": "/dev/null",
        }

    def run(self, *command: str) -> str:
        ran = subprocess.run(
            command,
            cwd=self.folder,
            env=self._environment,
            check=False,
            capture_output=True,
            text=True,
        )
        assert ran.returncode == 0, f"{command}\n{ran.stdout}\n{ran.stderr}"
        return ran.stdout + ran.stderr

    def commit(self) -> None:
        self.run("git", "add", "--all")
        author = ("-c", "user.name=team-risk", "-c", "user.email=risk@example.com")
        self.run("git", *author, "commit", "--quiet", "--message", "state")

    def repro(self, *arguments: str) -> list[str]:
        """Run what has changed; return the stages that ran."""
        return re.findall(r"Running stage '(\w+)'", self.run("dvc", "repro", *arguments))

    def edit(self, path: str, old: str, new: str) -> None:
        file = self.folder / "src" / "fraud_model" / path
        text = file.read_text(encoding="utf-8")
        assert re.search(old, text, re.MULTILINE), f"{path} has no {old}"
        file.write_text(re.sub(old, new, text, flags=re.MULTILINE), encoding="utf-8")

    def locked(self) -> dict[str, str]:
        """Return the hash of each output in ``dvc.lock``."""
        return locked(self.folder)


def locked(folder: Path) -> dict[str, str]:
    lock: dict[str, Any] = yaml.safe_load((folder / "dvc.lock").read_text(encoding="utf-8"))
    return {out["path"]: out["md5"] for s in lock["stages"].values() for out in s["outs"]}


def md5(path: Path) -> str:
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory, postgres: str) -> Iterator[Repo]:
    """A copy of this repo, without its history and what is made in it."""
    folder = tmp_path_factory.mktemp("dvc") / "repo"
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for name in COPIED:
        source, copy = ROOT / name, folder / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, copy, ignore=ignored)
        else:
            shutil.copy(source, copy)
    repo = Repo(folder, postgres)
    repo.run("git", "init", "--quiet")
    repo.commit()
    yield repo


def test_lock_is_of_this_code_and_these_parameters(repo: Repo) -> None:
    """Or somebody changed a stage and did not run ``dvc repro``, or did not commit ``dvc.lock``."""
    changed = yaml.safe_load(repo.run("dvc", "status", "--json")) or {}
    told = [
        (stage, kind, path)
        for stage, reasons in changed.items()
        for reason in reasons
        if isinstance(reason, dict)
        for kind, paths in reason.items()
        for path in paths
        if not path.startswith("data/")  # not in Git: missing in a fresh clone
    ]
    assert told == [], "run 'dvc repro' and commit dvc.lock"


def test_data_come_out_as_locked(repo: Repo) -> None:
    before = locked(ROOT)
    assert repo.repro("prepare") == ["generate", "prepare"]
    for path in ("data/payments.csv", "data/labels.csv", "data/dataset.npz"):
        assert md5(repo.folder / path) == repo.locked()[path] == before[path], path


def test_change_reruns_what_depends_on_it_and_nothing_else(repo: Repo) -> None:
    repo.edit("conf/data/default.yaml", r"^cards: .*", "cards: 150")
    repo.edit("conf/data/default.yaml", r"^fraud_rate: .*", "fraud_rate: 0.04")
    repo.edit("conf/training/default.yaml", r"^epochs: .*", "epochs: 2")
    repo.edit("conf/config.yaml", r"^tracking:\n  enabled: true", "tracking:\n  enabled: false")
    assert repo.repro() == STAGES
    assert repo.repro() == []
    first = repo.locked()
    repo.edit("conf/config.yaml", r"^  review_eur: .*", "  review_eur: 5.0")
    assert repo.repro() == ["train", "evaluate"]
    unchanged = [path for path, digest in repo.locked().items() if digest == first[path]]
    assert {"data/payments.csv", "data/labels.csv", "data/dataset.npz"} <= set(unchanged)
    assert "reports/metrics.json" not in unchanged
    repo.edit("conf/config.yaml", r"^  count: .*", "  count: 7")  # no stage reads it
    assert repo.repro() == []


def test_files_travel_through_the_remote(repo: Repo, tmp_path: Path, postgres: str) -> None:
    if not (repo.folder / "data" / "payments.csv").exists():
        repo.repro("prepare")
    repo.run("dvc", "push", "data/payments.csv", "data/labels.csv", "data/dataset.npz")
    repo.commit()
    repo.run("git", "clone", "--quiet", str(repo.folder), str(tmp_path / "clone"))
    clone = Repo(tmp_path / "clone", postgres)
    remote = repo.folder / ".local" / "dvc"
    clone.run("dvc", "remote", "modify", "--local", "local", "url", str(remote))
    clone.run("dvc", "pull", "data/payments.csv", "data/labels.csv", "data/dataset.npz")
    for path in ("payments.csv", "labels.csv", "dataset.npz"):
        pulled, original = clone.folder / "data" / path, repo.folder / "data" / path
        assert pulled.read_bytes() == original.read_bytes()
        assert md5(pulled) == clone.locked()[f"data/{path}"]
    assert clone.run("git", "status", "--porcelain") == ""
