"""Reads the model config file again and again (`--model_config_file_poll_wait_seconds`)."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

from .errors import StatusError

log = logging.getLogger(__name__)


class ConfigFilePoller:
    """Calls `reload(read())` at an interval; a bad file leaves what is served as it is.

    A file that has not changed is reloaded too: a label whose version was not available the last
    time may be assigned now.
    """

    def __init__(
        self, read: Callable[[], Any], reload: Callable[[Any], None], wait_seconds: int
    ) -> None:
        self._read = read
        self._reload = reload
        self._wait_seconds = wait_seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="config-file-poll", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread; a reload that waits for a model must have been interrupted."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(self._wait_seconds):
            try:
                self._reload(self._read())
            except StatusError as error:
                log.error("Cannot reload the model config file: %s", error)  # noqa: TRY400
