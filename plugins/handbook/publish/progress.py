"""Progress of long work: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from handbook.sync import SyncEvent

Step = Callable[[int, int, str], None]


@contextmanager
def progress(what: str) -> Iterator[Step]:
    """Give a function to call with (done, total, current name) after each step."""
    if not sys.stderr.isatty():
        yield _plain(what)
        return
    # Loaded only where there is a terminal to draw on.
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("[dim]{task.fields[name]}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None, name="")

        def step(done: int, total: int, name: str) -> None:
            bar.update(task, completed=done, total=total, name=name)

        yield step


def _plain(what: str) -> Step:
    """Print a line for every tenth of the way."""
    shown = [0]

    def step(done: int, total: int, name: str) -> None:
        tenth = done * 10 // max(total, 1)
        if tenth > shown[0] or done == total:
            shown[0] = tenth
            print(f"{what}: {done} of {total}", file=sys.stderr, flush=True)

    return step


@contextmanager
def sync_progress() -> Iterator[Callable[[SyncEvent], None]]:
    """Show the progress of a sync."""
    with progress("Fetching repos") as step:
        yield lambda event: step(event.done, event.total, event.repo)


def show_log() -> None:
    """Show MkDocs' log, and ours with it, on stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(levelname)-7s %(message)s"))
    # MkDocs names every watched path, of which a fleet has hundreds.
    handler.addFilter(lambda record: "Watching paths" not in str(record.msg))
    logger = logging.getLogger("mkdocs")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
