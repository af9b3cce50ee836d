"""Which versions of a model to serve: the file system source.

Follows sources/storage_path/file_system_storage_path_source.cc: a version is a folder of the
base path whose name is a number; the policy picks among them.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from .errors import StatusError, invalid

log = logging.getLogger(__name__)

Versions = dict[int, str]  # number -> path
_NUMBER = re.compile(r"[+-]?[0-9]+")
_INT64 = range(-(2**63), 2**63)


def numbered(names: Iterable[str]) -> dict[int, str]:
    """The names that are version numbers (`1`, `00000123`), by number; all else is left out."""
    found = {int(name): name for name in sorted(names) if _NUMBER.fullmatch(name)}
    return {number: name for number, name in found.items() if number in _INT64}


def select(policy: Any, children: dict[int, str]) -> dict[int, str]:
    """Apply a `ServableVersionPolicy`: latest (default, at least 1), all, or specific."""
    choice = policy.WhichOneof("policy_choice")
    if choice == "all":
        return children
    if choice == "specific":
        return {
            number: children[number] for number in policy.specific.versions if number in children
        }
    newest = sorted(children, reverse=True)[: max(policy.latest.num_versions, 1)]
    return {number: children[number] for number in newest}


def poll(models: Iterable[Any]) -> dict[str, Versions]:
    """The versions each `ModelConfig` asks for, by model name.

    Raises:
        StatusError: a base path is missing. Then nothing changes for any model, as in the real
            server: a file share that is away for a moment must not unload what is served.
    """
    return {model.name: _poll_model(model) for model in models}


def _poll_model(model: Any) -> Versions:
    base = Path(model.base_path)
    try:
        names = [child.name for child in base.iterdir()]
    except OSError as error:
        raise invalid(
            f"Could not find base path {model.base_path} for servable {model.name} "
            f"with error NOT_FOUND: {model.base_path}; {error.strerror}"
        ) from error
    chosen = select(model.model_version_policy, numbered(names))
    if not chosen:
        log.warning(
            "No versions of servable %s found under base path %s. Did you forget to name your "
            "leaf directory as a number (eg. '/1/')?",
            model.name,
            model.base_path,
        )
    return {number: str(base / name) for number, name in chosen.items()}


class FileSystemSource:
    """Polls the base paths and tells `aspire(name, versions)` what should be served."""

    def __init__(self, aspire: Callable[[str, Versions], None], wait_seconds: int) -> None:
        self._aspire = aspire
        self._wait_seconds = wait_seconds
        self._models: list[Any] = []
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="file-system-poll", daemon=True)

    def update(self, models: Iterable[Any]) -> None:
        """Replace the list of models: unload those that left it, look for the others now."""
        with self._lock:
            names = {model.name for model in models}
            gone = [model.name for model in self._models if model.name not in names]
            self._models = list(models)
            for name in gone:
                self._aspire(name, {})
        if self._wait_seconds >= 0:
            self._poll()
        if self._wait_seconds > 0 and not self._thread.is_alive():
            self._thread.start()

    def close(self) -> None:
        """End the polling thread."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(self._wait_seconds):
            self._poll()

    def _poll(self) -> None:
        with self._lock:
            try:
                found = poll(self._models)
            except StatusError as error:
                log.error(  # noqa: TRY400 - the message says it all
                    "FileSystemStoragePathSource encountered a filesystem access error: %s",
                    error.message,
                )
                return
            for name, versions in found.items():
                self._aspire(name, versions)
