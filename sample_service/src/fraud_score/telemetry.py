"""Logs and traces: one JSON line per event, with the trace and the job it belongs to.

Bodies never go into either: they hold what callers sent.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Link, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from pythonjsonlogger.json import JsonFormatter

_PROPAGATOR = TraceContextTextMapPropagator()
_job: ContextVar[str] = ContextVar("job", default="")


@contextmanager
def tracing() -> Iterator[Tracer]:
    """Lend what makes spans; they are sent only if ``OTEL_EXPORTER_OTLP_ENDPOINT`` says where.

    Without it spans are still made, so that log lines and callers have a trace to name.
    """
    provider = TracerProvider(shutdown_on_exit=False)
    if os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    try:
        yield provider.get_tracer("fraud_score")
    finally:
        provider.shutdown()


def incoming(headers: Mapping[str, str]) -> Context:
    """Return the trace that a request belongs to, by its ``traceparent``."""
    return _PROPAGATOR.extract(headers)


def traceparent() -> str | None:
    """Return the current span in the form of W3C Trace Context, to be handed on."""
    carrier: dict[str, str] = {}
    _PROPAGATOR.inject(carrier)
    return carrier.get("traceparent")


def links(traceparents: list[str | None]) -> list[Link]:
    """Return links to spans of other processes, those that are not known left out."""
    contexts = [_PROPAGATOR.extract({"traceparent": value}) for value in traceparents if value]
    spans = [trace.get_current_span(context).get_span_context() for context in contexts]
    return [Link(span) for span in spans if span.is_valid]


@contextmanager
def about_job(job_id: object) -> Iterator[None]:
    """Name the job in all log lines of the block."""
    token = _job.set(str(job_id))
    try:
        yield
    finally:
        _job.reset(token)


def trace_id(parent: str) -> str:
    """Return the trace that a ``traceparent`` names."""
    return parent.split("-")[1]


def log_to_stderr(level: int = logging.INFO) -> None:
    """Write all log lines to stderr, as JSON."""
    handler = logging.StreamHandler(sys.stderr)
    fields = ["asctime", "levelname", "name", "message"]
    handler.setFormatter(
        JsonFormatter(fields, rename_fields={"asctime": "time", "levelname": "level"})
    )
    handler.addFilter(_add_origin)
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # One line per call of the model server is what metrics are for; the pool tells what we tell.
    for name in ("httpx", "psycopg.pool", "uvicorn"):
        logging.getLogger(name).setLevel(logging.WARNING)


def _add_origin(record: logging.LogRecord) -> bool:
    span = trace.get_current_span().get_span_context()
    if span.is_valid and not hasattr(record, "trace_id"):
        record.trace_id = trace.format_trace_id(span.trace_id)
    if (job := _job.get()) and not hasattr(record, "job_id"):
        record.job_id = job
    return True
