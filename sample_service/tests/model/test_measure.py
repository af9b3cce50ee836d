"""Figures, against scikit-learn, against brute force, against sums by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, brier_score_loss

from fraud_model import measure
from fraud_model.config import Thresholds, load
from fraud_model.fit import logistic
from fraud_model.measure import Scored

LIMITS = Thresholds(review_capacity=0.2, review_eur=4, decline_eur=25)


def scored(rows: list[tuple[float, bool, float]]) -> Scored:
    probability, fraud, euro = (np.array(column) for column in zip(*rows, strict=True))
    return Scored(probability, fraud.astype(bool), euro)


# Few distinct probabilities, so that ties are common.
rows = st.lists(
    st.tuples(
        st.integers(0, 19).map(lambda step: step / 20), st.booleans(), st.floats(0.01, 5_000)
    ),
    min_size=1,
    max_size=60,
)
with_fraud = rows.filter(lambda drawn: any(fraud for _, fraud, _ in drawn))


@given(with_fraud)
def test_pr_auc_is_average_precision(drawn: list[tuple[float, bool, float]]) -> None:
    case = scored(drawn)
    expected = average_precision_score(case.fraud, case.probability)
    assert measure.pr_auc(case) == pytest.approx(expected)


@given(rows)
def test_brier(drawn: list[tuple[float, bool, float]]) -> None:
    case = scored(drawn)
    expected = brier_score_loss(case.fraud, case.probability, labels=[False, True])
    assert measure.brier(case) == pytest.approx(expected)


@given(with_fraud)
def test_calibration_counts_every_payment_once(drawn: list[tuple[float, bool, float]]) -> None:
    case = scored(drawn)
    groups = measure.calibration(case)
    assert sum(count for *_, count in groups) == len(drawn)
    assert sum(said * count for said, _, count in groups) == pytest.approx(case.probability.sum())
    assert sum(seen * count for _, seen, count in groups) == pytest.approx(case.fraud.sum())


def test_calibration_error_of_honest_probabilities_is_small() -> None:
    draw = np.random.default_rng(1)
    probability = draw.uniform(0, 0.3, 200_000)
    honest = Scored(probability, draw.random(200_000) < probability, np.ones(200_000))
    boastful = Scored(np.minimum(1, probability * 2), honest.fraud, honest.euro)
    assert measure.calibration_error(honest) < 0.003
    assert measure.calibration_error(boastful) == pytest.approx(0.15, abs=0.01)


@given(with_fraud)
def test_no_other_threshold_for_declining_costs_less(
    drawn: list[tuple[float, bool, float]],
) -> None:
    case = scored(drawn)
    _, high = measure.choose(case, LIMITS)
    least = measure.cost(case, (high, high), LIMITS)
    for other in {*case.probability.tolist(), 2.0}:
        assert least <= measure.cost(case, (other, other), LIMITS) + 1e-6


@given(rows)
def test_reviews_keep_to_the_capacity_where_scores_differ(
    drawn: list[tuple[float, bool, float]],
) -> None:
    case = scored(drawn)
    distinct = Scored(np.random.default_rng(0).permutation(len(drawn)) / 100, case.fraud, case.euro)
    review, high = measure.choose(distinct, LIMITS)
    looks = (distinct.probability >= review) & (distinct.probability < high)
    assert looks.sum() <= round(len(drawn) * LIMITS.review_capacity)
    assert review <= high


def test_cost_by_hand() -> None:
    case = scored(
        [
            (0.9, True, 100.0),  # declined, rightly
            (0.8, False, 70.0),  # declined, wrongly: 25
            (0.5, True, 60.0),  # looked at: 4
            (0.4, False, 60.0),  # looked at: 4
            (0.1, True, 40.0),  # missed: 40
        ]
    )
    assert measure.cost(case, (0.4, 0.8), LIMITS) == pytest.approx(73 / 5 * 1_000)


@pytest.mark.parametrize(("capacity", "recall"), [(0.2, 0.5), (0.4, 0.5), (0.6, 1.0), (1.0, 1.0)])
def test_recall_at(capacity: float, recall: float) -> None:
    drawn = [(0.9, True, 1.0), (0.8, False, 1.0), (0.7, True, 1.0)]
    case = scored([*drawn, (0.2, False, 1.0), (0.1, False, 1.0)])
    assert measure.recall_at(case, capacity) == recall


@pytest.mark.parametrize("pull", [0.01, 1.0])
def test_logistic_regression_is_scikit_learns(pull: float) -> None:
    draw = np.random.default_rng(load().seed)
    inputs = draw.normal(size=(2_000, 5))
    fraud = draw.random(2_000) < 1 / (1 + np.exp(2 - inputs @ [1, -1, 0.5, 0, 0]))
    rival = LogisticRegression(C=1 / pull, tol=1e-10, max_iter=1_000).fit(inputs, fraud)
    expected = [*rival.intercept_, *rival.coef_[0]]
    assert logistic(inputs, fraud, pull) == pytest.approx(expected, abs=1e-4)
