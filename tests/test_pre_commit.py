"""The hook of ``.pre-commit-hooks.yaml``, run by pre-commit itself from a clone of this repo.

pre-commit makes an environment for the hook and installs this package there with pip. No
network is needed: what the package depends on comes from the environment of the tests.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.test_promises import ROOT, tracked

pytestmark = pytest.mark.slow
ADDRESS = "https://git.example/acme/handbook"


def git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
    command = ["git", *who, *arguments]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def committed(folder: Path) -> str:
    """Make a repo of a folder's files, and return its commit."""
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "All of it")
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture(scope="module")
def handbook(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Clone this repo as it is now, edits included."""
    clone = tmp_path_factory.mktemp("handbook")
    needed = (".pre-commit-hooks.yaml", "pyproject.toml", "README.md", "plugins/handbook/")
    for path in tracked():
        if path.startswith(needed) and (ROOT / path).is_file():
            target = clone / path
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / path, target)
    return clone, committed(clone)


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    home = tmp_path_factory.mktemp("pre-commit")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    yield {
        **kept,
        "PRE_COMMIT_HOME": str(home),
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path.endswith("-packages")),
        "PIP_NO_DEPS": "1",
        "PIP_NO_INDEX": "1",
        "PIP_NO_BUILD_ISOLATION": "0",  # pip reads this as "without isolation"
    }


def service(folder: Path, handbook: tuple[Path, str], more: str = "") -> Path:
    """Make a repo that is configured as the page of commands shows it."""
    page = (ROOT / "docs/reference/commands.md").read_text(encoding="utf-8")
    shown = re.search(r'title="\.pre-commit-config\.yaml"\n(.*?)```', page, re.DOTALL)
    assert shown
    config = shown[1].replace(ADDRESS, str(handbook[0])).replace("v1.0.0", handbook[1])
    assert str(handbook[0]) in config and handbook[1] in config
    folder.mkdir()
    (folder / ".pre-commit-config.yaml").write_text(config, encoding="utf-8")
    readme = (
        "# Risk\n\nScores each payment, so that fraud costs the shop half of what it did, in"
        " ten milliseconds, with reasons that people at the desk can read and act on at once,"
        " by day and night.\n\n## Features\n\n- Scores, with reasons for each.\n"
        "\n## Set-up\n\n```sh\nmake serve\n```\n"
    )
    (folder / "README.md").write_text(readme + more, encoding="utf-8")
    return folder


def run(folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pre_commit", "run", "--all-files", "--verbose"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def test_it_fails_on_what_is_lacking_and_passes_once_it_is_there(
    tmp_path: Path, handbook: tuple[Path, str], environment: dict[str, str]
) -> None:
    folder = service(tmp_path / "risk", handbook)
    committed(folder)
    done = run(folder, environment)
    assert done.returncode == 1, done.stdout + done.stderr
    assert re.search(r"handbook check\.+Failed", done.stdout)
    assert "✗ DOC03" in done.stdout and "Do: Add a CODEOWNERS file" in done.stdout
    (folder / "CODEOWNERS").write_text("* @acme/risk @ada @alan\n", encoding="utf-8")
    done = run(folder, environment)
    assert re.search(r"handbook check\.+Passed", done.stdout), done.stdout + done.stderr
    assert done.returncode == 0


def test_the_hook_runs_what_was_installed_for_it(
    handbook: tuple[Path, str], environment: dict[str, str]
) -> None:
    """Not the package that the tests have: pre-commit has made an environment from the clone."""
    found = list(Path(environment["PRE_COMMIT_HOME"]).glob("repo*/py_env-*/bin/handbook"))
    if not found:
        pytest.fail("the test before this one has made no environment")
    python = found[0].with_name("python")
    code = "import handbook; print(handbook.__file__)"
    where = subprocess.run(
        [str(python), "-c", code], env=environment, capture_output=True, text=True, check=True
    ).stdout
    assert where.startswith(environment["PRE_COMMIT_HOME"])
