"""Sockets, threads and shutdown around :class:`fraud_score.api.Api`."""

from __future__ import annotations

import logging
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import unquote, urlsplit

from fraud_score.api import MAX_BODY, Api, Health, ProblemError, Request, Response
from fraud_score.jobs import InMemoryJobQueue
from fraud_score.metrics import Metrics
from fraud_score.model import LogisticModel
from fraud_score.settings import Settings
from fraud_score.worker import Worker

DRAIN_SECONDS = 10.0
"""Most seconds that jobs in the queue are given at shutdown."""

STOP_POLL_SECONDS = 0.05
"""How often the listener looks whether it should stop."""

CLIENT_SECONDS = 10.0
"""A client silent for so long is cut off."""

_log = logging.getLogger(__name__)


class Server:
    """The whole service in one process: API, queue, workers.

    Use it as a context manager: it serves inside the ``with`` and drains the queue after it.

    Args:
        settings: What to listen on.
        model: The model that scores.

    Raises:
        OSError: The address is in use.
    """

    def __init__(self, settings: Settings, model: LogisticModel) -> None:
        self._limit = settings.queue_limit
        self._queue = InMemoryJobQueue(settings.queue_limit)
        self._stopping = threading.Event()
        metrics = Metrics(self._queue.waiting)
        self._workers = tuple(Worker(self._queue, model, metrics) for _ in range(settings.workers))
        health = Health(self._alive, self._not_ready)
        self.api = Api(self._queue, model, metrics, health, settings.token)
        self._http = _HttpServer((settings.host, settings.port), self.api)
        self._thread = threading.Thread(
            target=self._http.serve_forever, args=(STOP_POLL_SECONDS,), name="http"
        )

    @property
    def url(self) -> str:
        """Where the service listens."""
        host, port = self._http.server_address[:2]
        return f"http://{host!s}:{port}"

    def __enter__(self) -> Self:
        """Start the workers, then listen: no request comes before it can be worked."""
        for worker in self._workers:
            worker.start()
        self._thread.start()
        _log.info("listening on %s", self.url)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Report "not ready", finish the waiting jobs, then close the socket."""
        self._stopping.set()
        left = [worker for worker in self._workers if not worker.stop(DRAIN_SECONDS)]
        if left:
            _log.error("%d worker(s) did not end, %d job(s) lost", len(left), self._queue.waiting())
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    def _alive(self) -> bool:
        return all(worker.alive() for worker in self._workers) or self._stopping.is_set()

    def _not_ready(self) -> str:
        if self._stopping.is_set():
            return "shutting down"
        if not self._alive():
            return "a worker has stopped or is stuck"
        if self._queue.waiting() >= self._limit:
            return "the queue is full"
        return ""


class _HttpServer(ThreadingHTTPServer):
    daemon_threads = True  # an idle keep-alive connection must not hold up the shutdown

    def __init__(self, address: tuple[str, int], api: Api) -> None:
        self.api = api
        super().__init__(address, _Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "fraud-score"
    sys_version = ""
    timeout = CLIENT_SECONDS
    server: _HttpServer

    def answer(self) -> None:
        """Read one request, let the API answer it, write the answer."""
        try:
            body = self._body()
        except ProblemError as problem:
            self.close_connection = True  # what follows in the stream was not read
            self._write(problem.response(""))
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        path = unquote(urlsplit(self.path).path)
        self._write(self.server.api.handle(Request(self.command, path, headers, body)))

    # Names given by http.server, one for each method it should know.
    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

    def log_message(self, format: str, *args: object) -> None:
        """Log to the service's own log; never bodies, they hold payments."""
        _log.info("%s %s", self.address_string(), format % args)

    def _body(self) -> bytes:
        if "transfer-encoding" in self.headers:
            raise ProblemError(411, "Length required", "send Content-Length, not chunks")
        length = self.headers.get("content-length", "0")
        if not length.isascii() or not length.isdigit():
            raise ProblemError(400, "Bad request", "Content-Length must be a whole number")
        if int(length) > MAX_BODY:
            raise ProblemError(413, "Content too large", f"a body has at most {MAX_BODY} bytes")
        return self.rfile.read(int(length))

    def _write(self, response: Response) -> None:
        self.send_response(response.status)
        self.send_header("Content-Type", response.content_type)
        self.send_header("Content-Length", str(len(response.body)))
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(response.body)
