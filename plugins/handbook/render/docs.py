"""The pages of a service's README and documentation."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from html import escape

from msgspec.structs import replace

from handbook.errors import TreeError
from handbook.model.docs import Doc, DocEntry, Docs, is_index, name_title
from handbook.model.facts import Problem
from handbook.model.pages import NavItem, Page, Section
from handbook.render.anchors import Checked, check_anchors
from handbook.render.assets import AssetStore
from handbook.render.context import RenderContext
from handbook.render.guards import Refusal
from handbook.render.headings import outline
from handbook.render.links import LinkResolver, LinkScope
from handbook.render.markdown import render_markdown
from handbook.render.pictures import with_sizes
from handbook.tree import Commit, RepoTree


def published_map(docs: Docs) -> dict[str, str]:
    """Map each path of the repo that became a page to its ``Page.uri``, for links."""
    published = dict(docs.aliases)
    for doc in _all(docs):
        published[doc.path] = doc.uri
        published.setdefault(doc.base, doc.uri)
    return published


def render_docs(docs: Docs, ctx: RenderContext, tree: RepoTree) -> Section:
    """Render README (the page with ``uri`` "", if the repo has one) and documentation.

    The navigation holds the documentation only. Broken links, limits reached and texts that
    could not be converted are problems of the section, each with its file and line.
    """
    store = AssetStore(tree, ctx.limits)
    scope = LinkScope(tree, ctx, {**ctx.published, **published_map(docs)}, store, docs.folder)
    renderer = _Renderer(scope, docs)
    checked = [renderer.page(doc) for doc in _all(docs)]
    pages, broken = check_anchors(checked)
    found = [problem for item in checked for problem in item.problems]
    return Section(
        pages=pages,
        nav=_navigation(docs, {page.uri: page.title for page in pages}),
        assets=store.assets,
        problems=(*renderer.problems, *found, *broken, *store.problems),
    )


def _all(docs: Docs) -> tuple[Doc, ...]:
    return (*([docs.readme] if docs.readme else []), *docs.pages)


class _Renderer:
    """Renders one file after the other; what they have in common is read once."""

    def __init__(self, scope: LinkScope, docs: Docs) -> None:
        self.problems: list[Problem] = []
        self._scope = scope
        self._ctx = scope.ctx
        self._tree = scope.tree
        self._titles = dict(_titles(docs.nav))
        self._history = self._dates(docs)

    def page(self, doc: Doc) -> Checked:
        """Return the page of one file; what goes wrong is on the page and in its problems."""
        title = self._title(doc)
        text = "" if doc.unread else self._text(doc)
        body = "".join(text.split("\n", doc.meta.lines)[doc.meta.lines :])
        if not body.strip():
            empty = outline("", title)
            reason = doc.unread or "The file is empty."
            html = _with_notice(empty.html, (Refusal(reason),), self._ctx.view_url(doc.base))
            return Checked(self._record(doc, title, html), empty.anchors, plain=True)
        links = LinkResolver(doc, text, self._scope)
        rendered = render_markdown(
            body, title=title, flavour=doc.flavour, resolve=links, limits=self._ctx.limits
        )
        notes = tuple(
            Refusal(note.reason, note.line + doc.meta.lines if note.line else 0)
            for note in rendered.notes
        )
        html = with_sizes(rendered.html, links.sizes)
        page = replace(
            self._record(doc, (doc.uri and doc.meta.title) or rendered.title, html),
            html=_with_notice(html, notes, self._ctx.view_url(doc.base)),
            toc=rendered.toc,
            description=doc.meta.description or rendered.description,
            links=tuple(links.crosslinks),
        )
        problems = (*self._problems(doc, notes, rendered.plain), *links.problems)
        return Checked(page, rendered.anchors, tuple(links.links), problems, rendered.plain)

    def _record(self, doc: Doc, title: str, html: str) -> Page:
        first, last = self._history.get(doc.base, (None, None))
        people = dict.fromkeys(commit.author for commit in (first, last) if commit)
        return Page(
            uri=doc.uri,
            title=title,
            html=html,
            kind="docs" if doc.uri else "overview",
            edit_url=self._ctx.edit_url(doc.base),
            view_url=self._ctx.view_url(doc.base),
            updated=last.committed if last else "",
            created=first.authored if first else "",
            authors=tuple(people),
            hide=doc.meta.hide,
        )

    def _title(self, doc: Doc) -> str:
        """Return the title of a page whose text may have none."""
        if not doc.uri:
            return self._ctx.service.name
        if doc.meta.title:
            return doc.meta.title
        named = posixpath.dirname(doc.path) if is_index(doc.path) else doc.path
        stem = posixpath.splitext(posixpath.basename(named))[0]
        return self._titles.get(doc.path) or name_title(stem)

    def _text(self, doc: Doc) -> str:
        try:
            return self._tree.text(doc.path, self._ctx.limits.blob)
        except TreeError:  # told by the collector
            return ""

    def _problems(self, doc: Doc, notes: tuple[Refusal, ...], plain: bool) -> Iterator[Problem]:
        for note in notes:
            origin = self._tree.origin(doc.path, note.line)
            if plain:
                message = f"this page is shown as plain text: {note.reason}"
                yield Problem(message, origin, "error", "Simplify it.")
            else:
                yield Problem(note.reason, origin, "notice")

    def _dates(self, docs: Docs) -> Mapping[str, tuple[Commit, Commit]]:
        paths = [doc.base for doc in _all(docs)]
        try:
            return self._tree.file_dates(paths, self._ctx.limits.history)
        except TreeError as exc:
            message = f"dates and authors of pages are not known: {exc}"
            self.problems.append(Problem(message, self._tree.origin(docs.folder), "notice"))
            return {}


def _with_notice(html: str, notes: tuple[Refusal, ...], view_url: str) -> str:
    """Say below the title what of a page is not shown as it was meant."""
    if not notes:
        return html
    lines = []
    for note in notes:
        where = f" (line {note.line})" if note.line else ""
        reason = note.reason[:1].upper() + note.reason[1:].rstrip(".")
        lines.append(f"<p>{escape(reason, quote=False)}{where}.</p>")
    link = f'<p><a href="{escape(view_url)}">Read the file in its repo</a></p>' if view_url else ""
    notice = (
        '<div class="admonition warning hb-notice"><p class="admonition-title">Not shown in full'
        f"</p>\n{''.join(lines)}{link}</div>\n"
    )
    head, end, rest = html.partition("</h1>")
    return f"{head}{end}\n{notice}{rest}"


def _titles(entries: tuple[DocEntry, ...]) -> Iterator[tuple[str, str]]:
    for entry in entries:
        if entry.path and entry.title:
            yield entry.path, entry.title
        yield from _titles(entry.children)


def _navigation(docs: Docs, titles: Mapping[str, str]) -> tuple[NavItem, ...]:
    writer = _NavWriter(docs, titles)
    items = tuple(writer.item(entry) for entry in docs.nav)
    if not items:
        return ()
    if len(items) == 1 and items[0].uri is not None and not items[0].children:
        return (NavItem("Docs", items[0].uri),)
    return (writer.group("Docs", items),)


class _NavWriter:
    """Turns entries, which name files, into items, which name pages."""

    def __init__(self, docs: Docs, titles: Mapping[str, str]) -> None:
        self._uris = {doc.path: doc.uri for doc in docs.pages}
        self._titles = titles
        self._indexes = {doc.uri for doc in docs.pages if is_index(doc.path)}

    def item(self, entry: DocEntry) -> NavItem:
        """Return the item of one entry."""
        if entry.path:
            uri = self._uris[entry.path]
            return NavItem(entry.title or self._titles.get(uri, ""), uri)
        return self.group(entry.title, tuple(self.item(child) for child in entry.children))

    def group(self, title: str, items: tuple[NavItem, ...]) -> NavItem:
        """Make a folder's index page, where it comes first, the page of the group itself."""
        first = items[0].uri or ""
        own = first in self._indexes and not items[0].children
        if own and all(item.uri is None or item.uri.startswith(first) for item in items):
            return NavItem(title, first, items[1:])
        return NavItem(title, children=items)
