"""ASYNC01, ASYNC02: how services hand work to each other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from handbook.check.rule import Rule, Verdict
from handbook.check.rules.shared import at
from handbook.model.facts import Fact, Found
from handbook.model.profile import Profile
from handbook.model.readiness import Evidence, Level
from handbook.model.source import Source

_QUEUES = (
    "celery", "kombu", "pika", "aio_pika", "aiormq", "aiokafka", "kafka", "confluent_kafka",
    "faststream", "dramatiq", "rq", "arq", "nats", "huey", "taskiq", "procrastinate", "pgqueuer",
    "google.cloud.pubsub", "google.cloud.pubsub_v1", "google.cloud.tasks_v2", "azure.servicebus",
    "pulsar", "stomp", "django_rq", "saq", "sqs_consumer",
)  # fmt: skip
_QUEUE_CALLS = frozenset(
    {"xreadgroup", "xadd", "brpop", "blpop", "send_message", "receive_message"}
)
_SKIP_LOCKED = re.compile(r"\bskip\s+locked\b", re.IGNORECASE)
_INTERNAL = re.compile(
    r"^https?://(?P<host>[a-z][a-z0-9-]{1,62}|[a-z0-9.-]{1,200}\.svc(?:\.cluster\.local)?"
    r"|[a-z0-9.-]{1,200}\.internal)(?::\d{2,5})?(?:/|$)"
)
_NO_SERVICE = re.compile(
    r"localhost|otel|collector|prometheus|pushgateway|jaeger|zipkin|tempo|grafana|loki|elastic"
    r"|opensearch|minio|vault|consul|redis|rabbit|kafka|registry|mlflow|triton|serving|model|metadata"
    r"|proxy|selenium|chrome|sentry|test|example|host|unleash|splunk|solr|qdrant|weaviate|chroma"
)
_MIGRATION = re.compile(r"(?:^|/)(?:alembic\w*|migrations?|versions)/")
_ASKS = ("requests.", "httpx.", "aiohttp.", "urllib.request.", "urllib3.")
_NAMES = {"queues": "a queue", "callbacks": "callbacks", "http": "HTTP between services"}


class OneStyle(Rule):
    """Work is handed on in one style only.

    ## What it does
    Looks for queues (clients of brokers, `SKIP LOCKED`), for addresses to call back, and for
    synchronous HTTP to other services of one's own, by the host names in the code.

    ## Why
    Each style fails in its own way. A queue waits, a callback gets lost, a synchronous call times
    out. Mixed, a job can be done, running and lost at once, depending on whom you ask.

    ## How to fix
    Choose one for the service and say which in `.handbook.yml` (`style: sync`, `async` or
    `batch`). Where work takes long, that is a queue: the caller asks for the result.

    ## Equivalents
    Any broker or a table as a queue. Calls of model servers, stores and telemetry are no second
    style, and neither are addresses of log-ins (OAuth).
    """

    code = "ASYNC01"
    level: ClassVar[Level] = "silver"
    statements = (38,)
    page = "run/queues/#how"

    def check(self, source: Fact[Source], profile: Found[Profile]) -> Verdict:
        """Warn when two styles are there, with a line of each."""
        if not profile.value.runs or not isinstance(source, Found):
            return Verdict("na", "It runs no Python that could hand work on.")
        if profile.value.style == "sync":
            return Verdict("na", f"It is synchronous: {profile.value.because}.")
        found = _styles(source.value)
        if profile.value.style == "async":
            found.pop("http", None)  # that is ASYNC02's to judge
        places = tuple(dict.fromkeys(_best(spots) for spots in found.values()))
        if not found or set(found) == {"http"}:
            return Verdict("na", "It hands no work on to a queue or by callbacks.", places)
        if len(found) == 1:
            return Verdict("pass", f"It uses {_NAMES[next(iter(found))]} only.", places)
        mixed = " and ".join(_NAMES[style] for style in found)
        fix = "Choose one of them for the service, and hand all work on that way."
        return Verdict("warn", f"It mixes {mixed}.", places, fix=fix)


class QueuesEverywhere(Rule):
    """An asynchronous service uses queues everywhere.

    ## What it does
    In a service that says it works asynchronously: looks for a queue, and for HTTP calls to other
    services of one's own beside it.

    ## Why
    With queues throughout, each part may be down, slow or restarted, and nothing is lost. One
    synchronous call in between makes the whole chain as fragile as that call.

    ## How to fix
    Put a job into the queue, answer `202 Accepted` with its address, and let a worker write the
    result.

    ## Equivalents
    Postgres as a queue, SQS, Pub/Sub, RabbitMQ, Kafka, Redis streams; Celery, Dramatiq,
    procrastinate. Online inference (ML01) is synchronous by nature: it says `style: sync`.
    """

    code = "ASYNC02"
    level: ClassVar[Level] = "gold"
    statements = (39,)
    page = "run/queues/#how"

    def check(self, source: Fact[Source], profile: Found[Profile]) -> Verdict:
        """Pass with queues only; fail without, or with HTTP between services."""
        if profile.value.style != "async":
            said = profile.value.style or "nothing"
            return Verdict("na", f"It does not say that it is asynchronous (style: {said}).")
        if not isinstance(source, Found):
            return Verdict("na", "It has no Python source of its own.")
        found = _styles(source.value)
        fix = "Put the work into a queue, and let the caller ask for the result."
        if calls := found.get("http"):
            message = "Work is also handed on by HTTP between services."
            return Verdict("fail", message, tuple(calls), fix=fix)
        if queues := found.get("queues"):
            return Verdict("pass", "Work is handed on by queues only.", tuple(queues[:5]))
        searched = ("clients of brokers", "SKIP LOCKED in SQL")
        return Verdict("fail", "It says async, and no queue was found.", (), searched, fix)


def _best(places: list[Evidence]) -> Evidence:
    """Return the first place that is not in a migration: one says little of what runs."""
    return next((item for item in places if not _MIGRATION.search(item.path)), places[0])


def _styles(source: Source) -> dict[str, list[Evidence]]:
    found = {
        "queues": list(_queues(source)),
        "callbacks": [at(spot) for spot in source.callbacks],
        "http": list(_http(source)),
    }
    return {style: places for style, places in found.items() if places}


def _queues(source: Source) -> Iterator[Evidence]:
    for item in source.imported(*_QUEUES):
        yield at(item.spot)
    for statement in (*source.sql, *source.queries):
        if _SKIP_LOCKED.search(statement.text):
            yield at(statement.spot)
    for call in source.calls:
        if call.name.startswith("?.") and call.name[2:] in _QUEUE_CALLS:
            sqs = "message" in call.name and "QueueUrl" not in call.keywords
            if not sqs:
                yield at(call.spot)


def _http(source: Source) -> Iterator[Evidence]:
    for call in source.calls:
        owner, _, last = call.name.rpartition(".")
        asks = call.name.startswith(_ASKS) or (
            owner == "?" and last in ("get", "post", "put", "patch", "delete", "request")
        )
        if asks and any(_own_service(text) for text in call.texts):
            yield at(call.spot)


def _own_service(text: str) -> bool:
    match = _INTERNAL.match(text)
    return match is not None and not _NO_SERVICE.search(match["host"])
