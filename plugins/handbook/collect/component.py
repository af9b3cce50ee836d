"""``catalog-info.yaml``: the Backstage descriptor, read for a service's own facts.

Source: Backstage, "Descriptor Format of Catalog Entities" (kind, metadata, spec.owner,
spec.system, spec.lifecycle, spec.type). A file can hold several entities.
"""

from __future__ import annotations

from handbook.collect.yamlnodes import Mapping, Scalar, YamlMistake, yaml_documents
from handbook.errors import TreeError
from handbook.model.component import Component, Stated
from handbook.model.facts import Absent, Broken, Fact, Found, Problem
from handbook.model.limits import Limits
from handbook.model.service import Service
from handbook.tree import RepoTree

_NAMES = ("catalog-info.yaml", "catalog-info.yml")
_TEXT = 500
_TAGS = 30
_HINT = "See https://backstage.io/docs/features/software-catalog/descriptor-format."


def collect_component(tree: RepoTree, service: Service, limits: Limits) -> Fact[Component]:
    """Read the Component entity of a service.

    In the service's own folder it is the one of the service's name, else the first. A file at
    the root of a monorepo counts only for an entity of the service's name.
    """
    own = [service.inside(name) for name in _NAMES]
    searched = tuple(dict.fromkeys([*own, *_NAMES]))
    path = next((name for name in searched if tree.exists(name)), None)
    if path is None:
        return Absent(searched)
    try:
        documents = yaml_documents(tree.text(path, limits.manifest), limits)
    except TreeError as exc:
        return Broken(Problem(f"{path} is not read: {exc}", tree.origin(path), hint=_HINT))
    if isinstance(documents, YamlMistake):
        message = f"{path} is not read: {documents.message}."
        return Broken(Problem(message, tree.origin(path, documents.line), hint=_HINT))
    entities = [node for node in documents if isinstance(node, Mapping)]
    chosen = _choose(entities, service, own=path in own)
    if chosen is None:
        return Absent(searched)
    component = _component(chosen, tree, path)
    return Found(component, component.origin, _oddities(chosen, tree, path))


def _choose(entities: list[Mapping], service: Service, *, own: bool) -> Mapping | None:
    components = [node for node in entities if _text(node.scalar("kind")) == "Component"]
    names = {service.name.casefold(), service.slug.casefold(), service.path.rpartition("/")[2]}
    for node in components:
        if _text(node.mapping("metadata").scalar("name")).casefold() in names:
            return node
    return components[0] if components and own else None


def _component(node: Mapping, tree: RepoTree, path: str) -> Component:
    meta, spec = node.mapping("metadata"), node.mapping("spec")

    def stated(scalar: Scalar | None) -> Stated | None:
        if scalar is None:
            return None
        return Stated(_text(scalar), tree.origin(path, scalar.line))

    tags = [stated(scalar) for scalar in meta.scalars("tags")[:_TAGS]]
    return Component(
        origin=tree.origin(path, node.line),
        name=stated(meta.scalar("name")),
        title=stated(meta.scalar("title")),
        description=stated(meta.scalar("description")),
        owner=stated(spec.scalar("owner")),
        system=stated(spec.scalar("system")),
        lifecycle=stated(spec.scalar("lifecycle")),
        kind=stated(spec.scalar("type")),
        tags=tuple(tag for tag in tags if tag),
    )


def _oddities(node: Mapping, tree: RepoTree, path: str) -> tuple[Problem, ...]:
    """Name the fields the format requires and the file does not give."""
    places = (
        ("metadata.name", node.mapping("metadata").scalar("name")),
        ("spec.owner", node.mapping("spec").scalar("owner")),
    )
    return tuple(
        Problem(f"{path} gives no {field}.", tree.origin(path, node.line), "notice", _HINT)
        for field, scalar in places
        if scalar is None
    )


def _text(scalar: Scalar | None) -> str:
    return " ".join(scalar.text.split())[:_TEXT] if scalar else ""
