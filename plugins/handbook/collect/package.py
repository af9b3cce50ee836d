"""What a service is written in, packaged as and built on."""

from __future__ import annotations

from handbook.collect.dockerfile import base_images
from handbook.collect.manifests.files import MANIFESTS, read_manifests
from handbook.collect.sources import languages
from handbook.model.facts import Absent, Fact, Found
from handbook.model.limits import Limits
from handbook.model.package import PackageInfo
from handbook.model.service import Service
from handbook.tree import RepoTree


def collect_package(tree: RepoTree, service: Service, limits: Limits) -> Fact[PackageInfo]:
    """Collect languages by size, package manifests, and base images of Dockerfiles.

    Manifests that cannot be read are problems, never errors. Files that were not fetched
    because of their size are not counted as source.
    """
    manifests = read_manifests(tree, service, limits)
    images, odd = base_images(tree, service, limits)
    info = PackageInfo(
        languages(tree, service, limits),
        tuple(item.package for item in manifests.found if item.package),
        images,
    )
    problems = (*manifests.problems, *odd)
    if not (info.languages or info.packages or info.images or problems):
        return Absent((*(service.inside(name) for name in MANIFESTS), "source files"))
    origin = info.packages[0].origin if info.packages else tree.origin(service.path)
    return Found(info, origin, problems)
