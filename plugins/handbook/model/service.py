"""A service of the catalogue, and the state of its repo."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Visibility = Literal["public", "internal", "private"]


class Service(Struct, frozen=True):
    """One service: where its files are and what the catalogue says about it.

    ``name`` is for people, ``slug`` is its folder on the site and its key everywhere.
    ``repo`` is a url or an absolute path, without credentials. ``ref`` is a branch, tag or
    commit; "" means the remote's HEAD. ``path`` is the service's folder in the repo, "" for
    the root, without leading or trailing slash. Empty strings mean "not said".
    ``declared`` is ``catalog.yml:LINE``.
    """

    name: str
    slug: str
    repo: str
    ref: str = ""
    path: str = ""
    owner: str = ""
    system: str = ""
    lifecycle: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    visibility: Visibility = "internal"
    declared: str = ""

    def inside(self, path: str = "") -> str:
        """Return ``path``, relative to the service's folder, as a path from the repo's root."""
        return "/".join(part for part in (self.path, path) if part)


class Snapshot(Struct, frozen=True):
    """A service's repo as it was last fetched; all that later stages need to read it.

    ``git_dir`` is a bare repository on this machine. ``branch`` is the branch edits go to
    ("" when ``ref`` is a tag or commit). ``fetched`` is ISO 8601 in UTC. ``stale`` means the
    last fetch failed and this is the last good copy; ``problem`` then says why. A service
    that was never fetched has ``commit == ""`` and a ``problem``.
    """

    service: Service
    git_dir: str
    commit: str
    branch: str = ""
    fetched: str = ""
    stale: bool = False
    problem: str = ""
