"""Numbered folders: complete before they have a number, one number for each export."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.fixtures_model import SOURCE, Trained

from fraud_model import versions
from fraud_model.errors import ExportError

WRITER = """
import sys
from pathlib import Path
from fraud_model import versions
for _ in range(int(sys.argv[2])):
    with versions.publish(Path(sys.argv[1])) as version:
        (version.partial / "saved_model.pb").write_text(str(version.number))
        if sys.argv[3:]:
            print("writing", flush=True)
            sys.stdin.read()
"""


def writer(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder), *arguments],
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_exports_that_race_get_a_number_each(tmp_path: Path) -> None:
    racers = [writer(tmp_path, "15") for _ in range(3)]
    assert [racer.wait() for racer in racers] == [0, 0, 0]
    for racer in racers:
        racer.communicate()
    assert versions.numbers(tmp_path) == list(range(1, 46))
    for number in range(1, 46):
        assert (tmp_path / str(number) / "saved_model.pb").read_text() == str(number)
    assert len(names(tmp_path)) == 45


def test_export_that_is_killed_leaves_no_version_and_blocks_nobody(tmp_path: Path) -> None:
    with writer(tmp_path, "1", "wait") as victim:
        assert victim.stdout is not None
        assert victim.stdout.readline() == "writing\n"
        victim.send_signal(signal.SIGKILL)
    assert names(tmp_path) == [".partial-1"]
    assert versions.numbers(tmp_path) == []
    with versions.publish(tmp_path) as version:
        pass
    assert (version.number, versions.numbers(tmp_path)) == (2, [2])


def test_nothing_is_left_of_a_block_that_fails(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), versions.publish(tmp_path) as version:
        (version.partial / "file").write_text("half")
        raise ZeroDivisionError
    assert names(tmp_path) == []


def test_number_follows_the_newest_and_other_names_do_not_count(tmp_path: Path) -> None:
    for name in ("3", "11", "latest", ".partial-x", "4.bak"):
        (tmp_path / name).mkdir()
    with versions.publish(tmp_path) as version:
        assert not version.final.exists()
    assert version.number == 12
    assert versions.numbers(tmp_path) == [3, 11, 12]


def test_folder_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file")
    with (
        pytest.raises(ExportError, match="models/fraud: no version can be written here"),
        versions.publish(tmp_path / "models" / "fraud"),
    ):
        pytest.fail("nothing to write into")


def test_nothing_but_the_version_is_in_the_folder(trained_model: Trained) -> None:
    assert names(trained_model.models) == ["1"]
