"""Where a service's ``catalog-info.yaml`` is, and which of its documents speaks for the service.

Used by the catalogue (name, owner, description...) and by the collector of owners: the two must
not come to different answers. Source: Backstage, "Descriptor Format of Catalog Entities".
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from handbook.model.catalog import last_segment, slugify
from handbook.model.service import Service
from handbook.tree import RepoTree
from handbook.yamlnodes import Mapping

FILES = ("catalog-info.yaml", "catalog-info.yml")
# Which document speaks for the service, if there is no Component.
MAIN_KINDS = ("Component", "API", "Resource", "System")


class Place(Struct, frozen=True):
    """The file's path, "" if there is none, and the paths that were looked for.

    ``own``: it is in the service's folder, not at the root of a monorepo.
    """

    path: str
    searched: tuple[str, ...]
    own: bool


def find_descriptor(tree: RepoTree, service: Service) -> Place:
    """Look in the service's folder, then at the repo's root.

    Raises:
        TreeError: the repo cannot be read.
    """
    own = tuple(service.inside(name) for name in FILES)
    searched = tuple(dict.fromkeys((*own, *FILES)))
    path = next((name for name in searched if tree.exists(name)), "")
    return Place(path, searched, path in own)


def main_document(documents: Sequence[Mapping], service: Service, *, own: bool) -> Mapping | None:
    """Return the Component of the service's name or folder.

    Without one, in the service's ``own`` file, the first Component, else the first API,
    Resource or System.
    """
    names = {service.slug, slugify(service.name), slugify(last_segment(service.path))} - {""}
    components = [node for node in documents if kind_of(node) == "Component"]
    for node in components:
        name = node.mapping("metadata").scalar("name")
        if name is not None and slugify(name.text) in names:
            return node
    if not own:
        return None
    ranked = (node for kind in MAIN_KINDS for node in documents if kind_of(node) == kind)
    return next(ranked, None)


def kind_of(document: Mapping) -> str:
    """Return Backstage's kind, "" if the document has none."""
    kind = document.scalar("kind")
    return kind.text.strip() if kind else ""
