"""An HTTP server that runs beside other work in the same process."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.types import ASGIApp

GRACE_SECONDS = 10
"""Longest time that requests under way are given at shutdown."""

_log = logging.getLogger(__name__)


class ListenError(RuntimeError):
    """The address cannot be listened on."""


@asynccontextmanager
async def serving(app: ASGIApp, host: str, port: int) -> AsyncIterator[str]:
    """Answer requests while the block runs; those under way are answered before it is left.

    Args:
        app: What answers.
        host: Address to listen on.
        port: Port to listen on, 0 for any free one.

    Yields:
        Where it listens.

    Raises:
        ListenError: The address is in use or is none of this machine's.
    """
    listener = _listen(host, port)
    server = _Server(_configuration(app))
    task = asyncio.create_task(server.serve([listener]))
    try:
        url = f"http://{host}:{listener.getsockname()[1]}"
        _log.info("listening on %s", url)
        yield url
    finally:
        server.should_exit = True
        await task


@contextmanager
def stopped_by_signal() -> Iterator[asyncio.Event]:
    """Lend an event that SIGTERM and SIGINT set."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        yield stop
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the program, which has more to end than this server."""
        yield


def _configuration(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        # A client that opens a connection and says nothing must not keep it for ever.
        timeout_keep_alive=65,
        h11_max_incomplete_event_size=16 * 1024,
    )


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=1024)
    except OSError as exc:
        reason = exc.strerror or str(exc)
        raise ListenError(f"cannot listen on {host}:{port}: {reason}") from exc
