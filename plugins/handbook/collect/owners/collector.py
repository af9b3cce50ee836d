"""All owners of a service, put together from every file that can say so, in one order."""

from __future__ import annotations

from handbook.collect.manifests.files import read_manifests
from handbook.collect.owners.cataloginfo import collect_cataloginfo
from handbook.collect.owners.claims import Claim, Claims
from handbook.collect.owners.codeowners import collect_codeowners
from handbook.collect.owners.committers import count_committers
from handbook.collect.owners.maintainers import collect_maintainers
from handbook.collect.owners.ownersfile import collect_ownersfiles
from handbook.collect.owners.stated import catalogue_owner, package_people
from handbook.errors import TreeError
from handbook.model.facts import Absent, Fact, Found, Problem
from handbook.model.limits import Limits
from handbook.model.people import Committer, Owner, Owners
from handbook.model.service import Service
from handbook.tree import RepoTree

_MOST = 300


def collect_owners(tree: RepoTree, service: Service, limits: Limits) -> Fact[Owners]:
    """Collect who answers for a service and who has committed to it.

    Order of sources: the handbook's catalogue, ``catalog-info.yaml``, CODEOWNERS, OWNERS,
    MAINTAINERS, package metadata. An owner named twice is one entry with two mentions, at the
    place of the first. Rules for the whole folder come before those for parts of it.
    """
    info = collect_cataloginfo(tree, service, limits)
    sources = (
        catalogue_owner(service, info),
        info,
        collect_codeowners(tree, service, limits),
        collect_ownersfiles(tree, service, limits),
        collect_maintainers(tree, service, limits),
        package_people(read_manifests(tree, service, limits), service),
    )
    searched = tuple(dict.fromkeys(path for source in sources for path in source.searched))
    owners = merge(sources)
    people, history_problems = _committers(tree, service, limits)
    problems = (*(item for source in sources for item in source.problems), *history_problems)
    if not owners and not people and not problems:
        return Absent(searched)
    if not any(owner.answers for owner in owners):
        problems = (*problems, _nobody(tree, service))
    found = Owners(
        owners[:_MOST],
        tuple(person for person in people if not person.bot),
        tuple(person for person in people if person.bot),
        searched,
    )
    origin = owners[0].mentions[0].origin if owners else tree.origin(service.path)
    return Found(found, origin, problems)


def merge(sources: tuple[Claims, ...]) -> tuple[Owner, ...]:
    """Join claims about the same team or person: by handle, else by name."""
    groups: list[list[Claim]] = []
    by_key: dict[str, list[Claim]] = {}
    for claim in (claim for source in sources for claim in source.claims):
        keys = [key for key in (claim.named.handle.casefold(), claim.named.name.casefold()) if key]
        group = next((by_key[key] for key in keys if key in by_key), None)
        if group is None:
            group = []
            groups.append(group)
        group.append(claim)
        for key in keys:
            by_key.setdefault(key, group)
    return tuple(_owner(group) for group in groups)


def _owner(claims: list[Claim]) -> Owner:
    """Make one owner: the fullest name, the first handle, every place once."""
    handle = next((claim.named.handle for claim in claims if claim.named.handle), "")
    names = [claim.named.name for claim in claims]
    name = next((name for name in names if not name.startswith("@")), names[0])
    kinds = [claim.named.kind for claim in claims]
    kind = next((kind for kind in ("bot", "team") if kind in kinds), "person")
    mentions = tuple(dict.fromkeys(claim.mention for claim in claims))
    return Owner(name, kind, mentions, handle)  # type: ignore[arg-type]


def _committers(
    tree: RepoTree, service: Service, limits: Limits
) -> tuple[tuple[Committer, ...], tuple[Problem, ...]]:
    try:
        commits = tree.commits(service.path, limits.history)
    except TreeError as exc:
        message = f"Committers are not known: {exc}"
        return (), (Problem(message, tree.origin(service.path)),)
    people = count_committers(commits)
    problems = []
    if len(commits) >= limits.history:
        message = f"Only the latest {limits.history:,} commits are counted."
        problems.append(Problem(message, tree.origin(service.path), "notice"))
    if len(people) > _MOST:
        message = f"Only {_MOST} of {len(people)} committers are listed."
        problems.append(Problem(message, tree.origin(service.path), "notice"))
    return people[:_MOST], tuple(problems)


def _nobody(tree: RepoTree, service: Service) -> Problem:
    return Problem(
        "No file names an owner or maintainer of this service.",
        tree.origin(service.path),
        "notice",
        "Add a CODEOWNERS file, or `owner` in the catalogue.",
    )
