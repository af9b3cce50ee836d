"""What happened in a service's folder: commits, tags, activity, changelog."""

from __future__ import annotations

import re
from collections import Counter

from handbook.collect.changelog import find_changelog, read_changelog
from handbook.collect.owners.names import clean, hide_addresses, is_bot
from handbook.errors import TreeError
from handbook.model.facts import Absent, Broken, Fact, Found, Problem
from handbook.model.history import Change, Changelog, History, MonthCount, Release
from handbook.model.limits import Limits
from handbook.model.service import Service
from handbook.tree import Commit, RepoTree, Tag

_CHANGES = 30
_RELEASES = 20
_MONTHS = 12
_SUBJECT = 200
_RELEASE = re.compile(
    r"^(?:(?:chore|build)\(release\):?"
    r"|\W{0,4}(?:prepare |cut |bump )?(?:release|version)(?: (?:of|to|version))?:?)?"
    r"\s*(?:version )?(?P<version>v?\d+\.\d+(?:\.\d+)?(?:[-.]?(?:a|b|rc|alpha|beta|dev)\.?\d*)?)"
    r"(?:\s*\(#\d+\))?$",
    re.IGNORECASE,
)


def collect_history(tree: RepoTree, service: Service, limits: Limits) -> Fact[History]:
    """Collect the latest commits of the service's folder and what can be counted from all."""
    try:
        commits = tree.commits(service.path, limits.history)
        tags = tree.tags()
    except TreeError as exc:
        return Broken(Problem(f"The history is not read: {exc}", tree.origin(service.path)))
    if not commits:
        return Absent((f"commits that touch {service.path or 'the repository'}",))
    changelog, problems = _changelog(tree, service, limits)
    complete = len(commits) < limits.history
    history = History(
        changes=_changes(commits[:_CHANGES], tags),
        commits=len(commits),
        complete=complete,
        updated=commits[0].committed,
        created=commits[-1].committed if complete else "",
        releases=tuple(Release(clean(tag.name), tag.sha, tag.date) for tag in tags[:_RELEASES]),
        activity=activity(commits),
        changelog=changelog,
    )
    return Found(history, tree.origin(service.path), problems)


def activity(commits: tuple[Commit, ...]) -> tuple[MonthCount, ...]:
    """Count commits a month, for the twelve months up to that of the newest commit.

    Months are those of the committer's own clock. The newest commit decides where the year
    ends, not today's date: the same commit gives the same page on any day.
    """
    counts = Counter(commit.committed[:7] for commit in commits)
    year, month = (int(part) for part in commits[0].committed[:7].split("-"))
    last = year * 12 + month - 1
    months = (f"{at // 12:04d}-{at % 12 + 1:02d}" for at in range(last - _MONTHS + 1, last + 1))
    return tuple(MonthCount(name, counts[name]) for name in months)


def _changes(commits: tuple[Commit, ...], tags: tuple[Tag, ...]) -> tuple[Change, ...]:
    names: dict[str, list[str]] = {}
    for tag in tags:
        names.setdefault(tag.sha, []).append(clean(tag.name))
    return tuple(
        Change(
            sha=commit.sha,
            date=commit.committed,
            subject=hide_addresses(commit.subject.strip())[:_SUBJECT] or "(no subject)",
            author=clean(hide_addresses(commit.author)) or "(no name)",
            bot=is_bot(commit.author),
            release=", ".join(names.get(commit.sha, [])[:3]) or announced(commit.subject),
        )
        for commit in commits
    )


def announced(subject: str) -> str:
    """The version that a commit's subject announces and says nothing else; "" if none."""
    match = _RELEASE.match(subject.strip()[:100])
    return match["version"] if match else ""


def _changelog(
    tree: RepoTree, service: Service, limits: Limits
) -> tuple[Changelog | None, tuple[Problem, ...]]:
    path = find_changelog(tree, service)
    if path is None:
        return None, ()
    read = read_changelog(tree, path, limits)
    return (None, (read,)) if isinstance(read, Problem) else (read, ())
