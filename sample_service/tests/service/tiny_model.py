"""A SavedModel with the signature of the fraud model, small enough to work out by hand.

Run as `python -m tests.service.tiny_model FOLDER VERSION`, in a process of its own.

    log-odds = log_amount - 5 + 2 night + 0.1 (first bucket of the descriptor)

It refuses payments of more than e**12 euro (about 163,000), so that a batch can hold one that the
model server answers with 400.
"""

from __future__ import annotations

import sys
from pathlib import Path

import tensorflow as tf


class Tiny(tf.Module):
    """The model."""

    def __init__(self, version: int) -> None:
        super().__init__()
        self.version = tf.constant(version, tf.int64)

    @tf.function(
        input_signature=[
            tf.TensorSpec([None, 8], tf.float32, "numeric"),
            tf.TensorSpec([None, 32], tf.float32, "descriptor"),
        ]
    )
    def serve(self, numeric: tf.Tensor, descriptor: tf.Tensor) -> dict[str, tf.Tensor]:
        """Score."""
        with tf.control_dependencies([tf.debugging.assert_less(numeric[:, 0], 12.0)]):
            amount = numeric[:, :1] - 5.0
        others = tf.zeros_like(numeric)
        shares = tf.concat(
            [amount, others[:, 1:3], 2.0 * numeric[:, 3:4], others[:, 4:], 0.1 * descriptor[:, :1]],
            axis=1,
        )
        probability = tf.sigmoid(tf.reduce_sum(shares, axis=1))
        band = tf.where(probability >= 0.6, "high", tf.where(probability >= 0.2, "review", "low"))
        version = tf.fill(tf.shape(probability), self.version)
        return {
            "probability": probability,
            "band": band,
            "contributions": shares,
            "version": version,
        }


def main(folder: str, version: str) -> None:
    """Export under a name that is no version, then rename: as a release does."""
    path = Path(folder) / "fraud" / version
    partial = path.with_name(f".partial-{version}")
    tiny = Tiny(int(version))
    tf.saved_model.save(tiny, str(partial), signatures={"serving_default": tiny.serve})
    partial.rename(path)


if __name__ == "__main__":
    main(*sys.argv[1:])
