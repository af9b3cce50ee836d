from __future__ import annotations

from pathlib import Path

import pytest

from handbook.sync import check_git


def program(folder: Path, name: str, body: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{body}\n")
    (folder / name).chmod(0o755)


def test_this_machine_can_sync() -> None:
    lines = check_git()
    assert all(line.startswith(("ok: ", "problem: ")) for line in lines)
    assert lines[0].startswith("ok: git 2.")
    assert "https, ssh, file" in lines[2]


@pytest.mark.parametrize(
    ("says", "line"),
    [
        ("git version 2.36.0", "ok: git 2.36.0"),
        ("git version 2.55.1.windows.2", "ok: git 2.55.1"),
        ("git version 3.0", "ok: git 3.0"),
        ("git version 2.30.2", "problem: git 2.30.2 is too old; install git 2.36 or later"),
        ("what?", "problem: git does not tell its version; install git 2.36 or later"),
    ],
)
def test_the_version_of_git(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: str, line: str
) -> None:
    program(tmp_path / "bin", "git", f"echo '{says}'")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert check_git()[0] == line


def test_nothing_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    lines = check_git()
    assert lines[0] == "problem: git cannot be run. Install git 2.36 or later."
    assert lines[1].startswith("problem: no ssh")


def test_the_users_own_ways_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_SSH_COMMAND", "plink")
    monkeypatch.setenv("GIT_ASKPASS", "ask")
    lines = check_git()
    assert "GIT_SSH_COMMAND" in lines[1]
    assert "GIT_ASKPASS" in lines[3]
