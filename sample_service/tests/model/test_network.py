"""The graph that is served: contributions add up, bands and version are constants of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fraud_features import FEATURES, descriptor
from fraud_model.config import Config
from fraud_model.dataset import Dataset
from fraud_model.network import CONTRIBUTIONS, Served
from fraud_model.weights import Weights

RISKY = np.array([[6.5, 3.0, 1, 1, 1, 1.5, 1.0, 0]], np.float32)
EVERYDAY = np.array([[3.2, 0.0, 0, 0, 0, 0.0, 0.0, 0]], np.float32)


def text(value: str) -> np.ndarray:
    return np.array(descriptor.vectors([value]), np.float32)


def answers(weights: Weights, numeric: np.ndarray, described: np.ndarray) -> dict[str, np.ndarray]:
    outputs = Served(weights, 7)(numeric, described)
    return {name: value.numpy() for name, value in outputs.items()}


def test_contributions_are_the_score(weights: Weights, dataset: Dataset) -> None:
    found = answers(weights, dataset.numeric, dataset.descriptor)
    log_odds = weights.bias + found["contributions"].sum(axis=1, dtype=np.float64)
    assert found["probability"] == pytest.approx(1 / (1 + np.exp(-log_odds)), rel=1e-4, abs=1e-9)


def test_contributions_are_against_an_average_payment(
    weights: Weights, dataset: Dataset, small: Config
) -> None:
    training = dataset.split(small.split)[0]
    found = answers(weights, training.numeric, training.descriptor)["contributions"]
    assert found.mean(axis=0, dtype=np.float64) == pytest.approx(np.zeros(9), abs=1e-4)


@pytest.mark.parametrize("column", range(len(CONTRIBUTIONS)))
def test_a_feature_changes_its_own_contribution_only(weights: Weights, column: int) -> None:
    numeric, described = RISKY.copy(), text("MARKTHALLE 1 KOELN")
    before = answers(weights, numeric, described)["contributions"]
    if column < len(FEATURES):
        numeric[0, column] += 0.5
    else:
        described = text("COINSWAP*1 LIMASSOL")
    changed = answers(weights, numeric, described)["contributions"] != before
    assert changed[0].tolist() == [name == CONTRIBUTIONS[column] for name in CONTRIBUTIONS]


def test_model_knows_fraud_when_it_sees_it(weights: Weights) -> None:
    risky = answers(weights, RISKY, text("COINSWAP*4711 LIMASSOL"))
    everyday = answers(weights, EVERYDAY, text("MARKTHALLE 4711 KOELN"))
    assert risky["band"].tolist() == [b"high"]
    assert everyday["band"].tolist() == [b"low"]
    assert risky["probability"][0] > 0.5
    assert everyday["probability"][0] < 0.02


@pytest.mark.parametrize(
    ("steps", "band"),
    [((1, 1), b"low"), ((0, 1), b"review"), ((-1, 1), b"review"), ((-1, 0), b"high")],
)
def test_bands_begin_at_their_thresholds(
    weights: Weights, steps: tuple[int, int], band: bytes
) -> None:
    """Thresholds at the probability itself (0), or the next number above (1) or below (-1)."""
    probability = answers(weights, RISKY, text(""))["probability"][0]
    toward = {-1: 0, 0: probability, 1: 1}
    thresholds = [np.nextafter(probability, np.float32(toward[step])) for step in steps]
    moved = replace(weights, thresholds=np.array(thresholds, np.float32))
    assert answers(moved, RISKY, text(""))["band"].tolist() == [band]


@pytest.mark.parametrize("rows", [0, 1, 5])
def test_shapes(weights: Weights, rows: int) -> None:
    found = answers(weights, np.repeat(RISKY, rows, 0), np.repeat(text("A"), rows, 0))
    assert {name: (value.shape, value.dtype.str) for name, value in found.items()} == {
        "probability": ((rows,), "<f4"),
        "band": ((rows,), "|O"),
        "contributions": ((rows, 9), "<f4"),
        "version": ((rows,), "<i8"),
    }
    assert found["version"].tolist() == [7] * rows


@pytest.mark.parametrize("amount", [-5.0, 14.0, 1e6])
def test_far_values_give_a_probability(weights: Weights, amount: float) -> None:
    numeric = RISKY.copy()
    numeric[0, 0] = amount
    probability = answers(weights, numeric, text(""))["probability"][0]
    assert 0 <= probability <= 1
