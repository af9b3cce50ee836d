"""How a service is watched, as far as its files show: alerts, objectives, dashboards, pictures.

Everything is as it is written; nothing is evaluated. What was read from a template or another
program's source, where a value may be put in later, says so (``templated``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, get_args

from msgspec import Struct

from handbook.model.source import Source, Spot

AlertClass = Literal[
    "uptime",
    "latency",
    "throughput",
    "errors",
    "queue",
    "disk",
    "CPU",
    "memory",
    "model",
    "other",
]
"""What an alert watches. "model" is a model's quality, drift and versions."""

CLASSES: tuple[AlertClass, ...] = get_args(AlertClass)

STALE_DAYS = 30
"""How long a dated picture says what normal looks like."""


class Alert(Struct, frozen=True):
    """One alert rule.

    ``signal`` is what it says of itself, ``expression`` what is computed. ``over`` is the window
    that the signal is computed over, ``lasting`` how long it must be so before it rings.
    ``receiver`` is who gets it, ``routed`` tells that a route decides that, not the rule.
    ``metrics`` are the names in the expression. ``form``: "Prometheus", "Grafana", "Datadog" …
    """

    name: str
    kind: AlertClass
    form: str
    spot: Spot
    signal: str = ""
    expression: str = ""
    comparator: str = ""
    threshold: str = ""
    over: str = ""
    lasting: str = ""
    severity: str = ""
    receiver: str = ""
    routed: bool = False
    runbook: str = ""
    metrics: tuple[str, ...] = ()
    templated: bool = False

    @property
    def triggered(self) -> bool:
        """Whether it says when it rings: a window, a duration, a severity or a receiver."""
        return bool(self.lasting or self.over or self.severity or self.receiver)


class Objective(Struct, frozen=True):
    """A service level objective. ``target`` and ``window`` as written, ``kind`` by its indicator.

    ``alerting``: its own file says who is told when it is missed. ``written``: it stands in a
    document for people, no program watches it.
    """

    name: str
    form: str
    spot: Spot
    service: str = ""
    kind: AlertClass = "other"
    target: str = ""
    window: str = ""
    signal: str = ""
    alerting: bool = False
    written: bool = False


class Panel(Struct, frozen=True):
    """A panel of a dashboard and the metrics that it asks for; ``row`` is the row it is in."""

    title: str
    metrics: tuple[str, ...] = ()
    row: str = ""


class Dashboard(Struct, frozen=True):
    """A dashboard kept as code."""

    title: str
    form: str
    spot: Spot
    panels: tuple[Panel, ...] = ()

    @property
    def metrics(self) -> tuple[str, ...]:
        """Names of all metrics it asks for, each once."""
        return tuple(dict.fromkeys(name for panel in self.panels for name in panel.metrics))


class Scrape(Struct, frozen=True):
    """A rule by which metrics are read: whose (names, label values, hosts), and at which path.

    ``everything``: what it selects is not told by names, so it may be all there is.
    """

    form: str
    name: str
    spot: Spot
    targets: tuple[str, ...] = ()
    path: str = ""
    interval: str = ""
    everything: bool = False


class SheetRow(Struct, frozen=True):
    """A row of a monitoring sheet: a workload and what is watched on it, in somebody's words."""

    workload: str
    parameters: str
    spot: Spot
    owner: str = ""


class Screenshot(Struct, frozen=True):
    """A picture of a dashboard, dated (YYYY-MM-DD) by its name, its folder or a note beside it."""

    path: str
    day: str
    title: str


class Metric(Struct, frozen=True):
    """A metric that the source defines: its name as it is exposed, its type."""

    name: str
    kind: str
    spot: Spot


class Monitoring(Struct, frozen=True):
    """All of it, in the order of files.

    ``unread``: files with alerts that are not readable. ``elsewhere``: charts and modules of
    others that bring alerts along, whose files are not in the repo.
    """

    alerts: tuple[Alert, ...] = ()
    objectives: tuple[Objective, ...] = ()
    dashboards: tuple[Dashboard, ...] = ()
    scrapes: tuple[Scrape, ...] = ()
    sheet: tuple[SheetRow, ...] = ()
    screenshots: tuple[Screenshot, ...] = ()
    receivers: tuple[str, ...] = ()
    unread: tuple[Spot, ...] = ()
    elsewhere: tuple[Spot, ...] = ()

    def of(self, *kinds: AlertClass) -> tuple[Alert, ...]:
        """Return the alerts of these classes."""
        return tuple(alert for alert in self.alerts if alert.kind in kinds)


_PROMETHEUS = re.compile(
    r"(?:prometheus_client(?:\.(?:core|metrics|metrics_core|registry))?\.)"
    r"(Counter|Gauge|Histogram|Summary|Info|Enum)(?:MetricFamily)?"
)
_OTEL = re.compile(r"\?\.create_(?:observable_)?(counter|up_down_counter|histogram|gauge)")
_NAME = re.compile(r"[A-Za-z_:][\w:.-]{1,200}", re.ASCII)

INSTRUMENTATION: dict[str, str] = {
    "prometheus_fastapi_instrumentator": "HTTP requests",
    "starlette_exporter": "HTTP requests",
    "starlette_prometheus": "HTTP requests",
    "prometheus_flask_exporter": "HTTP requests",
    "django_prometheus": "HTTP requests, database, cache",
    "opentelemetry": "OpenTelemetry",
    "ddtrace": "Datadog APM",
    "datadog": "Datadog metrics",
    "newrelic": "New Relic APM",
    "elasticapm": "Elastic APM",
    "sentry_sdk": "Sentry",
    "statsd": "StatsD metrics",
    "prometheus_client": "Prometheus metrics",
    "aws_xray_sdk": "AWS X-Ray",
    "logfire": "Logfire",
}
"""Libraries that expose or send numbers by themselves, and what."""


def metrics_of(source: Source) -> Iterator[Metric]:
    """Give the metrics that Python source defines by prometheus_client or OpenTelemetry."""
    named = any(True for _ in source.imported("opentelemetry"))
    for call in source.calls:
        name = call.texts[0] if call.texts else ""
        if not _NAME.fullmatch(name):
            continue
        if found := _PROMETHEUS.fullmatch(call.name):
            kind = found[1].lower()
            total = kind == "counter" and not name.endswith("_total")
            yield Metric(f"{name}_total" if total else name, kind, call.spot)
        elif named and (found := _OTEL.fullmatch(call.name)):
            yield Metric(name, found[1].replace("_", " "), call.spot)


def instrumented(source: Source) -> Iterator[tuple[str, Spot]]:
    """Give what libraries measure by themselves, each once, with the line that imports them."""
    seen: set[str] = set()
    for item in source.imports:
        root = item.name.partition(".")[0]
        if root in INSTRUMENTATION and root not in seen:
            seen.add(root)
            yield INSTRUMENTATION[root], item.spot
