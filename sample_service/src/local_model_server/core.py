"""Which models are served: configuration, labels, and the way from a request to a servable.

Follows model_servers/server_core.cc.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any, Generic, TypeVar

from tensorflow_serving.config import model_server_config_pb2

from . import textproto
from .errors import StatusError, failed_precondition, invalid, not_found
from .flags import Options
from .manager import Closable, Manager
from .states import State, Status
from .versions import FileSystemSource

log = logging.getLogger(__name__)

S = TypeVar("S", bound=Closable)
Labels = dict[str, dict[str, int]]


def read_config(options: Options) -> Any:
    """The `ModelServerConfig` of the command line: a file, or one model.

    Raises:
        StatusError: the file is missing or malformed, or no model is named.
    """
    if options.model_config_file:
        return textproto.read(options.model_config_file, model_server_config_pb2.ModelServerConfig)
    if not options.model_base_path:
        raise invalid(
            "Both server_options.model_base_path and server_options.model_config_file are empty!"
        )
    config = model_server_config_pb2.ModelServerConfig()
    config.model_config_list.config.add(
        name=options.model_name, base_path=options.model_base_path, model_platform="tensorflow"
    )
    return config


def check_config(config: Any) -> None:
    """Raise StatusError (INVALID_ARGUMENT) if the list of models cannot be served."""
    names: set[str] = set()
    for model in config.model_config_list.config:
        if model.name in names:
            raise invalid(f"Illegal to list model {model.name} multiple times in config list")
        names.add(model.name)
    for model in config.model_config_list.config:
        if not PurePosixPath(model.base_path).is_absolute():
            raise invalid(
                f"Expected model {model.name} to have an absolute path or URI; "
                f"got base_path()={model.base_path}"
            )
    for model in config.model_config_list.config:
        platform = _platform(model)
        if platform != "tensorflow":
            raise invalid(f"Model {model.name} requests unsupported platform {platform}")


def _platform(model: Any) -> str:
    if model.model_type == model_server_config_pb2.TENSORFLOW and not model.model_platform:
        return "tensorflow"  # the deprecated way to say it
    if not model.model_platform:
        raise invalid(
            "Illegal setting neither ModelServerConfig::model_type (deprecated) nor "
            f"ModelServerConfig::model_platform, model name is {model.name}"
        )
    return str(model.model_platform)


class ServerCore(Generic[S]):
    """Serves what the configuration last accepted says."""

    def __init__(self, manager: Manager[S], options: Options) -> None:
        self._manager = manager
        self._options = options
        self._source = FileSystemSource(manager.aspire, options.file_system_poll_wait_seconds)
        self._config = model_server_config_pb2.ModelServerConfig()
        self._labels: Labels = {}
        self._reloading = threading.Lock()

    def reload(self, config: Any) -> None:
        """Serve the models of `config`, and no others; return when the new ones are available.

        Raises:
            StatusError: the configuration is refused (the old one stays in force), or a new model
                could not be loaded.
        """
        with self._reloading:
            old_names = {model.name for model in self._config.model_config_list.config}
            old_case = self._config.WhichOneof("config")
            if old_case and config.WhichOneof("config") != old_case:
                raise failed_precondition(
                    "Cannot transition to requested config. It is only legal to transition from "
                    "one ModelConfigList to another."
                )
            if config.WhichOneof("config") is None:
                log.info("Taking no action for empty config.")
                return
            if config.WhichOneof("config") != "model_config_list":
                raise invalid("ModelServer does not yet support custom model config.")
            check_config(config)
            self._labels = self._new_labels(config)
            self._config = config
            models = list(config.model_config_list.config)
            mark = self._manager.sequence()
            self._source.update(models)
            new = [model.name for model in models if model.name not in old_names]
            self._manager.wait_available(new, mark)

    def close(self) -> None:
        """Stop polling and unload everything."""
        self._source.close()
        self._manager.close()

    @contextlib.contextmanager
    def use(self, spec: Any) -> Iterator[tuple[S, int]]:
        """The servable a `ModelSpec` asks for, kept until the block ends.

        Yields:
            The servable and its version.

        Raises:
            StatusError: no name, unknown label, or not available.
        """
        if not spec.name:
            raise invalid("ModelSpec has no name specified.")
        with self._manager.use(spec.name, self._number(spec)) as servable:
            yield servable

    def model_states(self, spec: Any) -> dict[int, Status]:
        """The state of the version the spec asks for, or of all versions of the model.

        Raises:
            StatusError: NOT_FOUND, never heard of it.
        """
        states = self._manager.states(spec.name)
        # A label is not looked at here, as in the real server: all versions answer.
        has_version = spec.WhichOneof("version_choice") == "version"
        number = int(spec.version.value) if has_version else None
        if number is None and not states:
            raise not_found(f"Could not find any versions of model {spec.name}")
        if number is None:
            return states
        if number not in states:
            raise not_found(f"Could not find version {number} of model {spec.name}")
        return {number: states[number]}

    def _number(self, spec: Any) -> int | None:
        choice = spec.WhichOneof("version_choice")
        if choice == "version":
            return int(spec.version.value)
        if choice == "version_label":
            return self._labelled(spec.name, spec.version_label)
        return None

    def _labelled(self, name: str, label: str) -> int:
        try:
            return self._labels[name][label]
        except KeyError:
            raise invalid(f"Unrecognized servable version label: {label}") from None

    def _new_labels(self, config: Any) -> Labels:
        """Labels go to available versions only, so that no request by label can fail."""
        labels: Labels = {}
        for model in config.model_config_list.config:
            states = self._manager.states(model.name)
            for label, number in model.version_labels.items():
                status = states.get(number)
                available = status is not None and status.state is State.AVAILABLE
                if not available and not self._may_wait(model.name, label, number):
                    raise failed_precondition(
                        f"Request to assign label to version {number} of model {model.name}, "
                        "which is not currently available for inference"
                    )
                labels.setdefault(model.name, {})[label] = number
        return labels

    def _may_wait(self, name: str, label: str, number: int) -> bool:
        """Whether the label may be given to a version that is not available (yet)."""
        if not self._options.allow_version_labels_for_unavailable_models:
            return False
        try:
            return self._labelled(name, label) == number
        except StatusError:
            return True
