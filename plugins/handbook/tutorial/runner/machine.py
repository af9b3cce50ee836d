"""What a run finds on the machine and what it keeps from the pages: backends, variables, a port."""

from __future__ import annotations

import os
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from handbook.errors import TutorialError

PROBES: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "process": (),
    "docker": (("docker", "info"), ("docker", "compose", "version")),
    "kind": (("docker", "info"), ("kind", "get", "clusters"), ("kubectl", "version", "--client")),
}
"""Commands that work where a backend is there."""

_SECONDS = 30
_PORTS = range(20_000, 32_000)  # below those that systems give to outgoing connections
_SHORT = 24  # characters: a Unix socket's path has about a hundred in all

# What the caller's shell, make, pytest or git hook says of itself is no part of a reader's shell.
_CALLERS = re.compile(
    r"VIRTUAL_ENV.*|PYTHON.+|PYTEST_.*|COV_.*|COVERAGE_.*|MAKE.*|MFLAGS|GNUMAKEFLAGS|VENV|ARGS|BIN"
    r"|BASH_ENV|ENV|CDPATH|SHELLOPTS|BASHOPTS|FORCE_COLOR|CLICOLOR_FORCE|CI|PS4|OLDPWD|SHLVL|_"
    # These would lead the reader's service to a database or server that is not the reader's.
    r"|DATABASE_URL|MODEL_SERVER|MLFLOW_.*|PG[A-Z]+|DVC_.*|COMPOSE_.*|OTEL_.*"
    # Of git: what points it at another repo. `git rev-parse --local-env-vars` has most of them.
    r"|GIT_(DIR|WORK_TREE|INDEX_FILE|PREFIX|COMMON_DIR|OBJECT_DIRECTORY|NAMESPACE|SHALLOW_FILE"
    r"|ALTERNATE_OBJECT_DIRECTORIES|GRAFT_FILE|REPLACE_REF_BASE|IMPLICIT_WORK_TREE|QUARANTINE_PATH"
    r"|CEILING_DIRECTORIES|EDITOR|PAGER|CONFIG|CONFIG_(COUNT|KEY_.*|VALUE_.*|PARAMETERS))"
)
_SET = {
    "LC_ALL": "C.UTF-8",
    "TERM": "dumb",
    "NO_COLOR": "1",
    "COLUMNS": "80",
    "PAGER": "cat",
    # Nobody is there to answer.
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_EDITOR": "true",
    "DEBIAN_FRONTEND": "noninteractive",
}


def missing(backend: str) -> str:
    """Return why a backend cannot be used here; "" if it can."""
    for command in PROBES[backend]:
        said = " ".join(command)
        if not shutil.which(command[0]):
            return f"no {backend} on this machine: there is no program {command[0]}"
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=_SECONDS, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"no {backend} on this machine: `{said}` does not answer ({error})"
        if done.returncode:
            reason = (done.stderr.strip() or done.stdout.strip() or "it says nothing").splitlines()
            return f"no {backend} on this machine: `{said}` says: {reason[-1][:200]}"
    return ""


def free_port(wished: int = 0) -> int:
    """Return a port that nothing listens on: the wished one if it is free.

    Raises:
        TutorialError: none was found.
    """
    # Two runs that begin in the same moment must not try the same ports in the same order.
    tries = random.SystemRandom().sample(_PORTS, 200)
    for port in [wished, *tries] if wished else tries:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise TutorialError(f"no free port between {_PORTS.start} and {_PORTS.stop}")


def new_folder() -> Path:
    """Make a folder with a short path: sockets of databases go below it."""
    short = tempfile.gettempdir()
    parent = short if len(short) < _SHORT or not os.access("/tmp", os.W_OK) else "/tmp"  # noqa: S108
    return Path(tempfile.mkdtemp(prefix="t-", dir=parent)).resolve()


def without_caller() -> dict[str, str]:
    """Return this process's environment without what speaks of who called it."""
    return {name: text for name, text in os.environ.items() if not _CALLERS.fullmatch(name)}


def environment(folder: Path) -> dict[str, str]:
    """Return a reader's environment: the caller's, without what speaks of the caller.

    ``folder`` is the run's: a neutral identity for git goes there if the user has none.
    """
    kept = without_caller()
    python = os.environ.get("PYTHON")
    found = shutil.which(python) if python else None
    if found:
        kept["PYTHON"] = str(Path(found).absolute())  # of `make PYTHON=...`: pages use make too
    # What pre-commit clones for a run is of no use to the user's own hooks.
    clones = {"PRE_COMMIT_HOME": str(folder / "pre-commit")}
    return {**kept, **_SET, **clones, "PATH": _path(), **_identity(folder, kept)}


def _path() -> str:
    """Return PATH without the virtual environment that the runner itself is in."""
    own = [Path(sys.prefix) / "bin"] if sys.prefix != sys.base_prefix else []
    if given := os.environ.get("VIRTUAL_ENV"):
        own.append(Path(given) / "bin")
    real = {os.path.realpath(path) for path in own}
    parts = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join(part for part in parts if os.path.realpath(part) not in real)


def _identity(folder: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Return variables with which git can commit, also where nobody ever told it a name."""
    if not shutil.which("git"):
        return {}
    # A key or a passphrase for signatures cannot be asked for.
    unsigned = {
        "GIT_CONFIG_COUNT": "2",
        "GIT_CONFIG_KEY_0": "commit.gpgSign",
        "GIT_CONFIG_VALUE_0": "false",
        "GIT_CONFIG_KEY_1": "tag.gpgSign",
        "GIT_CONFIG_VALUE_1": "false",
    }
    strict = {**environment, "GIT_CONFIG_COUNT": "1"}
    strict |= {"GIT_CONFIG_KEY_0": "user.useConfigOnly", "GIT_CONFIG_VALUE_0": "true"}
    known = subprocess.run(
        ["git", "var", "GIT_COMMITTER_IDENT"],
        cwd=folder,
        env=strict,
        capture_output=True,
        check=False,
    )
    if known.returncode == 0:
        return unsigned
    home = environment.get("HOME", "/")
    users = environment.get("GIT_CONFIG_GLOBAL") or f"{home}/.gitconfig"
    config = folder / "gitconfig"
    config.write_text(
        f'[include]\n\tpath = "{users}"\n[user]\n\tname = Reader\n\temail = reader@example.org\n',
        encoding="utf-8",
    )
    return {**unsigned, "GIT_CONFIG_GLOBAL": str(config)}
