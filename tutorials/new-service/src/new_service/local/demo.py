"""The whole service from nothing, once around: ``new-service demo``.

Trains a small model, exports it, serves it, sets up a database, starts API and worker, sends
deliveries as a client would, shows their scores, and leaves nothing behind.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from new_service.local.client import Client, ClientError
from new_service.local.guard import Guard
from new_service.local.part import PartError
from new_service.local.routes import deliveries
from new_service.local.postgres import PostgresError
from new_service.local.recipes import Plan
from new_service.local.stack import Stack
from new_service.local.training import train

ROWS = 20
"""Most scores that the table shows."""


@dataclass
class Report:
    """What the demo did.

    Attributes:
        steps: What was done, and the seconds it took.
        scores: The finished jobs, with ``title`` in words.
        label: The finished job of the report on one delivery.
        asked: How many deliveries were sent.
    """

    steps: list[dict[str, Any]] = field(default_factory=list)
    scores: list[dict[str, Any]] = field(default_factory=list)
    label: dict[str, Any] = field(default_factory=dict)
    asked: int = 0

    @property
    def complete(self) -> bool:
        """Whether every delivery has its score, and the report was taken."""
        jobs = [*self.scores, self.label]
        return len(self.scores) == self.asked and all(j["status"] == "succeeded" for j in jobs)


class Steps:
    """Says what was done and how long it took, as it goes."""

    def __init__(self, report: Report, *, quiet: bool) -> None:
        self._report = report
        self._quiet = quiet
        self._began = time.monotonic()

    def done(self, what: str) -> None:
        """Note a step that ended now."""
        seconds = time.monotonic() - self._began
        self._report.steps.append({"step": what, "seconds": round(seconds, 1)})
        print(
            f"{seconds:6.1f} s  {what}", file=sys.stderr if self._quiet else sys.stdout, flush=True
        )
        self._began = time.monotonic()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo.

    Returns:
        0 when every score came, 1 when not, 2 for a folder that cannot be used, 130 after Ctrl-C.
    """
    options = _parser().parse_args(arguments)
    report = Report()
    steps = Steps(report, quiet=options.json)
    try:
        folder = _folder(options.folder)
        with Guard() as guard:
            if not options.keep:
                guard.remove_at_the_end(folder)
            run(guard, folder, options.deliveries, report, steps)
            if not options.json:
                print(f"\n{table(report.scores)}\n", flush=True)
        steps.done(f"stopped everything; kept {folder}" if options.keep else "cleaned up")
    except KeyboardInterrupt:
        print("\ninterrupted: all is stopped, or will be in a moment", file=sys.stderr)
        return 130
    except (PartError, PostgresError, ClientError, FileExistsError) as exc:
        hint = "" if options.keep else "\n--keep keeps data, logs and database."
        print(f"new-service demo: {exc}{hint}", file=sys.stderr)
        return 2 if isinstance(exc, FileExistsError) else 1
    if options.json:
        print(json.dumps({"complete": report.complete, **asdict(report)}, indent=2))
    return 0 if report.complete else 1


def run(guard: Guard, folder: Path, number: int, report: Report, steps: Steps) -> None:
    """Do everything but the clean-up.

    Args:
        guard: What ends the processes started here.
        folder: Where everything is written.
        number: How many deliveries to send.
        report: Is filled.
        steps: Is told of each step.

    Raises:
        ClientError: A delivery was refused, or a score did not come in time.
        PartError: A part of the service does not start.
        PostgresError: The database does not start.
    """
    plan = Plan(folder, folder / "models")  # first: without a model server nothing is worth training
    for done in train(guard, folder):
        steps.done(done)
    with Stack(plan, guard) as stack, Client(stack.url) as client:
        steps.done(f"started database, model server, worker, trainer and API ({stack.url})")
        sent = [(title, delivery, client.score(delivery)) for title, delivery in deliveries(number)]
        report.asked = len(sent)
        steps.done(f"sent {len(sent)} deliveries, each answered with the address of a job")
        report.scores = [{"title": title, **client.finished(job)} for title, _, job in sent]
        steps.done("fetched the scores from there")
        last = sent[-1][1]["delivery_id"]
        now = datetime.now(UTC).isoformat()
        report_of_it = {"delivery_id": last, "late": True, "reported_at": now}
        report.label = client.finished(client.label(report_of_it))
        steps.done(f"reported that {last} came late: the next training will know")


def table(scores: Sequence[dict[str, Any]]) -> str:
    """Return the scores as lines of text in columns; of many, the first ones."""
    rows: list[tuple[str, ...]] = [("delivery", "probability", "band", "because of", "model")]
    rows += [_row(job) for job in scores[:ROWS]]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    rows.insert(1, tuple("-" * width for width in widths))
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    rest = [f"... and {len(scores) - ROWS} more: --json shows all"] if len(scores) > ROWS else []
    return "\n".join(lines + rest)


def _row(job: dict[str, Any]) -> tuple[str, str, str, str, str]:
    result = job.get("result")
    if not result:
        return job["title"], "-", job["status"], str(job.get("error", "")), "-"
    reasons = ", ".join(f"{r['feature']} {r['contribution']:+.1f}" for r in result["reasons"])
    model = f"{result['model']['name']} {result['model']['version']}"
    return job["title"], f"{result['probability']:.3f}", result["band"], reasons or "-", model


def _folder(given: Path | None) -> Path:
    """Make the folder to work in; what lies in another one is not the demo's to remove."""
    if given is None:
        return Path(tempfile.mkdtemp(prefix="new-service-demo-"))
    if given.exists() and (not given.is_dir() or any(given.iterdir())):
        raise FileExistsError(f"--folder {given}: is there and not empty; name a new folder")
    given.mkdir(parents=True, exist_ok=True)
    return given.resolve()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="new-service demo", description=__doc__)
    parser.add_argument(
        "--folder", type=Path, help="work here, in a new folder (default: a temporary one)"
    )
    parser.add_argument(
        "--deliveries", type=_positive, default=5, metavar="N", help="how many to send (default: 5)"
    )
    parser.add_argument(
        "--keep", action="store_true", help="keep the folder: data, model, logs, database"
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help="print the report as JSON; the steps go to standard error",
    )
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number
