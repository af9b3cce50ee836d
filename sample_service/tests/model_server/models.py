"""The SavedModels that the contract is checked with.

Run as `python -m tests.model_server.models FOLDER [NAME ...]`, in a process of its own: the tests
themselves need no TensorFlow to speak HTTP. Each model lands in `FOLDER/<name>`, without a version;
`releases.publish` gives it one. Every model that says so below can be worked out by hand, so that
the expected answers in `cases/` need no model to be trusted.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import tensorflow as tf
from tensorflow_serving.apis.predict_pb2 import PredictRequest
from tensorflow_serving.apis.prediction_log_pb2 import PredictionLog
from tests.model_server.half_plus import half_plus

MLP_INPUTS, MLP_UNITS, MLP_LAYERS = 40, 1024, 4
DTYPES = ("bool", "int8", "uint8", "int16", "int32", "uint32", "int64", "uint64", "float", "double")


def main(arguments: list[str]) -> None:
    """Build the models named in `arguments[1:]`, or all, into the folder `arguments[0]`."""
    folder, *names = arguments
    for name in names or BUILDERS:
        BUILDERS[name](Path(folder) / name)


def half_plus_two(path: Path) -> None:
    """`y = x / 2 + 2`: the model of TensorFlow Serving's own documentation."""
    half_plus(path, 2.0)


def half_plus_three(path: Path) -> None:
    """`y = x / 2 + 3`: told from `half_plus_two` by its answers."""
    half_plus(path, 3.0)


def several(path: Path) -> None:
    """Two named inputs, two named outputs: `total = a + sum(b)`, `scaled = a * b`."""

    def serve(a: tf.Tensor, b: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"total": a + tf.reduce_sum(b, axis=1), "scaled": a[:, tf.newaxis] * b}

    save(path, {"serving_default": (serve, {"a": ([None], "float"), "b": ([None, 2], "float")})})


def text(path: Path) -> None:
    """Strings in, strings and binary strings (`_bytes`) out; and raw bytes in, their length out."""

    def serve(words: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"upper": tf.strings.upper(words), "raw_bytes": tf.identity(words)}

    def length(image_bytes: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"length": tf.strings.length(image_bytes)}

    signatures: dict[str, tuple[Callable[..., Any], Inputs]] = {
        "serving_default": (serve, {"words": ([None], "string")}),
        "length": (length, {"image_bytes": (None, "string")}),
    }
    save(path, signatures)


def types(path: Path) -> None:
    """One signature for each type of number JSON can carry: `y = x`."""

    def echo(x: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"y": tf.identity(x)}

    names = {name: name for name in DTYPES} | {"serving_default": "float"}
    save(path, {name: (echo, {"x": (None, dtype)}) for name, dtype in names.items()})


def shapes(path: Path) -> None:
    """Outputs that are no batch: a scalar, and two outputs with different first dimensions."""

    def total(x: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"total": tf.reduce_sum(x)}

    def uneven(x: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"same": tf.identity(x), "first": x[:1]}

    row: Inputs = {"x": ([None], "float")}
    save(path, {"serving_default": (total, row), "uneven": (uneven, row)})


