"""A loaded SavedModel: its signatures, and a session that runs them.

The model is loaded into a graph session, as the real server does (cc/saved_model/loader.cc), and
each set of inputs and outputs becomes a session callable: one call costs some 40 microseconds,
where `signatures[...]` of the TF2 loader takes four times that.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import config_pb2
from tensorflow.python.saved_model import loader_impl

from .calls import Call, Signature
from .dtypes import Array
from .errors import Code, StatusError, not_found

# Output filters make up sets of outputs; past this many, a set is made anew at each call.
_MAX_CALLABLES = 64


class SavedModel:
    """One version of a model in memory."""

    def __init__(self, path: str, tags: Sequence[str], config: config_pb2.ConfigProto) -> None:
        """Load the graph that has exactly these `tags`.

        Raises:
            StatusError: no such SavedModel or graph, or TensorFlow cannot restore it.
        """
        self._callables: dict[tuple[object, ...], Callable[..., list[Any]]] = {}
        self._lock = threading.Lock()
        self._session = tf.compat.v1.Session(graph=tf.Graph(), config=config)
        try:
            signatures = _load(self._session, path, tags).signature_def
            self.signatures = {name: Signature(proto) for name, proto in signatures.items()}
        except BaseException:
            self.close()
            raise

    def run(self, call: Call) -> list[Array]:
        """The value of each fetch.

        Raises:
            StatusError: with the code TensorFlow gave.
        """
        key = (call.feeds, call.fetches, call.timeout_ms)
        run = self._callables.get(key) or self._make_callable(key, call)
        try:
            return [v if type(v) is np.ndarray else _scalar(v) for v in run(*call.arrays)]
        except tf.errors.OpError as error:
            raise _translate(error) from error

    def close(self) -> None:
        """Free the session and the graph."""
        self._callables.clear()
        self._session.close()
        del self._session
        gc.collect()  # a graph and its operations point at each other

    def _make_callable(self, key: tuple[object, ...], call: Call) -> Callable[..., list[Any]]:
        options = config_pb2.CallableOptions(feed=call.feeds, fetch=call.fetches)
        options.run_options.timeout_in_ms = call.timeout_ms
        try:
            # The public make_callable takes no names of feeds and no timeout.
            made: Callable[..., list[Any]] = self._session._make_callable_from_options(options)
        except tf.errors.OpError as error:
            raise _translate(error) from error
        with self._lock:
            if len(self._callables) < _MAX_CALLABLES:
                made = self._callables.setdefault(key, made)
        return made


def _scalar(value: object) -> Array:
    """The session gives a tensor without dimensions as a scalar, or as bytes."""
    return np.array(value, object if isinstance(value, bytes) else None)


def _translate(error: tf.errors.OpError) -> StatusError:
    return StatusError(Code(error.error_code), error.message)


def _load(session: tf.compat.v1.Session, path: str, tags: Sequence[str]) -> Any:
    if not any((Path(path) / name).exists() for name in ("saved_model.pb", "saved_model.pbtxt")):
        raise not_found(
            f"Could not find SavedModel .pb or .pbtxt at supplied export directory path: {path}. "
            "Check that the directory exists and that you have the right permissions for "
            "accessing it."
        )
    try:
        loader = loader_impl.SavedModelLoader(path)
        graphs = loader.saved_model.meta_graphs
        if not any(set(graph.meta_info_def.tags) == set(tags) for graph in graphs):
            raise not_found(
                f"Could not find meta graph def matching supplied tags: {{ {' '.join(tags)} }}. "
                "To inspect available tag-sets in the SavedModel, please use the SavedModel CLI: "
                "`saved_model_cli`"
            )
        with session.graph.as_default():
            return loader.load(session, list(tags))
    except tf.errors.OpError as error:
        raise _translate(error) from error
    except (OSError, ValueError, TypeError, KeyError, RuntimeError) as error:
        raise StatusError(Code.INTERNAL, f"Cannot load {path}: {error}") from error
