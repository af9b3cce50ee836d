"""The profiler service on the gRPC port (`--enable_profiler`), for TensorBoard.

TensorFlow brings the service as a server of its own. It is started at the first call, on a free
port, and calls are passed on to it as they are.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from typing import Any

import grpc
import tensorflow as tf

_SERVICE = "tensorflow.ProfilerService"
_METHODS = ("Profile", "Terminate", "Monitor")
_LIMIT = [("grpc.max_receive_message_length", -1)]


class Profiler:
    """Passes profiler calls on to TensorFlow's own server."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._channel: grpc.Channel | None = None

    def handler(self) -> grpc.GenericRpcHandler:
        """For `grpc.Server.add_generic_rpc_handlers`; messages stay bytes."""
        handlers = {
            name: grpc.unary_unary_rpc_method_handler(self._pass_on(name)) for name in _METHODS
        }
        return grpc.method_handlers_generic_handler(_SERVICE, handlers)

    def close(self) -> None:
        """Close the connection; TensorFlow's server ends with the process."""
        if self._channel:
            self._channel.close()

    def _pass_on(self, name: str) -> Callable[[bytes, Any], bytes]:
        def answer(request: bytes, context: Any) -> bytes:
            call = self._connected().unary_unary(f"/{_SERVICE}/{name}")
            try:
                response: bytes = call(request, timeout=context.time_remaining())
            except grpc.RpcError as error:
                context.abort(error.code(), error.details())
            return response

        return answer

    def _connected(self) -> grpc.Channel:
        with self._lock:
            if self._channel is None:
                with socket.create_server(("", 0)) as free:
                    port = free.getsockname()[1]
                tf.profiler.experimental.server.start(port)
                self._channel = grpc.insecure_channel(f"localhost:{port}", options=_LIMIT)
            return self._channel
