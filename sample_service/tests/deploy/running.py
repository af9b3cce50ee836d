"""Will the pods run as they should: probes, resources, rights, images, settings, roll-out."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml
from tests.deploy.manifests import ROOT, Object, Objects, Workload

from fraud_score.settings import SettingError, Settings

OURS = "ghcr.io/acme/fraud-score"
UNITS = {"": 1, "m": 1e-3, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}
OTHER_SETTINGS = re.compile(r"OTEL_[A-Z_]+|MLFLOW_TRACKING_URI")
"""Read by libraries, not by ``settings.py``."""

PLACEHOLDERS = {"DATABASE_URL": "postgresql://fraud@postgres/fraud", "FRAUD_SCORE_TOKEN": "t"}
"""What a secret could hold."""

DRAIN_SECONDS = 10
"""How long an API takes to answer those who are being answered (``docs/architecture.md``)."""


@functools.cache
def api_paths() -> frozenset[str]:
    """Paths of the API's definition."""
    return frozenset(yaml.safe_load((ROOT / "openapi.yaml").read_text())["paths"])


def probe_problems(objects: Objects) -> Iterator[str]:
    """What stays up is probed, at ports and paths that exist; two questions, two answers."""
    for workload in objects.workloads:
        for container in workload.spec["containers"]:
            where = f"{workload.name}, {container['name']}"
            probes = {k: container[k] for k in container if k.endswith("Probe")}
            if not workload.stays and probes:
                yield f"{where}: a job ends, it has no probes"
            for name in ("startupProbe", "livenessProbe", "readinessProbe"):
                if workload.stays and name not in probes:
                    yield f"{where}: no {name}"
            for name, probe in probes.items():
                yield from _one_probe_problems(f"{where}, {name}", probe, workload, objects)
            if _question(probes.get("livenessProbe")) == _question(probes.get("readinessProbe", 0)):
                yield f"{where}: liveness and readiness ask the same"


def _question(probe: Any) -> Any:
    return probe and {
        k: v for k, v in probe.items() if k in {"httpGet", "exec", "tcpSocket", "grpc"}
    }


def _one_probe_problems(
    where: str, probe: Object, workload: Workload, objects: Objects
) -> Iterator[str]:
    asked = probe.get("httpGet") or probe.get("tcpSocket") or probe.get("grpc") or {}
    if "port" in asked and asked["port"] not in {*workload.ports, *workload.ports.values()}:
        yield f"{where}: no port {asked['port']!r}"
    if "httpGet" in probe and asked["path"] not in _paths(workload, objects):
        yield f"{where}: no path {asked['path']!r}; there are {sorted(_paths(workload, objects))}"
    if "grpc" in probe and "--enable_grpc_healthcheck_service=true" not in _arguments(workload):
        yield f"{where}: the model server has no gRPC health service without its flag"


def _paths(workload: Workload, objects: Objects) -> set[str]:
    if workload.containers[0]["image"].startswith(OURS):
        return {path for path in api_paths() if path.startswith("/health/")}
    # Only the metadata are 404 while no version is available.
    return {f"/v1/models/{name}/metadata" for name in re.findall(r'name: "(\w+)"', models(objects))}


def models(objects: Objects) -> str:
    """What the model server is told to serve."""
    (volume,) = (
        v["configMap"]["name"]
        for v in _model_server(objects).spec["volumes"]
        if v["name"] == "config"
    )
    return str(objects.get("ConfigMap", volume)["data"]["models.config"])


def _model_server(objects: Objects) -> Workload:
    return next(w for w in objects.workloads if w.name == "Deployment/fraud-score-model-server")


def _worker(objects: Objects) -> Workload:
    return next(w for w in objects.workloads if w.name == "Deployment/fraud-score-worker")


def _arguments(workload: Workload) -> list[str]:
    return list(workload.containers[0].get("args", []))


