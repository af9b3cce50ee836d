"""Asks a model server from N connections without pause, as cheaply as Python can.

`python -m benchmarks.model_server_load` takes `HOST PORT rest|grpc PATH CLIENTS WARM_UP SECONDS`,
reads the message from standard input, and prints one line of JSON. Both protocols are spoken over
bare sockets: a client library would use up the processor that the server under test needs, and the
figures would be the library's.
"""

from __future__ import annotations

import asyncio
import json
import struct
import sys
import time
from typing import cast

import uvloop

from benchmarks.report import quantile


class Client(asyncio.Protocol):
    """One connection with one request under way; the next follows the answer at once."""

    def __init__(self, request: bytes) -> None:
        self.request = request
        self.buffer = b""
        self.latencies: list[float] = []
        self.failures = 0
        self.lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.ask()

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True

    def ask(self) -> None:
        self.asked = time.perf_counter()
        self.transport.write(self.request)

    def answered(self, good: bool) -> None:
        self.latencies.append(time.perf_counter() - self.asked)
        self.failures += not good
        self.ask()


class Http1(Client):
    """HTTP/1.1 with keep-alive."""

    def __init__(self, host: str, path: str, body: bytes) -> None:
        head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\n\r\n"
        super().__init__(head.encode() + body)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, end, body = self.buffer.partition(b"\r\n\r\n")
        if not end:
            return
        _, _, length = head.lower().partition(b"content-length: ")
        if len(body) < int(length.split(b"\r\n", 1)[0]):
            return
        self.buffer = b""
        self.answered(head.startswith(b"HTTP/1.1 200"))


DATA, HEADERS, RESET, SETTINGS, PING, GO_AWAY, WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8
END_STREAM = ACK = 1
END_HEADERS = 4
FIRST_WINDOW = 65_535


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """Write an HTTP/2 frame (RFC 9113, section 4.1)."""
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def literal(name: bytes, value: str) -> bytes:
    """Write a header that changes no table (RFC 7541, section 6.2.2); `name` is encoded already."""
    return name + bytes([len(value)]) + value.encode()


class Grpc(Client):
    """A unary gRPC call at a time, each in a stream of its own."""

    def __init__(self, host: str, path: str, message: bytes) -> None:
        # Entries 3 (POST) and 6 (http) of the static table; names 4 (path), 1 (authority), 31.
        head = b"\x83\x86" + literal(b"\x04", path) + literal(b"\x01", host)
        head += literal(b"\x0f\x10", "application/grpc") + literal(b"\x00\x02te", "trailers")
        super().__init__(b"")
        self.head = head
        self.body = b"\x00" + struct.pack(">I", len(message)) + message
        self.stream = -1
        self.window = FIRST_WINDOW
        self.waiting = self.has_data = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        largest = struct.pack(">I", 2**31 - 1 - FIRST_WINDOW)
        self.transport.write(
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
            + frame(SETTINGS, 0, 0)
            + frame(WINDOW_UPDATE, 0, 0, largest)
        )
        self.ask()

    def ask(self) -> None:
        if self.window < len(self.body):
            self.waiting = True
            return
        self.stream += 2
        self.window -= len(self.body)
        self.waiting = self.has_data = False
        self.asked = time.perf_counter()
        self.transport.write(
            frame(HEADERS, END_HEADERS, self.stream, self.head)
            + frame(DATA, END_STREAM, self.stream, self.body)
        )

    def data_received(self, data: bytes) -> None:
        buffer = self.buffer + data
        at = 0
        while len(buffer) - at >= 9:
            end = at + 9 + int.from_bytes(buffer[at : at + 3])
            if len(buffer) < end:
                break
            kind, flags = buffer[at + 3], buffer[at + 4]
            stream = int.from_bytes(buffer[at + 5 : at + 9])
            payload = buffer[at + 9 : end]
            at = end
            self.received(kind, flags, stream, payload)
        self.buffer = buffer[at:]

    def received(self, kind: int, flags: int, stream: int, payload: bytes) -> None:
        if kind == DATA:
            self.has_data = True
        elif kind == HEADERS and flags & END_STREAM:
            # An answer is data, then trailers; an error is trailers alone.
            self.answered(self.has_data)
        elif kind == SETTINGS and not flags & ACK:
            self.transport.write(frame(SETTINGS, ACK, 0))
        elif kind == PING and not flags & ACK:
            self.transport.write(frame(PING, ACK, 0, payload))
        elif kind == WINDOW_UPDATE and stream == 0:
            self.window += int.from_bytes(payload)
            if self.waiting:
                self.ask()
        elif kind in {RESET, GO_AWAY}:
            self.lost = True
            self.transport.close()


async def load(
    host: str, port: int, connected: list[Client], warm_up: float, seconds: float
) -> dict[str, float]:
    """Ask for `warm_up` seconds without counting, then count for `seconds`."""
    loop = asyncio.get_running_loop()
    for client in connected:
        await loop.create_connection(lambda client=client: client, host, port)  # type: ignore[misc]
    await asyncio.sleep(warm_up)
    for client in connected:
        client.latencies, client.failures = [], 0
    start = time.perf_counter()
    await asyncio.sleep(seconds)
    took = time.perf_counter() - start
    latencies = [latency for client in connected for latency in client.latencies]
    if not latencies or any(client.failures or client.lost for client in connected):
        raise SystemExit(f"not all answers were good: {sum(c.failures for c in connected)} failed")
    return {
        "per_second": len(latencies) / took,
        "p50": quantile(latencies, 0.5),
        "p99": quantile(latencies, 0.99),
    }


def main() -> None:
    host, port, protocol, path, clients, warm_up, seconds = sys.argv[1:]
    make = Http1 if protocol == "rest" else Grpc
    message = sys.stdin.buffer.read()
    connected: list[Client] = [make(host, path, message) for _ in range(int(clients))]
    measured = uvloop.run(load(host, int(port), connected, float(warm_up), float(seconds)))
    print(json.dumps(measured))


if __name__ == "__main__":
    main()
