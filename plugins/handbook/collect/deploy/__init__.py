"""Read how a service is deployed: manifests, charts, compose files, CI. Nothing is run."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from handbook.collect.deploy.ci import read_ci
from handbook.collect.deploy.compose import read_compose
from handbook.collect.deploy.downloads import read_downloads
from handbook.collect.deploy.files import Files
from handbook.collect.deploy.gitops import follows
from handbook.collect.deploy.helm import read_charts
from handbook.collect.deploy.hosted import read_procfile, read_terraform
from handbook.collect.deploy.images import read_builds
from handbook.collect.deploy.items import Item
from handbook.collect.deploy.kubernetes import workloads_of
from handbook.collect.deploy.kustomize import NAMES, Kustomize
from handbook.collect.deploy.people import read_reviewers
from handbook.collect.deploy.places import environment_in, overlay_name, rank
from handbook.model.deploy import Deploy, Environment, Workload
from handbook.model.facts import Absent, Fact, Found
from handbook.model.limits import Limits
from handbook.model.service import Service
from handbook.model.source import Spot
from handbook.tree import RepoTree

__all__ = ["collect_deploy"]

SEARCHED = (
    "Kubernetes manifests (*.yaml)",
    "kustomization.yaml",
    "Chart.yaml",
    "compose.yaml",
    "Dockerfile",
    "Procfile",
    "*.tf",
    ".github/workflows/",
    ".gitlab-ci.yml",
    ".circleci/config.yml",
    "Jenkinsfile",
    "azure-pipelines.yml",
)
_WORKLOADS = 2_000
_BY_KIND = re.compile(
    r"(?:^|/)(?:deployments?|services?|svc|statefulsets?|daemonsets?|pods?|volumes?)$"
)


def collect_deploy(tree: RepoTree, service: Service, limits: Limits) -> Fact[Deploy]:
    """Look in the service's folder, and for CI at the repo's root as well."""
    files = Files(tree, service, limits)
    found = [
        *_kubernetes(files),
        *read_charts(files),
        *read_compose(files),
        *read_procfile(files),
        *read_terraform(files),
    ]
    workloads = [item for item in found if isinstance(item, Workload)]
    places = {item.name: item for item in found if isinstance(item, Environment)}
    builds = tuple(read_builds(files))
    deploy = Deploy(
        workloads=tuple(sorted(workloads[:_WORKLOADS], key=lambda item: rank(item.environment))),
        environments=tuple(sorted(places.values(), key=lambda item: rank(item.name))),
        workflows=read_ci(files),
        gitops=tuple(follows(item for path in files.manifests for item in files.objects(path))),
        builds=builds,
        downloads=tuple(read_downloads(workloads, builds, files)),
        reviewers=tuple(read_reviewers(files)),
        unread=tuple(files.unread),
    )
    if deploy == Deploy():
        return Absent(SEARCHED)
    first = next((item.spot.path for item in deploy.workloads), service.path)
    return Found(deploy, tree.origin(first))


def _kubernetes(files: Files) -> Iterator[Workload | Environment]:
    """Give what kustomizations apply, then what is in manifests that none of them names."""
    kustomize = Kustomize(files)
    # One that only gathers others for a cluster has no name of its own.
    for folder in kustomize.roots:
        said = kustomize.line(folder)
        built = kustomize.build(folder)
        name = overlay_name(folder) if environment_in(folder) or _overlays(folder) else ""
        workloads = list(workloads_of(built, "kustomize", name))
        if name and workloads:
            yield Environment(name, "kustomize", said.spot(posixpath.basename(said.path)))
        yield from workloads
    yield from _plain(files, kustomize.used)


def _overlays(folder: str) -> bool:
    return "/overlays/" in f"/{folder}/" or "/environments/" in f"/{folder}/"


def _plain(files: Files, used: set[str]) -> Iterator[Workload | Environment]:
    """Give what is in manifests by themselves; those of one folder are applied together."""
    groups: dict[tuple[str, str], list[Item]] = {}
    for path in files.manifests:
        inside = path.removeprefix(f"{files.service.path}/")
        named = environment_in(posixpath.dirname(inside)) or environment_in(
            posixpath.basename(path)
        )
        if path not in used and posixpath.basename(path) not in NAMES:
            groups.setdefault((named, _together(path)), []).extend(files.objects(path))
    for (name, _), objects in groups.items():
        workloads = list(workloads_of(objects, "kubernetes", name))
        if name and workloads:
            spot = workloads[0].spot
            yield Environment(name, "folder", Spot(spot.path, 0, posixpath.dirname(spot.path)))
        yield from workloads


def _together(path: str) -> str:
    """Return the folder whose manifests go with this one; ``deployments/`` is beside others."""
    folder = posixpath.dirname(path)
    return posixpath.dirname(folder) if _BY_KIND.search(folder) else folder
