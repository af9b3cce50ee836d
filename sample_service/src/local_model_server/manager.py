"""Loads and unloads versions so that a model stays available throughout.

Follows core/aspired_versions_manager.cc, core/availability_preserving_policy.cc and
core/loader_harness.cc: a new version loads before the old one unloads, a load is retried, and a
version whose load failed stays END with its error while the last good one goes on serving.
"""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import threading
from collections.abc import Callable, Collection, Iterator
from typing import Generic, Protocol, TypeVar

from .errors import Code, StatusError, not_found
from .states import State, Status
from .versions import Versions

log = logging.getLogger(__name__)


class Closable(Protocol):
    """What a version becomes when loaded."""

    def close(self) -> None:
        """Free its memory."""


S = TypeVar("S", bound=Closable)


@dataclasses.dataclass(eq=False)
class _Version(Generic[S]):
    name: str
    number: int
    path: str
    state: State = State.START
    aspired: bool = True
    servable: S | None = None
    users: int = 0
    cancelled: threading.Event = dataclasses.field(default_factory=threading.Event)

    def __str__(self) -> str:
        return f"{{name: {self.name} version: {self.number}}}"


class Manager(Generic[S]):
    """Keeps what is served equal to what is aspired.

    Args:
        load: makes a servable of (name, version, path); raises StatusError.
        retries: attempts after the first failed one.
        retry_seconds: wait between two attempts.
    """

    def __init__(
        self, load: Callable[[str, int, str], S], retries: int = 5, retry_seconds: float = 60
    ) -> None:
        self._load = load
        self._retries = retries
        self._retry_seconds = max(retry_seconds, 0)
        self._changed = threading.Condition()
        self._versions: dict[str, dict[int, _Version[S]]] = {}
        self._pending: dict[str, Versions] = {}
        self._serving: dict[tuple[str, int | None], _Version[S]] = {}
        self._states: dict[str, dict[int, Status]] = {}
        self._sequence = 0
        self._closing = False
        self._interrupted = False
        self._workers: set[threading.Thread] = set()
        self._thread = threading.Thread(target=self._run, name="manager", daemon=True)
        self._thread.start()

    def aspire(self, name: str, versions: Versions) -> None:
        """From now on these versions of the model, and no others, should be served."""
        with self._changed:
            self._pending[name] = versions
            self._changed.notify_all()

    @contextlib.contextmanager
    def use(self, name: str, number: int | None = None) -> Iterator[tuple[S, int]]:
        """An available servable (the newest without a number) that stays until the block ends.

        Yields:
            The servable and its version.

        Raises:
            StatusError: NOT_FOUND, nothing available under that name and number.
        """
        with self._changed:
            version = self._serving.get((name, number))
            if version is None or version.servable is None:
                wanted = f"Latest({name})" if number is None else f"Specific({name}, {number})"
                raise not_found(f"Servable not found for request: {wanted}")
            version.users += 1
        try:
            yield version.servable, version.number
        finally:
            with self._changed:
                version.users -= 1
                if version.users == 0 and version.state is State.UNLOADING:
                    self._changed.notify_all()

    def states(self, name: str) -> dict[int, Status]:
        """The last known state of every version ever seen, newest first."""
        with self._changed:
            return dict(sorted(self._states.get(name, {}).items(), reverse=True))

    def sequence(self) -> int:
        """A mark for `wait_available`: it looks only at what happens after."""
        with self._changed:
            return self._sequence

    def wait_available(self, names: Collection[str], after: int = 0) -> None:
        """Block until each model has a version that is available or has ended since `after`.

        Raises:
            StatusError: UNKNOWN, the newest such version of a model has ended; CANCELLED, the
                server is ending.
        """
        with self._changed:
            self._changed.wait_for(
                lambda: self._interrupted or all(self._reached(name, after) for name in names)
            )
            if self._interrupted:
                raise StatusError(Code.CANCELLED, "The server is shutting down")
            failed = []
            for name in names:
                number, status = self._reached(name, after) or (0, None)
                if status and status.state is State.END:
                    why = f" due to error: {status.error}" if status.error else ""
                    failed.append(f"{{{{name: {name} version: {number}}}{why}}}, ")
        if failed:
            raise StatusError(
                Code.UNKNOWN,
                f"{len(failed)} servable(s) did not become available: {{{''.join(failed)}}}",
            )

    def interrupt(self) -> None:
        """End every `wait_available`, now and later."""
        with self._changed:
            self._interrupted = True
            self._changed.notify_all()

    def close(self) -> None:
        """Stop loading, unload everything, end all threads."""
        with self._changed:
            self._closing = self._interrupted = True
            everything = [v for versions in self._versions.values() for v in versions.values()]
            for version in everything:
                version.cancelled.set()
            self._changed.notify_all()
        self._thread.join()
        for worker in list(self._workers):
            worker.join()
        for version in everything:
            if version.state is State.AVAILABLE:
                with self._changed:
                    self._publish(version, State.UNLOADING)
                    self._refresh_serving(version.name)
                self._unload(version)

    def _reached(self, name: str, after: int) -> tuple[int, Status] | None:
        if name in self._pending:
            return None  # what ends now may be a version that is wished for again
        for number, status in sorted(self._states.get(name, {}).items(), reverse=True):
            if status.sequence > after and status.state in {State.AVAILABLE, State.END}:
                return number, status
        return None

    def _run(self) -> None:
        with self._changed:
            while not self._closing:
                self._take_pending()
                actions = [a for a in map(self._next_action, self._versions.values()) if a]
                for action, version in actions:
                    self._start(action, version)
                if not actions:
                    self._changed.wait()

    def _take_pending(self) -> None:
        for name, wanted in list(self._pending.items()):
            versions = self._versions.setdefault(name, {})
            for number, version in list(versions.items()):
                if number not in wanted:
                    version.aspired = False
                    version.cancelled.set()  # no further retry of its load
                if not version.aspired and version.state in {State.START, State.END}:
                    del versions[number]
            # A version wished for again while it unloads waits until it is gone.
            if any(number in versions and not versions[number].aspired for number in wanted):
                continue
            for number, path in wanted.items():
                if number not in versions:
                    versions[number] = version = _Version(name, number, path)
                    self._publish(version, State.START)
            del self._pending[name]
            self._changed.notify_all()

    def _next_action(
        self, versions: dict[int, _Version[S]]
    ) -> tuple[Callable[[_Version[S]], None], _Version[S]] | None:
        """Unload the lowest unwanted version if that leaves one serving, else load the highest."""
        ready = [v for v in versions.values() if v.state is State.AVAILABLE]
        unwanted = sorted(v.number for v in ready if not v.aspired)
        aspired = any(v.aspired for v in versions.values())
        covered = not aspired or any(v.aspired for v in ready) or len(unwanted) > 1
        if unwanted and covered:
            return self._unload, versions[unwanted[0]]
        new = [v.number for v in versions.values() if v.aspired and v.state is State.START]
        return (self._try_load, versions[max(new)]) if new else None

    def _start(self, action: Callable[[_Version[S]], None], version: _Version[S]) -> None:
        if action == self._try_load:
            self._publish(version, State.LOADING)
        else:
            self._publish(version, State.UNLOADING)
            self._refresh_serving(version.name)

        def work() -> None:
            action(version)
            with self._changed:
                self._workers.discard(threading.current_thread())
                self._changed.notify_all()

        worker = threading.Thread(target=work, name=f"{action.__name__} {version}", daemon=True)
        self._workers.add(worker)
        worker.start()

    def _try_load(self, version: _Version[S]) -> None:
        error: StatusError | None = None
        for attempt in range(1 + self._retries):
            if attempt and version.cancelled.wait(self._retry_seconds):
                break
            try:
                servable = self._load(version.name, version.number, version.path)
            except StatusError as failure:
                error = failure
                log.error("Loading servable: %s failed: %s", version, failure)  # noqa: TRY400
                continue
            self._loaded(version, servable)
            return
        with self._changed:
            self._publish(version, State.END, error)

    def _loaded(self, version: _Version[S], servable: S) -> None:
        with self._changed:
            if not version.cancelled.is_set():
                version.servable = servable
                self._publish(version, State.AVAILABLE)
                self._refresh_serving(version.name)
                log.info("Successfully loaded servable version %s", version)
                return
        servable.close()
        cancelled = StatusError(Code.CANCELLED, "Loading of servable cancelled")
        with self._changed:
            self._publish(version, State.END, cancelled)

    def _unload(self, version: _Version[S]) -> None:
        with self._changed:
            self._changed.wait_for(lambda: version.users == 0)
            servable, version.servable = version.servable, None
        if servable is not None:
            servable.close()
        with self._changed:
            self._publish(version, State.END)
        log.info("Done unloading servable version %s", version)

    def _refresh_serving(self, name: str) -> None:
        for key in [key for key in self._serving if key[0] == name]:
            del self._serving[key]
        for number, version in sorted(self._versions[name].items()):
            if version.state is State.AVAILABLE:
                self._serving[name, number] = self._serving[name, None] = version

    def _publish(
        self, version: _Version[S], state: State, error: StatusError | None = None
    ) -> None:
        version.state = state
        self._sequence += 1
        status = Status(state, error, self._sequence)
        self._states.setdefault(version.name, {})[version.number] = status
        self._changed.notify_all()
