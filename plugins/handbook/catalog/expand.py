"""From entries of the catalogue to services: patterns, names, and values their repos give."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from functools import cache

from msgspec import Struct, structs

from handbook.catalog.folders import matching, service_folders
from handbook.catalog.info import read_identity
from handbook.catalog.names import Candidate, Concern, catalog_origin, settle_names
from handbook.catalog.values import did_you_mean
from handbook.catalog.whole import place
from handbook.errors import TreeError
from handbook.model.catalog import Catalog, CatalogEntry, Identity
from handbook.model.facts import Found, Problem
from handbook.model.limits import Limits
from handbook.model.service import Service, Visibility
from handbook.tree import RepoTree

Trees = Callable[[str, str], RepoTree | None]


class Expanded(Struct, frozen=True):
    """The services of a catalogue, in its order, and what its owner must know.

    A problem's origin is a line of the catalogue (``repo`` and ``commit`` are "" then), or of
    the ``catalog-info.yaml`` that it is about.
    """

    services: tuple[Service, ...]
    concerns: tuple[Concern, ...] = ()

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All problems, for those who may read the catalogue itself."""
        return tuple(concern.problem for concern in self.concerns)

    def problems_for(self, publish: Collection[Visibility]) -> tuple[Problem, ...]:
        """Return the problems of services that a site of these visibilities may name."""
        return tuple(it.problem for it in self.concerns if set(it.about) <= set(publish))


def expand(catalog: Catalog, trees: Trees, limits: Limits | None = None) -> Expanded:
    """Give one service for each entry, and for each folder that an entry's ``paths`` match.

    ``trees`` gives the tree of a repo (as the catalogue has it) at a ref, None if it was never
    fetched. A value of the catalogue goes before one of ``catalog-info.yaml``. An entry with
    ``path`` goes before a pattern that matches the same folder. Folders come in order of
    their paths; the result depends on the catalogue and the trees only.
    """
    bounds = limits or Limits()
    opened = cache(trees)
    folders = _Folders(catalog.entries, bounds)
    candidates: list[Candidate] = []
    concerns: list[Concern] = []
    for entry in catalog.entries:
        tree = opened(entry.repo, entry.ref)
        paths, odd = folders.of(entry, tree)
        concerns.extend(Concern(problem, (entry.visibility,)) for problem in odd)
        candidates.extend(_candidate(entry, path, tree, bounds) for path in paths)
    services, clashes = settle_names(candidates)
    return Expanded(services, (*concerns, *clashes))


class _Folders:
    """Finds the folders of an entry; each folder of a repo is given once."""

    def __init__(self, entries: Iterable[CatalogEntry], limits: Limits) -> None:
        self._limit = limits.catalog_matches
        self._taken = {place(entry, entry.path) for entry in entries if not entry.paths}
        self._known: dict[tuple[str, str], tuple[str, ...]] = {}

    def of(
        self, entry: CatalogEntry, tree: RepoTree | None
    ) -> tuple[tuple[str, ...], tuple[Problem, ...]]:
        """Return the entry's folders in order, and what is wrong with them."""
        origin = catalog_origin(entry)
        try:
            if not entry.paths:
                problem = _no_folder(entry, tree) if tree is not None and entry.path else None
                return (entry.path,), (problem,) if problem else ()
            if tree is None:
                text = "the repo was never fetched, so the folders of its `paths` are not known."
                return (), (Problem(text, origin, "error", "Run `handbook sync`."),)
            return self._matches(entry, tree)
        except TreeError as error:
            text = f"the folders of the repo cannot be read: {error}"
            return () if entry.paths else (entry.path,), (Problem(text, origin, "error"),)

    def _matches(
        self, entry: CatalogEntry, tree: RepoTree
    ) -> tuple[tuple[str, ...], tuple[Problem, ...]]:
        problems = []
        found: set[str] = set()
        key = (tree.repo, tree.commit)
        if key not in self._known:
            self._known[key] = service_folders(tree.entries())
        folders = self._known[key]
        for pattern in entry.paths:
            matched = matching(folders, pattern)
            found.update(matched)
            if not matched:
                problems.append(_no_match(entry, pattern, folders))
        fresh = sorted(path for path in found if place(entry, path) not in self._taken)
        if len(fresh) > self._limit:
            text = f"`paths` match {len(fresh)} folders; those after {self._limit} are left out."
            hint = "Name the folders more closely."
            problems.append(Problem(text, catalog_origin(entry), "error", hint))
        self._taken.update(place(entry, path) for path in fresh)
        return tuple(fresh[: self._limit]), tuple(problems)


def _candidate(entry: CatalogEntry, path: str, tree: RepoTree | None, limits: Limits) -> Candidate:
    here = CatalogEntry(entry.repo, path=path, name=entry.name, slug=entry.slug)
    service = Service(
        name=entry.name or entry.slug or here.folder_name,
        slug=here.own_slug,
        repo=entry.repo,
        ref=entry.ref,
        path=path,
        visibility=entry.visibility,
        declared=entry.declared,
    )
    fact = read_identity(tree, service, limits) if tree is not None else None
    said = fact.value if isinstance(fact, Found) else Identity()
    return Candidate(entry, structs.replace(service, **_values(entry, said)), said.name)


def _values(entry: CatalogEntry, said: Identity) -> dict[str, str | tuple[str, ...]]:
    """Return what the catalogue says, and where it is silent what the repo does."""
    values: dict[str, str | tuple[str, ...]] = {}
    for key in ("owner", "system", "lifecycle", "description", "tags"):
        stated = getattr(said, key)
        values[key] = getattr(entry, key) or (
            stated.value if stated else type(getattr(entry, key))()
        )
    return values


def _no_folder(entry: CatalogEntry, tree: RepoTree) -> Problem | None:
    if tree.is_dir(entry.path):
        return None
    known = {path.rpartition("/")[0] for path in tree.entries()} - {""}
    near = did_you_mean(entry.path, known) or "."
    text = f"path '{entry.path}' is not a folder of the repo at {tree.commit[:10]}{near}"
    hint = "Name a folder that is there, or leave `path` out for the root."
    return Problem(text, catalog_origin(entry), "error", hint)


def _no_match(entry: CatalogEntry, pattern: str, folders: tuple[str, ...]) -> Problem:
    shown = ", ".join(folder for folder in folders[:8] if folder) or "none"
    text = f"paths '{pattern}' match no folder with a README, package or definition in it."
    hint = f"Folders with one: {shown}{', ...' if len(folders) > 8 else ''}."
    return Problem(text, catalog_origin(entry), "error", hint)
