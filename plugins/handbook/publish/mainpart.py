"""The main part of the site: hand-written pages with links to services, and the fleet pages."""

from __future__ import annotations

import re
from html import escape, unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mkdocs.structure.files import File, InclusionLevel
from mkdocs.utils import nest_paths

from handbook.model.facts import Origin, Problem
from handbook.model.pages import CrossLink, Page
from handbook.publish.fleetpages import FLEET
from handbook.publish.htmlpage import HtmlPage
from handbook.render.context import relative_url
from handbook.render.crosslinks import cross_link
from handbook.render.readiness import RULES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page as MkDocsPage


_CROSS = re.compile(r'(?P<before>\shref=")(?P<target>(?:service|handbook):[^"]*)(?=")')
_PATHS = frozenset(f"{uri}index.md" for uri in FLEET)


def resolve_links(html: str, page: MkDocsPage, config: MkDocsConfig) -> tuple[str, list[CrossLink]]:
    """Turn ``service:`` and ``handbook:`` links of a hand-written page into relative ones."""
    root = Path(str(config.config_file_path)).parent
    written = Path(page.file.abs_src_path or page.file.src_uri)
    path = written.relative_to(root) if written.is_relative_to(root) else page.file.src_uri
    links: list[CrossLink] = []

    def replaced(match: re.Match[str]) -> str:
        target = unescape(match["target"])
        uri, anchor = cross_link(target)
        origin = Origin("the handbook", "", str(path), _line(page.markdown or "", target))
        links.append(CrossLink(target, uri, anchor, Problem("", origin)))
        url = relative_url(uri, page.url) + (f"#{anchor}" if anchor else "")
        return match["before"] + escape(url)

    return _CROSS.sub(replaced, html), links


def _line(text: str, needle: str) -> int:
    found = text.find(needle)
    return text.count("\n", 0, found) + 1 if found >= 0 else 0


def list_of(url: str) -> str:
    """Return the path of the page that lists the page at an address; "" if none does."""
    lists = {RULES: f"{RULES}index.md", "reference/python/": "reference/python.md"}
    return next((page for folder, page in lists.items() if url.startswith(folder)), "")


def add_pages(pages: Iterable[Page], files: Files, config: MkDocsConfig) -> None:
    """Add pages whose body we made; ``uri`` is from the site's root."""
    for page in pages:
        file = File.generated(config, f"{page.uri}index.md", content="")
        HtmlPage(page, file, config)
        if old := files.get_file_from_path(file.src_uri):
            files.remove(old)
        if file.src_uri not in _PATHS:
            file.inclusion = InclusionLevel.NOT_IN_NAV
        files.append(file)


def navigation_with(nav: list[Any] | None, files: Files) -> list[Any]:
    """Add the fleet pages to a navigation that does not name them.

    Without one, the folders of ``docs/`` are the navigation, as MkDocs has it; it is written
    out, because the pages of services show the same tabs.
    """
    if nav is None:
        pages = files.documentation_pages(inclusion=InclusionLevel.is_in_nav)
        paths = [page.src_uri for page in pages if page.src_uri not in _PATHS]
        nav = [{"Home": p} if p == "index.md" else p for p in nest_paths(paths)]  # type: ignore[no-untyped-call]
    if "services/index.md" in str(nav):
        return nav
    return [*nav, {"Services": [{title: f"{uri}index.md"} for uri, title in FLEET.items()]}]
