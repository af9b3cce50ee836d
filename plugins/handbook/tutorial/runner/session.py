"""One run of all pages: a workspace and a port for all, a shell for each page."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from msgspec import Struct

from handbook.errors import TutorialError
from handbook.tutorial.records import Page, Step
from handbook.tutorial.report import Backend, Status
from handbook.tutorial.runner.kept import Kept, before
from handbook.tutorial.runner.machine import environment, free_port, missing
from handbook.tutorial.runner.output import difference
from handbook.tutorial.runner.processes import MARK, Running, running, stop, wait_until_gone
from handbook.tutorial.runner.shell import Done, Shell

_SHOWN = 20_000  # characters of output in a message: the last ones say what went wrong
_GRACE = 5.0  # seconds that what was asked to end may take
RESUMED = "done in the run before"


class Outcome(Struct, frozen=True):
    """What became of a step. ``why``: all there is to say of it; "" if it passed."""

    status: Status
    why: str = ""
    seconds: float = 0.0

    @property
    def reason(self) -> str:
        """The first line of it."""
        return self.why.partition("\n")[0]


class Session:
    """A run; :meth:`run` is called for each step in the order of the pages.

    Args:
        root: the handbook's clone, which the pages know as ``HANDBOOK``.
        pages: all pages, in order.
        backend: what the pages know as ``BACKEND``.
        kept: the run's folder.
        from_step: the first step to run; those before it must be done in that folder.

    Attributes:
        outcomes: what became of each step, by page and id.
        leaked: what still ran after a clean-up.
        unchecked: this system does not show the environments of processes, so none was looked for.

    Raises:
        TutorialError: the run cannot go on from this step.
    """

    def __init__(
        self, root: Path, pages: Sequence[Page], backend: Backend, kept: Kept, from_step: str = ""
    ) -> None:
        self.backend = backend
        self.outcomes: dict[tuple[str, str], Outcome] = {}
        self.leaked: list[Running] = []
        self.unchecked = False
        self._kept = kept
        self._broken: dict[str, str] = {}  # page to what failed there, in words
        self._names = {page.name: page for page in pages}
        self._shells: dict[str, Shell] = {}
        self._missing = missing(backend)
        earlier = _resumable(pages, from_step, kept)
        self._earlier = {(page.path, step.id) for page, step in earlier}
        # Where each page's shell begins: after the last of its steps that is not run again.
        snapshots = ((page.path, kept.snapshot(page, step)) for page, step in earlier)
        self._begin = {page: snapshot for page, snapshot in snapshots if snapshot.is_file()}
        port = free_port(kept.port)
        kept.took(port)
        self.own: Mapping[str, str] = {
            "HANDBOOK": str(root),
            "WORKSPACE": str(kept.workspace),
            "BACKEND": backend,
            "PORT": str(port),
            MARK: uuid.uuid4().hex,
        }
        self._environment = {**environment(kept.folder), **self.own}

    def run(self, page: Page, step: Step) -> Outcome:
        """Run one step, or say why not."""
        started = time.monotonic()
        try:
            outcome = self._leave_out(page, step)
            why = self._failure(page, step) if outcome is None else ""
        except (TutorialError, OSError) as error:
            outcome, why = None, str(error)
        if outcome is None:
            outcome = Outcome("failed" if why else "passed", why, time.monotonic() - started)
        if outcome.status == "failed":
            self._broken.setdefault(page.name, f"step {step.id} failed")
        elif outcome.status == "unreached":
            self._broken.setdefault(page.name, outcome.why)
        elif outcome.why != RESUMED:
            self._kept.done(page, step)
        self.outcomes[page.path, step.id] = outcome
        return outcome

    def end_page(self, page: Page) -> None:
        """Close the page's shell. What it started goes on, as it does for a reader."""
        shell = self._shells.pop(page.path, None)
        if shell:
            shell.close()

    def close(self) -> tuple[Running, ...]:
        """End everything that still runs, delete the workspace unless it is kept.

        Returns what ran although no page had a use for it any more.
        """
        for page in [*self._shells]:
            self._shells.pop(page).close()
        left = stop(self._running)
        self._kept.close()
        return left

    def _leave_out(self, page: Page, step: Step) -> Outcome | None:
        """Return why a step is not run; None if it is."""
        if self._missing:
            return Outcome("skipped", self._missing)
        if (page.path, step.id) in self._earlier and not step.options.always:
            return Outcome("skipped", RESUMED)
        broken = self._broken_before(page)
        if broken:
            return Outcome("unreached", broken)
        if step.options.skip:
            return Outcome("skipped", step.options.skip)
        if step.options.only and self.backend not in step.options.only:
            return Outcome("skipped", f"only on {' and '.join(step.options.only)}")
        absent = [name for name in step.options.needs if not self._shell(page).has(name)]
        if absent:
            return Outcome("skipped", f"no {' and no '.join(absent)} on this machine")
        return None

    def _broken_before(self, page: Page) -> str:
        if page.name in self._broken:
            return self._broken[page.name]
        for name in page.needs:
            why = self._broken_before(self._names[name])
            if why:
                return why if ": " in why else f"{name}: {why}"
        return ""

    def _shell(self, page: Page) -> Shell:
        """Return the page's shell; of a page that is gone on with, as the run before left it."""
        if page.path not in self._shells:
            shell = self._shells[page.path] = Shell(self._kept.workspace, self._environment)
            if page.path in self._begin:
                shell.restore(self._begin[page.path], self.own)
        return self._shells[page.path]

    def _failure(self, page: Page, step: Step) -> str:
        """Run a step; return what went wrong, "" if nothing did."""
        shell = self._shell(page)
        again = (page.path, step.id) in self._earlier
        folder = shell.folder
        if again:
            shell.go(self._kept.folder_of(page, step))
        why = self._do(step, shell)
        if why:
            return why
        if again:
            shell.go(folder)  # to where the step that the run begins with expects to be
        else:
            self._kept.remember(page, step, folder)
            shell.save(self._kept.snapshot(page, step))
        return ""

    def _do(self, step: Step, shell: Shell) -> str:
        if step.kind == "file":
            _create(step, shell.folder, self._kept.workspace)
            return ""
        others = self._running()
        done = shell.run(step.source, step.options.timeout)
        if done.code is None:
            self._stop_step(shell, others)
        return _judge(step, done) or (self._left_behind() if step.options.cleanup else "")

    def _stop_step(self, shell: Shell, others: Sequence[Running]) -> None:
        """End what a step that took too long has started; its shell is of no more use."""
        stop(lambda: tuple(process for process in self._running() if process not in others))
        if shell.alive:
            shell.kill()

    def _left_behind(self) -> str:
        if not self._seen():
            self.unchecked = True
            return ""
        left = wait_until_gone(self._running, _GRACE)
        self.leaked += left
        if not left:
            return ""
        lines = "\n".join(f"  {process}" for process in left)
        return f"still running after the clean-up: {len(left)} processes of this run\n{lines}"

    def _running(self) -> tuple[Running, ...]:
        shells = [shell.pid for shell in self._shells.values()]
        return running(self.own[MARK], shells)

    def _seen(self) -> bool:
        """Whether processes can be found here at all: the shells themselves must be."""
        found = {process.pid for process in running(self.own[MARK])}
        return all(shell.pid in found for shell in self._shells.values())


