"""The page of a service's deployment: where it runs, what runs there, how it gets there."""

from __future__ import annotations

from msgspec import Struct

from handbook.model.delivery import Job, Workflow
from handbook.model.deploy import Container, Deploy, Probe, Volume, Workload
from handbook.model.pages import NavItem, Page, Section
from handbook.model.source import Spot
from handbook.render.context import RenderContext
from handbook.render.delivery import diagram, started_by
from handbook.render.headings import outline
from handbook.render.spots import place_of
from handbook.render.templates import environment

URI = "deployment/"
_ROWS = 100
_PLACES = 200  # environments shown beside each other would not fit: the others are named
_COLUMNS = 6
_SOURCES = {
    "kubernetes": "Kubernetes",
    "kustomize": "Kubernetes with kustomize",
    "helm": "Kubernetes with Helm",
    "compose": "Docker Compose",
    "procfile": "a Procfile",
    "terraform": "Terraform",
}
_KINDS = {"ComposeService": "service", "ComposeJob": "job", "Process": "process"}
_VOLUMES = {
    "pvc": "claim",
    "bind": "folder of the host",
    "named": "volume",
    "hostPath": "folder of the node",
}
_SETTINGS = ("configMap", "secret", "projected", "downwardAPI", "emptyDir")
_TEMPLATE = "__templated__"


class Cell(Struct, frozen=True):
    """What of a workload differs between environments; ``tags`` with the line of each."""

    tags: tuple[tuple[str, Spot], ...] = ()
    replicas: str = ""
    requests: str = ""


class Row(Struct, frozen=True):
    """A workload over all environments, in the order of their columns; None where it is not."""

    workload: Workload
    images: tuple[str, ...]
    cells: tuple[Cell | None, ...]


class Matrix(Struct, frozen=True):
    """Workloads against environments."""

    title: str
    environments: tuple[str, ...]
    rows: tuple[Row, ...]


class Step(Struct, frozen=True):
    """A job that deploys, in words."""

    workflow: Workflow
    job: Job
    starts: list[str]
    people: str
    back: Spot | None


class Held(Struct, frozen=True):
    """A volume of a workload, and where each of its containers sees it."""

    workload: Workload
    volume: Volume
    paths: tuple[str, ...]
    read_only: bool


def render_deployment(deploy: Deploy, ctx: RenderContext) -> Section:
    """Render ``deployment/``; no page where nothing runs and nothing deploys."""
    if not deploy.workloads and not deploy.gitops and not deploy.deploy_jobs:
        return Section()
    outlined = outline(_html(deploy, ctx), "Deployment")
    page = Page(
        uri=URI,
        title="Deployment",
        html=outlined.html,
        kind="deployment",
        toc=outlined.toc,
        description=f"Where {ctx.service.name} runs, what runs there, and how it gets there.",
    )
    return Section((page,), (NavItem("Deployment", URI),))


def _html(deploy: Deploy, ctx: RenderContext) -> str:
    cluster = [item for item in deploy.workloads if item.source not in ("compose", "procfile")]
    local = [item for item in deploy.workloads if item.source in ("compose", "procfile")]
    main = cluster or local
    template = environment().get_template("deployment.html.j2")
    return template.render(
        service=ctx.service,
        deploy=deploy,
        facts=_facts(deploy, main),
        diagram=diagram(deploy),
        steps=_steps(deploy),
        matrices=[
            matrix
            for title, items in (("Environments", cluster), ("On one machine", local))
            if (matrix := _matrix(title, items)).rows
        ],
        named={item.name: item.spot for item in deploy.environments},
        objects=_latest(main)[:_ROWS],
        held=_held(_latest(main))[:_ROWS],
        place=lambda spot: place_of(spot, ctx),
        name=shown_name,
        image=shown_image,
        probe=_probe,
        kind=lambda word: _KINDS.get(word, word),
        volume=lambda word: _VOLUMES.get(word, word),
        resources=_resources,
        rows=_ROWS,
    )


