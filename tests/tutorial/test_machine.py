"""What pages get of the machine: a reader's environment, a port, a place; and backends."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from handbook.tutorial.options import BACKENDS
from handbook.tutorial.runner.machine import PROBES, environment, free_port, missing, new_folder

# Of the caller: each would change what a page does, or lead it to something that is not its own.
CALLERS = {
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONPATH": "/elsewhere",
    "VIRTUAL_ENV": "/elsewhere/.venv",
    "PYTEST_CURRENT_TEST": "a",
    "MAKEFLAGS": "-j8",
    "MAKELEVEL": "2",
    "VENV": "other",
    "GIT_DIR": "/elsewhere/.git",
    "GIT_INDEX_FILE": "/elsewhere/index",
    "BASH_ENV": "/elsewhere/rc",
    "DATABASE_URL": "postgresql://production",
    "MLFLOW_TRACKING_URI": "http://production",
    "PGHOST": "production",
}
READERS = {"HOME": "/home/reader", "HTTPS_PROXY": "http://proxy", "PIP_INDEX_URL": "https://mirror"}


def test_pages_have_a_readers_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, text in {**CALLERS, **READERS}.items():
        monkeypatch.setenv(name, text)
    given = environment(tmp_path)
    assert [name for name in CALLERS if name in given] == []
    assert {name: given[name] for name in READERS} == READERS


def test_the_runners_own_programs_are_not_on_the_path(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A page that forgets its line for PATH would pass here and fail for its reader."""
    own, other = f"{sys.prefix}/bin", tmp_path / "other/bin"
    other.mkdir(parents=True)
    (tmp_path / "link").symlink_to(own)
    monkeypatch.setenv("VIRTUAL_ENV", str(tmp_path / "other"))
    path = [own, str(other), str(tmp_path / "link"), "/usr/bin", "/bin"]
    monkeypatch.setenv("PATH", os.pathsep.join(path))
    assert sys.prefix != sys.base_prefix, "these tests run in a virtual environment"
    assert environment(tmp_path)["PATH"].split(os.pathsep) == ["/usr/bin", "/bin"]


def test_python_given_to_make_is_found_from_anywhere(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PYTHON", Path(sys.executable).name)
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent))
    assert environment(tmp_path)["PYTHON"] == sys.executable
    monkeypatch.setenv("PYTHON", "no-such-python")
    assert environment(tmp_path).get("PYTHON") == "no-such-python"


def commit(folder: Path, given: dict[str, str]) -> str:
    script = "git init -q . && git commit -q --allow-empty -m Begin && git log --format='%an %ae'"
    done = subprocess.run(
        ["bash", "-c", script], cwd=folder, env=given, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_git_commits_where_nobody_told_it_a_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    home, repo = tmp_path / "home", tmp_path / "repo"
    home.mkdir()
    repo.mkdir()
    for name in [name for name in os.environ if name.startswith(("GIT_", "EMAIL", "XDG_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    assert commit(repo, environment(tmp_path)) == "Reader reader@example.org"
    # What else the user has set stays; a key that would have to be unlocked is not asked for.
    (home / ".gitconfig").write_text(
        "[commit]\n\tgpgSign = true\n[user]\n\tname = Ada\n\temail = ada@example.org\n"
    )
    assert commit(repo, environment(tmp_path)).splitlines()[0] == "Ada ada@example.org"


def test_a_port_is_free_and_the_wished_one_if_it_is() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert free_port(port) != port
    again = free_port()
    assert free_port(again) == again


def test_a_folder_is_short_enough_for_the_sockets_of_a_database(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / ("long" * 20)))
    folder = new_folder()
    folder.rmdir()
    assert len(str(folder)) < 30


def test_there_is_a_probe_for_each_backend() -> None:
    assert set(PROBES) == set(BACKENDS)
    assert missing("process") == ""


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (None, "no docker on this machine: there is no program docker"),
        ("echo out; echo 'Cannot connect' >&2; exit 1", "`docker info` says: Cannot connect"),
        ("exit 1", "`docker info` says: it says nothing"),
        ('[ "$1" = info ]', "`docker compose version` says: it says nothing"),
        ("exit 0", ""),
    ],
)
def test_why_a_backend_is_missing(
    script: str | None, said: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A program of that name stands in: no machine has all the ways of not having Docker."""
    if script is not None:
        program = tmp_path / "docker"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert missing("docker").endswith(said)
    assert (missing("docker") == "") == (said == "")
