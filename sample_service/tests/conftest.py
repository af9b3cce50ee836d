from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from fraud_score.model import RELEASED, LogisticModel
from fraud_score.server import Server
from fraud_score.settings import Settings
from fraud_score.transactions import Transaction

ROOT = Path(__file__).parents[1]


@pytest.fixture
def definition() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((ROOT / "openapi.yaml").read_text(encoding="utf-8"))
    return document


@pytest.fixture
def examples(definition: dict[str, Any]) -> dict[str, dict[str, Any]]:
    body = definition["paths"]["/v1/scores"]["post"]["requestBody"]
    given = body["content"]["application/json"]["examples"]
    return {name: example["value"] for name, example in given.items()}


@pytest.fixture
def payment() -> Transaction:
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    return Transaction("t-1", 2_000, noon, "5411", "DE", "DE", 0, 300)


@pytest.fixture
def model() -> LogisticModel:
    return LogisticModel.load(RELEASED)


@pytest.fixture
def server(model: LogisticModel) -> Iterator[Server]:
    with Server(Settings(port=0), model) as running:
        yield running
