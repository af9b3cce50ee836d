"""What a run leaves in words and files: the summary, the report, the committed report."""

from __future__ import annotations

import subprocess
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from handbook.tree import WorkingTree
from handbook.tutorial.records import Page, Step
from handbook.tutorial.report import (
    Backend,
    BackendReport,
    PageReport,
    StepReport,
    committed,
    merge,
    read_report,
    write_report,
)
from handbook.tutorial.runner.machine import without_caller
from handbook.tutorial.runner.processes import Running
from handbook.tutorial.runner.session import RESUMED, Outcome, Session
from handbook.tutorial.uses import Uses

COMMITTED = "tutorials/verified.json"
_NOT_SELECTED = Outcome("unreached", "not selected in this run")


class Recorder:
    """Notes what is run, as it is when the run begins, and writes down what became of it.

    Attributes:
        left: what was still running in the end.
        summary: the run in a few lines, once it is finished.

    Raises:
        TutorialError: the list of what pages use is wrong.
        TreeError: the repo cannot be read.
    """

    def __init__(self, root: Path, pages: Sequence[Page]) -> None:
        self.left: tuple[Running, ...] = ()
        self.summary: list[str] = []
        self._root = root
        self._pages = pages
        self._began = time.monotonic()
        self._commit = _git(root, "rev-parse", "--short=12", "HEAD")
        self._dirty = bool(_git(root, "status", "--porcelain", "--", f":(exclude){COMMITTED}"))
        with WorkingTree(root) as tree:
            uses = Uses(root, tree) if pages else None
            self._uses = {page.path: uses.digest(page.name) if uses else "" for page in pages}

    def finish(self, session: Session, report: Path, *, write: bool) -> bool:
        """Write the reports; return whether all is well, apart from steps that failed.

        Args:
            session: the run, closed.
            report: the file for this run's report.
            write: renew the committed report too.
        """
        whole = self._is_whole(session)
        # A run that was cut short leaves running what its last page would have ended.
        leaked = [*session.leaked, *(self.left if whole else ())]
        run = self._report(session.backend, session, leaked)
        write_report(report, merge(read_report(report), run))
        self._summarise(run, session, leaked)
        refused = self._renew(run, whole=whole and not leaked) if write else ""
        if refused:
            self.summary.append(f"{COMMITTED} is as it was: {refused}")
        return not refused and not leaked

    def _is_whole(self, session: Session) -> bool:
        return all(
            outcome.status in ("passed", "skipped") and outcome.why != RESUMED
            for page in self._pages
            for step in page.steps
            for outcome in [_outcome(session, page, step)]
        )

    def _renew(self, run: BackendReport, *, whole: bool) -> str:
        """Write the committed report; return why not, "" if it was written."""
        if not whole:
            return "only a run of all steps is written, in which none failed and nothing was left"
        if not any(step.status == "passed" for page in run.pages for step in page.steps):
            return "no step was run"
        path = self._root / COMMITTED
        day = _git(self._root, "show", "-s", "--format=%cs", "HEAD")
        write_report(path, merge(read_report(path), committed(run, day)))
        return ""

    def _report(
        self, backend: Backend, session: Session, leaked: Sequence[Running]
    ) -> BackendReport:
        return BackendReport(
            backend=backend,
            commit=self._commit,
            dirty=self._dirty,
            at=time.strftime("%Y-%m-%dT%H:%MZ", time.gmtime()),
            pages=tuple(self._page(session, page) for page in self._pages),
            leaked=tuple(process.name for process in leaked),
        )

    def _page(self, session: Session, page: Page) -> PageReport:
        steps = [_step(step, _outcome(session, page, step)) for step in page.steps]
        return PageReport(page.path, page.digest, self._uses[page.path], tuple(steps))

    def _summarise(self, run: BackendReport, session: Session, leaked: Sequence[Running]) -> None:
        counts = Counter(step.status for page in run.pages for step in page.steps)
        said = ", ".join(f"{number} {status}" for status, number in counts.most_common())
        seconds = time.monotonic() - self._began
        self.summary.append(f"tutorials on {run.backend}: {said}; {seconds:.0f} s")
        reasons = Counter(
            step.why for page in run.pages for step in page.steps if step.status == "skipped"
        )
        self.summary += [f"  skipped {number}: {why}" for why, number in reasons.items()]
        self.summary += [f"  left running, now ended: {process}" for process in leaked]
        if session.unchecked:
            self.summary.append("  not looked for: processes left running (this system hides them)")


def _outcome(session: Session, page: Page, step: Step) -> Outcome:
    return session.outcomes.get((page.path, step.id), _NOT_SELECTED)


def _step(step: Step, outcome: Outcome) -> StepReport:
    return StepReport(
        id=step.id,
        line=step.line,
        kind=step.kind,
        status=outcome.status,
        seconds=round(outcome.seconds, 2),
        why=outcome.reason,
        digest=step.digest,
    )


def _git(root: Path, *arguments: str) -> str:
    """Return what git says of the clone; "" outside of one, or without git."""
    try:
        done = subprocess.run(
            ["git", *arguments],
            cwd=root,
            env=without_caller(),
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
