from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

from fraud_score.features import FEATURES, compute
from fraud_score.model import RELEASED, LogisticModel, ModelError, sigmoid
from fraud_score.training import SEED, area_under_curve, main, make_payments, train
from fraud_score.transactions import Transaction


def test_the_released_model_is_what_training_gives(tmp_path: Path) -> None:
    main(["--out", str(tmp_path / "model.json")])
    made, released = LogisticModel.load(tmp_path / "model.json"), LogisticModel.load(RELEASED)
    assert made.weights == pytest.approx(released.weights, abs=1e-4)
    assert made.bias == pytest.approx(released.bias, abs=1e-4)


def test_the_released_model_ranks_unseen_payments(model: LogisticModel) -> None:
    unseen = make_payments(SEED + 2, 2_000)
    assert 0.75 < area_under_curve(model, unseen) < 0.9


def test_the_same_seed_gives_the_same_model() -> None:
    first, second = (train(make_payments(7, 200), epochs=3) for _ in range(2))
    other = train(make_payments(8, 200), epochs=3)
    assert first == second != other


@pytest.mark.parametrize(
    "riskier",
    [
        {"amount_eur_cents": 500_000},
        {"merchant_country": "ES"},
        {"merchant_category": "7995"},
        {"card_payments_last_hour": 8},
        {"device_age_days": 0},
    ],
    ids=lambda change: next(iter(change)),
)
def test_risk_raises_the_score_and_is_its_first_reason(
    model: LogisticModel, payment: Transaction, riskier: dict[str, object]
) -> None:
    changed = replace(payment, **riskier)  # type: ignore[arg-type]
    (feature,) = (n for n, v in compute(changed).items() if v != compute(payment)[n])
    before, after = model.score(payment), model.score(changed)
    assert after.probability > before.probability
    assert after.reasons[0].feature == feature


def test_reasons_are_at_most_three_and_in_order(model: LogisticModel, payment: Transaction) -> None:
    worst = replace(payment, amount_eur_cents=10**7, merchant_country="ES", device_age_days=0)
    score = model.score(replace(worst, merchant_category="6051", card_payments_last_hour=9))
    shares = [reason.contribution for reason in score.reasons]
    assert score.band == "high"
    assert len(shares) == 3
    assert shares == sorted(shares, reverse=True)


@pytest.mark.parametrize(
    ("probability", "band"), [(0.19, "low"), (0.2, "review"), (0.59, "review"), (0.6, "high")]
)
def test_bands_begin_at_their_bound(
    model: LogisticModel, payment: Transaction, probability: float, band: str
) -> None:
    flat = dict.fromkeys(FEATURES, 0.0)
    # A hair above, because sigmoid and logarithm don't cancel to the last bit.
    bias = math.log(probability / (1 - probability)) + 1e-12
    assert replace(model, weights=flat, bias=bias).score(payment).band == band


@pytest.mark.parametrize("log_odds", [-1e6, -800.0, 0.0, 800.0, 1e6])
def test_sigmoid_never_overflows(log_odds: float) -> None:
    assert 0 <= sigmoid(log_odds) <= 1


def test_a_damaged_model_is_refused_with_the_next_step(tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    with pytest.raises(ModelError, match=r"no model could be read.*fraud_score\.training"):
        LogisticModel.load(path)
    document = json.loads(RELEASED.read_text(encoding="utf-8"))
    del document["weights"]["night"]
    path.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(ModelError, match="made for the features"):
        LogisticModel.load(path)
