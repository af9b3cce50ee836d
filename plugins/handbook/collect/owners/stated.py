"""Owners that someone states outright: the catalogue, ``catalog-info.yaml``, package metadata."""

from __future__ import annotations

import re

from handbook.collect.manifests.files import Manifests
from handbook.collect.owners.claims import Claim, Claims
from handbook.collect.owners.names import Named, clean, kind_of, name_phrase, name_token
from handbook.model.component import Component
from handbook.model.facts import Broken, Fact, Found, Origin
from handbook.model.people import Mention, OwnerKind
from handbook.model.service import Service

# Backstage: ``[kind:][namespace/]name``; for an owner the kind is "group" unless it is given.
_REFERENCE = re.compile(r"(?:(?P<kind>group|user):)?(?:[\w.-]+/)?(?P<name>[\w.-]+)", re.IGNORECASE)


def catalogue_owner(service: Service) -> Claims:
    """What ``catalog.yml`` says: it is ours, so it comes before everything in the repo."""
    if not service.owner:
        return Claims(searched=("catalog.yml",))
    path, _, line = service.declared.rpartition(":")
    at = int(line) if line.isdigit() else 0
    origin = Origin("", "", path if at else service.declared or "catalog.yml", at)
    named = _reference(service.owner)
    claims = [Claim(named, Mention("catalogue", "owner", origin))] if named else []
    return Claims(tuple(claims), searched=("catalog.yml",))


def component_owner(component: Fact[Component]) -> Claims:
    """What ``spec.owner`` of ``catalog-info.yaml`` says."""
    searched = ("catalog-info.yaml",)
    if isinstance(component, Broken):
        return Claims((), (component.problem,), searched)
    if not isinstance(component, Found):
        return Claims(searched=component.searched)
    owner = component.value.owner
    named = _reference(owner.text) if owner else None
    if owner is None or named is None:
        return Claims((), component.problems, searched)
    claim = Claim(named, Mention("catalog-info", "owner", owner.origin))
    return Claims((claim,), component.problems, searched)


def package_people(manifests: Manifests, service: Service) -> Claims:
    """Authors and maintainers of the packages in the service's own folder, in this order."""
    found: list[Claim] = []
    searched: list[str] = []
    for manifest in manifests.found:
        if manifest.package is None:
            continue
        origin = manifest.package.origin
        searched.append(origin.path)
        if origin.path.rpartition("/")[0] != service.path:
            continue  # a package in a folder below: not all of the service
        for person in manifest.people:
            named = name_phrase(person.text)
            place = Origin(origin.repo, origin.commit, origin.path, person.line)
            if named:
                found.append(Claim(named, Mention("package metadata", person.role, place)))
    found.sort(key=lambda claim: claim.mention.role != "maintainer")
    return Claims(tuple(found), searched=tuple(searched) or ("package metadata",))


def _reference(text: str) -> Named | None:
    """Read an owner as catalogues write it: a handle, an address or an entity reference."""
    match = _REFERENCE.fullmatch(text.strip())
    if match is None:
        return name_token(text.strip()) if " " not in text.strip() else name_phrase(text)
    name = clean(match["name"])
    kind: OwnerKind = "person" if (match["kind"] or "").lower() == "user" else "team"
    return Named(name, "", "bot" if kind_of(name) == "bot" else kind)
