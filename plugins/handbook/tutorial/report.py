"""What a run of the tutorials found, as JSON: written by the runner, read by the site.

A file holds the last run of each backend::

    {"format": 1, "backends": {"process": {"backend": "process", "commit": "...", "pages": [...]}}}

Documented for readers in ``docs/reference/tutorial.md``.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from handbook.errors import TutorialError
from handbook.tutorial.records import Kind

FORMAT = 1
"""Raised when a reader of the last version could misread the file."""

Backend = Literal["process", "docker", "kind"]
"""Where what the reader deploys is run: as processes, in containers, in a cluster of kind."""

Status = Literal["passed", "failed", "skipped", "unreached"]
"""``skipped``: the page or this machine is the reason, ``unreached``: what came before it is."""


class StepReport(Struct, frozen=True):
    """What became of one step.

    ``line``: of the block's fence in the page. ``seconds``: whole ones in a committed report.
    ``why``: of a step that did not pass, in words; of a failure its first line.
    ``digest``: of what was run, see :attr:`handbook.tutorial.records.Step.digest`.
    """

    id: str
    line: int
    kind: Kind
    status: Status
    seconds: float
    why: str
    digest: str


class PageReport(Struct, frozen=True):
    """What became of one page; ``page`` is its path in the tutorials' folder, with "/".

    ``digest``: of all its steps. ``uses_digest``: of the files of the repo that its steps use.
    """

    page: str
    digest: str
    uses_digest: str
    steps: tuple[StepReport, ...]

    def step(self, name: str) -> StepReport | None:
        """Return the step of this id, if the run knew it."""
        return next((step for step in self.steps if step.id == name), None)


class BackendReport(Struct, frozen=True):
    """The last run on one backend.

    ``commit``: what was checked out, "" outside of git. ``dirty``: files differed from it.
    ``at``: when, in UTC ("2030-01-02T03:04Z"); in a committed report the day of the commit.
    ``leaked``: what still ran after a clean-up or at the end: commands, without arguments.
    """

    backend: Backend
    commit: str
    dirty: bool
    at: str
    pages: tuple[PageReport, ...]
    leaked: tuple[str, ...] = ()

    def page(self, name: str) -> PageReport | None:
        """Return the page of this path, if it was part of the run."""
        return next((page for page in self.pages if page.page == name), None)


class Report(Struct, frozen=True):
    """The last run of each backend that was ever run."""

    backends: dict[Backend, BackendReport] = {}
    format: Annotated[int, Meta(ge=1)] = FORMAT


def read_report(path: Path) -> Report:
    """Return a file's report; an empty one if there is no such file.

    Raises:
        TutorialError: it is no report, or one of another format.
    """
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return Report()
    except OSError as error:
        raise TutorialError(f"{path}: {error.strerror or error}") from error
    advice = "delete it, or renew it with: make tutorial ARGS=--write"
    try:
        report = msgspec.json.decode(raw, type=Report)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise TutorialError(f"{path}: not a report of tutorials ({error}); {advice}") from error
    if report.format != FORMAT:
        raise TutorialError(f"{path}: format {report.format}, expected {FORMAT}; {advice}")
    return report


def merge(report: Report, run: BackendReport) -> Report:
    """Return the report with this run in the place of its backend's last."""
    return Report(backends=dict(sorted({**report.backends, run.backend: run}.items())))


def committed(run: BackendReport, day: str) -> BackendReport:
    """Return the run without what differs between two runs that found the same.

    Seconds are whole, ``at`` is the day of the commit.
    """
    pages = [
        msgspec.structs.replace(
            page,
            steps=tuple(
                msgspec.structs.replace(step, seconds=float(round(step.seconds)))
                for step in page.steps
            ),
        )
        for page in run.pages
    ]
    return msgspec.structs.replace(run, pages=tuple(pages), at=day)


def write_report(path: Path, report: Report) -> None:
    """Write the file in one go, so that a reader never sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.{os.getpid()}")
    half.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=1) + b"\n")
    half.replace(path)


def schema() -> dict[str, object]:
    """Return the JSON schema of the file."""
    return msgspec.json.schema(Report)
