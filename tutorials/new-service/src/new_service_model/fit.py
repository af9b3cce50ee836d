"""Fit the additive model and calibrate it: the same seed, the same weights."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from new_service_model.config import Config
from new_service_model.dataset import Dataset
from new_service_model.engine import keras, tf
from new_service_model.measure import Scored
from new_service_model.network import Additive, Served, parts
from new_service_model.weights import Weights

Float64s = NDArray[np.float64]


# --8<-- [start:seed]
def fit(config: Config, training: Dataset, validation: Dataset) -> tuple[Weights, list[float]]:
    """Train on one part; stop and calibrate on the next.

    Args:
        config: Seed, model, training and thresholds.
        training: The oldest deliveries.
        validation: The deliveries that came after them.

    Returns:
        Weights, and the validation loss after each epoch.
    """
    keras.utils.set_random_seed(config.seed)
    tf.config.experimental.enable_op_determinism()
    # --8<-- [end:seed]
    rate = training.late.mean()
    mean = training.numeric.mean(axis=0)
    network = Additive(config.model, mean, _scale(training), float(np.log(rate / (1 - rate))))
    network.compile(
        optimizer=keras.optimizers.Adam(config.training.learning_rate),
        loss=keras.losses.BinaryCrossentropy(from_logits=True),
    )
    shuffled = _examples(training).shuffle(len(training), seed=config.seed)
    stop = keras.callbacks.EarlyStopping(
        patience=config.training.patience, restore_best_weights=True
    )
    history = network.fit(
        shuffled.batch(config.training.batch),
        validation_data=_examples(validation).batch(4096),
        epochs=config.training.epochs,
        shuffle=False,  # it is already
        callbacks=[stop],
        verbose=0,
    )
    bands = np.array([config.thresholds.at_risk, config.thresholds.late], dtype=np.float32)
    return _calibrated(network, training, validation, bands), history.history["val_loss"]


def score(weights: Weights, dataset: Dataset) -> Scored:
    """Score deliveries with the very graph that is served."""
    answers = Served(weights, version=0)(dataset.numeric)
    return Scored(answers["probability"].numpy(), dataset.late)


def logistic(inputs: Float64s, late: NDArray[np.bool_], pull: float = 1.0) -> Float64s:
    """Fit a logistic regression by Newton's method.

    Args:
        inputs: ``[n, k]``.
        late: Labels ``[n]``.
        pull: Strength of the pull of the weights, not of the bias, towards zero.

    Returns:
        Bias and ``k`` weights.
    """
    rows = np.column_stack([np.ones(len(inputs)), inputs])
    pulls = np.full(rows.shape[1], pull)
    pulls[0] = 0.0
    found = np.zeros(rows.shape[1])
    for _ in range(50):
        probability = 1 / (1 + np.exp(-np.clip(rows @ found, -30, 30)))
        slope = rows.T @ (probability - late) + pulls * found
        curvature = (rows * (probability * (1 - probability))[:, None]).T @ rows + np.diag(pulls)
        step = np.linalg.solve(curvature, slope)
        found -= step
        if np.abs(step).max() < 1e-9:
            break
    return found


def baseline(training: Dataset, tested: Dataset) -> Scored:
    """Score deliveries with a logistic regression on the same features: what must be beaten."""
    mean, scale = training.numeric.mean(axis=0), _scale(training)

    def columns(part: Dataset) -> Float64s:
        standard: Float64s = ((part.numeric - mean) / scale).astype(np.float64)
        return standard

    found = logistic(columns(training), training.late)
    log_odds = found[0] + columns(tested) @ found[1:]
    return Scored(1 / (1 + np.exp(-log_odds)), tested.late)


def _scale(training: Dataset) -> NDArray[np.float32]:
    scale = training.numeric.std(axis=0)
    return np.where(scale > 0, scale, 1).astype(np.float32)


def _examples(dataset: Dataset) -> tf.data.Dataset:
    return tf.data.Dataset.from_tensor_slices((dataset.numeric, dataset.late[:, None]))


def _calibrated(
    network: Additive, training: Dataset, validation: Dataset, thresholds: NDArray[np.float32]
) -> Weights:
    """Return the weights, stretched and shifted so that probabilities mean what they say.

    Platt scaling: a logistic regression from the log-odds on the validation part. Being linear in
    them, it goes into the weights, and the contributions stay exact.
    """
    raw = network.predict(_examples(validation).batch(4096), verbose=0)[:, 0]
    shift, stretch = logistic(raw.astype(np.float64)[:, None], validation.late, pull=0.0)
    weights = Weights(
        mean=network.mean,
        scale=network.scale,
        slope=network.slope.numpy() * np.float32(stretch),
        inner=network.inner.numpy(),
        inner_bias=network.inner_bias.numpy(),
        outer=network.outer.numpy() * np.float32(stretch),
        centre=np.zeros(len(network.mean), dtype=np.float32),
        bias=np.array(network.bias.numpy() * stretch + shift, dtype=np.float32),
        thresholds=thresholds,
    )
    given = parts(weights, training.numeric).numpy()
    centre = given.mean(axis=0, dtype=np.float64).astype(np.float32)
    return replace(weights, centre=centre, bias=weights.bias + centre.sum())
