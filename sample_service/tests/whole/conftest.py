"""A trained model and a running service, once for all tests that need them."""

from __future__ import annotations

import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from fraud_score.local.guard import Guard
from fraud_score.local.training import train


@pytest.fixture(scope="session", autouse=True)
def _interrupts_are_heard() -> None:
    """Whoever runs the tests in the background may ignore interrupts; programs inherit that."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def trained() -> Iterator[Path]:
    """A folder with data and with ``models/fraud/1``."""
    # Not one of pytest's: it closes those to Postgres's user whenever another pytest starts.
    folder = Path(tempfile.mkdtemp(prefix="fraud-score-test-"))
    with Guard() as guard:
        guard.remove_at_the_end(folder)
        for _ in train(guard, folder):
            pass
        yield folder
