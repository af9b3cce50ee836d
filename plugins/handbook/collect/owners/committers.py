"""Who has committed to a service's folder. Addresses stay where they are."""

from __future__ import annotations

from collections import Counter

from handbook.collect.owners.names import clean, hide_addresses, is_bot
from handbook.model.people import Committer
from handbook.tree import Commit


def count_committers(commits: tuple[Commit, ...]) -> tuple[Committer, ...]:
    """Count commits by author, most first; ``commits`` are newest first.

    One person with two addresses that .mailmap does not join is one line if the names are
    the same, whatever their case.
    """
    names: dict[str, str] = {}
    by_name: dict[str, str] = {}
    counts: Counter[str] = Counter()
    first: dict[str, str] = {}
    last: dict[str, str] = {}
    for commit in commits:
        name = clean(hide_addresses(commit.author)) or "(no name)"
        key = by_name.setdefault(name.casefold(), commit.author_key)
        names.setdefault(key, name)
        counts[key] += 1
        first[key] = commit.authored
        last.setdefault(key, commit.authored)
    found = [
        Committer(names[key], count, first[key], last[key], is_bot(names[key]))
        for key, count in counts.items()
    ]
    return tuple(sorted(found, key=lambda person: (-person.commits, person.name.casefold())))
