"""The model: a sum of one curve per feature.

A neural additive model (https://arxiv.org/abs/2004.13912). As the log-odds are a sum, what each
feature adds to it is exact, not an estimate: the reasons of a score are the score.
"""

from __future__ import annotations

from new_service_features import FEATURES
from new_service_model.config import Model
from new_service_model.engine import keras, tf
from new_service_model.weights import Weights

CONTRIBUTIONS = FEATURES
"""What the columns of the ``contributions`` output are of."""


# --8<-- [start:parts]
def parts(weights: Weights | Additive, numeric: tf.Tensor) -> tf.Tensor:
    """Return what each feature gives to the log-odds, float32 ``[n, k]``, not centred.

    Args:
        weights: The model's numbers, or the variables that become them.
        numeric: Features, float32 ``[n, k]``.
    """
    standard = (numeric - weights.mean) / weights.scale
    hidden = tf.tanh(standard[:, :, None] * weights.inner + weights.inner_bias)
    return standard * weights.slope + tf.reduce_sum(hidden * weights.outer, axis=2)


# --8<-- [end:parts]


class Additive(keras.Model):  # type: ignore[misc]
    """The model while it is trained; answers log-odds ``[n, 1]``."""

    def __init__(self, model: Model, mean: tf.Tensor, scale: tf.Tensor, bias: float) -> None:
        super().__init__()
        self.mean, self.scale = mean, scale
        shape = (len(mean), model.hidden)
        pull = keras.regularizers.L2(model.l2)
        spread = keras.initializers.RandomNormal(stddev=1.0)
        small = keras.initializers.RandomNormal(stddev=0.01)
        self.slope = self.add_weight(shape=shape[:1], name="slope", regularizer=pull)
        self.inner = self.add_weight(shape=shape, name="inner", initializer=spread)
        self.inner_bias = self.add_weight(shape=shape, name="inner_bias", initializer=spread)
        self.outer = self.add_weight(shape=shape, name="outer", initializer=small, regularizer=pull)
        self.bias = self.add_weight(
            shape=(), name="bias", initializer=keras.initializers.Constant(bias)
        )

    def call(self, numeric: tf.Tensor) -> tf.Tensor:
        """Return log-odds ``[n, 1]`` of features ``[n, k]``."""
        return tf.reduce_sum(parts(self, numeric), axis=1, keepdims=True) + self.bias


class Served(tf.Module):  # type: ignore[misc]
    """The model as it is served: numbers are constants of the graph, the version too."""

    def __init__(self, weights: Weights, version: int) -> None:
        super().__init__()
        self._weights = weights
        self._version = version

    # --8<-- [start:signature]
    @tf.function(input_signature=[tf.TensorSpec([None, None], tf.float32, name="numeric")])  # type: ignore[untyped-decorator]
    def __call__(self, numeric: tf.Tensor) -> dict[str, tf.Tensor]:
        """Score deliveries.

        A version takes the features that it learned from: the first ``k`` of those it is given. So
        a service that has one feature more, at the end, can be rolled out before the model that
        knows it; until then that feature adds nothing.

        Args:
            numeric: Features, float32 ``[n, m]`` with ``m >= k``.

        Returns:
            ``probability`` float32 ``[n]``, ``band`` string ``[n]``, ``contributions`` float32
            ``[n, m]`` to the log-odds against an average delivery, ``version`` int64 ``[n]``.
        """
        weights, width = self._weights, len(self._weights.mean)
        known = tf.ensure_shape(numeric[:, :width], [None, width])
        contributions = parts(weights, known) - weights.centre
        probability = tf.sigmoid(weights.bias + tf.reduce_sum(contributions, axis=1))
        at_risk, late = weights.thresholds
        at_most_at_risk = tf.where(probability >= at_risk, "at_risk", "on_time")
        return {
            "probability": probability,
            "band": tf.where(probability >= late, "late", at_most_at_risk),
            "contributions": tf.pad(contributions, [[0, 0], [0, tf.shape(numeric)[1] - width]]),
            "version": tf.fill(tf.shape(probability), tf.constant(self._version, tf.int64)),
        }

    # --8<-- [end:signature]