def resource_problems(objects: Objects) -> Iterator[str]:
    """Every container asks for CPU and memory, and has a limit for both."""
    for workload in objects.workloads:
        for container in workload.containers:
            resources = container.get("resources", {})
            for name in ("cpu", "memory"):
                request = _amount(resources.get("requests", {}).get(name))
                limit = _amount(resources.get("limits", {}).get(name))
                if not 0 < request <= limit:
                    yield f"{workload.name}: {name} request {request:g}, limit {limit:g}"


def _amount(text: Any) -> float:
    found = re.fullmatch(r"([0-9.]+)(m|[KMG]i)?", str(text))
    return float(found[1]) * UNITS[found[2] or ""] if found else 0


def security_problems(objects: Objects) -> Iterator[str]:
    """Kubernetes' profile "restricted", and a file system that cannot be written to."""
    for workload in objects.workloads:
        pod = workload.spec.get("securityContext", {})
        if not (pod.get("runAsNonRoot") and pod.get("runAsUser", 0) > 0):
            yield f"{workload.name}: may run as root"
        if pod.get("seccompProfile", {}).get("type") != "RuntimeDefault":
            yield f"{workload.name}: all system calls are allowed"
        if workload.spec.get("automountServiceAccountToken") is not False:
            yield f"{workload.name}: has a key to the cluster"
        if any("hostPath" in v or "nfs" in v for v in workload.spec.get("volumes", [])):
            yield f"{workload.name}: mounts a volume without a claim"
        for container in workload.containers:
            context = container.get("securityContext", {})
            if context.get("allowPrivilegeEscalation") is not False:
                yield f"{workload.name}: may gain rights"
            if context.get("readOnlyRootFilesystem") is not True:
                yield f"{workload.name}: may change its own files"
            if context.get("capabilities", {}).get("drop") != ["ALL"]:
                yield f"{workload.name}: keeps capabilities"
    for one in objects.of("Secret"):
        yield f"Secret/{one['metadata']['name']}: a secret is in the repository"


def image_problems(objects: Objects) -> Iterator[str]:
    """Every image is pinned to a release, and nothing is fetched at start."""
    for workload in objects.workloads:
        for container in workload.containers:
            image = container["image"]
            name, _, tag = image.rpartition(":")
            if not name or not re.fullmatch(r"v?\d+\.\d+(\.\d+)?(-[a-z]+)?|[0-9a-f]{40}", tag):
                yield f"{workload.name}: {image} is not pinned to a release"
        if workload.spec.get("initContainers"):
            yield f"{workload.name}: prepares something at start; models are mounted, not fetched"


class _Recorder(dict[str, str]):
    """Remembers which settings were read."""

    def __init__(self, values: Mapping[str, str]) -> None:
        super().__init__(values)
        self.read: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        self.read.add(key)
        return super().get(key, default)


def setting_problems(objects: Objects) -> Iterator[str]:
    """Every variable is one that the program reads, with a value it takes."""
    for workload in objects.workloads:
        for container in workload.containers:
            if container["image"].startswith(OURS):
                yield from environment_problems(workload.name, _environment(container, objects))


def environment_problems(where: str, environment: Mapping[str, str]) -> Iterator[str]:
    """Say what is wrong with a program's environment."""
    recorder = _Recorder(environment)
    try:
        settings = Settings.from_environment(recorder)
    except SettingError as exc:
        yield f"{where}: {exc}"
    else:
        if settings.host != "0.0.0.0":  # noqa: S104 (a pod's own network)
            yield f"{where}: listens on {settings.host}, where nobody reaches it"
        if not settings.database_url:
            yield f"{where}: no DATABASE_URL"
    for name in set(environment) - recorder.read:
        if not OTHER_SETTINGS.fullmatch(name):
            yield f"{where}: nobody reads {name}"


