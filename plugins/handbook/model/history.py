"""What happened in a service's folder, and when. All dates are ISO 8601 with offset."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from handbook.model.facts import Origin


class Change(Struct, frozen=True):
    """One commit that touches the service's folder.

    ``release`` names the tag on this commit, or the version its subject announces; else "".
    """

    sha: str
    date: str
    subject: str
    author: str
    bot: bool = False
    release: str = ""


class Release(Struct, frozen=True):
    """A tag of the repo: its name, the commit it leads to, its date."""

    name: str
    sha: str
    date: str


class MonthCount(Struct, frozen=True):
    """Commits in one calendar month ("2026-11")."""

    month: str
    commits: int


class ChangelogSection(Struct, frozen=True):
    """What the changelog says about one release; ``text`` is in the changelog's format."""

    title: str
    text: str
    line: int


class Changelog(Struct, frozen=True):
    """The newest sections of a changelog file; ``more`` says that older ones follow."""

    origin: Origin
    format: Literal["md", "rst", "txt"]
    sections: tuple[ChangelogSection, ...]
    more: bool = False


class History(Struct, frozen=True):
    """``commits`` is how many were read; ``complete`` is False when there are older ones.

    ``activity``: the twelve months that end with the month of the last commit, oldest first.
    ``created`` is "" unless ``complete``. ``changes`` and ``releases`` are newest first.
    """

    changes: tuple[Change, ...]
    commits: int
    complete: bool
    updated: str
    created: str = ""
    releases: tuple[Release, ...] = ()
    activity: tuple[MonthCount, ...] = ()
    changelog: Changelog | None = None

    @property
    def latest(self) -> Release | None:
        """The newest tag that looks like a version, else the newest tag."""
        versions = (item for item in self.releases if any(char.isdigit() for char in item.name))
        return next(versions, self.releases[0] if self.releases else None)
