"""Makes servables: load, warm up, put behind a batch queue."""

from __future__ import annotations

import logging
import time
from pathlib import Path

from google.protobuf import text_format
from tensorflow.core.protobuf import config_pb2

from . import textproto
from .batch_parameters import Parameters
from .batching import BatchQueue, BatchScheduler
from .calls import Model
from .errors import StatusError, invalid, not_found
from .flags import Options
from .metrics import Metrics
from .saved_model import SavedModel
from .servable import Servable
from .tflite_model import FILE, TfLiteModel
from .warmup import replay

log = logging.getLogger(__name__)
_PER_MODEL = "batching_params.pbtxt"


class Loader:
    """Loads versions as the command line says; one for the whole server."""

    def __init__(self, options: Options, metrics: Metrics, batching: Parameters | None) -> None:
        self._options = options
        self._metrics = metrics
        self._config = _session_config(options)
        self._tags = options.saved_model_tags.split(",")
        self._batching = batching
        self._scheduler: BatchScheduler | None = None
        if batching:
            self._scheduler = BatchScheduler(
                batching.num_batch_threads, batching.thread_pool_name, metrics
            )

    def load(self, name: str, number: int, path: str) -> Servable:
        """A servable that has answered its warm-up requests.

        Raises:
            StatusError: it cannot be loaded or warmed up.
        """
        started = time.monotonic()
        try:
            servable = self._load(path)
        except StatusError as error:
            self._metrics.loads.add(path, error.code.name)
            raise
        micros = int((time.monotonic() - started) * 1e6)
        self._metrics.loads.add(path, "success")
        self._metrics.load_latency.add(path, amount=micros)
        log.info("Loaded %s version %d in %d microseconds", name, number, micros)
        return servable

    def close(self) -> None:
        """End the batch threads."""
        if self._scheduler:
            self._scheduler.close()

    def _load(self, path: str) -> Servable:
        model = self._model(path)
        try:
            if self._options.enable_model_warmup:
                repeat = max(self._options.num_request_iterations_for_warmup, 1)
                replay(model, path, repeat, self._metrics)
            return self._in_service(model, path)
        except BaseException:
            model.close()
            raise

    def _model(self, path: str) -> Model:
        if self._options.prefer_tflite_model and (Path(path) / FILE).exists():
            return TfLiteModel(path, self._options.num_tflite_pools)
        return SavedModel(path, self._tags, self._config)

    def _in_service(self, model: Model, path: str) -> Servable:
        parameters = self._batching
        if self._options.enable_per_model_batching_parameters and parameters:
            file = Path(path) / _PER_MODEL
            if not file.exists():
                return Servable(model)
            parameters = Parameters.of(textproto.read(str(file), textproto.BatchingParameters))
        if not parameters or not self._scheduler:
            return Servable(model)
        servable = Servable(model)
        servable.queue = BatchQueue(self._scheduler, parameters, servable.run_now)
        return servable


def batching_parameters(options: Options) -> Parameters | None:
    """What the command line says about batching; None without it.

    Raises:
        StatusError: a file without the switch, or a bad file.
    """
    if options.enable_batching:
        if not options.batching_parameters_file:
            return Parameters()
        proto = textproto.read(options.batching_parameters_file, textproto.BatchingParameters)
        return Parameters.of(proto)
    if options.batching_parameters_file:
        raise invalid(
            "server_options.batching_parameters_file is set without setting "
            "server_options.enable_batching to true."
        )
    return None


def _session_config(options: Options) -> config_pb2.ConfigProto:
    config = config_pb2.ConfigProto()
    if options.tensorflow_session_config_file:
        path = Path(options.tensorflow_session_config_file)
        try:
            text_format.Parse(path.read_text(encoding="utf-8"), config)
        except OSError as error:
            raise not_found(f"{path}; {error.strerror}") from error
        except (text_format.ParseError, UnicodeDecodeError) as error:
            raise invalid(f"Invalid protobuf file: '{path}': {error}") from error
    intra, inter = options.tensorflow_intra_op_parallelism, options.tensorflow_inter_op_parallelism
    both = options.tensorflow_session_parallelism
    if intra > 0 and inter > 0 and both > 0:
        raise invalid(
            "Either configure server_options.tensorflow_session_parallelism or "
            "(server_options.tensorflow_intra_op_parallelism, "
            "server_options.tensorflow_inter_op_parallelism) separately. You cannot configure all."
        )
    apart = intra > 0 or inter > 0
    config.intra_op_parallelism_threads = intra if apart else both
    config.inter_op_parallelism_threads = inter if apart else both
    return config
