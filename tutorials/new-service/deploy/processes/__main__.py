"""Environments on one machine, without containers: what ``backends/process.sh`` stands on.

An environment is a folder, ``.deploy/ENV``. Its units run in the background: ``database``,
``model-server-N``, ``release-N`` (API, worker, trainer and drift of one release), ``prometheus``;
``new_service.local.unit`` is what runs in each. A roll-out starts the new release beside the old
one, and ends that only when the new one is ready. Standard library only.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from environment import Environment
from units import DeployError


def main(arguments: list[str] | None = None) -> int:
    """Do what was asked, in one environment.

    Returns:
        0, or 1 with a reason on standard error.
    """
    asked = _parser().parse_args(arguments)
    here = Environment(asked.folder.resolve(), asked.environment)
    try:
        answer = _do(here, asked)
    except DeployError as exc:
        print(exc, file=sys.stderr)
        return 1
    if answer:
        print(answer)
    return 0


def _do(here: Environment, asked: argparse.Namespace) -> str:
    match asked.command:
        case "migrate":
            here.migrate(asked.tag)
        case "roll-out":
            here.roll_out(asked.tag, asked.drift_seconds)
        case "run":
            here.run(asked.words)
        case "watch":
            return here.watch(asked.interval, hurry=asked.hurry)
        case "condition":
            return here.condition()
        case "down":
            here.down()
    return ""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="processes", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="where environments lie")
    parser.add_argument("environment")
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("migrate", "roll-out"):
        command = commands.add_parser(name)
        command.add_argument("tag")
    command.add_argument("--drift-seconds", type=float, default=3600)
    commands.add_parser("run").add_argument("words", nargs=argparse.REMAINDER)
    watch = commands.add_parser("watch")
    watch.add_argument("--interval", type=int, default=15)
    watch.add_argument("--hurry", action="store_true")
    commands.add_parser("condition")
    commands.add_parser("down")
    return parser


if __name__ == "__main__":
    sys.exit(main())
