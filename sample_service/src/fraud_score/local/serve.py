"""The whole service on this machine until Ctrl-C: ``fraud-score local``."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from fraud_score.local.guard import Guard
from fraud_score.local.part import PartError
from fraud_score.local.postgres import PostgresError
from fraud_score.local.recipes import Plan
from fraud_score.local.stack import Stack
from fraud_score.local.training import train


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the service until SIGINT or SIGTERM.

    Returns:
        0 after a clean end, 1 when a part does not start.
    """
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with Guard() as guard:
            serve(guard, options)
    except KeyboardInterrupt:
        print("\nstopped", flush=True)
    except (PartError, PostgresError) as exc:
        print(f"fraud-score local: {exc}", file=sys.stderr)
        return 1
    return 0


def serve(guard: Guard, options: argparse.Namespace) -> None:
    """Train a model if there is none, start all parts, and wait for Ctrl-C."""
    plan = Plan(
        options.folder,
        options.folder / "models",
        database_url=os.environ.get("DATABASE_URL", ""),
        port=options.port,
        workers=options.workers,
        drift_seconds=options.drift_seconds,
        supervise=True,
    )
    if not any((plan.models / plan.model_name).glob("[0-9]*")):
        print(f"no model in {plan.models} yet: training a small one", flush=True)
        for done in train(guard, options.folder):
            print(done, flush=True)
    with Stack(plan, guard, lambda line: print(line, flush=True)) as stack:
        print(_addresses(stack, options.folder), flush=True)
        signal.pause()


def _addresses(stack: Stack, folder: Path) -> str:
    lines = [f"{name:12}  {part.url}" for name, part in stack.parts.items()]
    return "\n".join([*lines, f"logs are in {folder}; Ctrl-C stops everything"])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="fraud-score local", description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path(".local"), help="(default: .local)")
    parser.add_argument("--port", type=int, default=8080, help="of the API (default: 8080)")
    parser.add_argument("--workers", type=int, default=1, help="how many (default: 1)")
    parser.add_argument(
        "--drift-seconds",
        type=float,
        default=60,
        help="pause between two looks for drift, 0 for none (default: 60)",
    )
    return parser
