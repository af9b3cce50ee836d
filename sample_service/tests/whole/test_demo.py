"""The one command from nothing to a score: what it shows, and that nothing is left of it."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator

import pytest
from tests.whole.newcomer import Newcomer, newcomer

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("whole")]


@pytest.fixture
def somebody() -> Iterator[Newcomer]:
    with newcomer() as one:
        yield one


def read_until(demo: subprocess.Popen[str], words: str) -> str:
    """Return the line that has these words; everything up to it when it does not come."""
    assert demo.stdout is not None
    lines = []
    for line in demo.stdout:
        lines.append(line)
        if words in line:
            return line
    raise AssertionError(f"no line with {words!r} in:\n{''.join(lines)}")


def test_two_demos_at_once_show_scores_and_leave_nothing(somebody: Newcomer) -> None:
    with somebody.start() as table, somebody.start("--json", "--payments=7") as document:
        assert read_until(table, "started database")
        assert len(somebody.processes()) > 10, "or the search for them finds nothing anyway"
        shown, _ = table.communicate(timeout=180)
        printed, _ = document.communicate(timeout=180)
    assert table.returncode == 0, shown
    assert document.returncode == 0, printed
    rows = shown.split("because of")[1].splitlines()[2:7]
    assert [row.split()[-2:] for row in rows] == [["fraud", "1"]] * 5, shown
    report = json.loads(printed[printed.index("\n{") :])
    assert report["complete"]
    assert [job["status"] for job in report["scores"]] == ["succeeded"] * 7
    assert report["label"]["status"] == "succeeded"
    by_title = {job["title"]: job["result"]["probability"] for job in report["scores"]}
    everyday = [by_title[title] for title in ("groceries at noon", "coffee on the way")]
    suspicious = by_title["crypto coins at night, new phone"]
    assert suspicious > 10 * max(everyday), "the scores tell one from the other"
    somebody.wait_until_nothing_is_left()
    assert not list(somebody.home.iterdir())


@pytest.mark.parametrize(
    ("moment", "number"),
    [("made payments", signal.SIGINT), ("sent", signal.SIGINT), ("sent", signal.SIGKILL)],
    ids=["Ctrl-C in the training", "Ctrl-C while it serves", "kill -9 while it serves"],
)
def test_a_demo_that_is_broken_off_leaves_nothing(
    somebody: Newcomer, moment: str, number: signal.Signals
) -> None:
    with somebody.start() as demo:
        read_until(demo, moment)
        somebody.processes()
        demo.send_signal(number)
        said, _ = demo.communicate(timeout=60)
    assert demo.returncode == (130 if number == signal.SIGINT else -signal.SIGKILL)
    assert ("interrupted" in said) == (number == signal.SIGINT)
    somebody.wait_until_nothing_is_left()


def test_a_folder_in_use_is_not_touched(somebody: Newcomer) -> None:
    (somebody.home / "mine").mkdir()
    (somebody.home / "mine" / "letter").write_text("dear", encoding="utf-8")
    with somebody.start(f"--folder={somebody.home / 'mine'}") as demo:
        said, _ = demo.communicate(timeout=60)
    assert demo.returncode == 2
    assert "is there and not empty; name a new folder" in said
    assert (somebody.home / "mine" / "letter").read_text(encoding="utf-8") == "dear"
