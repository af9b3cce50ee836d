"""Loading and unloading: whatever happens, something that worked goes on serving."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from local_model_server.errors import Code, StatusError
from local_model_server.manager import Manager
from local_model_server.states import State

SECONDS = 10


class Fake:
    """A servable that knows whether it was closed."""

    def __init__(self) -> None:
        self.closed = threading.Event()
        self.may_go = threading.Event()
        self.may_go.set()

    def close(self) -> None:
        self.closed.set()
        assert self.may_go.wait(SECONDS)


class Loads:
    """Loads versions when told to; `fail` makes a version's load fail."""

    def __init__(self) -> None:
        self.made: dict[int, Fake] = {}
        self.attempts: dict[int, int] = {}
        self.failing: set[int] = set()
        self.held: dict[int, threading.Event] = {}

    def __call__(self, name: str, number: int, path: str) -> Fake:
        self.attempts[number] = self.attempts.get(number, 0) + 1
        if number in self.held:
            assert self.held[number].wait(SECONDS)
        if number in self.failing:
            raise StatusError(Code.NOT_FOUND, f"no {path}")
        self.made[number] = Fake()
        return self.made[number]


@pytest.fixture
def loads() -> Loads:
    return Loads()


@pytest.fixture
def manager(loads: Loads) -> Iterator[Manager[Fake]]:
    made = Manager(loads, retries=2, retry_seconds=0)
    yield made
    made.close()
    assert not [t for t in threading.enumerate() if t.name.startswith(("manager", "_try", "_un"))]


def serving(manager: Manager[Fake], number: int | None = None) -> int:
    with manager.use("m", number) as (_, found):
        return found


def aspire(manager: Manager[Fake], *numbers: int) -> None:
    manager.aspire("m", {number: f"/m/{number}" for number in numbers})


def test_new_version_serves_before_the_old_one_goes(manager: Manager[Fake], loads: Loads) -> None:
    aspire(manager, 1)
    manager.wait_available(["m"])
    loads.held[2] = threading.Event()
    mark = manager.sequence()
    aspire(manager, 2)
    assert serving(manager) == 1
    loads.held[2].set()
    manager.wait_available(["m"], mark)
    assert loads.made[1].closed.wait(SECONDS)
    assert serving(manager) == 2


def test_version_in_use_is_not_unloaded(manager: Manager[Fake], loads: Loads) -> None:
    aspire(manager, 1)
    manager.wait_available(["m"])
    with manager.use("m") as (servable, _):
        mark = manager.sequence()
        aspire(manager, 2)
        manager.wait_available(["m"], mark)
        assert not servable.closed.is_set()
    assert servable.closed.wait(SECONDS)


def test_failed_version_leaves_the_last_good_one(manager: Manager[Fake], loads: Loads) -> None:
    aspire(manager, 1)
    manager.wait_available(["m"])
    loads.failing.add(2)
    mark = manager.sequence()
    aspire(manager, 2)
    with pytest.raises(StatusError, match=r"1 servable\(s\) did not become available: .*no /m/2"):
        manager.wait_available(["m"], mark)
    assert loads.attempts[2] == 3
    assert serving(manager) == 1
    states = manager.states("m")
    assert [(n, s.state) for n, s in states.items()] == [(2, State.END), (1, State.AVAILABLE)]
    assert states[2].error is not None
    assert states[2].error.code is Code.NOT_FOUND


def test_version_no_longer_wished_for_is_not_retried(loads: Loads) -> None:
    loads.failing.add(2)
    manager = Manager(loads, retries=5, retry_seconds=3600)
    try:
        aspire(manager, 2)
        aspire(manager, 3)
        manager.wait_available(["m"])
        assert serving(manager) == 3
        assert loads.attempts.get(2, 0) <= 1
    finally:
        manager.close()


def test_model_that_leaves_is_unloaded(manager: Manager[Fake], loads: Loads) -> None:
    aspire(manager, 1, 2)
    manager.wait_available(["m"])
    manager.aspire("m", {})
    for number in loads.made:
        assert loads.made[number].closed.wait(SECONDS)
    with pytest.raises(StatusError, match=r"Servable not found for request: Latest\(m\)"):
        serving(manager)


def test_version_wished_for_again_is_loaded_anew(manager: Manager[Fake], loads: Loads) -> None:
    for _ in range(3):
        mark = manager.sequence()
        aspire(manager, 1)
        manager.wait_available(["m"], mark)
        first = loads.made[1]
        aspire(manager)
        assert first.closed.wait(SECONDS)
    assert loads.attempts[1] == 3


def test_the_end_of_what_is_wished_for_again_is_no_failure(
    manager: Manager[Fake], loads: Loads
) -> None:
    aspire(manager, 1)
    manager.wait_available(["m"])
    for _ in range(20):
        first = loads.made[1]
        first.may_go.clear()
        aspire(manager)
        assert first.closed.wait(SECONDS)
        mark = manager.sequence()
        aspire(manager, 1)
        threading.Timer(0.01, first.may_go.set).start()
        manager.wait_available(["m"], mark)
        assert serving(manager) == 1


def test_unknown_version() -> None:
    manager = Manager(Loads())
    try:
        with pytest.raises(StatusError, match=r"Servable not found for request: Specific\(m, 7\)"):
            serving(manager, 7)
    finally:
        manager.close()


def test_interrupt_ends_waiting(manager: Manager[Fake]) -> None:
    timer = threading.Timer(0, manager.interrupt)
    timer.start()
    with pytest.raises(StatusError, match="shutting down"):
        manager.wait_available(["never"])
    timer.join()
