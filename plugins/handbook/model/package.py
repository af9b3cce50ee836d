"""What a service is written in and packaged as."""

from __future__ import annotations

from msgspec import Struct

from handbook.model.facts import Origin


class LanguageShare(Struct, frozen=True):
    """Source files of one language: their size in bytes and share of all source (0 to 1)."""

    name: str
    bytes: int
    share: float


class Package(Struct, frozen=True):
    """One package manifest as written; "" where it does not say.

    ``requires`` is the language version it asks for ("Python >=3.11"). ``dependencies`` counts
    direct run-time dependencies, -1 where the manifest leaves that to another file.
    """

    ecosystem: str
    origin: Origin
    name: str = ""
    version: str = ""
    description: str = ""
    license: str = ""
    requires: str = ""
    dependencies: int = -1


class BaseImage(Struct, frozen=True):
    """The image that the last stage of a Dockerfile starts from."""

    image: str
    origin: Origin


class PackageInfo(Struct, frozen=True):
    """Languages (largest first), packages (the service's own folder first), base images."""

    languages: tuple[LanguageShare, ...] = ()
    packages: tuple[Package, ...] = ()
    images: tuple[BaseImage, ...] = ()

    @property
    def language(self) -> str:
        """The main language, "" if no source file was recognised."""
        return self.languages[0].name if self.languages else ""

    def own(self, folder: str) -> Package | None:
        """The first package described in ``folder`` itself, the service's own, if any."""
        return next((item for item in self.packages if _folder(item) == folder), None)


def _folder(package: Package) -> str:
    return package.origin.path.rpartition("/")[0]
