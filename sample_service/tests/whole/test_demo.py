"""The one command from nothing to a score: what it shows, and that nothing is left of it."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.whole.newcomer import Newcomer, newcomer

from fraud_score.local.client import Client
from fraud_score.local.payments import payments

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("whole")]


@pytest.fixture
def somebody() -> Iterator[Newcomer]:
    with newcomer() as one:
        yield one


def read_until(command: subprocess.Popen[str], words: str) -> str:
    """Return the line that has these words; everything up to it when it does not come."""
    assert command.stdout is not None
    lines = []
    for line in command.stdout:
        lines.append(line)
        if words in line:
            return line
    raise AssertionError(f"no line with {words!r} in:\n{''.join(lines)}")


def test_two_demos_at_once_show_scores_and_leave_nothing(somebody: Newcomer) -> None:
    with (
        somebody.start("demo") as table,
        somebody.start("demo", "--json", "--payments=7") as document,
    ):
        assert read_until(table, "started database")
        found = {one.pid for one in somebody.processes()}
        assert found > {table.pid, document.pid}, "or the search for them finds nothing anyway"
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
    [("made data", signal.SIGINT), ("computed", signal.SIGKILL)],
    ids=["Ctrl-C", "kill -9"],
)
def test_a_demo_that_is_broken_off_leaves_nothing(
    somebody: Newcomer, moment: str, number: signal.Signals
) -> None:
    with somebody.start("demo") as demo:
        read_until(demo, moment)
        somebody.processes()
        demo.send_signal(number)
        said, _ = demo.communicate(timeout=60)
    assert demo.returncode == (130 if number == signal.SIGINT else -signal.SIGKILL)
    assert ("interrupted" in said) == (number == signal.SIGINT)
    somebody.wait_until_nothing_is_left()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_the_local_service_restarts_what_dies_and_ends_without_a_trace(
    somebody: Newcomer, trained: Path, number: signal.Signals
) -> None:
    shutil.copytree(trained / "models", somebody.home / "local" / "models")
    with somebody.start("local", f"--folder={somebody.home / 'local'}", "--port=0") as local:
        url = read_until(local, "api  ").split()[1]
        (worker,) = [one for one in somebody.processes() if one.cmdline()[-1] == "worker"]
        worker.kill()
        read_until(local, "worker-1 died; starting it again")
        with Client(url) as client:
            ((_, payment),) = payments(1)
            assert client.finished(client.score(payment))["status"] == "succeeded"
        local.send_signal(number)
        local.communicate(timeout=60)
    assert local.returncode == (-signal.SIGKILL if number == signal.SIGKILL else 0)
    somebody.wait_until_nothing_is_left()
    with pytest.raises(httpx.ConnectError):
        httpx.get(url, trust_env=False)


def test_a_folder_in_use_is_not_touched(somebody: Newcomer) -> None:
    (somebody.home / "mine").mkdir()
    (somebody.home / "mine" / "letter").write_text("dear", encoding="utf-8")
    with somebody.start("demo", f"--folder={somebody.home / 'mine'}") as demo:
        said, _ = demo.communicate(timeout=60)
    assert demo.returncode == 2
    assert "is there and not empty; name a new folder" in said
    assert (somebody.home / "mine" / "letter").read_text(encoding="utf-8") == "dear"
