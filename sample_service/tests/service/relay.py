"""A line to a server that can be held: what was said is not heard until it is let go."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass
class Relay:
    """A line, held from the start."""

    url: str
    held: threading.Event = field(default_factory=threading.Event)
    open: threading.Event = field(default_factory=threading.Event)
    callers: list[socket.socket] = field(default_factory=list)

    def cut(self) -> None:
        """Hang up on every caller, as a server does that ends."""
        self.open.set()
        for caller in self.callers:
            with contextlib.suppress(OSError):  # it has gone already
                caller.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def relay(target: str, port: int = 0) -> Iterator[Relay]:
    """Lend a line to the server at `target`.

    `held` is set once a caller has said something; nothing is passed on before `open` is set.
    """
    with socket.create_server(("127.0.0.1", port)) as listener:
        line = Relay(f"http://127.0.0.1:{listener.getsockname()[1]}")
        thread = threading.Thread(target=_serve, args=(listener, line, target), daemon=True)
        thread.start()
        yield line
        listener.shutdown(socket.SHUT_RDWR)
        line.cut()
    thread.join()


def _serve(listener: socket.socket, line: Relay, target: str) -> None:
    with contextlib.suppress(OSError):  # the listener is closed at the end
        while True:
            caller, _ = listener.accept()
            line.callers.append(caller)
            threading.Thread(target=_pass_on, args=(caller, line, target), daemon=True).start()


def _pass_on(caller: socket.socket, line: Relay, target: str) -> None:
    address = urlsplit(target)
    with contextlib.suppress(OSError), caller:  # either side may go
        said = caller.recv(65_536)
        line.held.set()
        line.open.wait()
        with socket.create_connection((address.hostname, address.port or 80)) as server:
            server.sendall(said)
            back = threading.Thread(target=_copy, args=(server, caller), daemon=True)
            back.start()
            _copy(caller, server)
            back.join()


def _copy(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while said := source.recv(65_536):
            sink.sendall(said)
        sink.shutdown(socket.SHUT_WR)
