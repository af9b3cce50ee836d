"""Pages are run by a real bash; cases are data in ``runs.yml``."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from operator import itemgetter
from pathlib import Path
from typing import Any

import pytest
import yaml

from handbook.tutorial.runner.processes import running

CASES = yaml.safe_load((Path(__file__).parent / "runs.yml").read_text(encoding="utf-8"))
Started = Callable[..., Any]


@pytest.mark.parametrize("case", CASES, ids=itemgetter("case"))
def test_case(case: dict[str, Any], run: Started) -> None:
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


UP = 'until curl -s "http://127.0.0.1:$PORT/" >/dev/null; do sleep 0.1; done'


def test_a_server_of_a_failed_run_does_not_make_the_next_one_pass(run: Started) -> None:
    """Seen while prototyping: the step that starts the server was broken, the next one passed."""
    serve = f'python3 -m http.server "$PORT" --bind 127.0.0.1 >/dev/null 2>&1 &\n{UP}'
    ask = 'curl -sf "http://127.0.0.1:$PORT/" >/dev/null'
    page = "```bash\nstart=yes\n{}\n```\n\n<!-- step: id=ask -->\n```bash\n{}\n{}\n```\n"
    first = run({"a": page.format(serve, ask, "false")})
    assert first.finish()["a"]["ask"].startswith("failed: exit code 1")
    assert [process.name for process in first.left] == ["python3"]
    port = first.session.own["PORT"]
    second = run({"a": page.format("", ask.replace("$PORT", port), "")})
    assert second.finish()["a"]["ask"].startswith("failed: exit code 7")


def test_two_runs_at_once_are_apart_in_ports_workspaces_and_processes(run: Started) -> None:
    text = (
        '```bash\nhere=$PWD\npython3 -m http.server "$PORT" --bind 127.0.0.1 >log 2>&1 & pid=$!\n'
        f'{UP}\necho $PORT >mine; curl -sf "http://127.0.0.1:$PORT/mine"\n```\n\n'
        "<!-- step: id=stop cleanup -->\n```bash\nkill $pid\n```\n"
    )
    one, two = run({"a": text}), run({"a": text})
    assert one.session.own["PORT"] != two.session.own["PORT"]
    page, other = one.pages[0], two.pages[0]
    assert one.session.run(page, page.steps[0]).status == "passed"
    assert two.session.run(other, other.steps[0]).status == "passed"
    # The first run's clean-up is not disturbed by the server of the second, nor ends it.
    assert one.session.run(page, page.steps[1]).status == "passed"
    assert one.close() == ()
    assert len(running(two.mark)) == 2  # its bash and its server
    assert two.session.run(other, other.steps[1]).status == "passed"
    assert two.close() == ()
