"""`python -m local_model_server`, installed as `local-model-server`."""

from __future__ import annotations

import contextlib
import importlib.metadata
import logging
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from types import FrameType

from . import flags
from .core import check_config, read_config
from .errors import StatusError, invalid

_NOTICE = (
    "local-model-server: a stand-in for tensorflow_model_server, for development and tests only; "
    "in production run the tensorflow/serving image."
)
_FAILED = 255  # the real binary returns -1


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; the exit code is 0 then, 255 if the start failed."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if "--help" in arguments:
        print(flags.usage("local-model-server"), end="")
        return 0
    try:
        options = flags.parse(arguments)
    except flags.FlagError as error:
        print(f"{error}\n{flags.usage('local-model-server')}", file=sys.stderr)
        return _FAILED
    if options.version:
        print(_version())
        return 0
    print(_NOTICE, file=sys.stderr, flush=True)
    try:
        return _serve(options)
    except StatusError as error:
        print(f"Failed to start server. Error: {error}", file=sys.stderr)
        return _FAILED


def _serve(options: flags.Options) -> int:
    _set_up_logging()
    stop = _stop_on_signal()
    _check(options)
    config = read_config(options)
    check_config(config)  # a bad file shall not wait for TensorFlow
    with _muted():
        from .server import ModelServer  # noqa: PLC0415 - imports TensorFlow, for seconds

    server = ModelServer(options)
    try:
        server.start(config)
        stop.started = True
        stop.event.wait()
    finally:
        server.close()
    return 0


class _Stop:
    """Set by a signal; before the server has started, the signal ends the start at once."""

    def __init__(self) -> None:
        self.event = threading.Event()
        self.started = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        self.event.set()
        if not self.started:
            raise SystemExit(0)


def _stop_on_signal() -> _Stop:
    stop = _Stop()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    return stop


def _check(options: flags.Options) -> None:
    if not (options.port or options.grpc_socket_path):
        raise invalid(
            "At least one of server_options.grpc_port or server_options.grpc_socket_path must be "
            "set: --port or --grpc_socket_path."
        )
    if options.use_alts_credentials:
        raise invalid("--use_alts_credentials is not supported; use --ssl_config_file.")
    if options.platform_config_file:
        raise invalid("--platform_config_file is not supported; use --model_config_file.")


def _set_up_logging() -> None:
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.INFO,
        format="%(asctime)s %(levelname).1s %(name)s: %(message)s",
    )
    # TensorFlow's own chatter; what matters it raises.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    logging.getLogger("tensorflow").setLevel(logging.ERROR)


@contextlib.contextmanager
def _muted() -> Iterator[None]:
    """Keep what native code prints to stderr while TensorFlow is imported, unless that fails."""
    sys.stderr.flush()
    original = os.dup(2)
    with tempfile.TemporaryFile() as kept:
        os.dup2(kept.fileno(), 2)
        try:
            yield
        except BaseException:
            kept.seek(0)
            os.write(original, kept.read())
            raise
        finally:
            os.dup2(original, 2)
            os.close(original)


def _version() -> str:
    versions = {name: _installed(name) for name in ("fraud-score", "tensorflow-serving-api")}
    library = _installed("tensorflow-cpu") or _installed("tensorflow")
    return (
        f"TensorFlow ModelServer: {versions['tensorflow-serving-api']} "
        f"(local-model-server of fraud-score {versions['fraud-score']})\n"
        f"TensorFlow Library: {library}"
    )


def _installed(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""


if __name__ == "__main__":
    sys.exit(main())
