"""The runner as a plugin of pytest: each step is an item, named by its id, at its line.

Pages are ``tutorials/*.md`` and ``tutorials/how-to/*.md`` below pytest's root folder. Sybil turns
them into items; pages are always taken in their order, in one process.
"""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Generator, Iterable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any, cast

import pytest
from sybil import Document, Region, Sybil
from sybil.example import Example, SybilFailure
from sybil.integration.pytest import SybilFile

from handbook.errors import HandbookError
from handbook.tutorial.options import BACKENDS
from handbook.tutorial.pages import load_pages
from handbook.tutorial.records import Page, Step
from handbook.tutorial.runner.kept import Kept
from handbook.tutorial.runner.record import COMMITTED, Recorder
from handbook.tutorial.runner.session import Session

FOLDER = "tutorials"
REPORT = "build/verified.json"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of a run."""
    group = parser.getgroup("tutorial", "running tutorials as they are written")
    add = group.addoption
    add("--backend", default="process", choices=BACKENDS, help="where the pages deploy to")
    add("--workdir", metavar="DIR", help="keep the workspace, and be able to go on from a step")
    add("--from-step", metavar="ID", default="", help="go on from this step, in a kept --workdir")
    add("--report", metavar="FILE", default=REPORT, help=f"where to write the report ({REPORT})")
    add("--write", action="store_true", help=f"renew {COMMITTED}, which is committed")


def pytest_configure(config: pytest.Config) -> None:
    """Read all pages; every mistake in them is shown at once."""
    if getattr(config, "workerinput", None) or getattr(config.option, "numprocesses", None):
        raise pytest.UsageError("tutorials are run in order, in one process: leave out -n")
    if config.option.from_step and not config.option.workdir:
        raise pytest.UsageError("--from-step goes on in the --workdir of a run before: name it")
    folder = config.rootpath / FOLDER
    try:
        pages = load_pages(folder)
        recorder = Recorder(config.rootpath, pages)
    except HandbookError as error:
        raise pytest.UsageError(str(error)) from error
    config.pluginmanager.register(Runner(config, pages, recorder), "tutorial-runner")


class Runner:
    """The hooks of one session of pytest."""

    def __init__(self, config: pytest.Config, pages: tuple[Page, ...], recorder: Recorder) -> None:
        self._config = config
        self._pages = {str(config.rootpath / FOLDER / page.path): page for page in pages}
        self._recorder = recorder
        self._sybil = _Tutorial(self)
        self._session: Session | None = None
        self._news: tuple[Page, str] | None = None
        self._shown = ""

    def page(self, path: str | Path) -> Page | None:
        """Return the page of a file; None if it is none."""
        return self._pages.get(str(path))

    def pytest_collect_file(
        self, file_path: Path, parent: pytest.Collector
    ) -> pytest.Collector | None:
        """Take the pages, and nothing else that ends in .md."""
        if self.page(file_path) is None:
            return None
        file: pytest.Collector = SybilFile.from_parent(parent, path=file_path, sybils=[self._sybil])
        return file

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Put the pages in order; refuse one without those it goes on from."""
        places = {path: number for number, path in enumerate(self._pages)}
        items.sort(key=lambda item: places.get(str(item.path), len(places)))
        taken = {page.name for item in items if (page := self.page(item.path))}
        for page in self._pages.values():
            absent = [name for name in page.needs if name not in taken and self._has_steps(name)]
            if page.name in taken and absent:
                raise pytest.UsageError(
                    f"{page.name} goes on from {' and '.join(absent)}: run {FOLDER}/ as a whole, "
                    "or go on in a kept folder with --workdir DIR --from-step ID"
                )

    def _has_steps(self, name: str) -> bool:
        return any(page.steps for page in self._pages.values() if page.name == name)

    def evaluate(self, example: Example) -> None:
        """Run one step: pass, skip with the reason, or fail with what went wrong."""
        page, step = self.page(example.path), cast(Step, example.parsed)
        if page is None or self._session is None:
            raise TypeError(f"{example.path}: not a page of this run")
        outcome = self._session.run(page, step)
        line = f"  {outcome.status:9} {step.id:24} {outcome.seconds:6.1f} s  {outcome.reason}"
        self._news = page, line.rstrip()
        if outcome.status == "failed":
            raise SybilFailure(example, outcome.why)
        if outcome.status != "passed":
            pytest.skip(outcome.why)

    def end_page(self, page: Page) -> None:
        """Close the shell of a page."""
        if self._session:
            self._session.end_page(page)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        """Run, and leave nothing behind whatever happens."""
        steps = any(self.page(item.path) for item in session.items)
        if not steps or self._config.option.collectonly:
            return (yield)
        with _terminated_as_interrupted():
            self._session = self._started()
            try:
                return (yield)
            finally:
                self._recorder.left = self._session.close()

    def pytest_report_teststatus(
        self, report: pytest.TestReport | pytest.CollectReport
    ) -> tuple[str, str, str] | None:
        """Print no dots for steps: they have lines of their own."""
        if not isinstance(report, pytest.TestReport) or not self._is_page(report):
            return None
        counts = report.when == "call" or report.outcome != "passed"
        return report.outcome if counts else "", "", ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Print a line for each page and step as it goes; what is printed in a test is captured."""
        terminal = self._config.pluginmanager.get_plugin("terminalreporter")
        if terminal is None or self._news is None or report.when != "call":
            return
        page, line = self._news
        self._news = None
        if self._shown != page.path:
            terminal.write_line(f"{FOLDER}/{page.path}", bold=True)
        self._shown = page.path
        terminal.write_line(line)

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Write the reports; what was left running by a run that passed is a failure."""
        if self._session is None:
            return
        option = self._config.option
        report = self._config.rootpath / option.report
        well = self._recorder.finish(self._session, report, write=option.write)
        if not well and not exitstatus:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say in short what the run found."""
        for line in self._recorder.summary:
            terminalreporter.write_line(line)

    def _is_page(self, report: pytest.TestReport) -> bool:
        return self.page(self._config.rootpath / report.location[0]) is not None

    def _started(self) -> Session:
        option = self._config.option
        folder, from_step, backend = option.workdir, option.from_step, option.backend
        kept = None
        try:
            kept = Kept(Path(folder) if folder else None, again=bool(from_step))
            pages = list(self._pages.values())
            return Session(self._config.rootpath, pages, backend, kept, from_step)
        except HandbookError as error:
            if kept:
                kept.close()
            raise pytest.UsageError(str(error)) from error


class _Tutorial(Sybil):
    """Sybil's part: where the steps are in the file, and what evaluates them."""

    def __init__(self, runner: Runner) -> None:
        super().__init__([self._regions], patterns=["*.md"], teardown=self._end)
        self._runner = runner

    def identify(self, example: Example) -> str:
        """Name the item as its step, so that ``-k`` and JUnit know it by its id."""
        return str(example.parsed.id)

    def _regions(self, document: Document) -> Iterable[Region]:
        page = self._runner.page(document.path)
        document.namespace["page"] = page
        starts = [0]
        for line in document.text.split("\n"):
            starts.append(starts[-1] + len(line) + 1)
        for step in page.steps if page else ():
            end = min(starts[step.last], len(document.text))
            yield Region(starts[step.line - 1], end, step, self._runner.evaluate)

    def _end(self, namespace: dict[str, Any]) -> None:
        self._runner.end_page(namespace["page"])


@contextlib.contextmanager
def _terminated_as_interrupted() -> Iterator[None]:
    """Let SIGTERM end the run as Ctrl-C does, so that a cancelled job cleans up as well."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
