"""Settle the name and the address of each service, so that no two share one.

What the catalogue says is protected: a repo that calls itself by another service's name does
not get it, whichever comes first.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct, structs

from handbook.model.catalog import CatalogEntry, name_key, slug_mistake, slugify
from handbook.model.facts import Found, Origin, Problem
from handbook.model.service import Service

_RENAME = "Give one of them another `name` or `slug` in the catalogue."


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
) -> tuple[tuple[Service, ...], tuple[Problem, ...]]:
    """Return the services with their final names, in order, and each clash naming both sides.

    A stated name counts unless another service has it or states it too; then the name of the
    folder or repo does. Of two services left with one name, an entry with ``path`` goes before
    a match of ``paths``, and the first before the second; the other is left out.
    """
    ordered = tuple(candidates)
    problems: list[Problem] = []
    named = [_with_stated(candidate, ordered, problems) for candidate in ordered]
    taken: dict[str, Service] = {}
    kept: list[bool] = [False] * len(named)
    for index in sorted(range(len(named)), key=lambda i: bool(ordered[i].entry.paths)):
        service = named[index]
        problem = slug_mistake(service.slug)
        first = taken.setdefault(service.slug, service)
        if problem:
            text = f"{ordered[index]} {problem}, and is left out."
            hint = "Rename the folder, or give it an entry of its own with `path` and `slug`."
            problems.append(Problem(text, catalog_origin(ordered[index].entry), "error", hint))
        elif first is not service:
            other = ordered[named.index(first)]
            text = f"{ordered[index]} has the same name as {other}, and is left out."
            problems.append(Problem(text, catalog_origin(ordered[index].entry), "error", _RENAME))
        else:
            kept[index] = True
    services = tuple(item for item, keep in zip(named, kept, strict=True) if keep)
    return services, tuple(problems)


def catalog_origin(entry: CatalogEntry) -> Origin:
    """Return the line of the catalogue, which is no file of a service's repo."""
    return Origin("", "", entry.declared.rpartition(":")[0], entry.line)


def _with_stated(
    candidate: Candidate, others: tuple[Candidate, ...], problems: list[Problem]
) -> Service:
    service, stated = candidate.service, candidate.stated
    if candidate.entry.name or stated is None:
        return service
    slug = slugify(stated.value)
    mistake = slug_mistake(slug)
    if mistake:
        text = f"the name '{stated.value}' {mistake}; it is not used."
        problems.append(Problem(text, stated.origin, hint="Choose another metadata.name."))
        return service
    rival = next((it for it in others if it is not candidate and slug in _claims(it)), None)
    if rival is not None and slug not in candidate.keys:
        text = f"{candidate} calls itself '{stated.value}', as does {rival}; it is not used."
        problems.append(Problem(text, stated.origin, "error", _RENAME))
        return service
    return structs.replace(service, name=stated.value, slug=candidate.entry.slug or slug)


def _claims(candidate: Candidate) -> frozenset[str]:
    stated = candidate.stated
    if stated is None or candidate.entry.name:
        return candidate.keys
    return candidate.keys | {slugify(stated.value)}
