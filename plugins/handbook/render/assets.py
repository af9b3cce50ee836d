"""Which files of a repo are published beside its pages: pictures that are what they say."""

from __future__ import annotations

import posixpath
import re

from handbook.errors import MissingFile, TooLarge
from handbook.model.facts import Problem
from handbook.model.limits import Limits
from handbook.model.pages import Asset
from handbook.render.pictures import Size, picture_size
from handbook.render.svg import HostileSvg, clean_svg
from handbook.tree import RepoTree, is_lfs_pointer

_FOLDER = "_files"
_MAGIC = re.compile(
    rb"\x89PNG\r\n\x1a\n|\xff\xd8\xff|GIF8[79]a|RIFF....WEBP|....ftypavi[fs]|\x00\x00\x01\x00",
    re.DOTALL,
)
_RASTER = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".ico")
_UNSAFE = re.compile(r"[^\w.~+@=-]+")
_LONGEST_NAME = 200  # bytes of one part; file systems take 255, and more may follow


class _Refused(Exception):
    """Why a file is not published."""


def is_picture(path: str) -> bool:
    """Tell whether a path names a picture, by its ending."""
    return path.lower().endswith((*_RASTER, ".svg"))


def _checked(data: bytes, drawing: bool) -> bytes:
    """Return what to publish in place of ``data``, b"" for the very same."""
    if is_lfs_pointer(data):
        raise _Refused("it is kept in git LFS, which is not fetched")
    if drawing:
        return clean_svg(data)
    if not _MAGIC.match(data):
        raise _Refused("its content is not what its name says")
    return b""


class AssetStore:
    """The pictures that the pages of one service use; each is looked at once.

    ``problems`` says which were refused, and why.
    """

    def __init__(self, tree: RepoTree, limits: Limits) -> None:
        self.problems: list[Problem] = []
        self._tree = tree
        self._limits = limits
        self._assets: dict[str, Asset | None] = {}  # by path; None: refused
        self._taken: set[str] = set()
        self._counts: dict[str, int] = {}
        self._sizes: dict[str, Size] = {}  # by path

    @property
    def assets(self) -> tuple[Asset, ...]:
        """All accepted files, in the order they were asked for."""
        return tuple(asset for asset in self._assets.values() if asset)

    def uri(self, path: str) -> str:
        """Return the address of a picture below the service's folder; "" if it is refused."""
        if path not in self._assets:
            self._assets[path] = self._accept(path)
        asset = self._assets[path]
        return asset.uri if asset else ""

    def size(self, path: str) -> Size | None:
        """Return the size of an accepted picture; None for a drawing, or if it is not known."""
        return self._sizes.get(path)

    def _accept(self, path: str) -> Asset | None:
        if not is_picture(path):
            return None
        drawing = path.lower().endswith(".svg")
        try:
            data = self._tree.read(path, self._limits.blob if drawing else self._limits.image)
            made = _checked(data, drawing)
        except TooLarge:
            self._note(path, "it is too large")
        except MissingFile:
            self._note(path, "it is too large to be fetched")
        except (_Refused, HostileSvg) as exc:
            self._note(path, str(exc))
        else:
            if size := picture_size(data):
                self._sizes[path] = size
            return Asset(self._free(path), path=path, data=made)
        return None

    def _note(self, path: str, reason: str) -> None:
        message = f"this picture is not shown, only linked: {reason}."
        self.problems.append(Problem(message, self._tree.origin(path), "notice"))

    def _free(self, path: str) -> str:
        """Return an address that no other file has, made of plain characters."""
        stem, ending = posixpath.splitext(path)
        safe = "/".join(_safe(part) for part in stem.split("/"))
        stem, ending = f"{_FOLDER}/{safe}", _UNSAFE.sub("-", ending)
        uri, key = stem + ending, (stem + ending).casefold()
        while uri.casefold() in self._taken:
            # Where to go on counting: many names may become the same.
            self._counts[key] = count = self._counts.get(key, 1) + 1
            uri = f"{stem}-{count}{ending}"
        self._taken.add(uri.casefold())
        return uri


def _safe(part: str) -> str:
    return _UNSAFE.sub("-", part).encode()[:_LONGEST_NAME].decode("utf-8", "ignore")
