"""Starts everything in order, and ends everything in order."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
from typing import Any

import uvicorn

from . import textproto
from .config_file import ConfigFilePoller
from .core import ServerCore, read_config
from .errors import invalid
from .flags import Options
from .grpc_api import GrpcServer
from .loading import Loader, batching_parameters
from .manager import Manager
from .metrics import Metrics
from .rest import RestApi
from .servable import Servable

log = logging.getLogger(__name__)

_METRICS_PATH = "/monitoring/prometheus/metrics"
_GRACE_SECONDS = 30


class ModelServer:
    """A running server; made by `start`, ended by `close`."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._metrics = Metrics()
        self._ends = contextlib.ExitStack()

    def start(self, config: Any) -> None:
        """Load the models of `config`, then listen: a port that answers has models behind it.

        Raises:
            StatusError: a bad option, a model that cannot be loaded, a port that is taken.
        """
        options = self._options
        loader = Loader(options, self._metrics, batching_parameters(options))
        self._ends.callback(loader.close)
        manager: Manager[Servable] = Manager(
            loader.load, options.max_num_load_retries, options.load_retry_interval_micros / 1e6
        )
        core = ServerCore(manager, options)
        self._ends.callback(core.close)
        core.reload(config)
        if options.port or options.grpc_socket_path:
            grpc_server = GrpcServer(core, options, self._metrics)
            self._ends.callback(grpc_server.close, _GRACE_SECONDS)
        if options.rest_api_port:
            self._ends.callback(self._start_rest(core))
        if options.model_config_file and options.model_config_file_poll_wait_seconds > 0:
            poller = ConfigFilePoller(
                lambda: read_config(options),
                core.reload,
                options.model_config_file_poll_wait_seconds,
            )
            self._ends.callback(poller.close)
        self._ends.callback(manager.interrupt)  # first of all: nothing may wait for a model

    def close(self) -> None:
        """Finish what runs, stop listening, free the models."""
        self._ends.close()

    def _start_rest(self, core: ServerCore[Servable]) -> Any:
        options = self._options
        if options.rest_api_port == options.port:
            raise invalid(
                "server_options.http_port cannot be same as grpc_port. "
                "Please use a different port for HTTP/REST API."
            )
        api = RestApi(core, options, self._metrics, self._metrics_path())
        config = uvicorn.Config(
            api,
            loop="uvloop",
            http="httptools",
            lifespan="off",
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_keep_alive=3600,  # the real server never closes an idle connection
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
        server = uvicorn.Server(config)
        listener = _listen(options.rest_api_port)
        # In a thread of its own, so that uvicorn leaves the signals to us.
        thread = threading.Thread(target=server.run, args=([listener],), name="rest", daemon=True)
        thread.start()
        log.info("Exporting HTTP/REST API at:localhost:%d ...", options.rest_api_port)

        def close() -> None:
            server.should_exit = True
            thread.join()
            api.close()

        return close

    def _metrics_path(self) -> str:
        if not self._options.monitoring_config_file:
            return ""
        config = textproto.read(
            self._options.monitoring_config_file, textproto.MonitoringConfig
        ).prometheus_config
        return (config.path or _METRICS_PATH) if config.enable else ""


def _listen(port: int) -> socket.socket:
    """A socket on all addresses, of IPv6 too where there is any, as the real server's."""
    try:
        if socket.has_dualstack_ipv6():
            return socket.create_server(
                ("::", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=2048
            )
        return socket.create_server(("", port), backlog=2048)
    except OSError as error:
        raise invalid(f"Failed to start HTTP Server at localhost:{port}: {error}") from error
