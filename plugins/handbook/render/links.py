"""Where the links of a repo's texts lead once they are on the site.

In order of preference: a page of the service, a picture copied beside it, the file in the repo
at the commit shown. What leads nowhere loses its address and becomes a problem with its line.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from html import escape
from urllib.parse import quote, unquote, urlsplit

from msgspec import Struct

from handbook.errors import MissingFile
from handbook.model.docs import Doc
from handbook.model.facts import Problem
from handbook.model.pages import CrossLink
from handbook.render.assets import AssetStore, is_picture
from handbook.render.context import RenderContext, relative_url
from handbook.render.crosslinks import cross_link
from handbook.render.pictures import Size
from handbook.render.sanitize import is_external
from handbook.tree import RepoTree, single_line

_RAW_HOSTS = {"raw.githubusercontent.com": "github.com"}
_LOOKS = ("", ".md", "/index.md", "/README.md", ".rst", "/index.rst")
_FORGE_PAGES = frozenset(
    (
        *("actions", "commits", "compare", "discussions", "graphs", "issues", "merge_requests"),
        *("network", "packages", "pipelines", "projects", "pull", "pulls", "releases"),
        *("security", "stargazers", "tags", "wiki", "wikis"),
    )
)
_SHOWN = 200  # characters of an address in a message
_MOST = 1_000  # links of one page that are checked or reported
_SAFE = "/:@!$&'()*+,;=~-._%"


class LinkScope(Struct, frozen=True):
    """What the links of all pages of a service have in common.

    ``published`` maps paths in the repo to pages (``Page.uri``); ``folder`` is where the
    documentation is, from the repo's root.
    """

    tree: RepoTree
    ctx: RenderContext
    published: Mapping[str, str]
    store: AssetStore
    folder: str = ""


class PageLink(Struct, frozen=True):
    """A link to another page of the service, to be checked once all are rendered.

    ``href`` is the address as it stands in the page's HTML, ``anchor`` is decoded.
    """

    href: str
    uri: str
    anchor: str
    problem: Problem


class LinkResolver:
    """Rewrites the addresses of one page; give it to the sanitiser.

    Gathers ``links`` (to pages of this service), ``crosslinks`` (to others), ``problems``, and
    the ``sizes`` of pictures by their new address.
    """

    def __init__(self, doc: Doc, text: str, scope: LinkScope) -> None:
        self.links: list[PageLink] = []
        self.crosslinks: list[CrossLink] = []
        self.problems: list[Problem] = []
        self.sizes: dict[str, Size] = {}
        self._doc = doc
        self._text = text
        self._scope = scope
        self._tree = scope.tree
        self._ctx = scope.ctx
        self._noted: set[tuple[str, ...]] = set()

    def __call__(self, tag: str, _attribute: str, value: str) -> str | None:
        """Return the address to write instead of ``value``; None to leave it out."""
        value = value.strip()
        image = tag in {"img", "source"}
        if value.lower().startswith(("service:", "handbook:")):
            return None if image else self._cross(value)
        if is_external(value):
            return self._own(value, image) or value
        path, fragment = _split(value)
        if not path:
            return self._same_page(fragment, value) if fragment and not image else None
        for candidate in self._candidates(path):
            found = self._file(candidate, fragment, value, image)
            if found is not None:
                return found or None  # "": it is there, but has no address on the web
        if upward := self._forge_page(path, fragment):
            return upward
        self._report(value, "leads to no file of this repo")
        return None

    def _cross(self, value: str) -> str:
        uri, anchor = cross_link(value)
        if self._is_new(value):
            self.crosslinks.append(CrossLink(value, uri, anchor, self._problem(value, "")))
        here = f"services/{self._ctx.service.slug}/{self._doc.uri}"
        return quote(relative_url(uri, here), safe=_SAFE) + _hash(anchor)

    def _same_page(self, fragment: str, value: str) -> str:
        self._remember(f"#{fragment}", self._doc.uri, fragment, value)
        return f"#{fragment}"

    def _candidates(self, path: str) -> Iterator[str]:
        """Yield the paths a relative address may mean, in order, without those outside the repo."""
        base = self._doc.base
        places = [posixpath.dirname(base)]
        if path.startswith("/"):
            # A forge starts at the repo; the service's own site would start at its docs.
            places = ["", self._ctx.service.path, self._scope.folder]
        elif self._doc.uri:
            # Written for a site, where each page is a folder: ../other/ is a neighbour.
            places.append(posixpath.splitext(base)[0])
        for place in dict.fromkeys(places):
            full = posixpath.normpath(posixpath.join(place, path.lstrip("/")))
            if full == ".." or full.startswith("../"):
                continue
            yield from (full + look for look in _LOOKS)
            if full.endswith(".html"):
                yield from (full[:-5] + look for look in _LOOKS[1:])

    def _file(self, path: str, fragment: str, value: str, image: bool) -> str | None:
        """Return the address of a file or folder; None if there is none, "" if it has none."""
        path = "" if path == "." else path
        real = self._real(path)
        if image:
            return self._picture(real, fragment) if self._tree.exists(real) else None
        uri = self._page_of(path, real)
        if uri is not None:
            return self._page(uri, fragment, value)
        if not self._tree.exists(real):
            known = self._tree.is_dir(real) or real in self._tree.entries()
            return self._ctx.forge.folder(self._ctx.snapshot.commit, real) if known else None
        if is_picture(real) and (asset := self._scope.store.uri(real)):
            return quote(relative_url(asset, self._doc.uri), safe=_SAFE)
        url = self._ctx.view_url(real)
        return url + _hash(fragment) if url else ""

    def _page(self, uri: str, fragment: str, value: str) -> str:
        if uri == self._doc.uri and fragment:
            return self._same_page(fragment, value)
        href = quote(relative_url(uri, self._doc.uri), safe=_SAFE) + _hash(fragment)
        self._remember(href, uri, fragment, value)
        return href

    def _page_of(self, path: str, real: str) -> str | None:
        published = self._scope.published
        for place in (path, real):
            if place in published:
                return published[place]
            inside = (f"{place}/{name}".lstrip("/") for name in ("index.md", "README.md"))
            page = next((published[name] for name in inside if name in published), None)
            if page is not None and not self._tree.exists(place):
                return page
        return None

    def _picture(self, path: str, fragment: str) -> str:
        if uri := self._scope.store.uri(path):
            # "#only-dark" and its like choose by colour scheme.
            address = quote(relative_url(uri, self._doc.uri), safe=_SAFE) + _hash(fragment)
            if size := self._scope.store.size(path):
                self.sizes[address] = size
            return address
        return self._ctx.forge.raw(self._ctx.snapshot.commit, path)

    def _real(self, path: str) -> str:
        try:
            return self._tree.resolve(path) if path else path
        except MissingFile:
            return path

    def _own(self, value: str, image: bool) -> str:
        """Return the place on the site of a complete address that means a file shown here."""
        path, fragment = self._own_file(value) or ("", "")
        if not path:
            return ""
        if image:
            return self._picture(path, fragment) if self._tree.exists(path) else ""
        uri = self._page_of(path, self._real(path))
        return self._page(uri, fragment, value) if uri is not None else ""

    def _own_file(self, address: str) -> tuple[str, str] | None:
        """Return path and fragment of an address on the forge that means a file shown here."""
        web = urlsplit(self._ctx.forge.web)
        try:
            parts = urlsplit(address)
        except ValueError:
            return None
        host = _RAW_HOSTS.get(parts.netloc.lower(), parts.netloc.lower())
        home = f"{web.path}/".lower()
        if not web.netloc or host != web.netloc.lower() or not parts.path.lower().startswith(home):
            return None
        rest = unquote(parts.path[len(home) :])
        if parts.netloc.lower() not in _RAW_HOSTS:
            match = re.match(r"(?:-/)?(?:blob|raw|tree|src/branch|src/commit)/(.+)$", rest)
            rest = match[1] if match else ""
        rest = rest.removeprefix("refs/heads/")
        for rev in (self._ctx.snapshot.branch, self._ctx.snapshot.commit, "HEAD"):
            if rev and rest.startswith(f"{rev}/"):
                return rest[len(rev) + 1 :].rstrip("/"), parts.fragment
        return None

    def _forge_page(self, path: str, fragment: str) -> str:
        """Return the forge's page that ``../../issues`` means when a README is read there."""
        home = urlsplit(self._ctx.forge.web)
        folder = posixpath.dirname(self._doc.base)
        blob = "-/blob/branch" if self._ctx.forge.kind == "gitlab" else "blob/branch"
        full = posixpath.normpath(posixpath.join(home.path, blob, folder, path))
        match = re.match(rf"{re.escape(home.path)}/(?:-/)?(\w+)", full)
        if not home.netloc or path.startswith("/") or not match or match[1] not in _FORGE_PAGES:
            return ""
        return f"{home.scheme}://{home.netloc}{quote(full, safe=_SAFE)}{_hash(fragment)}"

    def _remember(self, href: str, uri: str, fragment: str, value: str) -> None:
        if fragment and self._is_new(href, uri):
            problem = self._problem(value, "leads to a page that has no such heading")
            self.links.append(PageLink(href, uri, unquote(fragment), problem))

    def _report(self, value: str, why: str) -> None:
        if self._is_new(value):
            self.problems.append(self._problem(value, why))

    def _is_new(self, *link: str) -> bool:
        """Tell whether a link is to be noted: not a second time, and not without an end."""
        if link in self._noted or len(self._noted) > _MOST:
            return False
        self._noted.add(link)
        if len(self._noted) > _MOST:
            message = f"only the first {_MOST:,} different links of this page are checked"
            self.problems.append(Problem(message, self._tree.origin(self._doc.path), "notice"))
            return False
        return True

    def _problem(self, value: str, why: str) -> Problem:
        line = line_of(self._text, value)
        origin = self._tree.origin(self._doc.path, line)
        message = f"the link to {single_line(value, _SHOWN)} {why}"
        return Problem(message, origin, "warning", "Correct the link, or take it out.")


def line_of(text: str, address: str) -> int:
    """Return the first line of ``text`` that has ``address``, as written or encoded; 0 if none."""
    for form in (address, unquote(address), quote(address, safe=_SAFE + "#?"), escape(address)):
        found = text.find(form)
        if found >= 0:
            return text.count("\n", 0, found) + 1
    return 0


def _split(address: str) -> tuple[str, str]:
    """Return path (decoded) and fragment (as written) of a relative address."""
    rest, _, fragment = address.partition("#")
    path = unquote(rest.partition("?")[0]).replace("\\", "/")
    return path, quote(fragment, safe=_SAFE)


def _hash(fragment: str) -> str:
    return f"#{quote(fragment, safe=_SAFE)}" if fragment else ""
