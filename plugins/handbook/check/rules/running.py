"""RUN01, RUN03: what Kubernetes has to know of a container to look after it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from msgspec import Struct

from handbook.check.rule import Rule, Verdict
from handbook.check.rules.shared import at
from handbook.check.rules.shipping import PRODUCTION, deploy_of
from handbook.model.deploy import Container, Deploy, Probe, Workload
from handbook.model.facts import Fact
from handbook.model.readiness import Level, Status
from handbook.model.source import Spot

_SHOWN = 12
_CLUSTER = ("kubernetes", "kustomize", "helm")
_PLATFORM = frozenset(
    {"InferenceService", "KnativeService", "SeldonDeployment", "ServingRuntime", "RayService"}
    | {"ClusterServingRuntime", "CloudRun", "EcsTask", "EcsService"}
)
"""Kinds whose platform checks by itself that a port answers before it sends traffic."""

_NOT_OWN = re.compile(  # images that others make: databases, brokers, monitoring
    r"(?:^|/)(?:redis[\w-]*|valkey|postgres[\w-]*|pgvector|postgis|mysql|mariadb|mongo\w*|rabbitmq|kafka|zookeeper|cp-[\w-]+"
    r"|elasticsearch|opensearch\w*|minio|nats|memcached|etcd|prometheus|alertmanager|(?:\w+[-_])?grafana[\w-]*|heapster[\w-]*|wiremock|loki|tempo|jaeger\w*"
    r"|all-in-one|opentelemetry-collector[\w-]*|otel[\w-]*|adminer|pgadmin4?|mailhog|mailpit|mailcatcher|traefik|localstack"
    r"|kube-rbac-proxy|oauth2-proxy|(?:\w+-)?oauth-proxy|configmap-reload\w*|kube-state-metrics|cloudsql-proxy|cloud-sql-proxy|envoy\w*|pause"
    r"|zipkin|kibana|logstash|fluent[\w-]*|vault|consul|cassandra|clickhouse[\w-]*|influxdb|statsd[\w-]*|cadvisor|node-exporter"
    r"|[\w-]*exporter|mlflow|flower|maildev|busybox|alpine|dynamodb-local|azurite|fake-gcs-server|selenium|chromium|locust)(?:[:@]|$)",
    re.IGNORECASE,
)


class Said(Struct, frozen=True):
    """What is wrong with one container, and how much."""

    status: Status
    what: str
    spot: Spot


class Probes(Rule):
    """Kubernetes can tell whether a container is alive and ready.

    ## What it does
    Looks at the containers that stay up and have a port: overlays are put together, templates of
    charts are read with their values. What a Service sends traffic to must have a readiness probe.
    A missing liveness probe, or one that asks the same as readiness, is named and fails nothing.

    ## Why
    Without readiness, traffic arrives while the model is still loading. With liveness that asks the
    database, an outage of the database restarts every pod on top.

    ## How to fix
    Add a `readinessProbe` that answers 200 only when requests can be served, and a `livenessProbe`
    on another path that only says that the process lives.

    ## Equivalents
    HTTP, gRPC, TCP and command probes; `healthcheck` in compose, `HEALTHCHECK` in a Dockerfile;
    KServe, Knative, Seldon and Cloud Run check by themselves. Jobs need none. Our source asks for
    both; liveness is optional here, as kube-score has it, since restarting helps few faults.
    """

    code = "RUN01"
    version = 2
    level: ClassVar[Level] = "bronze"
    statements = (25,)
    page = "build/health-checks/#liveness"

    def check(self, deploy: Fact[Deploy]) -> Verdict:
        """Fail where traffic is sent without readiness, warn on lesser lacks."""
        found = deploy_of(deploy)
        workloads = [item for item in found.objects() if item.long_running]
        cluster = [item for item in workloads if item.source in _CLUSTER]
        managed = [item for item in workloads if item.kind in _PLATFORM]
        said = [one for item in cluster if item.kind not in _PLATFORM for one in _probes(item)]
        if not cluster and not managed:
            said = list(_composed(found))
        good = [one for one in said if one.status == "pass"]
        worst = [one for one in said if one.status == "fail"]
        lesser = [one for one in said if one.status == "warn"]
        if bad := worst or lesser:
            what = bad[0].what if len(bad) == 1 else f"{bad[0].what}, and {len(bad) - 1} more"
            places = tuple(at(one.spot) for one in bad[:_SHOWN])
            fix = "Add a readiness probe that answers 200 only when requests can be served."
            if not worst:
                fix = (
                    "Let liveness ask only whether the process lives, readiness whether it serves."
                )
            return Verdict("fail" if worst else "warn", f"{what}.", places, fix=fix)
        if good:
            places = tuple(at(one.spot) for one in good[:_SHOWN])
            return Verdict("pass", f"{len(good)} of {len(good)} that serve have probes.", places)
        if managed:
            places = tuple(at(item.spot) for item in managed[:_SHOWN])
            return Verdict("pass", "The platform checks it by itself.", places)
        if any(item.templated for item in cluster):
            return Verdict("na", "Its containers are all left to a chart from elsewhere.")
        return Verdict("na", _unjudged(workloads))


def _unjudged(workloads: list[Workload]) -> str:
    """Say why none of these is held to probes."""
    if not workloads:
        return "Nothing is deployed here."
    if not any(item.services or any(one.ports for one in item.containers) for item in workloads):
        return "Nothing that stays up opens a port."
    if any(item.source == "procfile" for item in workloads):
        return "Only a Procfile says how it runs: the platform looks after its processes."
    return "Only a compose file says how it runs, and nothing says that it is deployed that way."


def _probes(workload: Workload) -> Iterator[Said]:
    """Judge a workload by its best container: sidecars need no readiness of their own."""
    own = [item for item in workload.containers if not item.init]
    serving = [item for item in own if item.ports]
    if not own or (not serving and not workload.services):
        return
    ready = [probe for item in own if (probe := item.probe("readiness"))]
    name = workload.name
    if not ready:
        if workload.templated or any(item.templated for item in own):
            return  # a template may well have it
        spot = (serving or own)[0].spot
        if workload.services and not all(_NOT_OWN.search(item.image) for item in own):
            yield Said("fail", f"{name} gets traffic without a readiness probe", spot)
        elif workload.services:
            yield Said("warn", f"{name} gets traffic without a readiness probe", spot)
        else:
            yield Said("warn", f"{name} opens a port without a readiness probe", spot)
        return
    alive = [probe for item in own if (probe := item.probe("liveness"))]
    theirs = all(_NOT_OWN.search(item.image) for item in own)
    if not alive and not theirs:
        yield Said("warn", f"{name} has no liveness probe", ready[0].spot)
    elif same := _same(own, theirs=theirs):
        yield Said("warn", f"{name} asks the same for liveness and readiness", same.spot)
    else:
        yield Said("pass", name, ready[0].spot)


def _same(containers: list[Container], *, theirs: bool) -> Probe | None:
    for item in containers:
        ready, alive = item.probe("readiness"), item.probe("liveness")
        if theirs or not ready or not alive or ready.how != "http":
            continue
        if (ready.target, ready.port) == (alive.target, alive.port):
            return alive
    return None


def _composed(found: Deploy) -> Iterator[Said]:
    """Compose is for one machine: what it lacks is worth a word where that is what is deployed."""
    checked = any(build.healthcheck for build in found.builds)
    for workload in found.objects():
        if workload.kind != "ComposeService" or not workload.services:
            continue
        container = workload.containers[0]
        if not container.built or _NOT_OWN.search(container.image):
            continue
        if probe := container.probe("healthcheck"):
            yield Said("pass", workload.name, probe.spot)
        elif checked:
            spot = next(build.healthcheck.spot for build in found.builds if build.healthcheck)
            yield Said("pass", workload.name, spot)
        elif found.deploy_jobs or PRODUCTION.search(workload.environment):
            yield Said("warn", f"{workload.name} has no health check", container.spot)


class Requests(Rule):
    """Containers say how much processor and memory they need.

    ## What it does
    Looks at the requests of all containers in Kubernetes, jobs as well; limits count, for they
    become requests. Containers that run before the others, and what a platform fills in, are left
    out.

    ## Why
    Without requests the scheduler guesses: pods are packed onto a node until it runs out of memory,
    and those without requests are the first to be killed.

    ## How to fix
    Set `resources.requests` for `cpu` and `memory` to what the container uses on a busy day.

    ## Equivalents
    Limits without requests; values of a chart; defaults of KServe, Cloud Run and ECS.
    """

    code = "RUN03"
    version = 2
    level: ClassVar[Level] = "silver"
    page = "run/deploy/#what-a-container-needs"

    def check(self, deploy: Fact[Deploy]) -> Verdict:
        """Pass when all say both, warn when some or only jobs do not, fail when none does."""
        found = deploy_of(deploy)
        cluster = [
            item
            for item in found.objects()
            if item.source in _CLUSTER and item.kind not in _PLATFORM
        ]
        asked = [
            (workload, container)
            for workload in cluster
            for container in workload.containers
            if not container.init and not container.templated
        ]
        if not asked:
            return Verdict("na", "Nothing here runs in Kubernetes in containers of its own.")
        lacking = [(item, one) for item, one in asked if not _enough(one)]
        if not lacking:
            places = tuple(at(one.spot) for _, one in asked[:3])
            return Verdict("pass", f"All {len(asked)} containers say what they need.", places)
        silent = [pair for pair in lacking if not pair[1].requests and not pair[1].limits]
        stays = any(workload.long_running for workload, _ in silent)
        places = tuple(at(one.spot) for _, one in lacking[:_SHOWN])
        fix = "Set `resources.requests` for `cpu` and `memory`."
        left = all("templated" in dict(one.requests) for _, one in lacking)
        if left:
            message = (
                f"{len(lacking)} of {len(asked)} containers leave it to values that are empty."
            )
            return Verdict("warn", message, places, fix=fix)
        message = f"{len(lacking)} of {len(asked)} containers do not say what they need."
        status: Status = "fail" if stays and len(silent) == len(asked) else "warn"
        return Verdict(status, message, places, fix=fix)


def _enough(container: Container) -> bool:
    named = {name for name, _ in (*container.requests, *container.limits)}
    # A GPU is asked for as a limit; the processor and memory beside it still count.
    return {"cpu", "memory"} <= named
