"""A steady load from several clients, to see what callers notice while versions change."""

from __future__ import annotations

import threading
from types import TracebackType

from tests.model_server.rest import Rest
from tests.model_server.servers import Server


class Load:
    """Clients that ask a model without pause, each on its own connection, until the block ends.

    Attributes:
        answers: for each client, the value of `x = 2` in the order it was answered.
        failures: what was anything but a prediction.
    """

    def __init__(self, server: Server, model: str, rest_clients: int = 3, rpc_clients: int = 1):
        self._server, self._model = server, model
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._rest) for _ in range(rest_clients)]
        self._threads += [threading.Thread(target=self._rpc) for _ in range(rpc_clients)]
        self.answers: list[list[float]] = []
        self.failures: list[str] = []

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    @property
    def versions_seen(self) -> set[float]:
        """The values that any client was answered with so far."""
        return {value for answers in self.answers for value in answers}

    def _rest(self) -> None:
        mine: list[float] = []
        self.answers.append(mine)
        with Rest(self._server.rest) as client:
            while not self._stop.is_set():
                try:
                    answer = client.post(f"{self._model}:predict", {"instances": [2.0]})
                    mine.append(answer.json["predictions"][0])
                except (OSError, KeyError, AssertionError) as error:
                    self.failures.append(repr(error))

    def _rpc(self) -> None:
        from tests.model_server.rpc import Refusal, Rpc, parse

        mine: list[float] = []
        self.answers.append(mine)
        request = parse("Predict", f'model_spec {{ name: "{self._model}" }}')
        request.inputs["x"].dtype = 1
        request.inputs["x"].tensor_shape.dim.add().size = 1
        request.inputs["x"].float_val.append(2.0)
        with Rpc(self._server.grpc) as client:
            while not self._stop.is_set():
                answer = client.send("Predict", request)
                if isinstance(answer, Refusal):
                    self.failures.append(repr(answer))
                else:
                    mine.append(answer.outputs["y"].float_val[0])
