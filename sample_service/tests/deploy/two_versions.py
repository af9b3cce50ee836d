"""Export versions 1 and 2 of a model with the fraud model's signature: two_versions.py FOLDER.

In a process of its own, so that TensorFlow stays out of the tests. What they score is not looked
at, only which version did.
"""

from __future__ import annotations

import sys
from pathlib import Path

import tensorflow as tf

INPUTS = [
    tf.TensorSpec([None, 8], tf.float32, "numeric"),
    tf.TensorSpec([None, 32], tf.float32, "descriptor"),
]


def model(version: int) -> tf.Module:
    """A model that says which version it is."""

    def serve(numeric: tf.Tensor, descriptor: tf.Tensor) -> dict[str, tf.Tensor]:
        probability = tf.sigmoid(numeric[:, 0] + descriptor[:, 0])
        return {
            "probability": probability,
            "band": tf.fill(tf.shape(probability), "low"),
            "contributions": tf.concat([numeric, descriptor[:, :1]], axis=1),
            "version": tf.fill(tf.shape(probability), tf.constant(version, tf.int64)),
        }

    module = tf.Module()
    module.serve = tf.function(serve, input_signature=INPUTS)
    return module


def main(folder: Path) -> None:
    """Export both."""
    for version in (1, 2):
        made = model(version)
        path = folder / "fraud" / str(version)
        tf.saved_model.save(made, str(path), signatures={"serving_default": made.serve})


if __name__ == "__main__":
    main(Path(sys.argv[1]))
