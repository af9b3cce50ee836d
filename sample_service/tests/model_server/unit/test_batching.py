"""Batches: the same answers as one by one, within the limits, and nobody hurt by another."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from google.protobuf import text_format

from local_model_server import textproto
from local_model_server.batch_parameters import Parameters
from local_model_server.batching import BatchQueue, BatchScheduler
from local_model_server.calls import Call
from local_model_server.dtypes import Array
from local_model_server.errors import Code, StatusError
from local_model_server.metrics import Metrics

SECONDS = 10


def call(*rows: Any) -> Call:
    return Call(("x:0",), ("y:0",), (np.array(rows, np.float32),))


class Model:
    """Doubles; waits for `gate`; refuses negative numbers."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.entered = threading.Event()
        self.sizes: list[int] = []

    def run(self, one: Call) -> list[Array]:
        self.entered.set()
        assert self.gate.wait(SECONDS)
        (array,) = one.arrays
        self.sizes.append(len(array))
        if (array < 0).any():
            raise StatusError(Code.INVALID_ARGUMENT, "negative")
        if np.isinf(array).any():
            raise ZeroDivisionError
        return [array * 2]


@pytest.fixture
def scheduler() -> Iterator[BatchScheduler]:
    made = BatchScheduler(1, "unit-batch", Metrics())
    yield made
    made.close()


def gather(model: Model, queue: BatchQueue, calls: list[Call]) -> list[list[Array] | StatusError]:
    """Results of calls that all queue up while a first one runs."""

    def one(item: Call) -> list[Array] | StatusError:
        try:
            return queue.run(item)
        except StatusError as error:
            return error

    done = threading.Semaphore(0)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(one, call(0))
        assert model.entered.wait(SECONDS)
        tasks = [queue.submit(item, lambda tasks: done.release(len(tasks))) for item in calls]
        model.gate.set()
        for _ in tasks:
            assert done.acquire(timeout=SECONDS)
        first.result()
    return [task.values or task.error or StatusError(Code.OK, "") for task in tasks]


def test_what_queued_up_runs_as_one(scheduler: BatchScheduler) -> None:
    model = Model()
    queue = BatchQueue(scheduler, Parameters(), model.run)
    results = gather(model, queue, [call(1), call(2, 3), call(4)])
    assert [np.concatenate(r).tolist() for r in results if isinstance(r, list)] == [
        [2],
        [4, 6],
        [8],
    ]
    assert model.sizes == [1, 4]


def test_bad_call_fails_alone(scheduler: BatchScheduler) -> None:
    model = Model()
    queue = BatchQueue(scheduler, Parameters(), model.run)
    good, bad, other = gather(model, queue, [call(1), call(-1), call([1], [2])])
    assert isinstance(good, list)
    assert isinstance(other, list)
    assert isinstance(bad, StatusError)
    assert (good[0].tolist(), bad.message, other[0].tolist()) == ([2], "negative", [[2], [4]])


def test_fault_of_the_server_does_not_end_the_thread(scheduler: BatchScheduler) -> None:
    model = Model()
    queue = BatchQueue(scheduler, Parameters(), model.run)
    (fault,) = gather(model, queue, [call(np.inf)])
    assert isinstance(fault, StatusError)
    assert fault.code is Code.INTERNAL
    assert queue.run(call(1))[0].tolist() == [2]


def test_limits(scheduler: BatchScheduler) -> None:
    model = Model()
    parameters = Parameters(max_batch_size=2, max_enqueued_batches=1)
    queue = BatchQueue(scheduler, parameters, model.run)
    with pytest.raises(StatusError, match="Task size 3 is larger than maximum input batch size 2"):
        queue.submit(call(1, 2, 3), lambda tasks: None)
    first = threading.Event()
    queue.submit(call(0), lambda tasks: first.set())
    assert model.entered.wait(SECONDS)
    queue.submit(call(1, 2), lambda tasks: None)
    with pytest.raises(StatusError, match="submitted is full"):
        queue.submit(call(3), lambda tasks: None)
    model.gate.set()
    assert first.wait(SECONDS)


def test_allowed_sizes_are_filled_up_and_cut_off(scheduler: BatchScheduler) -> None:
    model = Model()
    parameters = Parameters(max_batch_size=8, allowed_batch_sizes=(4, 8))
    queue = BatchQueue(scheduler, parameters, model.run)
    results = gather(model, queue, [call(1), call(2)])
    assert [r[0].tolist() for r in results if isinstance(r, list)] == [[2], [4]]
    assert model.sizes == [4, 4]


def test_large_calls_are_split(scheduler: BatchScheduler) -> None:
    model = Model()
    model.gate.set()
    parameters = Parameters(max_batch_size=100, max_execution_batch_size=2)
    queue = BatchQueue(scheduler, parameters, model.run)
    assert queue.run(call(1, 2, 3, 4, 5))[0].tolist() == [2, 4, 6, 8, 10]
    assert model.sizes == [2, 2, 1]


def test_variable_lengths_are_padded(scheduler: BatchScheduler) -> None:
    model = Model()
    queue = BatchQueue(scheduler, Parameters(pad_variable_length_inputs=True), model.run)
    results = gather(model, queue, [call([1.0, 2.0]), call([3.0])])
    assert [r[0].tolist() for r in results if isinstance(r, list)] == [[[2, 4]], [[6, 0]]]
    assert model.sizes == [1, 2]


def test_call_too_long_in_the_queue_is_given_up(scheduler: BatchScheduler) -> None:
    model = Model()
    queue = BatchQueue(scheduler, Parameters(), model.run)
    done = threading.Event()
    queue.submit(call(0), lambda tasks: None)
    assert model.entered.wait(SECONDS)
    late = queue.submit(Call(("x:0",), ("y:0",), call(1).arrays, 1), lambda tasks: done.set())
    late.queued_at -= 1
    model.gate.set()
    assert done.wait(SECONDS)
    assert late.error is not None
    assert late.error.code is Code.RESOURCE_EXHAUSTED


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("max_batch_size { value: 4 } allowed_batch_sizes: [2]", "must match max_batch_size"),
        ("max_batch_size { value: 4 } allowed_batch_sizes: [4, 4]", "monotonically increasing"),
        ("num_batch_threads { value: 0 }", "num_batch_threads must be positive; was 0"),
        ("batch_timeout_micros { value: -1 }", "must be non-negative; was -1"),
    ],
)
def test_bad_parameters(text: str, message: str) -> None:
    proto = text_format.Parse(text, textproto.BatchingParameters())
    with pytest.raises(StatusError, match=message):
        Parameters.of(proto)


def test_parameters_are_read() -> None:
    text = (
        "max_batch_size { value: 8 } batch_timeout_micros { value: 5 } allowed_batch_sizes: [4, 8]"
    )
    parameters = Parameters.of(text_format.Parse(text, textproto.BatchingParameters()))
    expected = Parameters(max_batch_size=8, batch_timeout_micros=5, allowed_batch_sizes=(4, 8))
    assert parameters == expected
