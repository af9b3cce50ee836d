"""What a pod is made of: containers, probes, resources, volumes."""

from __future__ import annotations

from collections.abc import Iterator

from handbook.collect.deploy.items import TEMPLATED, Item
from handbook.model.deploy import Container, Mount, Port, Probe, ProbeKind, Volume

_MOST = 100  # of anything in one pod
_PROBES: dict[str, ProbeKind] = {
    "livenessProbe": "liveness",
    "readinessProbe": "readiness",
    "startupProbe": "startup",
}
_HOW = {"httpGet": "http", "tcpSocket": "tcp", "grpc": "grpc", "exec": "exec"}


def is_templated(item: Item) -> bool:
    """Whether some of a value is left to a template."""
    return TEMPLATED in item.text or TEMPLATED in item.pairs


def containers_of(pod: Item) -> tuple[Container, ...]:
    """Return the containers of a pod, those that run first at the start."""
    early = [container_of(item, init=_ends(item)) for item in _list(pod.get("initContainers"))]
    found = [container_of(item) for item in _list(pod.get("containers"))]
    return (*early, *found)


def _ends(item: Item) -> bool:
    return item.get("restartPolicy").text != "Always"  # a sidecar is declared as one that does not


def _list(item: Item) -> list[Item]:
    return [
        inner for inner in item.items[:_MOST] if inner.pairs and set(inner.pairs) != {TEMPLATED}
    ]


def container_of(item: Item, *, init: bool = False) -> Container:
    """Read a container."""
    image = item.get("image")
    command = (*item.get("command").texts, *item.get("args").texts)
    return Container(
        name=item.get("name").text,
        image=image.text,
        spot=item.spot(f"container {item.get('name').text}"),
        image_spot=image.spot(f"image: {image.text}") if image else None,
        init=init,
        command=tuple(text[:2_000] for text in command[:_MOST]),
        ports=tuple(ports_of(item.get("ports"))),
        probes=tuple(probes_of(item)),
        requests=amounts(item.get("resources", "requests")) or _left(item.get("resources")),
        limits=amounts(item.get("resources", "limits")),
        env=tuple(env_of(item.get("env"))),
        mounts=tuple(_mounts(item.get("volumeMounts"))),
        templated=is_templated(item),
    )


def _left(resources: Item) -> tuple[tuple[str, str], ...]:
    """Amounts that a template takes from values that say nothing."""
    return ((("templated", ""),)) if is_templated(resources) else ()


def ports_of(item: Item) -> Iterator[Port]:
    """Give the ports of a container."""
    if is_templated(item):
        yield Port("", "templated")
    for port in item.items[:_MOST]:
        number, name = port.get("containerPort").text, port.get("name").text
        if number or name:
            yield Port(number, name)


def probes_of(item: Item) -> Iterator[Probe]:
    """Give the probes of a container."""
    for key, kind in _PROBES.items():
        probe = item.get(key)
        if not probe:
            continue
        how = next((name for name in _HOW if name in probe.pairs), "")
        if not how:
            if is_templated(probe):
                yield Probe(kind, "templated", "", probe.spot(key))
            continue
        target = probe.get(how)
        port = target.get("port").text
        said = target.get("path").text or " ".join(target.get("command").texts)
        yield Probe(kind, _HOW[how], said[:500], probe.spot(f"{key}: {said or port}"), port)


def amounts(item: Item) -> tuple[tuple[str, str], ...]:
    """Return amounts by what they are of: cpu, memory."""
    if is_templated(item):
        return (("templated", ""),)
    return tuple((name, value.text) for name, value in list(item.pairs.items())[:_MOST])


def env_of(item: Item) -> Iterator[tuple[str, str]]:
    """Give the environment of a container, in any of the forms it is written in."""
    for entry in item.items[:_MOST]:
        if entry.text:
            name, _, value = entry.text.partition("=")
            yield name, value
        elif name := entry.get("name").text:
            yield name, entry.get("value").text
    for key, inner in list(item.pairs.items())[:_MOST]:
        yield key, inner.text


def _mounts(item: Item) -> Iterator[Mount]:
    for entry in item.items[:_MOST]:
        only = entry.get("readOnly").text.lower() == "true"
        if name := entry.get("name").text:
            yield Mount(name, entry.get("mountPath").text, only)


def volumes_of(pod: Item, templates: Item) -> Iterator[Volume]:
    """Give the volumes of a pod; ``templates`` are the claims that a StatefulSet makes."""
    for entry in pod.get("volumes").items[:_MOST]:
        name = entry.get("name").text
        kind = next((key for key in entry.pairs if key not in ("name", TEMPLATED)), "")
        if name and kind:
            yield _volume(name, kind, entry)
    for claim in templates.items[:_MOST]:
        name = claim.get("metadata", "name").text
        modes = tuple(claim.get("spec", "accessModes").texts)
        yield Volume(name, "pvc", name, claim.spot(f"claim {name}"), modes)


def _volume(name: str, kind: str, entry: Item) -> Volume:
    body = entry.get(kind)
    match kind:
        case "nfs":
            source = f"{body.get('server').text}:{body.get('path').text}"
        case "persistentVolumeClaim":
            kind, source = "pvc", body.get("claimName").text
        case "configMap" | "secret":
            source = body.get("name").text or body.get("secretName").text
        case "csi":
            source = body.get("driver").text
        case _:
            source = body.get("path").text or body.text
    return Volume(name, kind, source, entry.spot(f"{kind}: {source}" if source else kind))
