"""Collect what changed in a service's API definitions since its last release."""

from __future__ import annotations

from msgspec.structs import replace

from handbook.collect.openapi.collect import collect_apis
from handbook.collect.openapi.diff import diff_apis
from handbook.collect.openapi.find import candidates
from handbook.model.api import ApiChanges, ApiDefinition
from handbook.model.facts import Absent, Broken, Fact, Found
from handbook.model.limits import Limits
from handbook.model.service import Service
from handbook.tree import RepoTree, Tag

_SEPARATORS = "/-_@"


def collect_api_changes(tree: RepoTree, service: Service, limits: Limits) -> Fact[ApiChanges]:
    """Compare the definitions of the last two tags; with one tag, that and the commit shown.

    In a repo of several services, tags that begin with the service's name or folder count if
    there are any ("risk/v2", "risk-2.0"). Which states were compared is in the record. Absent
    if there is no tag to compare with, or no definition in either state.
    """
    states = _states(tree, service)
    if states is None:
        return Absent(("tags of the repo",))
    old, new = states
    before, after = tree.at(old.sha), tree if new is None else tree.at(new.sha)
    empty = ApiChanges(
        old=old.name,
        old_sha=old.sha,
        new=new.name if new else "",
        new_sha=new.sha if new else tree.commit,
    )
    now = collect_apis(after, service, limits)
    if isinstance(now, Found) and _same_files(before, after, service):
        return Found(empty, tree.origin())
    was = collect_apis(before, service, limits)
    for fact in (was, now):
        if isinstance(fact, Broken):
            return fact
    if not isinstance(was, Found) and not isinstance(now, Found):
        return Absent(("API definitions at the last two tags",))
    changes = diff_apis(_apis(was), _apis(now))
    named = {field: getattr(empty, field) for field in ("old", "old_sha", "new", "new_sha")}
    return Found(replace(changes, **named), tree.origin())


def _apis(fact: Fact[tuple[ApiDefinition, ...]]) -> tuple[ApiDefinition, ...]:
    return fact.value if isinstance(fact, Found) else ()


def _states(tree: RepoTree, service: Service) -> tuple[Tag, Tag | None] | None:
    """Return the older and the newer state; None stands for the commit shown."""
    tags = tree.tags()
    named = {service.slug, service.name, service.path, service.path.rpartition("/")[2]} - {""}
    own = [tag for tag in tags if any(_belongs(tag.name, name) for name in named)]
    tags = tuple(own) or tags
    distinct = list({tag.sha: tag for tag in reversed(tags)}.values())[::-1]
    if len(distinct) >= 2:
        return distinct[1], distinct[0]
    if distinct and distinct[0].sha != tree.commit:
        return distinct[0], None
    return None


def _belongs(tag: str, name: str) -> bool:
    return tag.startswith(name) and tag[len(name) :][:1] in tuple(_SEPARATORS)


def _same_files(before: RepoTree, after: RepoTree, service: Service) -> bool:
    """Whether all files that could be part of a definition are the same in both."""
    return _blobs(before, service) == _blobs(after, service)


def _blobs(tree: RepoTree, service: Service) -> dict[str, str]:
    entries = tree.entries()
    return {found.path: entries[found.path].oid for found in candidates(tree, service)}
