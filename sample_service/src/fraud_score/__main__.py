"""Start the service: ``python -m fraud_score``."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading

from fraud_score.model import LogisticModel, ModelError
from fraud_score.server import Server
from fraud_score.settings import SettingError, Settings


def main() -> int:
    """Serve until SIGTERM or SIGINT, then finish the waiting jobs.

    Returns:
        Exit code: 0 after a clean end, 2 when the service could not start.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        settings = Settings.from_environment(os.environ)
        server = Server(settings, LogisticModel.load(settings.model))
    except (SettingError, ModelError, OSError) as exc:
        print(f"fraud-score: cannot start: {exc}", file=sys.stderr)
        return 2
    with server:
        stop.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
