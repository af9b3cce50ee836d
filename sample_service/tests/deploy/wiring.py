"""Do the objects of an environment find each other: selectors, ports, references."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.deploy.manifests import Object, Objects, Workload

SECRETS = {
    "fraud-score": {"DATABASE_URL", "FRAUD_SCORE_TOKEN", "POSTGRES_PASSWORD"},
    "fraud-score-tls": {"tls.crt", "tls.key"},
}
"""Made by hand in each environment: ``deploy/README.md``."""


def selector_problems(objects: Objects) -> Iterator[str]:
    """Every selector selects; no two workloads share pods."""
    for one in objects.of("Deployment", "StatefulSet"):
        name = f"{one['kind']}/{one['metadata']['name']}"
        owners = [found.name for found in objects.selected(one["spec"]["selector"])]
        if owners != [name]:
            yield f"{name}: its selector selects the pods of {owners}"
    for one, selector in _selectors(objects):
        if selector and not objects.selected(selector):
            yield f"{one['kind']}/{one['metadata']['name']}: selects no pod: {selector}"
    for workload in objects.workloads:
        for spread in workload.spec.get("topologySpreadConstraints", []):
            if workload not in objects.selected(spread["labelSelector"]):
                yield f"{workload.name}: spreads other pods than its own"


def _selectors(objects: Objects) -> Iterator[tuple[Object, Object]]:
    for one in objects.of("Service"):
        yield one, {"matchLabels": one["spec"]["selector"]}
    for one in objects.of("PodDisruptionBudget", "PodMonitor"):
        yield one, one["spec"]["selector"]
    for one in objects.of("NetworkPolicy"):
        yield one, one["spec"]["podSelector"]
        for peer in _peers(one):
            if "podSelector" in peer and "namespaceSelector" not in peer:
                yield one, peer["podSelector"]
    for one in objects.of("ServiceMonitor"):
        if not _services(objects, one):
            yield one, {"matchLabels": {"selects": "no Service"}}


def _services(objects: Objects, monitor: Object) -> list[Object]:
    wanted = monitor["spec"]["selector"]["matchLabels"].items()
    return [s for s in objects.of("Service") if wanted <= s["metadata"]["labels"].items()]


def _peers(policy: Object) -> Iterator[Object]:
    for rule in [*policy["spec"].get("ingress", []), *policy["spec"].get("egress", [])]:
        yield from [*rule.get("from", []), *rule.get("to", [])]


def port_problems(objects: Objects) -> Iterator[str]:
    """Every port that is named somewhere is one that a container opens."""
    for one in objects.of("Service"):
        for workload in objects.selected({"matchLabels": one["spec"]["selector"]}):
            for port in one["spec"]["ports"]:
                yield from _unknown(f"Service/{one['metadata']['name']}", port, workload)
    yield from _ingress_problems(objects)
    for one in objects.of("PodMonitor"):
        known = {n for w in objects.selected(one["spec"]["selector"]) for n in w.ports}
        for endpoint in one["spec"]["podMetricsEndpoints"]:
            if endpoint["port"] not in known:
                yield f"PodMonitor: no container has a port {endpoint['port']!r}"
    for one in objects.of("ServiceMonitor"):
        known = {p["name"] for s in _services(objects, one) for p in s["spec"]["ports"]}
        for endpoint in one["spec"]["endpoints"]:
            if endpoint["port"] not in known:
                yield f"ServiceMonitor: no Service has a port {endpoint['port']!r}"
    yield from _policy_port_problems(objects)


def _ingress_problems(objects: Objects) -> Iterator[str]:
    ports = {s["metadata"]["name"]: s["spec"]["ports"] for s in objects.of("Service")}
    for one in objects.of("Ingress"):
        for rule in one["spec"]["rules"]:
            for path in rule["http"]["paths"]:
                backend = path["backend"]["service"]
                if backend["name"] not in ports:
                    yield f"Ingress/{one['metadata']['name']}: no Service {backend['name']}"
                elif backend["port"]["name"] not in {p["name"] for p in ports[backend["name"]]}:
                    yield f"Ingress: {backend['name']} has no port {backend['port']['name']}"


def _unknown(where: str, port: Object, workload: Workload) -> Iterator[str]:
    target = port.get("targetPort", port["port"])
    if target not in workload.ports and target not in workload.ports.values():
        yield f"{where}: {workload.name} has no port {target!r}"


def _policy_port_problems(objects: Objects) -> Iterator[str]:
    for one in objects.of("NetworkPolicy"):
        inside = objects.selected(one["spec"]["podSelector"])
        for rule in one["spec"].get("ingress", []):
            known = {p for w in inside for pair in w.ports.items() for p in pair}
            for port in rule.get("ports", []):
                if port["port"] not in known:
                    yield f"NetworkPolicy/{one['metadata']['name']}: no pod has {port['port']!r}"


def reference_problems(objects: Objects) -> Iterator[str]:
    """Whatever is named exists: settings, secrets, claims, accounts, volumes, scaled things."""
    for workload in objects.workloads:
        if workload.spec.get("serviceAccountName") not in objects.names("ServiceAccount"):
            yield f"{workload.name}: no ServiceAccount {workload.spec.get('serviceAccountName')!r}"
        for kind, name, key in _references(workload):
            if name not in _known(objects, kind):
                yield f"{workload.name}: no {kind} {name!r}"
            elif key and key not in _keys(objects, kind, name):
                yield f"{workload.name}: {kind} {name!r} has no key {key!r}"
        yield from _mount_problems(workload)
    for one in objects.of("HorizontalPodAutoscaler"):
        target = one["spec"]["scaleTargetRef"]
        if target["name"] not in objects.names(target["kind"]):
            yield f"HorizontalPodAutoscaler: no {target['kind']} {target['name']!r}"
        elif "replicas" in objects.get(target["kind"], target["name"])["spec"]:
            yield f"Deployment/{target['name']}: replicas are the autoscaler's"
    for one in objects.of("PersistentVolume"):
        claim = one["spec"]["claimRef"]
        if claim["name"] not in objects.names("PersistentVolumeClaim"):
            yield f"PersistentVolume/{one['metadata']['name']}: no claim {claim['name']!r}"
        elif _modes(one) != _modes(objects.get("PersistentVolumeClaim", claim["name"])):
            yield f"PersistentVolume/{one['metadata']['name']}: other access than its claim's"
        elif claim["namespace"] not in objects.names("Namespace"):
            yield f"PersistentVolume/{one['metadata']['name']}: no namespace {claim['namespace']!r}"


def _modes(one: Object) -> list[str]:
    return list(one["spec"]["accessModes"])


def _references(workload: Workload) -> Iterator[tuple[str, str, str]]:
    for container in workload.containers:
        for source in container.get("envFrom", []):
            for kind, field in (("ConfigMap", "configMapRef"), ("Secret", "secretRef")):
                if field in source:
                    yield kind, source[field]["name"], ""
        for variable in container.get("env", []):
            source = variable.get("valueFrom", {})
            for kind, field in (("ConfigMap", "configMapKeyRef"), ("Secret", "secretKeyRef")):
                if field in source:
                    yield kind, source[field]["name"], source[field]["key"]
    for volume in workload.spec.get("volumes", []):
        if "configMap" in volume:
            yield "ConfigMap", volume["configMap"]["name"], ""
        if "persistentVolumeClaim" in volume:
            yield "PersistentVolumeClaim", volume["persistentVolumeClaim"]["claimName"], ""


def _known(objects: Objects, kind: str) -> set[str]:
    return set(SECRETS) if kind == "Secret" else objects.names(kind)


def _keys(objects: Objects, kind: str, name: str) -> Any:
    return SECRETS[name] if kind == "Secret" else objects.get(kind, name)["data"]


def _mount_problems(workload: Workload) -> Iterator[str]:
    templates = workload.object["spec"].get("volumeClaimTemplates", [])
    volumes = {v["name"] for v in workload.spec.get("volumes", [])}
    volumes |= {t["metadata"]["name"] for t in templates}
    mounted = {m["name"] for c in workload.containers for m in c.get("volumeMounts", [])}
    if mounted != volumes:
        yield f"{workload.name}: mounts {sorted(mounted)}, has volumes {sorted(volumes)}"
