"""MkDocs pages whose body is HTML that we made: the service pages and the fleet pages."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, Any

from mkdocs.structure.files import File
from mkdocs.structure.pages import Page as MkDocsPage
from mkdocs.structure.toc import get_toc

from handbook.model.pages import Page, TocItem
from handbook.tree import single_line

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

_ID = re.compile(r"""\s(?:id|name)="([^"]+)\"""")
_HEADING = re.compile(r"""<h1 id="([^"]+)\"""")
# What no HTML document may hold, and terminals obey.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


class HtmlPage(MkDocsPage):
    """A page that is not converted from Markdown.

    ``handbook`` is what the theme's templates may show beside the body (see
    ``theme/partials``): the service, its commit and dates. ``heads`` is set by the navigation:
    the page stands for its section.
    """

    def __init__(self, page: Page, file: File, config: MkDocsConfig) -> None:
        super().__init__(label(page.title), file, config)
        self.source = page
        self.handbook: dict[str, Any] = {}
        self.edit_url = page.edit_url or None
        self.heads = page.uri in ("", "services/")

    @property
    def is_index(self) -> bool:
        """Whether the menu shows its section's title in place of its own.

        MkDocs goes by the file's name, which is ``index.md`` for all pages that we make.
        """
        return self.heads

    def read_source(self, config: MkDocsConfig) -> None:
        """There is no Markdown: the body is given."""
        self.markdown = ""
        self.meta = {"hide": list(self.source.hide)}
        if self.source.kind == "reference":
            # The menu has room for a module's last name only, which others may share.
            self.meta["title"] = label(self.source.title)
        if self.source.description:
            self.meta["description"] = escape(single_line(self.source.description))

    def render(self, config: MkDocsConfig, files: Files) -> None:
        """Take the body as it is; the table of contents is built from ours."""
        self.show(self.source.html)
        self.toc = get_toc(toc_tokens(self.source.toc or first_heading(self.source)))
        self.present_anchor_ids = anchors(self.source.html)

    def show(self, html: str) -> None:
        """Set the body."""
        self.content = _CONTROLS.sub("", html)


def label(text: str) -> str:
    """Return a title as HTML: one line of it, without what steers the direction of text.

    Titles stand on other pages than their own, where a reader must be able to trust them.
    """
    return escape(single_line(text), quote=False) or "…"


def first_heading(page: Page) -> tuple[TocItem, ...]:
    """Return the heading of a page without a table of contents: the link that skips the menu."""
    found = _HEADING.search(page.html)
    return (TocItem(1, found[1], page.title),) if found else ()


def anchors(html: str) -> set[str]:
    """All anchors of a body of HTML."""
    return set(_ID.findall(html))


def toc_tokens(items: tuple[TocItem, ...]) -> list[Any]:
    """Nest a flat list of headings as Python-Markdown's ``toc`` extension would.

    A page title (level 1) alone at the top keeps the others as its children.
    """
    roots: list[Any] = []
    open_items: list[Any] = []
    for item in items:
        token = {
            "level": item.level,
            "id": item.anchor,
            "name": label(item.title),
            "children": [],
        }
        while open_items and open_items[-1]["level"] >= item.level:
            open_items.pop()
        (open_items[-1]["children"] if open_items else roots).append(token)
        open_items.append(token)
    return roots
