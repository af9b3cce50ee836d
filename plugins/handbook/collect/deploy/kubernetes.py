"""Kubernetes objects: what runs, what sends traffic to it, what its claims are bound to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

from msgspec.structs import replace

from handbook.collect.deploy.items import TEMPLATED, Item
from handbook.collect.deploy.platforms import special_workload
from handbook.collect.deploy.pods import (
    containers_of,
    is_templated,
    volumes_of,
)
from handbook.model.deploy import SourceKind, Volume, Workload

T = TypeVar("T")

_POD = {
    "Pod": ("spec",),
    "CronJob": ("spec", "jobTemplate", "spec", "template", "spec"),
    "ScheduledJob": ("spec", "jobTemplate", "spec", "template", "spec"),
}
_TEMPLATE = ("spec", "template", "spec")
WORKLOADS = frozenset(
    {"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Pod", "Job", "CronJob", "Rollout"}
    | {"DeploymentConfig", "ReplicationController"}
)
_BY_HAND = re.compile(r"(?:^|/)(?:(?:scripts?|hack|tools?|debug)/|test(?:s|ing)?[-_][^/]{1,200}$)")
"""Where a pod or a job is that somebody starts to look at something, or to test."""
_SELECTING = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet")
_MOST = 2_000


def key_of(item: Item) -> tuple[str, str]:
    """Return kind and name of an object."""
    return item.get("kind").text, item.get("metadata", "name").text


def workloads_of(
    objects: Iterable[Item], source: SourceKind, environment: str = ""
) -> Iterator[Workload]:
    """Give the workloads among objects that are applied together."""
    items = [item for item in objects if item.get("kind").text][:_MOST]
    claims = _claims(items)
    scaled = _scaled(items)
    services = [item for item in items if _is_service(item)]
    for item in items:
        made = _workload(item, source, environment) or special_workload(item, source, environment)
        if made is None:
            continue
        sent = tuple(key_of(one)[1] for one in services if _selects(one, made))
        volumes = tuple(_bound(volume, claims) for volume in made.volumes)
        replicas = _alike(made.name, scaled.get(made.kind, {})) or made.replicas
        yield replace(made, services=made.services + sent, volumes=volumes, replicas=replicas)


def _workload(item: Item, source: SourceKind, environment: str) -> Workload | None:
    kind, name = key_of(item)
    if kind not in WORKLOADS:
        return None
    pod = item.get(*_POD.get(kind, _TEMPLATE))
    labels = item.get(*_POD.get(kind, _TEMPLATE)[:-1], "metadata", "labels")
    if not pod.get("containers") or _is_patch(item):
        return None
    spot = item.spot(f"{kind} {name}")
    if kind in ("Pod", "Job") and _BY_HAND.search(spot.path):
        return None
    return Workload(
        kind=kind,
        name=name,
        spot=spot,
        source=source,
        environment=environment,
        api=item.get("apiVersion").text,
        containers=containers_of(pod),
        volumes=tuple(volumes_of(pod, item.get("spec", "volumeClaimTemplates"))),
        replicas=item.get("spec", "replicas").text,
        strategy=_strategy(item),
        rollback=_rollback(item),
        labels=tuple((key, value.text) for key, value in labels.pairs.items()),
        templated=is_templated(pod) or TEMPLATED in name or is_templated(pod.get("containers")),
    )


def _is_patch(item: Item) -> bool:
    """Whether it is a part of an object, for something else to be merged into."""
    spec = item.get("spec")
    modern = item.get("apiVersion").text == "apps/v1" and item.get("kind").text in _SELECTING
    return modern and TEMPLATED not in spec.pairs and "selector" not in spec.pairs


def _strategy(item: Item) -> str:
    body = item.get("spec", "strategy") or item.get("spec", "updateStrategy")
    if kind := body.get("type").text:
        return kind
    keys = [key for key in body.pairs if key != TEMPLATED]
    return keys[0] if keys else ""


def _rollback(item: Item) -> tuple[str, ...]:
    found = []
    steps = item.get("spec", "strategy", "canary") or item.get("spec", "strategy", "blueGreen")
    if item.get("kind").text == "Rollout" and steps:
        found.append("rollout analysis" if steps.get("analysis") else "rollout")
    return tuple(found)


def _alike(name: str, found: Mapping[str, T]) -> T | None:
    """Return what is known by a name, or by it with the prefix or suffix of an overlay."""
    if name in found or not name:
        return found.get(name)
    ends = (other for other in found if other and (name.endswith(other) or other.endswith(name)))
    near = next(ends, None) or next((other for other in found if name.startswith(f"{other}-")), "")
    return found.get(near)


def _scaled(items: list[Item]) -> dict[str, dict[str, str]]:
    """Map what autoscalers scale, by kind and name, to how far they do."""
    found: dict[str, dict[str, str]] = {}
    for item in items:
        spec = item.get("spec")
        if item.get("kind").text in ("HorizontalPodAutoscaler", "ScaledObject"):
            target = spec.get("scaleTargetRef")
            least = spec.get("minReplicas").text or spec.get("minReplicaCount").text or "1"
            most = spec.get("maxReplicas").text or spec.get("maxReplicaCount").text or "?"
            kind = target.get("kind").text or "Deployment"
            found.setdefault(kind, {})[target.get("name").text] = f"{least}\N{EN DASH}{most}"
    return found


def _is_service(item: Item) -> bool:
    return item.get("kind").text == "Service" and "knative" not in item.get("apiVersion").text


def _selects(service: Item, workload: Workload) -> bool:
    selector = service.get("spec", "selector").pairs
    labels = dict(workload.labels)
    if TEMPLATED in selector or TEMPLATED in labels:
        return False
    return bool(selector) and all(labels.get(key) == item.text for key, item in selector.items())


def _claims(items: list[Item]) -> dict[str, tuple[tuple[str, ...], str]]:
    """Map the claims to their access modes and to what kind of volume they are bound to."""
    bound: dict[str, str] = {}
    for item in items:
        if item.get("kind").text == "PersistentVolume":
            spec = item.get("spec")
            backing = next((kind for kind in ("nfs", "csi", "hostPath") if spec.get(kind)), "")
            bound[spec.get("claimRef", "name").text or key_of(item)[1]] = backing
    found = {}
    for item in items:
        if item.get("kind").text == "PersistentVolumeClaim":
            name = key_of(item)[1]
            spec = item.get("spec")
            backing = _alike(name, bound) or bound.get(spec.get("volumeName").text, "")
            found[name] = (tuple(spec.get("accessModes").texts), backing)
    return found


def _bound(volume: Volume, claims: dict[str, tuple[tuple[str, ...], str]]) -> Volume:
    known = _alike(volume.source, claims) if volume.kind == "pvc" else None
    if known is None:
        return volume
    modes, backing = known
    return replace(volume, modes=modes or volume.modes, backing=backing)
