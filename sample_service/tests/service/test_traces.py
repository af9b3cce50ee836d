"""Spans reach a collector, and a worker's leads back to the request it works for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from tests.service.conftest import Start
from tests.service.program import until

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("tiny-model")]

MakePayment = Callable[..., dict[str, Any]]
TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@pytest.fixture
def spans() -> Iterator[tuple[str, list[Span]]]:
    """Lend the address of a collector, and what it has got."""
    found: list[Span] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                found.extend(span for scope in resource.scope_spans for span in scope.spans)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Collector) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}", found
        server.shutdown()
        thread.join()


def test_a_trace_leads_from_the_caller_to_the_worker(
    start: Start,
    database: str,
    payment: MakePayment,
    model_url: str,
    spans: tuple[str, list[Span]],
) -> None:
    collector, found = spans
    settings = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector, "OTEL_EXPORTER_OTLP_COMPRESSION": "none"}
    api = start("api", database, **settings)
    worker = start("worker", database, FRAUD_SCORE_MODEL_URL=model_url, **settings)
    headers = {"traceparent": f"00-{TRACE}-{CALLER}-01"}
    job = api.http.post("/v1/scores", json=payment(), headers=headers).headers["Location"]
    until(lambda: api.http.get(job).json()["status"] == "succeeded", "the score")
    assert (api.terminate(), worker.terminate()) == (0, 0)  # what is not sent yet is sent then
    (asked,) = [span for span in found if span.name == "requestScore"]
    (scored,) = [span for span in found if span.name == "score"]
    assert (asked.trace_id.hex(), asked.parent_span_id.hex()) == (TRACE, CALLER)
    assert [(link.trace_id, link.span_id) for link in scored.links] == [
        (asked.trace_id, asked.span_id)
    ]
    assert f'"trace_id": "{TRACE}"' in worker.text(), "its log line names the request's trace"
