"""The definition and the service say the same: whatever is sent, the answer is one it allows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from openapi_spec_validator import validate
from tests.conftest import scratch_database
from tests.service.conftest import NOWHERE
from tests.service.program import Program

from new_service.contract import definition, operations, resolved
from new_service_features import FEATURES

TOKEN = {"Authorization": "Bearer fuzz"}
Case = schemathesis.Case[Any]
schema = schemathesis.openapi.from_dict(definition())


@pytest.fixture(scope="module")
def api(
    postgres: str, migrated: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Program]:
    """An API that asks for a token."""
    log = tmp_path_factory.mktemp("contract") / "api.log"
    with scratch_database(postgres, migrated) as url:
        environment = {
            "DATABASE_URL": url,
            "NEW_SERVICE_PORT": "0",
            "NEW_SERVICE_TOKEN": "fuzz",
            "NEW_SERVICE_MODEL_URL": NOWHERE,
        }
        with Program(("api",), log, environment) as program:
            yield program


# --8<-- [start:contract]
@schema.parametrize()
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck), database=None)
def test_every_answer_is_one_the_definition_allows(case: Case, api: Program) -> None:
    case.call_and_validate(base_url=api.url, headers=TOKEN)


# --8<-- [end:contract]


def test_every_operation_of_the_definition_is_served(api: Program) -> None:
    for path, item in definition()["paths"].items():
        answer = api.http.request("OPTIONS", path.replace("{job_id}", "none"))
        # The definition does not have OPTIONS, so the answer lists the methods there are.
        assert answer.status_code == 405
        served = set(answer.headers["Allow"].replace(" ", "").split(",")) - {"HEAD"}
        assert served == {method.upper() for method in item}


def test_the_definition_is_valid_openapi() -> None:
    validate(definition())


def test_the_examples_of_bodies_are_valid() -> None:
    whole = resolved(definition(), definition())
    bodies = {operation.name: operation.body for operation in operations(definition())}
    checked = 0
    for item in whole["paths"].values():
        for operation in item.values():
            media = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            for example in media.get("examples", {}).values():
                bodies[operation["operationId"]].check(example["value"])
                checked += 1
    assert checked >= 3


def test_the_examples_of_answers_are_valid() -> None:
    whole = resolved(definition(), definition())
    media = [
        media
        for item in whole["paths"].values()
        for operation in item.values()
        for response in operation["responses"].values()
        for media in response["content"].values()
    ]
    checked = 0
    for one in media:
        validator = jsonschema_rs.Draft202012Validator(one["schema"], validate_formats=True)
        for example in one.get("examples", {}).values():
            assert [error.message for error in validator.iter_errors(example["value"])] == []
            checked += 1
    assert checked >= 15


def test_the_definition_names_the_features_of_the_model() -> None:
    reason = definition()["components"]["schemas"]["Reason"]
    assert tuple(reason["properties"]["feature"]["enum"]) == FEATURES


def test_every_field_says_what_it_takes() -> None:
    for name in ("Delivery", "Label"):
        fields = resolved(definition(), definition())["components"]["schemas"][name]["properties"]
        assert [field for field, schema in fields.items() if "x-expected" not in schema] == []