def fails(path: Path) -> None:
    """Fails while it runs: divides by its input, looks up its input, or asserts it is positive."""

    def divide(x: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"y": 100 // x}

    def lookup(x: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"y": tf.gather(tf.constant([1, 2, 3]), x)}

    def positive(x: tf.Tensor) -> dict[str, tf.Tensor]:
        with tf.control_dependencies([tf.debugging.assert_positive(x, "x must be positive")]):
            return {"y": tf.identity(x)}

    row: Inputs = {"x": ([None], "int32")}
    save(
        path,
        {"serving_default": (divide, row), "lookup": (lookup, row), "positive": (positive, row)},
    )


def slow(path: Path) -> None:
    """Multiplies matrices `sum(x)` times, some milliseconds each, and answers `x`."""

    def serve(x: tf.Tensor) -> dict[str, tf.Tensor]:
        start = tf.fill([512, 512], 1 / 512)
        _, end = tf.while_loop(
            lambda i, _: i < tf.reduce_sum(x), lambda i, m: (i + 1, m @ m), (0, start)
        )
        return {"y": x + tf.cast(end[0, 0] * 0.0, tf.int32)}

    save(path, {"serving_default": (serve, {"x": ([None], "int32")})})


def vocabulary(path: Path) -> None:
    """Looks words up in a file among its assets; an unknown word is -1."""
    words = path.parent / "words.txt"
    words.write_text("fraud\nfair\n", encoding="utf-8")
    module = tf.Module()
    module.table = tf.lookup.StaticHashTable(
        tf.lookup.TextFileInitializer(
            str(words),
            tf.string,
            tf.lookup.TextFileIndex.WHOLE_LINE,
            tf.int64,
            tf.lookup.TextFileIndex.LINE_NUMBER,
        ),
        -1,
    )

    def serve(word: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"index": module.table.lookup(word)}

    save(path, {"serving_default": (serve, {"word": ([None], "string")})}, module)


def counter(path: Path) -> None:
    """Counts its calls, and has three warm-up records: the first request of a caller is call 4."""
    module = tf.Module()
    module.calls = tf.Variable(0, dtype=tf.int32)

    def serve(x: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"calls": tf.fill(tf.shape(x), module.calls.assign_add(1))}

    save(path, {"serving_default": (serve, {"x": ([None], "float")})}, module)
    request = PredictRequest()
    request.model_spec.name = "counter"
    request.inputs["x"].CopyFrom(tf.make_tensor_proto([1.0], tf.float32))
    write_warmup(path, [predict_log(request)] * 3)


def bad_warmup(path: Path) -> None:
    """A good model with a warm-up record of another model's input."""
    half_plus(path, 2.0)
    request = PredictRequest()
    request.inputs["no_such_input"].CopyFrom(tf.make_tensor_proto([1.0], tf.float32))
    write_warmup(path, [predict_log(request)])


def mlp(path: Path) -> None:
    """Four layers of 1024 units, as wide at the start as the fraud model: something to batch."""
    module = tf.Module()
    widths = [MLP_INPUTS, *[MLP_UNITS] * MLP_LAYERS]
    module.weights = [
        tf.Variable(tf.random.stateless_normal([a, b], [7, layer], stddev=a**-0.5))
        for layer, (a, b) in enumerate(itertools.pairwise(widths))
    ]

    def serve(features: tf.Tensor) -> dict[str, tf.Tensor]:
        layer = features
        for weights in module.weights:
            layer = tf.nn.relu(layer @ weights)
        return {"score": tf.reduce_mean(layer, axis=1)}

    inputs = {"features": ([None, MLP_INPUTS], "float")}
    save(path, {"serving_default": (serve, inputs)}, module)


def broken(path: Path) -> None:
    """A copy that stopped half way: the graph is cut off."""
    half_plus(path, 2.0)
    graph = path / "saved_model.pb"
    content = graph.read_bytes()
    graph.write_bytes(content[: len(content) // 2])


def no_variables(path: Path) -> None:
    """A copy that stopped before the variables."""
    half_plus(path, 2.0)
    for file in (path / "variables").iterdir():
        file.unlink()


Inputs = Mapping[str, tuple[Sequence[int | None] | None, str]]


def save(
    path: Path,
    signatures: Mapping[str, tuple[Callable[..., Any], Inputs]],
    module: tf.Module | None = None,
) -> None:
    """Export `module` with functions as signatures; shapes of `None` are of unknown rank."""
    concrete = {}
    for name, (function, inputs) in signatures.items():
        specs = [
            tf.TensorSpec(shape, tf.as_dtype(dtype), name)
            for name, (shape, dtype) in inputs.items()
        ]
        concrete[name] = tf.function(function, input_signature=specs)
    tf.saved_model.save(module or tf.Module(), str(path), signatures=concrete)


def predict_log(request: PredictRequest) -> PredictionLog:
    """Wrap a request as the warm-up file wants it."""
    log = PredictionLog()
    log.predict_log.request.CopyFrom(request)
    return log


def write_warmup(path: Path, logs: list[PredictionLog]) -> None:
    """Write the records that a server replays before a version counts as available."""
    folder = path / "assets.extra"
    folder.mkdir()
    with tf.io.TFRecordWriter(str(folder / "tf_serving_warmup_requests")) as writer:
        for log in logs:
            writer.write(log.SerializeToString())


BUILDERS: dict[str, Callable[[Path], None]] = {
    build.__name__: build
    for build in (
        half_plus_two,
        half_plus_three,
        several,
        text,
        types,
        shapes,
        fails,
        slow,
        vocabulary,
        counter,
        bad_warmup,
        mlp,
        broken,
        no_variables,
    )
}

if __name__ == "__main__":
    main(sys.argv[1:])
