"""Anything may come: requests the definition allows and requests it forbids, without one 500.

`FUZZ_MINUTES=10 python -m pytest tests/service/test_fuzz.py` looks for longer.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from tests.conftest import scratch_database
from tests.service.conftest import NOWHERE
from tests.service.program import Program

from fraud_score.contract import definition

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("tiny-model")]

TOKEN = {"Authorization": "Bearer fuzz"}
PER_MINUTE = 300
"""Examples of one operation that a minute is enough for, all operations taking their turn."""

minutes = float(os.environ.get("FUZZ_MINUTES", "0"))
Case = schemathesis.Case[Any]
schema = schemathesis.openapi.from_dict(definition())


@pytest.fixture(scope="module", params=["alone", "with a worker"])
def api(
    request: pytest.FixtureRequest,
    postgres: str,
    migrated: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Program]:
    """An API that asks for a token, with nobody or a worker behind it."""
    folder = tmp_path_factory.mktemp("fuzz")
    working = request.param == "with a worker"
    with scratch_database(postgres, migrated) as url:
        environment = {
            "DATABASE_URL": url,
            "FRAUD_SCORE_PORT": "0",
            "FRAUD_SCORE_WORKER_PORT": "0",
            "FRAUD_SCORE_TOKEN": "fuzz",
            "FRAUD_SCORE_MODEL_URL": request.getfixturevalue("model_url") if working else NOWHERE,
        }
        with Program(("api",), folder / "api.log", environment) as program:
            if not working:
                yield program
                return
            with Program(("worker",), folder / "worker.log", environment):
                yield program


@schema.parametrize()
@settings(
    max_examples=int(max(40, minutes * PER_MINUTE)),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
)
def test_every_answer_is_one_the_definition_allows(case: Case, api: Program) -> None:
    case.call_and_validate(base_url=api.url, headers=TOKEN)
