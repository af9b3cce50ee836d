"""Tell what kind of thing a service is, from what the other collectors found."""

from __future__ import annotations

from collections.abc import Iterable
from typing import get_args

from msgspec.structs import replace

from handbook.model.collected import ServiceFacts
from handbook.model.declared import Kind
from handbook.model.facts import Found, Origin
from handbook.model.package import PackageInfo
from handbook.model.profile import Profile

NEEDS = frozenset({"declared", "identity", "source", "package", "apis"})
"""Names of the facts that a profile is taken from."""

_KINDS: tuple[Kind, ...] = get_args(Kind)
_BACKSTAGE: dict[str, Kind] = {"website": "site", "documentation": "site", "cronjob": "job"}


def profile_of(facts: ServiceFacts) -> Found[Profile]:
    """Return what the repo says, else what its files look like; never absent."""
    said = _said(facts)
    if said:
        kind, origin = said
        return Found(
            Profile(kind, "it says so", origin, declared=True, style=_style(facts)), origin
        )
    kind, because, origin = next(iter(_guesses(facts)))
    return Found(Profile(kind, because, origin, style=_style(facts)), origin)


def _said(facts: ServiceFacts) -> tuple[Kind, Origin] | None:
    if isinstance(facts.declared, Found) and facts.declared.value.kind:
        return facts.declared.value.kind, facts.declared.origin
    if isinstance(facts.identity, Found) and (kind := facts.identity.value.kind):
        same = next((known for known in _KINDS if known == kind.value), None)
        found = _BACKSTAGE.get(kind.value) or same
        return (found, kind.origin) if found else None
    return None


def _style(facts: ServiceFacts) -> str:
    if isinstance(facts.declared, Found) and facts.declared.value.style:
        return facts.declared.value.style
    if isinstance(facts.identity, Found) and facts.identity.value.style:
        return facts.identity.value.style.value
    return ""


def _guesses(facts: ServiceFacts) -> Iterable[tuple[Kind, str, Origin]]:
    """Give guesses, the best first."""
    service = facts.snapshot.service
    here = Origin(service.repo, facts.snapshot.commit, service.path)
    if isinstance(facts.source, Found) and facts.source.value.routes:
        route = facts.source.value.routes[0]
        yield (
            "service",
            "its code has routes",
            replace(here, path=route.spot.path, line=route.spot.line),
        )
    if isinstance(facts.package, Found) and facts.package.value.images:
        yield "service", "it has a Dockerfile", facts.package.value.images[0].origin
    package = facts.package.value if isinstance(facts.package, Found) else PackageInfo()
    if package.packages:
        yield "library", "it is a package, without routes or image", package.packages[0].origin
    if isinstance(facts.apis, Found) and facts.apis.value:
        yield "service", "it has an API definition", facts.apis.value[0].origin
    if package.languages:
        yield "library", "it has source, without routes or image", here
    yield "site", "it has no source", here
