"""How tutorial pages stand: what the last runs say of the pages as they are now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from msgspec import Struct

from handbook.tutorial.options import BACKENDS
from handbook.tutorial.records import Page, Step
from handbook.tutorial.report import BackendReport, PageReport, Report, StepReport

State = Literal["passed", "failed", "skipped", "changed", "unknown"]
"""``changed``: it ran, but it or something it rests on is not what ran any more."""

_WORTH: tuple[State, ...] = ("failed", "passed", "changed", "skipped", "unknown")


class StepStanding(Struct, frozen=True):
    """A step and what one run says of it. ``day``: "" if the run does not say."""

    step: Step
    state: State
    why: str = ""
    backend: str = ""
    day: str = ""
    seconds: float = 0.0


class PageRun(Struct, frozen=True):
    """A page on one backend. ``changes``: what is not as it was when this ran, in words."""

    backend: str
    commit: str
    dirty: bool
    day: str
    changes: tuple[str, ...]
    steps: tuple[StepStanding, ...]

    def count(self, state: State) -> int:
        """Return how many steps are in this state."""
        return sum(step.state == state for step in self.steps)

    @property
    def ran_count(self) -> int:
        """How many steps did what the page says, when they were run."""
        return self.count("passed") + self.count("changed")

    @property
    def seconds(self) -> float:
        """How long the steps took that are run; a file is written in no time."""
        return sum(step.seconds for step in self.steps)

    @property
    def ran(self) -> bool:
        """Whether any step was tried at all."""
        return any(step.state in {"passed", "failed", "changed"} for step in self.steps)

    @property
    def reasons(self) -> Mapping[str, tuple[StepStanding, ...]]:
        """The steps that were not run, by why."""
        left = [step for step in self.steps if step.state in {"skipped", "unknown"}]
        return {
            why: tuple(step for step in left if step.why == why)
            for why in dict.fromkeys(step.why for step in left)
        }


class PageStanding(Struct, frozen=True):
    """A page with its runs, one for each backend that was ever tried, in their usual order."""

    page: Page
    runs: tuple[PageRun, ...]

    @property
    def main(self) -> PageRun | None:
        """The run to speak of first: one that ran, before one that found no backend."""
        return next((run for run in self.runs if run.ran), None)

    @property
    def steps(self) -> tuple[StepStanding, ...]:
        """What is most worth saying of each step over all backends."""
        if not self.runs:
            return tuple(StepStanding(step, "unknown") for step in self.page.steps)
        each = zip(*(run.steps for run in self.runs), strict=True)
        return tuple(min(of, key=lambda one: _WORTH.index(one.state)) for of in each)


def standing(page: Page, uses_digest: str, reports: Sequence[Report]) -> PageStanding:
    """Say how a page stands.

    ``uses_digest``: of what its steps use, as it is now. ``reports``: the newest first; of each
    backend the first one counts that holds for the page as it is, else the first.
    """
    runs = []
    for backend in BACKENDS:
        known = [
            (run, of)
            for report in reports
            for run in report.backends.values()
            if run.backend == backend and (of := run.page(page.path))
        ]
        if not known:
            continue
        holds = (pair for pair in known if not _changes(page, uses_digest, pair[1]))
        run, of = next(holds, known[0])
        runs.append(_page_run(page, uses_digest, run, of))
    return PageStanding(page, tuple(runs))


def _changes(page: Page, uses_digest: str, of: PageReport) -> tuple[str, ...]:
    changes = []
    if page.digest != of.digest:
        changes.append("steps of this page")
    if uses_digest != of.uses_digest:
        changes.append("code that it uses")
    return tuple(changes)


def _page_run(page: Page, uses_digest: str, run: BackendReport, of: PageReport) -> PageRun:
    day = run.at[:10]
    steps, moved = [], "what it uses changed" if uses_digest != of.uses_digest else ""
    for step in page.steps:
        known = of.step(step.id)
        changed = known is None or known.digest != step.digest
        said = StepStanding(step, "unknown", "new since the last run", run.backend, day)
        if known:
            said = _step(step, known, "it changed" if changed else moved, run.backend, day)
        # What follows a changed step ran in another state than a reader's.
        moved = moved or ("a step before it changed" if changed else "")
        steps.append(said)
    changes = _changes(page, uses_digest, of)
    return PageRun(run.backend, run.commit, run.dirty, day, changes, tuple(steps))


def _step(step: Step, known: StepReport, changed: str, backend: str, day: str) -> StepStanding:
    if known.status in {"skipped", "unreached"}:
        return StepStanding(step, "skipped", known.why, backend, day)
    if changed:
        return StepStanding(step, "changed", changed, backend, day, known.seconds)
    state: State = "passed" if known.status == "passed" else "failed"
    return StepStanding(step, state, known.why, backend, day, known.seconds)
