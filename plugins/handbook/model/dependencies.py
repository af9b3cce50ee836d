"""What a service's manifests ask for by name, and which versions it runs on."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from handbook.model.source import Spot

Group = Literal["run", "extra"]
Part = Literal["runs", "builds", "beside", "local"]
Said = Literal["needs", "pins", "ci"]


class Dependency(Struct, frozen=True):
    """A direct dependency as a manifest names it.

    ``name`` is in the form that its ecosystem compares names by ("scikit-learn"); ``wanted`` is
    the range of versions as written, "" for any. ``group``: what running it takes, or an extra:
    tools for development, optional parts.
    """

    name: str
    ecosystem: str
    spot: Spot
    wanted: str = ""
    group: Group = "run"


class Dependencies(Struct, frozen=True):
    """All of them by file and line; ``files`` are the manifests that were read."""

    items: tuple[Dependency, ...] = ()
    files: tuple[str, ...] = ()

    def named(self, *names: str) -> tuple[Dependency, ...]:
        """Return those of these names, in any ecosystem."""
        wanted = frozenset(names)
        return tuple(item for item in self.items if item.name in wanted)


class ImageUse(Struct, frozen=True):
    """A container image that a file names.

    ``part``: it "runs" in what is shipped, "builds" it, runs "beside" it (a database), or only
    on the machines of developers and tests ("local").
    """

    image: str
    part: Part
    spot: Spot


class VersionUse(Struct, frozen=True):
    """Versions of a language that a file names.

    ``said``: a range that the package "needs", a version that the repo "pins", or all those its
    "ci" runs on.
    """

    language: str
    wanted: tuple[str, ...]
    said: Said
    spot: Spot


class Runtimes(Struct, frozen=True):
    """What a service runs on, as far as its files say."""

    images: tuple[ImageUse, ...] = ()
    versions: tuple[VersionUse, ...] = ()
