"""Train a first model in a folder, with the commands of the model's side."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from fraud_score.local.guard import Guard, Program
from fraud_score.local.part import run
from fraud_score.local.recipes import away_from_home

SMALL = ("data=small", "training=small")
"""Configuration that gives a model in seconds, and not the best one."""

_STAGES = (
    ("generate", "made data of half a year"),
    ("prepare", "computed its features in SQL"),
    ("train", "trained, evaluated and exported a model"),
)


def train(guard: Guard, folder: Path) -> Iterator[str]:
    """Train a model from generated data, and export it as version 1 to ``folder/models``.

    Args:
        guard: What ends the training if this process ends before it.
        folder: Where data, reports, models and logs go.

    Yields:
        What each step did, once it has.

    Raises:
        PartError: A step failed; the message shows the end of its log.
    """
    folder.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, **away_from_home(folder)}
    for stage, done in _STAGES:
        command = [sys.executable, "-m", f"fraud_model.{stage}", *SMALL]
        log = folder / f"{stage}.log"
        run(guard, stage, Program(command, log, environment, folder.resolve()))
        yield done
