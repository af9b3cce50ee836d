"""What is served: a model, and how its runs are scheduled."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import Executor

from .batching import BatchQueue, Task
from .calls import Call, Model
from .dtypes import Array
from .errors import Code, StatusError

# A run this short in the event loop delays others less than a thread's hand-over would.
_QUICK_SECONDS = 0.0005
_SMALL_BYTES = 1 << 16
_MAX_KNOWN = 64


class Servable:
    """A model in service; with a `queue`, its calls are batched."""

    def __init__(self, model: Model, queue: BatchQueue | None = None) -> None:
        self.signatures = model.signatures
        self.queue = queue
        self._model = model
        self._seconds: dict[tuple[str, ...], float] = {}

    def run(self, call: Call) -> list[Array]:
        """The value of each fetch; raises StatusError."""
        return self.queue.run(call) if self.queue else self.run_now(call)

    def run_now(self, call: Call) -> list[Array]:
        """The same past the queue, remembering how long it took."""
        started = time.perf_counter()
        values = self._model.run(call)
        seconds = time.perf_counter() - started
        usual = self._seconds.get(call.fetches, seconds)
        if call.fetches in self._seconds or len(self._seconds) < _MAX_KNOWN:
            # Down at once, up slowly: a run is slow too when its thread had to wait its turn.
            self._seconds[call.fetches] = min(seconds, usual + 0.1 * (seconds - usual))
        return values

    def is_quick(self, call: Call) -> bool:
        """Whether a call like this one has been quick enough for the event loop."""
        usual = self._seconds.get(call.fetches)
        return (
            usual is not None
            and usual < _QUICK_SECONDS
            and sum(array.nbytes for array in call.arrays) < _SMALL_BYTES
        )

    def close(self) -> None:
        """Free the model's memory."""
        if self.queue:
            self.queue.close()
        self._model.close()


class AsyncRunner:
    """Runs calls for the coroutines of one event loop.

    Must be made inside that loop.
    """

    def __init__(self, pool: Executor) -> None:
        self._loop = asyncio.get_running_loop()
        self._pool = pool
        self._waiting: dict[Task, asyncio.Future[list[Array]]] = {}

    async def run(self, servable: Servable, call: Call) -> list[Array]:
        """As `Servable.run`, without holding up the loop."""
        if servable.queue:
            task = servable.queue.submit(call, self._notify)
            future: asyncio.Future[list[Array]] = self._loop.create_future()
            self._waiting[task] = future
            return await future
        if servable.is_quick(call):
            return servable.run_now(call)
        return await self._loop.run_in_executor(self._pool, servable.run_now, call)

    def _notify(self, tasks: list[Task]) -> None:
        self._loop.call_soon_threadsafe(self._finish, tasks)  # one wake-up for a whole batch

    def _finish(self, tasks: list[Task]) -> None:
        for task in tasks:
            future = self._waiting.pop(task)
            if future.done():
                continue  # its coroutine was cancelled
            if task.values is None:
                future.set_exception(task.error or StatusError(Code.INTERNAL, "not run"))
            else:
                future.set_result(task.values)