def _environment(container: Object, objects: Objects) -> dict[str, str]:
    values: dict[str, str] = {}
    for source in container.get("envFrom", []):
        if "configMapRef" in source:
            name = source["configMapRef"]["name"]
            if name in objects.names("ConfigMap"):
                values |= objects.get("ConfigMap", name)["data"]
    for variable in container.get("env", []):
        values[variable["name"]] = variable.get("value", PLACEHOLDERS.get(variable["name"], ""))
    return values


def rollout_problems(objects: Objects) -> Iterator[str]:
    """A new version never takes capacity away, and nobody who is being served is cut off."""
    for workload in objects.workloads:
        spec = workload.spec
        if workload.object["kind"] == "Deployment":
            rolling = workload.object["spec"].get("strategy", {}).get("rollingUpdate", {})
            if rolling.get("maxUnavailable") != 0:
                yield f"{workload.name}: a roll-out may take capacity away"
        for container in workload.containers:
            asleep = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {})
            seconds = asleep.get("seconds", 0)
            if spec.get("terminationGracePeriodSeconds", 30) < seconds + DRAIN_SECONDS:
                yield f"{workload.name}: killed before it has drained"
            served = [s for s in objects.of("Service") if _serves(s, workload)]
            if served and workload.object["kind"] == "Deployment" and not seconds:
                yield f"{workload.name}: no preStop, callers are sent to a pod that has gone"


def _serves(service: Object, workload: Workload) -> bool:
    return bool(service["spec"]["selector"].items() <= workload.labels.items())


def phase_problems(objects: Objects) -> Iterator[str]:
    """``deploy.sh`` applies in three steps: settings, migration, the rest."""
    for one in objects.all:
        phase = one["metadata"].get("labels", {}).get("acme.example/phase")
        wanted = {"Job": "migrate"} | dict.fromkeys(
            ("Deployment", "CronJob", "HorizontalPodAutoscaler"), "rollout"
        )
        if one["kind"] in wanted and phase != wanted[one["kind"]]:
            yield f"{one['kind']}/{one['metadata']['name']}: applied in the wrong step ({phase})"
        if one["kind"] in {"ConfigMap", "NetworkPolicy", "Namespace", "ServiceAccount"} and phase:
            yield f"{one['kind']}/{one['metadata']['name']}: the migration needs it before"


def model_server_problems(objects: Objects) -> Iterator[str]:
    """Models are mounted read-only, flags name files that are there, labels loaded versions."""
    server = _model_server(objects)
    container = server.containers[0]
    mounts = {m["mountPath"]: m for m in container["volumeMounts"]}
    if not mounts.get("/models", {}).get("readOnly"):
        yield "model server: could change the models"
    (claim,) = (
        v["persistentVolumeClaim"]["claimName"]
        for v in server.spec["volumes"]
        if "persistentVolumeClaim" in v
    )
    if _claim_modes(objects, claim) != ["ReadOnlyMany"]:
        yield f"model server: its claim {claim} is not ReadOnlyMany"
    config = next(v["configMap"]["name"] for v in server.spec["volumes"] if v["name"] == "config")
    files = objects.get("ConfigMap", config)["data"]
    for flag in _arguments(server):
        name, _, value = flag.partition("=")
        folder, _, file = value.rpartition("/")
        if name.endswith("_file") and (folder not in mounts or file not in files):
            yield f"model server: {name}: no file {value}"
    text = models(objects)
    label = _environment(_worker(objects).containers[0], objects).get("FRAUD_SCORE_MODEL_LABEL")
    if label and f'key: "{label}"' not in text:
        yield f"model server: workers ask for label {label}, which no version has"
    if pinned := re.findall(r"versions: (\d+)", text):
        for label, version in re.findall(r'key: "(\w+)" value: (\d+)', text):
            if version not in pinned:
                yield f"model server: label {label} is version {version}, loaded are {pinned}"


def _claim_modes(objects: Objects, claim: str) -> list[str]:
    if claim not in objects.names("PersistentVolumeClaim"):
        return []
    return list(objects.get("PersistentVolumeClaim", claim)["spec"]["accessModes"])
