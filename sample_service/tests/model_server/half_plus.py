"""The half-plus model as a TF1 graph, with the signatures that classify and regress need."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import tensorflow as tf

v1 = tf.compat.v1


def half_plus(path: Path, constant: float) -> None:
    """Write a TF1 graph with predict, classify and regress signatures, as old exports have them.

    `x` is fed as the result of parsing serialized examples, declared `[?, 1]`.
    """
    with tf.Graph().as_default(), v1.Session() as session:
        half, plus = v1.Variable(0.5), v1.Variable(constant)
        serialized = v1.placeholder(tf.string, [None], name="tf_example")
        columns = {
            "x": v1.FixedLenFeature([1], tf.float32),
            "x2": v1.FixedLenFeature([1], tf.float32, default_value=[0.0]),
        }
        parsed = v1.parse_example(serialized, columns)
        x, x2 = tf.identity(parsed["x"], "x"), tf.identity(parsed["x2"], "x2")
        y, y2 = tf.add(half * x, plus, "y"), tf.add(half * x2, plus + 1.0, "y2")
        labels = tf.tile(tf.constant([["low", "high"]]), [tf.shape(x)[0], 1])
        graph = {"serialized": serialized, "x": x, "y": y, "y2": y2, "labels": labels}
        session.run(v1.global_variables_initializer())
        builder = v1.saved_model.builder.SavedModelBuilder(str(path))
        builder.add_meta_graph_and_variables(
            session, [v1.saved_model.tag_constants.SERVING], half_plus_signatures(graph)
        )
        builder.save()


def half_plus_signatures(graph: dict[str, Any]) -> dict[str, Any]:
    """Name the ways to call the half-plus graph."""
    serialized, y, y2 = graph["serialized"], graph["y"], graph["y2"]
    scores = tf.concat([y, y2], axis=1)
    return {
        "serving_default": signature({"x": graph["x"]}, {"y": y}, "predict"),
        "regress_x_to_y": signature({"inputs": serialized}, {"outputs": y}, "regress"),
        "regress_x2_to_y2": signature({"inputs": serialized}, {"outputs": y2}, "regress"),
        "classify_x_to_y": signature({"inputs": serialized}, {"scores": y}, "classify"),
        "classify_labels": signature(
            {"inputs": serialized}, {"classes": graph["labels"], "scores": scores}, "classify"
        ),
    }


def signature(inputs: dict[str, Any], outputs: dict[str, Any], method: str) -> Any:
    """Describe one call of a TF1 graph."""
    described = [
        {name: v1.saved_model.utils.build_tensor_info(tensor) for name, tensor in tensors.items()}
        for tensors in (inputs, outputs)
    ]
    return v1.saved_model.signature_def_utils.build_signature_def(
        *described, f"tensorflow/serving/{method}"
    )
