"""What this machine has for syncing: git, ssh, allowed protocols."""

from __future__ import annotations

import re
import shutil
import time

from handbook.errors import SyncError
from handbook.sync.process import ALLOWED_PROTOCOLS, Runner, network_environment

OLDEST_GIT = (2, 36)  # git cat-file --batch-command
_SECONDS = 10.0


def check_git() -> tuple[str, ...]:
    """Return one line for each thing that syncing needs: "ok: ..." or "problem: ..."."""
    environment = network_environment()
    return (
        _git_line(environment),
        _ssh_line(environment),
        f"ok: git may use {ALLOWED_PROTOCOLS.replace(':', ', ')} and nothing else",
        _login_line(environment),
    )


def _git_line(environment: dict[str, str]) -> str:
    oldest = ".".join(map(str, OLDEST_GIT))
    try:
        done = Runner(environment).run(
            ["--version"], folder="/", deadline=time.monotonic() + _SECONDS
        )
    except SyncError as error:
        return f"problem: {error}"
    found = re.search(r"(\d+)\.(\d+)(?:\.\d+)?", done.output.decode("utf-8", "replace"))
    if not found:
        return f"problem: git does not tell its version; install git {oldest} or later"
    if (int(found[1]), int(found[2])) < OLDEST_GIT:
        return f"problem: git {found[0]} is too old; install git {oldest} or later"
    return f"ok: git {found[0]}"


def _ssh_line(environment: dict[str, str]) -> str:
    if environment.get("GIT_SSH_COMMAND") or environment.get("GIT_SSH"):
        return "ok: ssh as GIT_SSH_COMMAND or GIT_SSH says"
    if shutil.which("ssh"):
        return "ok: ssh"
    return "problem: no ssh; repos with an ssh url cannot be fetched (https ones can)"


def _login_line(environment: dict[str, str]) -> str:
    if environment.get("GIT_ASKPASS"):
        return "ok: logins through GIT_ASKPASS and git's credential helpers, never a prompt"
    return "ok: logins through git's credential helpers, never a prompt"
