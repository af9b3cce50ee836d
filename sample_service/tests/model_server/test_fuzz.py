"""No request brings the server down, hangs it, or is answered with a fault of its own.

A short run by default, the same each time; `FUZZ_MINUTES=10` runs that long with new requests.
"""

from __future__ import annotations

import http.client
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import yaml
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from tests.model_server import fuzzing
from tests.model_server.rest import Rest
from tests.model_server.servers import Server

pytestmark = [pytest.mark.xdist_group("model-server"), pytest.mark.slow]
MINUTES = float(os.environ.get("FUZZ_MINUTES", "0"))
PARTS = 5
SHORT_RUN = 200
# gRPC itself answers so to bytes that are no message of the method.
NO_MESSAGE = {"INTERNAL", "UNKNOWN"}


def fuzz(strategy: st.SearchStrategy[Any], check: Callable[[Any], None], examples: int) -> int:
    """Run `check` on values of `strategy`: `examples` of them, or for its part of the minutes.

    Returns:
        How many values were checked.
    """
    count = 0

    @settings(
        max_examples=examples,
        derandomize=not MINUTES,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(strategy)
    def run(value: Any) -> None:
        nonlocal count
        count += 1
        check(value)

    end = time.monotonic() + MINUTES * 60 / PARTS
    run()
    while time.monotonic() < end:
        run()
    return count


@pytest.fixture(autouse=True)
def still_serving(server: Server) -> Iterator[None]:
    """Ask the server something good after everything bad."""
    yield
    with Rest(server.rest) as client:
        answer = client.post("half_plus_two:predict", {"instances": [2.0]})
    assert answer.json == {"predictions": [3.0]}


@pytest.fixture
def report(capsys: pytest.CaptureFixture[str]) -> Callable[[str, int], None]:
    """Print how many requests were sent, in a long run."""

    def say(what: str, count: int) -> None:
        if MINUTES:
            with capsys.disabled():
                print(f"\nfuzz: {count} {what}")

    return say


def test_any_body_gets_a_documented_answer(rest: Rest, report: Callable[[str, int], None]) -> None:
    requests = st.tuples(fuzzing.predict_paths, fuzzing.any_body)
    count = fuzz(requests, lambda request: check_body(rest, *request), SHORT_RUN * 2)
    report("bodies over REST", count)


def check_body(rest: Rest, path: str, body: str | bytes) -> None:
    rest.send("POST", path, body)  # which checks the answer


def test_any_path_gets_a_documented_answer(rest: Rest, report: Callable[[str, int], None]) -> None:
    requests = st.tuples(fuzzing.methods, fuzzing.paths, st.sampled_from([None, "{}", "x"]))
    count = fuzz(requests, lambda request: check_path(rest, *request), SHORT_RUN)
    report("paths over REST", count)


def check_path(rest: Rest, method: str, path: str, body: str | None) -> None:
    if method in {"HEAD", "OPTIONS"}:
        # The one has no body, the other is answered for CORS alone.
        rest._connection.request(method, path, body)
        answer = rest._connection.getresponse()
        answer.read()
        assert answer.status < 500
        return
    answer_or_none = send_path(rest, method, path, body)
    assert answer_or_none is None or answer_or_none < 500


def send_path(rest: Rest, method: str, path: str, body: str | None) -> int | None:
    """Send a request of any path; `None` where this client itself refuses to write it."""
    try:
        return rest.send(method, path, body).status
    except http.client.InvalidURL:
        return None


def test_any_message_gets_a_documented_answer(
    rpc: Any, kind: str, report: Callable[[str, int], None]
) -> None:
    calls = fuzzing.calls(huge=kind == "local")
    count = fuzz(calls, lambda call: check_call(rpc, *call), SHORT_RUN)
    report("messages over gRPC", count)


def check_call(rpc: Any, method: str, message: Any) -> None:
    rpc.send(method, message)  # which checks the answer


def test_any_bytes_get_an_answer(rpc: Any, report: Callable[[str, int], None]) -> None:
    from tests.model_server.rpc import METHODS

    paths = [f"/{service}/{name}" for name, (service, *_) in METHODS.items()]
    requests = st.tuples(st.sampled_from(paths), st.binary(max_size=100))
    count = fuzz(requests, lambda request: check_bytes(rpc, *request), SHORT_RUN)
    report("byte strings over gRPC", count)


def check_bytes(rpc: Any, path: str, request: bytes) -> None:
    from google.protobuf.message import DecodeError
    from tests.model_server.rpc import METHODS, Refusal

    answer = rpc.raw(path, request)
    if not isinstance(answer, Refusal) or answer.code not in NO_MESSAGE:
        return
    with pytest.raises(DecodeError):
        METHODS[path.rsplit("/", 1)[1]][1].FromString(request)


def test_openapi_description_holds(server: Server, report: Callable[[str, int], None]) -> None:
    import requests
    import schemathesis
    from schemathesis import checks

    text = Path(__file__).with_name("openapi.yaml").read_text(encoding="utf-8")
    schema = schemathesis.openapi.from_dict(yaml.safe_load(text))
    operations: list[Any] = list(schema.get_all_operations())
    strategies = st.one_of([each.ok().as_strategy() for each in operations])
    held = [
        checks.not_a_server_error,
        checks.status_code_conformance,
        checks.content_type_conformance,
        checks.response_schema_conformance,
    ]
    with requests.Session() as session:

        def check(case: Any) -> None:
            response = case.call(base_url=server.rest, session=session)
            case.validate_response(response, checks=held)

        count = fuzz(strategies, check, SHORT_RUN // 2)
    report("requests by the OpenAPI description", count)