def _resumable(pages: Sequence[Page], from_step: str, kept: Kept) -> tuple[tuple[Page, Step], ...]:
    """Return the steps before the one to begin with."""
    if not from_step:
        return ()
    earlier = before(pages, from_step)
    for page, step in earlier:
        if not kept.is_done(page, step):
            name = f"{page.name}:{step.id}"
            raise TutorialError(
                f"--from-step {from_step}: {name} comes before it, and as it is now it has not "
                f"passed in {kept.folder}; begin there: --from-step {name}"
            )
    kept.forget_all_but(earlier)
    return earlier


def _create(step: Step, folder: Path, workspace: Path) -> None:
    """Write a file of the page below the folder the shell is in."""
    target = (folder / PurePosixPath(step.path)).resolve()
    if not target.is_relative_to(workspace.resolve()):
        raise TutorialError(
            f"{target} would be outside of the workspace, {workspace}: nothing written"
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(step.source, encoding="utf-8", newline="")


def _judge(step: Step, done: Done) -> str:
    """Return what is wrong with what a step did, "" if nothing is."""
    printed = done.output[-_SHOWN:].rstrip("\n")
    shown = f"it printed:\n{printed}" if printed else "it printed nothing"
    if done.ended:
        return f"it ended the shell, so that nothing can come after it (code {done.code}); {shown}"
    if done.code is None:
        return f"not done after {step.options.timeout:g} s, so it was stopped; {shown}"
    if done.code != step.options.exit:
        expected = f", expected {step.options.exit}" if step.options.exit else ""
        return f"exit code {done.code}{expected}; {shown}"
    if step.want is None:
        return ""
    differs = difference(step.want, done.output)
    return f"it printed something else than the page says\n{differs}" if differs else ""
