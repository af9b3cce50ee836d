"""Pages are run by a real bash; cases are data in ``runs.yml``."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from operator import itemgetter
from pathlib import Path
from typing import Any

import pytest
import yaml

from handbook.tutorial.pages import in_order
from handbook.tutorial.records import Page
from handbook.tutorial.runner.kept import Kept
from handbook.tutorial.runner.processes import Running, running
from handbook.tutorial.runner.session import Session
from handbook.tutorial.steps import parse_page

CASES = yaml.safe_load((Path(__file__).parent / "runs.yml").read_text(encoding="utf-8"))
Results = dict[str, dict[str, str]]


class Run:
    """A session and its pages, run to the end."""

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

    def finish(self) -> Results:
        results: Results = {}
        try:
            for page in self.pages:
                for step in page.steps:
                    outcome = self.session.run(page, step)
                    said = f"{outcome.status}: {outcome.why}" if outcome.why else outcome.status
                    results.setdefault(page.name, {})[step.id] = said
                self.session.end_page(page)
        finally:
            self.left = self.session.close()
        assert running(self.mark) == ()
        return results


@pytest.fixture
def run() -> Iterator[Callable[..., Run]]:
    yield Run


@pytest.mark.parametrize("case", CASES, ids=itemgetter("case"))
def test_case(case: dict[str, Any], run: Callable[..., Run]) -> None:
    if (program := case.get("without")) and shutil.which(program):
        pytest.skip(f"this machine has {program}")
    this = run(case["pages"], backend=case.get("backend", "process"))
    results = this.finish()
    assert {page: list(steps) for page, steps in results.items()} == {
        page: list(steps) for page, steps in case["results"].items()
    }
    for page, steps in case["results"].items():
        for step, expected in steps.items():
            got = results[page][step]
            same = got.startswith(expected) if ": " in expected else got == expected
            assert same, f"{page}:{step}: {got}"
    assert [process.name for process in this.session.leaked] == case.get("leaked", [])
    if "silent" in case:
        assert this.left == (), "the step's processes must not outlive it"
    assert not this.kept.folder.exists()


def test_a_server_of_a_failed_run_does_not_make_the_next_one_pass(run: Callable[..., Run]) -> None:
    """Seen while prototyping: the step that starts the server was broken, the next one passed."""
    serve = 'python3 -m http.server "$PORT" --bind 127.0.0.1 >/dev/null 2>&1 &\nsleep 0.7'
    ask = 'curl -sf "http://127.0.0.1:$PORT/" >/dev/null'
    page = "```bash\nstart=yes\n{}\n```\n\n<!-- step: id=ask -->\n```bash\n{}\n{}\n```\n"
    first = run({"a": page.format(serve, ask, "false")})
    assert first.finish()["a"]["ask"].startswith("failed: exit code 1")
    assert [process.name for process in first.left] == ["python3"]
    port = first.session.own["PORT"]
    second = run({"a": page.format("", ask.replace("$PORT", port), "")})
    assert second.finish()["a"]["ask"].startswith("failed: exit code 7")


def test_two_runs_at_once_have_ports_workspaces_and_processes_of_their_own(
    run: Callable[..., Run],
) -> None:
    text = (
        '```bash\nhere=$PWD\npython3 -m http.server "$PORT" --bind 127.0.0.1 >log 2>&1 & pid=$!\n'
        'sleep 0.7; echo $PORT >mine; curl -sf "http://127.0.0.1:$PORT/mine"\n```\n\n'
        "<!-- step: id=stop cleanup -->\n```bash\nkill $pid\n```\n"
    )
    one, two = run({"a": text}), run({"a": text})
    assert one.session.own["PORT"] != two.session.own["PORT"]
    page, other = one.pages[0], two.pages[0]
    assert one.session.run(page, page.steps[0]).status == "passed"
    assert two.session.run(other, other.steps[0]).status == "passed"
    # The first run's clean-up is not disturbed by the server of the second, nor ends it.
    assert one.session.run(page, page.steps[1]).status == "passed"
    assert one.session.close() == ()
    assert len(running(two.mark)) == 2  # its bash and its server
    assert two.session.run(other, other.steps[1]).status == "passed"
    assert two.session.close() == ()
