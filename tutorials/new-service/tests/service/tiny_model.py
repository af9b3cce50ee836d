"""A SavedModel with the signature of the service's model, small enough to work out by hand.

Run as ``python -m tests.service.tiny_model FOLDER``, in a process of its own.

    log-odds = sum of the features - 5

It refuses deliveries of more than e**6 parcels (403), so that a batch can hold one that the model
server answers with 400.
"""

from __future__ import annotations

import sys
from pathlib import Path

import tensorflow as tf

from new_service_features import FEATURES, MODEL

PARCELS = FEATURES.index("log_parcels")


class Tiny(tf.Module):
    """The model."""

    @tf.function(input_signature=[tf.TensorSpec([None, len(FEATURES)], tf.float32, "numeric")])
    def serve(self, numeric: tf.Tensor) -> dict[str, tf.Tensor]:
        """Score."""
        with tf.control_dependencies([tf.debugging.assert_less(numeric[:, PARCELS], 6.0)]):
            contributions = tf.identity(numeric)
        probability = tf.sigmoid(tf.reduce_sum(contributions, axis=1) - 5.0)
        return {
            "probability": probability,
            "band": tf.where(
                probability >= 0.5, "late", tf.where(probability >= 0.2, "at_risk", "on_time")
            ),
            "contributions": contributions,
            "version": tf.fill(tf.shape(probability), tf.constant(1, tf.int64)),
        }


def main(folder: str) -> None:
    """Export version 1, under a name that is no version first: as a release does."""
    module = Tiny()
    path = Path(folder) / MODEL / "1"
    partial = path.with_name(".partial-1")
    tf.saved_model.save(module, str(partial), signatures={"serving_default": module.serve})
    partial.rename(path)


if __name__ == "__main__":
    main(*sys.argv[1:])
