"""Runs of pages, by a real bash."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from handbook.tutorial.pages import in_order
from handbook.tutorial.records import Page
from handbook.tutorial.runner.kept import Kept
from handbook.tutorial.runner.processes import Running, running
from handbook.tutorial.runner.session import Session
from handbook.tutorial.steps import parse_page

Results = dict[str, dict[str, str]]


class Run:
    """A session and its pages. What still runs when a test ends is ended with it."""

    def __init__(
        self,
        pages: dict[str, str],
        folder: Path | None = None,
        backend: Any = "process",
        from_step: str = "",
    ) -> None:
        parsed = (parse_page(f"{name}.md", text) for name, text in pages.items())
        self.pages: tuple[Page, ...] = in_order(parsed)
        self.kept = Kept(folder, again=bool(from_step))
        try:
            self.session = Session(Path.cwd(), self.pages, backend, self.kept, from_step)
        except BaseException:
            self.kept.close()
            raise
        self.mark = self.session.own["TUTORIAL_RUN"]
        self.left: tuple[Running, ...] = ()
        self.closed = False

    def close(self) -> tuple[Running, ...]:
        """End it; more than once is once."""
        if not self.closed:
            self.left = self.session.close()
        self.closed = True
        return self.left

    def finish(self) -> Results:
        """Run all steps; return what is said of each, by page and id."""
        results: Results = {}
        try:
            for page in self.pages:
                for step in page.steps:
                    outcome = self.session.run(page, step)
                    said = f"{outcome.status}: {outcome.why}" if outcome.why else outcome.status
                    results.setdefault(page.name, {})[step.id] = said
                self.session.end_page(page)
        finally:
            self.close()
        assert running(self.mark) == ()
        return results


@pytest.fixture
def run() -> Iterator[Callable[..., Run]]:
    """Begin runs: ``run({"a": PAGE}, folder, backend=..., from_step=...)``."""
    begun: list[Run] = []

    def begin(pages: dict[str, str], folder: Path | None = None, **options: Any) -> Run:
        begun.append(Run(pages, folder, **options))
        return begun[-1]

    yield begin
    for this in begun:
        this.close()
