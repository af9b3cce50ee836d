"""Compose files: services, their images, ports and health checks."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from handbook.collect.deploy.files import Files
from handbook.collect.deploy.items import Item, first_item
from handbook.collect.deploy.patching import Budget, merged
from handbook.collect.deploy.places import environment_in
from handbook.collect.deploy.pods import amounts, env_of
from handbook.model.deploy import Container, Environment, Mount, Port, Probe, Volume, Workload

_NAME = re.compile(r"^(?:docker-)?compose(?:[._-](?P<of>[\w.-]+))?\.ya?ml$")
_FILES = 30
_MOST = 200


def read_compose(files: Files) -> Iterator[Workload | Environment]:
    """Give what compose files run. A file beside the main one is read as adding to it."""
    for path, of in _compose_files(files):
        found = first_item(files.text(path), path, files.limits)
        if found is None or not found.get("services").pairs:
            continue
        spot = found.spot(posixpath.basename(path))
        main = _main(files, path) if of else None
        if main is not None and set(main.get("services").pairs) & set(found.get("services").pairs):
            found = merged(main, found, Budget())
        name = (environment_in(of) or of) if of else "compose"
        yield Environment(name, "compose", spot)
        for key, service in list(found.get("services").pairs.items())[:_MOST]:
            yield _workload(key, service, name)


def _compose_files(files: Files) -> list[tuple[str, str]]:
    """Return paths and what each is for ("" for the main one); overrides belong to the main one."""
    found = []
    for path in files.yaml:
        hit = _NAME.match(posixpath.basename(path))
        if hit and hit["of"] != "override":
            found.append((path, hit["of"] or ""))
    return found[:_FILES]


def _main(files: Files, path: str) -> Item | None:
    folder = posixpath.dirname(path)
    for name in ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"):
        place = posixpath.join(folder, name)
        if files.tree.exists(place):
            return first_item(files.text(place), place, files.limits)
    return None


def _workload(name: str, service: Item, environment: str) -> Workload:
    image = service.get("image")
    command = (*_words(service.get("entrypoint")), *_words(service.get("command")))
    ports = tuple(_ports(service.get("ports")))
    resources = service.get("deploy", "resources")
    container = Container(
        name=name,
        image=image.text or ("(built here)" if service.get("build") else ""),
        spot=service.spot(f"service {name}"),
        image_spot=image.spot(f"image: {image.text}") if image else None,
        built=bool(service.get("build")),
        command=command,
        ports=ports,
        probes=tuple(_probe(service.get("healthcheck"))),
        requests=amounts(resources.get("reservations")),
        limits=amounts(resources.get("limits")),
        env=tuple(env_of(service.get("environment"))),
        mounts=tuple(mount for _, mount in _volumes(service)),
    )
    return Workload(
        # What is to run once says that it is not to be started again.
        kind="ComposeJob"
        if service.get("restart").text == "no" and not ports
        else "ComposeService",
        name=name,
        spot=service.spot(f"service {name}"),
        source="compose",
        environment=environment,
        containers=(container,),
        volumes=tuple(volume for volume, _ in _volumes(service)),
        services=(name,) if ports else (),
        replicas=service.get("deploy", "replicas").text,
        rollback=_rollback(service),
    )


def _words(item: Item) -> list[str]:
    return [text[:2_000] for text in item.texts[:_MOST]]


def _rollback(service: Item) -> tuple[str, ...]:
    failure = service.get("deploy", "update_config", "failure_action").text
    return ("failure_action: rollback",) if failure == "rollback" else ()


def _ports(item: Item) -> Iterator[Port]:
    for port in item.items[:_MOST]:
        number = port.get("target").text or port.text.rsplit(":", 1)[-1].partition("/")[0]
        if number:
            yield Port(number)


def _probe(item: Item) -> Iterator[Probe]:
    words = item.get("test").texts
    if not words or words[0] == "NONE" or item.get("disable").text == "true":
        return
    said = " ".join(words[1:] if words[0] in ("CMD", "CMD-SHELL") else words)
    yield Probe("healthcheck", "exec", said[:500], item.spot("healthcheck"))


def _volumes(service: Item) -> Iterator[tuple[Volume, Mount]]:
    for entry in service.get("volumes").items[:_MOST]:
        if entry.text:
            source, _, rest = entry.text.partition(":")
            target, _, mode = rest.partition(":")
            kind = "bind" if source.startswith((".", "/", "~", "$")) else "named"
            only = "ro" in mode.split(",")
        else:
            source, target = entry.get("source").text, entry.get("target").text
            kind = entry.get("type").text or "named"
            only = entry.get("read_only").text == "true"
        if target:
            spot = entry.spot(entry.text or source)
            yield Volume(source, kind, source, spot), Mount(source, target, only)
