"""Settle the name and the address of each service, so that no two share one.

What the catalogue says is protected: a repo that calls itself by another service's name does
not get it, whichever comes first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct, structs

from handbook.model.catalog import CatalogEntry, name_key, slug_mistake, slugify
from handbook.model.facts import Found, Origin, Problem
from handbook.model.service import Service, Visibility

_RENAME = "Give one of them another `name` or `slug` in the catalogue."


class Concern(Struct, frozen=True):
    """A problem, and the visibilities of the services it is about: who may not read of one of
    them may not read the problem either.
    """

    problem: Problem
    about: tuple[Visibility, ...]


class Candidate(Struct, frozen=True):
    """A service with the name and slug the catalogue gives it, and the one its repo states.

    ``slug`` of the service may still be one that no service can have (of a matched folder).
    """

    entry: CatalogEntry
    service: Service
    stated: Found[str] | None = None

    @property
    def keys(self) -> frozenset[str]:
        """What it is called by the catalogue, in the form in which names are compared."""
        return frozenset({self.service.slug, name_key(self.service.name)} - {""})

    def __str__(self) -> str:
        where = f"{self.service.path} of " if self.service.path else ""
        return f"'{self.service.name}' ({where}{self.service.declared})"


def settle_names(
    candidates: Iterable[Candidate],
) -> tuple[tuple[Service, ...], tuple[Concern, ...]]:
    """Return the services with their final names, in order, and each clash naming both sides.

    A stated name counts unless another service has it or states it too; then the name of the
    folder or repo does. Of two services left with one name, an entry with ``path`` goes before
    a match of ``paths``, and the first before the second; the other is left out.
    """
    ordered = tuple(candidates)
    concerns: list[Concern] = []
    claims: dict[str, list[Candidate]] = {}
    for candidate in ordered:
        for key in _claims(candidate):
            claims.setdefault(key, []).append(candidate)
    named = [_with_stated(candidate, claims, concerns) for candidate in ordered]
    kept = _without_clashes(ordered, named, concerns)
    services = tuple(item for index, item in enumerate(named) if index in kept)
    return services, tuple(concerns)


def _without_clashes(
    candidates: tuple[Candidate, ...], named: list[Service], concerns: list[Concern]
) -> set[int]:
    """Return the positions of the services that stay."""
    taken: dict[str, int] = {}
    for index in sorted(range(len(named)), key=lambda i: bool(candidates[i].entry.paths)):
        candidate, slug = candidates[index], named[index].slug
        mistake = slug_mistake(slug)
        if mistake:
            text = f"{candidate} {mistake}, and is left out."
            hint = "Rename the folder, or give it an entry of its own with `path` and `slug`."
        elif slug in taken:
            text = f"{candidate} has the same name as {candidates[taken[slug]]}, and is left out."
            hint = _RENAME
        else:
            taken[slug] = index
            continue
        other = candidates[taken[slug]] if slug in taken else candidate
        about = (candidate.service.visibility, other.service.visibility)
        problem = Problem(text, catalog_origin(candidate.entry), "error", hint)
        concerns.append(Concern(problem, about))
    return set(taken.values())


def catalog_origin(entry: CatalogEntry) -> Origin:
    """Return the line of the catalogue, which is no file of a service's repo."""
    return Origin("", "", entry.declared.rpartition(":")[0], entry.line)


def _with_stated(
    candidate: Candidate, claims: Mapping[str, list[Candidate]], concerns: list[Concern]
) -> Service:
    service, stated = candidate.service, candidate.stated
    if candidate.entry.name or stated is None:
        return service
    slug = slugify(stated.value)
    mistake = slug_mistake(slug)
    if mistake:
        text = f"the name '{stated.value}' {mistake}; it is not used."
        problem = Problem(text, stated.origin, hint="Choose another metadata.name.")
        concerns.append(Concern(problem, (service.visibility,)))
        return service
    rival = next((other for other in claims[slug] if other is not candidate), None)
    if rival is not None and slug not in candidate.keys:
        text = f"{candidate} calls itself '{stated.value}', as does {rival}; it is not used."
        about = (service.visibility, rival.service.visibility)
        concerns.append(Concern(Problem(text, stated.origin, "error", _RENAME), about))
        return service
    return structs.replace(service, name=stated.value, slug=candidate.entry.slug or slug)


def _claims(candidate: Candidate) -> frozenset[str]:
    stated = candidate.stated
    if stated is None or candidate.entry.name:
        return candidate.keys
    return candidate.keys | {slugify(stated.value)}
