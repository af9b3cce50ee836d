"""The owner that ``catalog-info.yaml`` states (Backstage's descriptor format), with its line.

The rest of that file is read where services are made from the catalogue, and what is wrong
with it is reported there.
"""

from __future__ import annotations

import re
from itertools import islice

from handbook.collect.owners.claims import Claim, Claims
from handbook.collect.owners.names import Named, clean, kind_of, name_phrase, name_token
from handbook.descriptor import find_descriptor, main_document
from handbook.errors import TreeError, YamlError
from handbook.model.catalog import entity_name
from handbook.model.limits import Limits
from handbook.model.people import Mention, OwnerKind
from handbook.model.service import Service
from handbook.tree import RepoTree
from handbook.yamlnodes import Mapping, iter_documents

_REFERENCE = re.compile(r"(?:(?P<kind>[A-Za-z]+):)?[\w.-]+(?:/[\w.-]+)?")


def collect_cataloginfo(tree: RepoTree, service: Service, limits: Limits) -> Claims:
    """Read ``spec.owner`` of the document that speaks for the service."""
    place = find_descriptor(tree, service)
    nothing = Claims(searched=place.searched)
    if not place.path:
        return nothing
    documents = _documents(tree, place.path, limits)
    entity = main_document(documents, service, own=place.own)
    owner = entity.mapping("spec").scalar("owner") if entity else None
    named = read_reference(owner.text) if owner else None
    if owner is None or named is None:
        return nothing
    mention = Mention("catalog-info", "owner", tree.origin(place.path, owner.line))
    return Claims((Claim(named, mention),), searched=place.searched)


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


def _documents(tree: RepoTree, path: str, limits: Limits) -> list[Mapping]:
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
