"""The catalogue as written, what a repo says about itself, and how names become addresses."""

from __future__ import annotations

import re
import unicodedata

from msgspec import Struct

from handbook.model.facts import Found, Origin
from handbook.model.service import Visibility

LIFECYCLES = ("experimental", "production", "deprecated")
VISIBILITIES: tuple[Visibility, ...] = ("public", "internal", "private")
STYLES = ("sync", "async", "batch")

SLUG_LENGTH = 63  # the longest label of a host name, and of a name in Backstage

# Slugs that no service may have: pages and folders of the site itself, and the names
# of devices, which Windows cannot use for a folder.
_PAGES = "404 apis assets changes index owners readiness rules search sitemap status tags"
_FOLDERS = "fonts images javascripts objects pagefind static stylesheets"
_DEVICES = (
    "aux",
    "con",
    "nul",
    "prn",
    *(f"{port}{n}" for port in ("com", "lpt") for n in range(10)),
)
RESERVED_SLUGS = frozenset((*_PAGES.split(), *_FOLDERS.split(), *_DEVICES))

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


class CatalogEntry(Struct, frozen=True):
    """One entry of ``catalog.yml``, checked by itself but not yet held against its repo.

    ``repo`` is a url or an absolute path, ``path`` a folder of the repo ("" for its root).
    ``paths`` are patterns of folders, for a monorepo; then ``path``, ``name`` and ``slug``
    are "". Empty strings mean "not said". ``declared`` is ``catalog.yml:LINE``.
    """

    repo: str
    ref: str = ""
    path: str = ""
    paths: tuple[str, ...] = ()
    name: str = ""
    slug: str = ""
    owner: str = ""
    system: str = ""
    lifecycle: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    visibility: Visibility = "internal"
    declared: str = ""

    @property
    def folder_name(self) -> str:
        """Name of the folder the service lives in, or of the repo if that is its root."""
        return last_segment(self.path or self.repo)

    @property
    def own_slug(self) -> str:
        """The slug as far as the catalogue says: of its name, else of its folder or repo."""
        return self.slug or slugify(self.name or self.folder_name)

    @property
    def line(self) -> int:
        """Line of the catalogue, 0 if not known."""
        number = self.declared.rpartition(":")[2]
        return int(number) if number.isdecimal() else 0


class Catalog(Struct, frozen=True):
    """All entries of the catalogue, in the order of the file."""

    entries: tuple[CatalogEntry, ...] = ()


class Link(Struct, frozen=True):
    """A link a repo gives for itself; ``url`` is http or https, ``title`` may be ""."""

    url: str
    title: str = ""


class Entity(Struct, frozen=True):
    """One document of ``catalog-info.yaml``; fields it does not have are "" or empty.

    ``kind`` is Backstage's ("Component", "API", "Group", "User", "System", ...), ``type`` its
    ``spec.type``. ``members`` are names of users (of a group) or of groups (of a user).
    ``definition`` is the path of an API's definition as written in a ``$text`` placeholder.
    """

    kind: str
    name: str
    origin: Origin
    title: str = ""
    description: str = ""
    type: str = ""
    owner: str = ""
    system: str = ""
    members: tuple[str, ...] = ()
    definition: str = ""


class Identity(Struct, frozen=True):
    """What a repo says about its service in ``catalog-info.yaml``; None where it says nothing.

    ``kind`` is the annotation ``handbook/kind`` or ``spec.type``, in lower case. ``style`` is
    the annotation ``handbook/style``: one of ``STYLES``. ``owner`` and ``system`` are names
    without the kind and the default namespace. ``annotations`` holds those of ``handbook/``
    and ``backstage.io/``; ``entities`` all documents, in the order of the file.
    """

    name: Found[str] | None = None
    title: Found[str] | None = None
    description: Found[str] | None = None
    owner: Found[str] | None = None
    system: Found[str] | None = None
    lifecycle: Found[str] | None = None
    kind: Found[str] | None = None
    style: Found[str] | None = None
    tags: Found[tuple[str, ...]] | None = None
    links: tuple[Found[Link], ...] = ()
    annotations: tuple[tuple[str, str], ...] = ()
    entities: tuple[Entity, ...] = ()


def slugify(name: str) -> str:
    """Return the address of a name: lower-case ASCII letters, digits and single hyphens.

    Unicode is normalised (NFKC), case is folded and accents are dropped first, so names that
    look alike get one slug and are found out. "" if nothing is left, or if the name has a
    letter or digit without a plain form: leaving it out would make unlike names alike.

    Example: ``slugify("Größe_Scorer") == "grosse-scorer"``.
    """
    folded = unicodedata.normalize("NFKC", name).casefold()
    plain = [c for c in unicodedata.normalize("NFKD", folded) if unicodedata.category(c)[0] != "M"]
    if any(not c.isascii() and unicodedata.category(c)[0] in "LN" for c in plain):
        return ""
    return re.sub(r"[^a-z0-9]+", "-", "".join(plain)).strip("-")


def name_key(name: str) -> str:
    """Return the form in which names are compared: the slug, or what stands for it."""
    return slugify(name) or " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def slug_mistake(slug: str) -> str:
    """Return why ``slug`` cannot be a service's folder on the site; "" if it can."""
    if not slug:
        return "gives no address on the site, which has only the letters a to z, digits and '-'"
    if not _SLUG.fullmatch(slug):
        return "is not made of lower-case letters a to z and digits with single '-' between them"
    if len(slug) > SLUG_LENGTH:
        return f"gives an address of {len(slug)} characters; at most {SLUG_LENGTH} are allowed"
    if slug in RESERVED_SLUGS:
        return f"gives the address '{slug}', which the site keeps for itself"
    return ""


def last_segment(place: str) -> str:
    """Return the last part of a url or path, without ``.git``."""
    trimmed = place.rstrip("/").removesuffix("/.git").rstrip("/")
    return re.split(r"[/:]", trimmed)[-1].removesuffix(".git")


def entity_name(reference: str) -> str:
    """Return the name of a Backstage entity reference, without kind and default namespace.

    Example: ``entity_name("group:default/team-risk") == "team-risk"``; other namespaces stay:
    ``entity_name("group:payments/core") == "payments/core"``.
    """
    return re.sub(r"^[A-Za-z]+:(?=\S)", "", reference.strip()).removeprefix("default/")