def _facts(deploy: Deploy, main: list[Workload]) -> list[tuple[str, str]]:
    """What comes first on the page: one line each."""
    sources = dict.fromkeys(_SOURCES[item.source] for item in main)
    systems = dict.fromkeys(
        [flow.system for flow, _ in deploy.deploy_jobs] + [item.tool for item in deploy.gitops]
    )
    steps = _steps(deploy)
    automatic = [text for step in steps for text in step.starts if text.startswith("push")]
    starts = list(dict.fromkeys(automatic or [text for step in steps for text in step.starts]))
    people = dict.fromkeys(step.people for step in steps)
    places = dict.fromkeys(item.environment for item in main if item.environment)
    rows = (
        ("Environments", ", ".join(list(places)[:8])),
        ("Described with", ", ".join(sources)),
        ("Delivered by", ", ".join(systems)),
        ("Starts with", ", ".join(starts[:3])),
        ("May deploy", ", ".join(people)),
    )
    return [(name, text) for name, text in rows if text]


def _steps(deploy: Deploy) -> list[Step]:
    return [
        Step(flow, job, started_by(flow), _people(job), job.undoes)
        for flow, job in deploy.deploy_jobs[:_ROWS]
    ]


def _people(job: Job) -> str:
    named = [name for item in job.restrictions for name in item.people]
    if named:
        return f"only {', '.join(dict.fromkeys(named))}"
    return "whoever is asked to approve" if job.restrictions else "whoever may merge or start it"


def _latest(workloads: list[Workload]) -> list[Workload]:
    """Each workload once, as it is in the last environment: production, where there is one."""
    return list({(item.kind, item.name, item.spot.path): item for item in workloads}.values())


def _matrix(title: str, workloads: list[Workload]) -> Matrix:
    places = list(dict.fromkeys(item.environment for item in workloads))[-_COLUMNS:]
    rows = []
    for latest in _latest(workloads)[:_ROWS]:
        key = (latest.kind, latest.name, latest.spot.path)
        by_place = {
            item.environment: item
            for item in workloads
            if (item.kind, item.name, item.spot.path) == key
        }
        cells = tuple(_cell(by_place[name]) if name in by_place else None for name in places)
        images = tuple(dict.fromkeys(shown_image(image)[0] for image in latest.images))
        rows.append(Row(latest, images, cells))
    return Matrix(title, tuple(places), tuple(rows))


def _cell(workload: Workload) -> Cell:
    own = [item for item in workload.containers if not item.init]
    tags = [(shown_image(item.image)[1], item.image_spot or item.spot) for item in own]
    requests = [text for item in own if (text := _amounts(item.requests))]
    return Cell(tuple(dict(tags).items()), workload.replicas, "; ".join(requests[:3]))


def shown_name(text: str) -> str:
    """Write a name; what a template leaves open is a star."""
    return text.replace(_TEMPLATE, "*")


def shown_image(image: str) -> tuple[str, str]:
    """Take an image apart: its name, and its tag ("" if none); digests are cut short."""
    name, _, digest = shown_name(image).partition("@")
    head, slash, last = name.rpartition("/")
    short, _, tag = last.partition(":")
    end = f"{tag}@{digest[:19]}…" if digest else tag
    return f"{head}{slash}{short}", end


def _probe(container: Container, kind: str) -> Probe | None:
    return next((item for item in container.probes if item.kind == kind), None)


def _resources(container: Container) -> list[tuple[str, str]]:
    """What a container asks for and is held to, a line each."""
    rows = (("asks", _amounts(container.requests)), ("at most", _amounts(container.limits)))
    return [(word, text) for word, text in rows if text]


def _amounts(pairs: tuple[tuple[str, str], ...]) -> str:
    words = {"templated": "as the values say"}
    return ", ".join(words.get(name) or f"{name} {shown_name(amount)}" for name, amount in pairs)


def _held(workloads: list[Workload]) -> list[Held]:
    """The volumes that hold something beyond one pod's life: no settings, no scratch space."""
    found = []
    for workload in workloads:
        for volume in workload.volumes:
            if volume.kind in _SETTINGS:
                continue
            mounts = [m for c in workload.containers for m in c.mounts if m.volume == volume.name]
            paths = tuple(dict.fromkeys(shown_name(mount.path) for mount in mounts))
            only = bool(mounts) and all(mount.read_only for mount in mounts)
            found.append(Held(workload, volume, paths, only))
    return found
