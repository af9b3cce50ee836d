"""The simulated payments: reproducible, realistic, drifting where they should."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from statistics import fmean, median
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from fraud_model.config import Data, load
from fraud_model.generate import Label, Payment, month_of, write
from fraud_model.simulate import UNKNOWN, Columns, Month
from fraud_model.stream import payments
from fraud_model.world import CATEGORIES, COUNTRIES

OPENAPI = Path(__file__).parents[2] / "openapi.yaml"
CODES = [category.code for category in CATEGORIES]


@pytest.fixture(scope="module")
def world() -> Data:
    return load().data


def test_same_seed_same_bytes(tmp_path: Path) -> None:
    data = load(["data=small", "data.months=2"]).data
    for name in ("a", "b"):
        write(data, tmp_path / name / "payments.csv", tmp_path / name / "labels.csv")
    for file in ("payments.csv", "labels.csv"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_other_seed_other_payments(world: Data) -> None:
    other = load(["data.seed=1"]).data
    assert next(month_of(world, 1)) != next(month_of(other, 1))


def test_month_does_not_depend_on_the_others() -> None:
    few, many = (load(["data=small", f"data.months={months}"]).data for months in (1, 12))
    assert list(month_of(few, 3)) == list(month_of(many, 3))


def test_drawing_more_fraud_leaves_honest_payments_as_they_are() -> None:
    def honest(rate: float) -> list[int]:
        columns = Month(load(["data=small", f"data.fraud_rate={rate}"]).data, 1).columns()
        cents: list[int] = columns.cents[columns.fraud == 0].tolist()
        return cents

    assert honest(0.01) == honest(0.2)


def test_fraud_is_rare(world: Data) -> None:
    for number in (1, 6):
        assert 0.01 < Month(world, number).columns().fraud.mean() < 0.02


def test_payments_are_valid_requests(world: Data) -> None:
    document = yaml.safe_load(OPENAPI.read_text(encoding="utf-8"))
    checker = Draft202012Validator({**document, "$ref": "#/components/schemas/Transaction"})
    config = load(["data=small", "stream.month=6", "stream.count=400"])
    for payment, _ in payments(config):
        assert [error.message for error in checker.iter_errors(payment)] == []
    labels = Draft202012Validator({**document, "$ref": "#/components/schemas/Label"})
    reported = [label for _, label in payments(config) if label]
    assert reported
    assert [e.message for label in reported for e in labels.iter_errors(label)] == []


def test_rows_are_in_order_and_reports_come_later(world: Data) -> None:
    rows = list(month_of(world, 2))
    moments = [_moment(payment.occurred_at) for payment, _ in rows]
    assert moments == sorted(moments)
    assert len({payment.transaction_id for payment, _ in rows}) == len(rows)
    delays = [_delay(payment, label) for payment, label in rows if label]
    assert all(0 < delay <= 90 for delay in delays)
    assert 7 < median(delays) < 12
    assert all(payment.transaction_id == label.transaction_id for payment, label in rows if label)


HABITS: dict[str, Callable[[Columns], Any]] = {
    "bought abroad": lambda c: c.country >= COUNTRIES.index("GB"),
    "small amounts of many": lambda c: c.cents < 400,
    "large amounts": lambda c: c.cents > 15_000,
    "new device": lambda c: (c.device >= 0) & (c.device < 3),
    "unknown device": lambda c: c.device == UNKNOWN,
    "as good as cash": lambda c: _in(c, "6051", "4829"),
    "the shops fraudsters like": lambda c: c.name == 0,
}


@pytest.mark.parametrize("habit", HABITS)
def test_fraud_differs_from_what_owners_do(world: Data, habit: str) -> None:
    columns = Month(world, 1).columns()
    shows = HABITS[habit](columns)
    assert shows[columns.fraud == 1].mean() > 1.5 * shows[columns.fraud == 0].mean()
    assert shows[columns.fraud == 0].any()  # or it would be too easy


DRIFTS: dict[str, tuple[Callable[[Columns], float], int, float]] = {
    "amounts grow": (lambda c: float(median(c.cents[_in(c, "5411")])), 13, 1.3),
    "people buy other things": (lambda c: float(_in(c, "6051").mean()), 5, 2.0),
    "phones fall silent": (lambda c: float((c.device == UNKNOWN).mean()), 6, 3.0),
    "a new fraud": (lambda c: float(_in(c, "6211")[c.fraud == 1].mean()), 5, 5.0),
}


@pytest.mark.parametrize("drift", DRIFTS)
def test_world_drifts(world: Data, drift: str) -> None:
    figure, month, times = DRIFTS[drift]
    before, after = (figure(Month(world, number).columns()) for number in (1, month))
    assert after > times * before


def test_world_is_steady_before_it_drifts(world: Data) -> None:
    for figure, _, _ in (DRIFTS[name] for name in ("people buy other things", "a new fraud")):
        early, late = (figure(Month(world, number).columns()) for number in (1, 4))
        assert late == pytest.approx(early, rel=0.25, abs=0.01)


def test_stream_can_end_at_a_moment_and_keeps_the_hours() -> None:
    plain = list(payments(load(["data=small"])))
    moved = list(payments(load(["data=small", "stream.ends='2031-05-05T12:00:00+00:00'"])))
    ends = _moment("2031-05-05T12:00:00+00:00")
    assert 0 < (ends - _moment(moved[-1][0]["occurred_at"])).total_seconds() <= 86_400
    hours = [[p["occurred_at"][10:] for p, _ in rows] for rows in (plain, moved)]
    assert hours[0] == hours[1]
    for payment, label in moved:
        assert label is None or _moment(label["reported_at"]) > _moment(payment["occurred_at"])


def test_stream_goes_on_into_the_next_months() -> None:
    rows = list(payments(load(["data=small", "stream.month=6", "stream.count=6000"])))
    assert len(rows) == 6000
    assert {payment["transaction_id"][:4] for payment, _ in rows} == {"s-06", "s-07", "s-08"}
    assert fmean(label is not None for _, label in rows) < 0.1


def test_stream_of_a_whole_month() -> None:
    config = load(["data=small", "stream.month=7", "stream.count=0", "stream.prefix=x"])
    assert len(list(payments(config))) == len(Month(config.data, 7).columns().card)


def _in(columns: Columns, *codes: str) -> Any:
    return sum(columns.category == CODES.index(code) for code in codes) > 0


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _delay(payment: Payment, label: Label) -> float:
    return (_moment(label.reported_at) - _moment(payment.occurred_at)).total_seconds() / 86_400
