"""A SavedModel with the signature of the fraud model, small enough to work out by hand.

Run as `python -m tests.service.tiny_model FOLDER`, in a process of its own.

    log-odds = log_amount - 5 + 2 night + 0.1 (first bucket of the descriptor)

It refuses payments of more than e**12 euro (about 163,000), so that a batch can hold one that the
model server answers with 400.
"""

from __future__ import annotations

import sys
from pathlib import Path

import tensorflow as tf

INPUTS = [
    tf.TensorSpec([None, 8], tf.float32, "numeric"),
    tf.TensorSpec([None, 32], tf.float32, "descriptor"),
]
Outputs = dict[str, tf.Tensor]


def tiny(numeric: tf.Tensor, descriptor: tf.Tensor) -> Outputs:
    """Score."""
    with tf.control_dependencies([tf.debugging.assert_less(numeric[:, 0], 12.0)]):
        amount = numeric[:, :1] - 5.0
    others = tf.zeros_like(numeric)
    shares = tf.concat(
        [amount, others[:, 1:3], 2.0 * numeric[:, 3:4], others[:, 4:], 0.1 * descriptor[:, :1]],
        axis=1,
    )
    probability = tf.sigmoid(tf.reduce_sum(shares, axis=1))
    return {
        "probability": probability,
        "band": tf.where(probability >= 0.6, "high", tf.where(probability >= 0.2, "review", "low")),
        "contributions": shares,
        "version": tf.fill(tf.shape(probability), tf.constant(1, tf.int64)),
    }


def wrong(numeric: tf.Tensor, descriptor: tf.Tensor) -> Outputs:
    """Score as no fraud model does."""
    return {"probability": 9.0 * numeric[:, 0], "others": descriptor}


def main(folder: str) -> None:
    """Export both as version 1, under a name that is no version first: as a release does."""
    for name, serve in (("fraud", tiny), ("wrong", wrong)):
        module = tf.Module()
        module.serve = tf.function(serve, input_signature=INPUTS)
        path = Path(folder) / name / "1"
        partial = path.with_name(".partial-1")
        tf.saved_model.save(module, str(partial), signatures={"serving_default": module.serve})
        partial.rename(path)


if __name__ == "__main__":
    main(*sys.argv[1:])
