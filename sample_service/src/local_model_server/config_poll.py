"""Reads the model config file again and again, and serves what it says by then."""

from __future__ import annotations

import logging
import threading

from .core import ServerCore, read_config
from .errors import StatusError
from .flags import Options
from .servable import Servable

log = logging.getLogger(__name__)


class ConfigPoll:
    """A thread that follows `--model_config_file` every `--model_config_file_poll_wait_seconds`."""

    def __init__(self, core: ServerCore[Servable], options: Options) -> None:
        self._core = core
        self._options = options
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="model-config-poll", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Read no more; a reload under way is left to end with the core."""
        self._stop.set()

    def _run(self) -> None:
        while not self._stop.wait(self._options.model_config_file_poll_wait_seconds):
            self._poll()

    def _poll(self) -> None:
        """Try the file; what is wrong with it is logged, and the last good one stays in force."""
        try:
            config = read_config(self._options)
        except StatusError as error:
            log.error("Failed to read ModelServerConfig file: %s", error.message)  # noqa: TRY400
            return
        try:
            self._core.reload(config)
        except StatusError as error:
            log.error(  # noqa: TRY400 - the message says it all
                "PollFilesystemAndReloadConfig failed to ReloadConfig: %s", error.message
            )
