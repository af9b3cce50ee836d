"""The model: a sum of one curve per feature and a linear part for the descriptor.

A neural additive model (https://arxiv.org/abs/2004.13912). As the log-odds are a sum, what each
feature adds to it is exact, not an estimate: the reasons of a score are the score.
"""

from __future__ import annotations

from fraud_features import DESCRIPTOR_BUCKETS, FEATURES
from fraud_model.config import Model
from fraud_model.engine import keras, tf
from fraud_model.weights import Weights

INPUTS = {"numeric": len(FEATURES), "descriptor": DESCRIPTOR_BUCKETS}
"""Width of each input of the signature."""

CONTRIBUTIONS = (*FEATURES, "descriptor")
"""What the columns of the ``contributions`` output are of."""


# --8<-- [start:parts]
def parts(weights: Weights | Additive, numeric: tf.Tensor, descriptor: tf.Tensor) -> tf.Tensor:
    """Return what each feature and the descriptor give to the log-odds.

    Args:
        weights: The model's numbers, or the variables that become them.
        numeric: Features, float32 ``[n, 8]``.
        descriptor: Hashed descriptors, float32 ``[n, 32]``.

    Returns:
        float32 ``[n, 9]``, not centred.
    """
    standard = (numeric - weights.mean) / weights.scale
    hidden = tf.tanh(standard[:, :, None] * weights.inner + weights.inner_bias)
    curves = standard * weights.slope + tf.reduce_sum(hidden * weights.outer, axis=2)
    text = tf.reduce_sum(descriptor * weights.text, axis=1, keepdims=True)
    return tf.concat([curves, text], axis=1)


# --8<-- [end:parts]


class Additive(keras.Model):  # type: ignore[misc]
    """The model while it is trained; answers log-odds ``[n, 1]``."""

    def __init__(self, model: Model, mean: tf.Tensor, scale: tf.Tensor, bias: float) -> None:
        super().__init__()
        self.mean, self.scale = mean, scale
        shape = (len(FEATURES), model.hidden)
        pull = keras.regularizers.L2(model.l2)
        spread = keras.initializers.RandomNormal(stddev=1.0)
        small = keras.initializers.RandomNormal(stddev=0.01)
        self.slope = self.add_weight(shape=shape[:1], name="slope", regularizer=pull)
        self.inner = self.add_weight(shape=shape, name="inner", initializer=spread)
        self.inner_bias = self.add_weight(shape=shape, name="inner_bias", initializer=spread)
        self.outer = self.add_weight(shape=shape, name="outer", initializer=small, regularizer=pull)
        self.text = self.add_weight(
            shape=(DESCRIPTOR_BUCKETS,),
            name="text",
            initializer="zeros",
            regularizer=keras.regularizers.L2(model.descriptor_l2),
        )
        self.bias = self.add_weight(
            shape=(), name="bias", initializer=keras.initializers.Constant(bias)
        )

    def call(self, inputs: dict[str, tf.Tensor]) -> tf.Tensor:
        """Return log-odds ``[n, 1]`` of the inputs named in :data:`INPUTS`."""
        given = parts(self, inputs["numeric"], inputs["descriptor"])
        return tf.reduce_sum(given, axis=1, keepdims=True) + self.bias


class Served(tf.Module):  # type: ignore[misc]
    """The model as it is served: numbers are constants of the graph, the version too."""

    def __init__(self, weights: Weights, version: int) -> None:
        super().__init__()
        self._weights = weights
        self._version = version

    # --8<-- [start:signature]
    @tf.function(
        input_signature=[
            tf.TensorSpec([None, width], tf.float32, name=name) for name, width in INPUTS.items()
        ]
    )  # type: ignore[untyped-decorator]
    def __call__(self, numeric: tf.Tensor, descriptor: tf.Tensor) -> dict[str, tf.Tensor]:
        """Score payments.

        Args:
            numeric: Features, float32 ``[n, 8]``.
            descriptor: Hashed descriptors, float32 ``[n, 32]``.

        Returns:
            ``probability`` float32 ``[n]``, ``band`` string ``[n]``, ``contributions`` float32
            ``[n, 9]`` to the log-odds against an average payment, ``version`` int64 ``[n]``.
        """
        weights = self._weights
        contributions = parts(weights, numeric, descriptor) - weights.centre
        probability = tf.sigmoid(weights.bias + tf.reduce_sum(contributions, axis=1))
        review, high = weights.thresholds
        at_least_review = tf.where(probability >= review, "review", "low")
        return {
            "probability": probability,
            "band": tf.where(probability >= high, "high", at_least_review),
            "contributions": contributions,
            "version": tf.fill(tf.shape(probability), tf.constant(self._version, tf.int64)),
        }

    # --8<-- [end:signature]
