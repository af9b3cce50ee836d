"""The configuration: every mistake named at once, nothing left behind."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.fixtures_model import SOURCE, run_stage

from fraud_model.config import load
from fraud_model.errors import ConfigError

MISTAKES = [
    ("data.start=yesterday", "a month like 2026-01"),
    ("data.start=2026-13", "a month like 2026-01"),
    ("data.months=0", "1 to 120"),
    ("data.cards=0", "1 to 1000000"),
    ("data.fraud_rate=0.5", "above 0, below 0.5"),
    ("split.test=0.8", "two shares above 0"),
    ("model.hidden=0", "at least 1"),
    ("training.epochs=0", "at least 1"),
    ("training.batch=0", "at least 1"),
    ("source.kind=bucket", "files or live"),
    ("source.as_of=2026-01-01T00:00:00", "2026-07-01T00:00:00+00:00"),
    ("source.label_delay_days=-1", "at least 0"),
    ("source.label_delay_days=400", "below source.history_days"),
    ("thresholds.review_capacity=1", "above 0, below 1"),
    ("stream.month=0", "at least 1"),
    ("stream.ends=tomorrow", "a moment like"),
]


@pytest.mark.parametrize(("override", "expected"), MISTAKES)
def test_names_a_mistake(override: str, expected: str) -> None:
    name = override.partition("=")[0]
    with pytest.raises(ConfigError, match=name.split(".")[0]) as caught:
        load([override])
    assert expected in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_names_all_mistakes_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        load([override for override, _ in MISTAKES[3:7]])
    assert len(str(caught.value).splitlines()) == 4


@pytest.mark.parametrize(
    ("overrides", "code", "said"),
    [
        (("data.cards=0",), 2, "data.cards=0: expected 1 to 1000000"),
        (("data.cards=many",), 1, "data.cards"),
        (("data.crads=3",), 1, "crads"),
        (("data=huge",), 1, "default\n\tsmall"),
    ],
)
def test_command_says_what_is_wrong_and_leaves_nothing(
    tmp_path: Path, overrides: tuple[str, ...], code: int, said: str
) -> None:
    ran = run_stage("generate", tmp_path, *overrides)
    assert ran.returncode == code
    assert said in ran.stderr
    assert "Traceback" not in ran.stderr
    assert list(tmp_path.iterdir()) == []


def test_prints_the_configuration_and_leaves_nothing(tmp_path: Path) -> None:
    ran = run_stage("generate", tmp_path, "--cfg", "job", "data=small")
    assert "cards: 220" in ran.stdout
    assert list(tmp_path.iterdir()) == []


FAILING = """
from fraud_model.config import command
from fraud_model.errors import {error}

def run(config):
    raise {error}("not good enough")

command(run)()
"""


@pytest.mark.parametrize(
    ("error", "code"), [("DataError", 1), ("ConfigError", 2), ("GateError", 3), ("ExportError", 1)]
)
def test_error_is_an_exit_code_and_a_message(here: Path, error: str, code: int) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", FAILING.format(error=error)],
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        check=False,
        capture_output=True,
        text=True,
    )
    assert (ran.returncode, ran.stderr) == (code, "not good enough\n")
    assert list(here.iterdir()) == []
