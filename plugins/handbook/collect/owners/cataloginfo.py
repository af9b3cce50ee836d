"""The owner that ``catalog-info.yaml`` states (Backstage's descriptor format), with its line.

The rest of that file is read where services are made from the catalogue, and what is wrong
with it is reported there.
"""

from __future__ import annotations

import re
from itertools import islice

from handbook.collect.owners.claims import Claim, Claims
from handbook.collect.owners.names import Named, clean, kind_of, name_phrase, name_token
from handbook.errors import TreeError, YamlError
from handbook.model.catalog import entity_name, slugify
from handbook.model.limits import Limits
from handbook.model.people import Mention, OwnerKind
from handbook.model.service import Service
from handbook.tree import RepoTree
from handbook.yamlnodes import Mapping, Scalar, iter_documents

_NAMES = ("catalog-info.yaml", "catalog-info.yml")
_REFERENCE = re.compile(r"(?:(?P<kind>[A-Za-z]+):)?[\w.-]+(?:/[\w.-]+)?")


def collect_cataloginfo(tree: RepoTree, service: Service, limits: Limits) -> Claims:
    """Read ``spec.owner`` of the service's entity.

    In the service's own folder that is the Component of its name, else the first entity with
    an owner. A file at the root of a monorepo counts only for a Component of its name.
    """
    own = [service.inside(name) for name in _NAMES]
    searched = tuple(dict.fromkeys([*own, *_NAMES]))
    path = next((name for name in searched if tree.exists(name)), None)
    if path is None:
        return Claims(searched=searched)
    owner = _owner(_entities(tree, path, limits), service, own=path in own)
    named = read_reference(owner.text) if owner else None
    if owner is None or named is None:
        return Claims(searched=searched)
    mention = Mention("catalog-info", "owner", tree.origin(path, owner.line))
    return Claims((Claim(named, mention),), searched=searched)


def read_reference(text: str) -> Named | None:
    """Read an owner as catalogues write it: a handle, an address, a name or an entity reference.

    A reference without a kind means a group, as in Backstage.
    """
    written = text.strip()
    match = _REFERENCE.fullmatch(written)
    if match is None:
        return name_phrase(written) if " " in written else name_token(written)
    name = clean(entity_name(written))
    kind: OwnerKind = "person" if (match["kind"] or "").lower() == "user" else "team"
    return Named(name, "", "bot" if kind_of(name) == "bot" else kind)


def _entities(tree: RepoTree, path: str, limits: Limits) -> list[Mapping]:
    """Read the documents up to the first that cannot be read."""
    found: list[Mapping] = []
    try:
        documents = iter_documents(tree.text(path, limits.manifest), limits)
        for node in islice(documents, limits.catalog_documents):
            if isinstance(node, Mapping):
                found.append(node)
    except (TreeError, YamlError):
        return found  # what is wrong is reported with the catalogue's reading of the file
    return found


def _owner(entities: list[Mapping], service: Service, *, own: bool) -> Scalar | None:
    names = {service.slug, slugify(service.name), slugify(service.path.rpartition("/")[2])} - {""}
    for node in entities:
        kind, name = node.scalar("kind"), node.mapping("metadata").scalar("name")
        if kind and name and kind.text == "Component" and slugify(name.text) in names:
            return node.mapping("spec").scalar("owner")
    owners = (node.mapping("spec").scalar("owner") for node in entities)
    return next((owner for owner in owners if owner), None) if own else None
