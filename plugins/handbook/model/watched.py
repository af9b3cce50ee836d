"""What is watched on each workload: manifests, scrape rules, alerts and sheets put side by side.

They name the same thing differently: ``fraud-score-api`` is a Deployment, ``api`` a target and
"API" a row of a table. Names are compared by their words, without those that all workloads share.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from handbook.model.deploy import Deploy, Workload
from handbook.model.monitoring import Alert, Monitoring, Scrape, SheetRow
from handbook.model.source import Spot

_QUOTED = re.compile(r"[\"']([^\"'\n]{1,200})[\"']")
_TEST = re.compile(r"(?i)(?:^|[^a-z])(?:e2e|tests?|ci|lint|docs)(?:[^a-z]|$)")
_KNOWN = re.compile(
    r"(?i)(?:postgres|postgis|pgbouncer|pgadmin|redis|valkey|mysql|mariadb|mongo|rabbitmq|kafka|cp-"
    r"|zookeeper|elasticsearch|opensearch|kibana|memcached|minio|traefik|nginx|caddy|adminer|grafana"
    r"|prometheus|jaeger|loki|tempo|otel|opentelemetry|zipkin|mail|localstack|vault|consul|mlflow"
    r"|clickhouse|nats|influxdb|portainer|watchtower|stunnel|fake-gcs|google-cloud-cli|azurite|wiremock|mockserver|selenium|chrome|busybox|alpine)"
)
_SENT = {
    "OTEL_EXPORTER": "OpenTelemetry",
    "OTEL_COLLECTOR": "OpenTelemetry",
    "DD_": "Datadog",
    "NEW_RELIC_": "New Relic",
    "ELASTIC_APM_": "Elastic APM",
    "SENTRY_DSN": "Sentry",
    "STATSD_HOST": "StatsD",
    "APPLICATIONINSIGHTS_": "Application Insights",
}
"""How variables of a container begin that tell it where to send numbers."""
_FILLERS = frozenset({"service", "services", "pod", "pods", "deployment", "job", "app", "the"})


class Watched(Struct, frozen=True):
    """A workload with all that watches it. ``spot`` is None where only a sheet names it.

    ``ends``: it is a job. ``sends`` are the systems that it sends numbers to by itself.
    """

    name: str
    kind: str = ""
    spot: Spot | None = None
    rows: tuple[SheetRow, ...] = ()
    scrapes: tuple[Scrape, ...] = ()
    alerts: tuple[Alert, ...] = ()
    sends: tuple[str, ...] = ()
    ends: bool = False

    @property
    def parameters(self) -> tuple[str, ...]:
        """What a sheet lists, else what its alerts watch."""
        said = tuple(row.parameters for row in self.rows)
        return said or tuple(dict.fromkeys(alert.kind for alert in self.alerts))

    @property
    def watched(self) -> bool:
        """Whether anything watches it."""
        return bool(self.rows or self.scrapes or self.alerts or self.sends)


def watched_in(deploy: Deploy | None, monitoring: Monitoring) -> tuple[Watched, ...]:
    """Return workloads that stay up, jobs that come again, and what else a sheet lists."""
    workloads = owned(deploy) if deploy else ()
    jobs = [item for item in deploy.objects() if item.kind == "CronJob"] if deploy else []
    shared = _shared([_words(item.name) for item in workloads])
    found = [
        _watched(item, shared, monitoring, alone=len(workloads) == 1 and item.long_running)
        for item in (*workloads, *{item.name: item for item in jobs}.values())
    ]
    taken = {row.spot for item in found for row in item.rows}
    for row in monitoring.sheet:
        if row.spot not in taken:
            found.append(Watched(row.workload, rows=(row,)))
    return tuple(found)


def owned(deploy: Deploy) -> tuple[Workload, ...]:
    """Return what stays up in the place nearest to production, each name once.

    A compose file is what developers run where there are manifests besides.
    """
    long = [item for item in deploy.objects() if item.long_running]
    real = [item for item in long if item.source not in ("compose", "procfile")]
    local = [item for item in long if not _TEST.search(f"{item.spot.path} {item.name}")]
    chosen = real or [item for item in local if not _foreign(item)]
    return tuple({item.name: item for item in chosen}.values())


def _foreign(workload: Workload) -> bool:
    """Whether a compose service runs a well-known image: nothing of this repo."""
    names = [
        image.partition("@")[0].rpartition("/")[2].partition(":")[0] for image in workload.images
    ]
    if any("$" in image for image in workload.images):  # which one is said elsewhere
        names = [workload.name]
    return bool(names) and all(_KNOWN.match(name) for name in names)


def _watched(
    workload: Workload, shared: frozenset[str], monitoring: Monitoring, *, alone: bool
) -> Watched:
    own = _words(workload.name) - shared or _words(workload.name)
    return Watched(
        name=workload.name,
        kind=workload.kind,
        spot=workload.spot,
        rows=tuple(row for row in monitoring.sheet if _same(own, row.workload)),
        scrapes=tuple(item for item in monitoring.scrapes if _reads(item, workload, own)),
        alerts=tuple(
            item for item in monitoring.alerts if alone or _speaks_of(item, workload.name)
        ),
        sends=tuple(dict.fromkeys(_sends(workload))),
        ends=not workload.long_running,
    )


def _sends(workload: Workload) -> Iterator[str]:
    for container in workload.containers:
        for name, _ in container.env:
            yield from (to for start, to in _SENT.items() if name.startswith(start))


def _words(name: str) -> frozenset[str]:
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return frozenset(re.sub(r"[^a-z0-9]+", " ", spaced.lower()).split())


def _shared(names: list[frozenset[str]]) -> frozenset[str]:
    """Return the words that all of several names have."""
    return frozenset.intersection(*names) if len(names) > 1 else frozenset()


def _same(own: frozenset[str], name: str) -> bool:
    """Whether a row of a sheet means a workload: all words of one are in the other."""
    words = _words(name) - _FILLERS
    mine = own - _FILLERS or own
    return bool(words) and (words <= own or mine <= words)


def _reads(scrape: Scrape, workload: Workload, own: frozenset[str]) -> bool:
    """Whether a scrape rule selects a workload: by its name, a Service of it, or its labels."""
    if scrape.everything:
        # Prometheus' own discovery finds all; a chart's selector is about what is in the chart.
        folder = scrape.spot.path.rpartition("/")[0].removesuffix("/templates")
        return scrape.form == "Prometheus" or workload.spot.path.startswith(f"{folder}/")
    labels = {value for key, value in workload.labels if "part-of" not in key}
    names = {workload.name, *workload.services, *labels}
    return any(target in names or _words(target) == own for target in scrape.targets)


def _speaks_of(alert: Alert, name: str) -> bool:
    """Whether an alert's expression names a workload, whole or as the start of a pattern."""
    return any(_matches(text, name) for text in _QUOTED.findall(alert.expression))


def _matches(text: str, name: str) -> bool:
    parts: Iterable[str] = text.strip("^$()").split("|")
    for part in parts:
        start = part.removesuffix(".*").removesuffix(".+")
        if part == name or (start != part and len(start) > 3 and name.startswith(start)):
            return True
        # A pod is called by its workload and a random end.
        if start != part and len(name) > 3 and start.rstrip("-") == name:
            return True
    return False
