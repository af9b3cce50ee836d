"""Owners that the handbook's catalogue and package metadata name."""

from __future__ import annotations

from handbook.collect.manifests.files import Manifests
from handbook.collect.owners.cataloginfo import read_reference
from handbook.collect.owners.claims import Claim, Claims
from handbook.collect.owners.names import name_phrase
from handbook.model.facts import Origin
from handbook.model.people import Mention
from handbook.model.service import Service


def catalogue_owner(service: Service, info: Claims) -> Claims:
    """What ``catalog.yml`` says: it is ours, so it comes before everything in the repo.

    A service takes its owner from ``catalog-info.yaml`` (``info``) where the catalogue names
    none: then it is that file that says so, and nothing is claimed here.
    """
    if not service.owner:
        return Claims(searched=("catalog.yml",))
    path, _, line = service.declared.rpartition(":")
    at = int(line) if line.isdigit() else 0
    origin = Origin("", "", path if at else service.declared or "catalog.yml", at)
    named = read_reference(service.owner)
    if named is None or any(claim.named.name == named.name for claim in info.claims):
        return Claims(searched=("catalog.yml",))
    claim = Claim(named, Mention("catalogue", "owner", origin))
    return Claims((claim,), searched=("catalog.yml",))


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
