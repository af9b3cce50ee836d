#!/usr/bin/env python3
"""Stands in for ``kubectl`` and a cluster: there is none where these tests run.

It renders for real, keeps what it is asked in ``calls``, and fails where ``FAIL`` says so. ``exec``
runs the command on this machine, with the folder that stands for the volume.
"""

from __future__ import annotations

import base64
import os
import sys
import time
from pathlib import Path

HOME = Path(os.environ["CLUSTER"])
FAIL = os.environ.get("FAIL", "").split()


def main() -> int:
    """Do as ``kubectl`` with the same arguments."""
    arguments = _without_namespace(sys.argv[1:])
    if arguments[0] == "kustomize":
        os.execv(os.environ["REAL_KUBECTL"], ["kubectl", *arguments])  # noqa: S606
    with (HOME / "calls").open("a", encoding="utf-8") as calls:
        calls.write(" ".join(arguments) + "\n")
    return _answer(arguments)


def _without_namespace(arguments: list[str]) -> list[str]:
    if "--namespace" not in arguments:
        return arguments
    at = arguments.index("--namespace")
    return arguments[:at] + arguments[at + 2 :]


def _answer(arguments: list[str]) -> int:
    command = " ".join(arguments)
    proven = HOME / "proven.yaml"
    if command.endswith("--filename -"):
        sys.stdin.read()
    if arguments[0] == "exec":
        os.execvp(arguments[arguments.index("--") + 1], arguments[arguments.index("--") + 1 :])  # noqa: S606
    if command.startswith("port-forward"):
        print(f"Forwarding from 127.0.0.1:{os.environ['API_PORT']} -> 8080", flush=True)
        time.sleep(600)
    if "get secret" in command and "jsonpath" in command:
        print(base64.b64encode(os.environ.get("TOKEN", "").encode()).decode(), end="")
    if "get configmap fraud-score-proven" in command:
        if not proven.exists():
            return 1
        print(proven.read_text(encoding="utf-8"))
    if command.startswith("create configmap"):
        source = next(one for one in arguments if one.startswith("--from-file="))
        proven.write_bytes(Path(source.rpartition("=")[2]).read_bytes())
        print("kind: ConfigMap")
    return _fails(command)


def _fails(command: str) -> int:
    for failing in FAIL:
        mark = HOME / f"failed-{failing.replace('/', '-')}"
        # A roll-out fails once: the version before can be rolled out again.
        if failing in command and not mark.exists():
            mark.touch()
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
