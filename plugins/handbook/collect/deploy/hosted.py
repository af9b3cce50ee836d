"""Where others run the containers: a Procfile's processes, Cloud Run and ECS in Terraform."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from handbook.collect.deploy.files import Files
from handbook.collect.deploy.places import environment_in
from handbook.model.deploy import Container, Port, Probe, ProbeKind, Workload
from handbook.model.source import Spot

_PROCESS = re.compile(r"^(?P<name>[\w-]{1,60}):[ \t]*(?P<command>\S[^\n]{0,500})$", re.MULTILINE)
_RESOURCE = re.compile(r"^resource\s+\"(?P<type>\w{1,80})\"\s+\"(?P<name>[\w-]{1,80})\"", re.M)
_KINDS = {
    "google_cloud_run_service": "CloudRun",
    "google_cloud_run_v2_service": "CloudRun",
    "google_cloud_run_v2_job": "CloudRunJob",
    "aws_ecs_task_definition": "EcsTask",
    "aws_ecs_service": "EcsService",
}
_IMAGE = re.compile(r"\"?\bimage\"?\s*[=:]\s*\"(?P<image>[^\"\n]{1,300})\"")
_PORT = re.compile(r"\b(?:container_port|containerPort)\"?\s*[=:]\s*\"?(?P<port>\d{1,5})")
_PROBE = re.compile(r"\b(?P<kind>startup_probe|liveness_probe|healthCheck)\b\"?\s*[={:]")
_LIMITS = re.compile(r"\b(?P<what>cpu|memory)\"?\s*[=:]\s*\"?(?P<amount>[\w.]{1,20})")
_HEALTH: dict[str, ProbeKind] = {
    "startup_probe": "startup",
    "liveness_probe": "liveness",
    "healthCheck": "healthcheck",
}
_FILES = 200
_MOST = 100
_BLOCK = 20_000


def read_procfile(files: Files) -> Iterator[Workload]:
    """Give the processes of the Procfiles near the service's root."""
    for path in files.paths:
        if posixpath.basename(path) != "Procfile":
            continue
        text = files.text(path)
        for hit in list(_PROCESS.finditer(text))[:_MOST]:
            spot = Spot(path, text.count("\n", 0, hit.start()) + 1, hit[0][:160])
            container = Container(hit["name"], "(buildpack)", spot, command=(hit["command"],))
            web = hit["name"] == "web"
            yield Workload(
                kind="Release" if hit["name"] == "release" else "Process",
                name=hit["name"],
                spot=spot,
                source="procfile",
                containers=(container,),
                services=("web",) if web else (),
            )


def read_terraform(files: Files) -> Iterator[Workload]:
    """Give Cloud Run services and ECS tasks."""
    for path in [path for path in files.paths if path.endswith(".tf")][:_FILES]:
        text = files.text(path)
        for hit in list(_RESOURCE.finditer(text))[:_MOST]:
            if kind := _KINDS.get(hit["type"]):
                yield _resource(path, text, hit, kind)


def _resource(path: str, text: str, hit: re.Match[str], kind: str) -> Workload:
    body = text[hit.start() : _end(text, hit.end())]

    def spot(at: int) -> Spot:
        number = text.count("\n", 0, hit.start() + at) + 1
        return Spot(path, number, text.split("\n")[number - 1].strip()[:160])

    image = _IMAGE.search(body)
    probes = tuple(
        Probe(_HEALTH[found["kind"]], "templated", "", spot(found.start()))
        for found in list(_PROBE.finditer(body))[:_MOST]
    )
    container = Container(
        name=hit["name"],
        image=image["image"] if image else "",
        spot=spot(0),
        image_spot=spot(image.start()) if image else None,
        ports=tuple(Port(found["port"]) for found in list(_PORT.finditer(body))[:_MOST]),
        probes=probes,
        limits=tuple((found["what"], found["amount"]) for found in _LIMITS.finditer(body)),
        templated=image is None or "${" in body,
    )
    back = "deployment_circuit_breaker" in body and re.search(r"\brollback\s*=\s*true", body)
    return Workload(
        kind=kind,
        name=hit["name"],
        spot=spot(0),
        source="terraform",
        environment=environment_in(posixpath.dirname(path)),
        containers=(container,) if kind != "EcsService" else (),
        rollback=("circuit breaker",) if back else (),
        templated=container.templated,
    )


def _end(text: str, start: int) -> int:
    """Return where the block that begins after ``start`` ends; braces in texts count too."""
    depth = 0
    for at, character in enumerate(text[start : start + _BLOCK], start=start):
        if character == "{":
            depth += 1
        elif character == "}":
            depth -= 1
            if depth == 0:
                return at + 1
    return min(len(text), start + _BLOCK)
