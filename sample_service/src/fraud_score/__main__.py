"""The command ``fraud-score``: each part of the service, and what operators need."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

ON_THIS_MACHINE = ("local", "demo")
"""Commands with arguments of their own, which need no settings."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one part of the service.

    Args:
        arguments: The command line after the program's name; that of the process by default.

    Returns:
        Exit code: 0 after a clean end, 1 when the command failed, 2 when it could not start.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given and given[0] in ON_THIS_MACHINE:
        return _on_this_machine(*given)
    options = _parser().parse_args(given)
    # Imported here: `--help` and `demo` need neither a database's driver nor a web server.
    from fraud_score import commands  # noqa: PLC0415

    return commands.run(options)


def _on_this_machine(name: str, *arguments: str) -> int:
    if name == "demo":
        from fraud_score.local import demo  # noqa: PLC0415

        return demo.main(arguments)
    from fraud_score.local import serve  # noqa: PLC0415

    return serve.main(arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="fraud-score",
        description="Each part of the service. Settings come from the environment: README.md.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("migrate", help="bring the database to the newest revision")
    commands.add_parser("api", help="take requests in, show results")
    commands.add_parser("worker", help="give scores, write labels")
    commands.add_parser("trainer", help="train a new version when asked to")
    drift = commands.add_parser("drift", help="measure drift, ask for a training if need be")
    drift.add_argument(
        "--every", type=_seconds, metavar="SECONDS", help="again and again, not just once"
    )
    reference = commands.add_parser("reference", help="load what a model version was trained on")
    reference.add_argument("folder", type=Path, metavar="DIR", help="models/NAME/VERSION")
    jobs = commands.add_parser("jobs", help="look after dead letters")
    what = jobs.add_subparsers(dest="what", required=True, metavar="WHAT")
    what.add_parser("dead", help="list jobs that were given up, the newest first")
    requeue = what.add_parser("requeue", help="give such jobs all their attempts again")
    requeue.add_argument("ids", type=UUID, nargs="+", metavar="ID")
    commands.add_parser("local", help="run the whole service on this machine")
    commands.add_parser("demo", help="train, serve, ask for some scores, clean up")
    return parser


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError("must be more than 0")
    return seconds


if __name__ == "__main__":
    sys.exit(main())
