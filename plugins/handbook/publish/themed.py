"""Put the site's theme around one service's pages: the work done in a worker process."""

from __future__ import annotations

import itertools
from html import escape
from pathlib import Path

from mkdocs.commands.build import get_context
from mkdocs.structure import StructureItem
from mkdocs.structure.files import File, Files
from mkdocs.structure.nav import Link, Navigation, Section
from mkdocs.structure.pages import Page as MkDocsPage

from handbook.errors import HandbookError, TreeError
from handbook.model.facts import Origin, Problem
from handbook.model.limits import Limits
from handbook.model.pages import NavItem, Page, Shard
from handbook.publish.frame import SiteFrame, load_frame_config, template_cache
from handbook.publish.gate import refused
from handbook.publish.htmlpage import HtmlPage, label
from handbook.render.forge import Forge
from handbook.tree import RepoTree

_LONGEST_NAME = 255  # bytes that file systems take


class Themer:
    """Renders shards with one warm configuration and template environment."""

    def __init__(self, frame: SiteFrame) -> None:
        self.frame = frame
        self.config = load_frame_config(frame)
        # Shards show what history says; a site-wide repo would give links to the wrong place.
        self.config.edit_uri = None
        self.config.edit_uri_template = None
        environment = self.config.theme.get_env()
        environment.bytecode_cache = template_cache()
        self.template = environment.get_template("main.html")

    def write(
        self, shard: Shard, tree: RepoTree | None, out: Path, limits: Limits
    ) -> tuple[Problem, ...]:
        """Write all pages and assets of a shard below ``out`` (the site's root)."""
        problems = [_no_place(shard, page.uri) for page in shard.pages if not has_place(page.uri)]
        root = f"services/{shard.snapshot.service.slug}/"
        files, pages = self._pages(shard, root)
        nav = self._navigation(shard, pages)
        for page in nav.pages:
            if isinstance(page, HtmlPage):
                problem = self._write_page(page, nav, files, out, shard)
                problems += [problem] if problem else []
        problems += _write_assets(shard, tree, out / root, limits)
        return tuple(problems)

    def _pages(self, shard: Shard, root: str) -> tuple[Files, dict[str, HtmlPage]]:
        files, pages = Files([]), {}
        for page in filter(lambda page: has_place(page.uri), shard.pages):
            file = File(f"{root}{page.uri}index.md", None, "", use_directory_urls=True)
            themed = HtmlPage(page, file, self.config)
            themed.handbook = _beside(shard, page)
            themed.read_source(self.config)
            themed.render(self.config, files)
            # Where the publisher may put what it alone knows: stale, unreachable, failed.
            themed.show(f"{self.frame.banner_marker}\n{page.html}")
            files.append(file)
            pages[page.uri] = themed
        return files, pages

    def _navigation(self, shard: Shard, pages: dict[str, HtmlPage]) -> Navigation:
        """Build the same tabs as everywhere; below the services' tab, this service's pages."""
        ordered: list[MkDocsPage] = []
        items: list[StructureItem] = []
        service = Section(
            label(shard.snapshot.service.name),
            [item for nav in shard.nav if (item := _nav_item(nav, pages, ordered))],
        )
        for tab in self.frame.tabs:
            link = Link(escape(tab.title, quote=False), tab.url)
            if tab.title != self.frame.services_tab:
                items.append(link)
                continue
            overview = Link("All services", tab.url)
            items.append(Section(link.title, [overview, service]))
        if not any(isinstance(item, Section) for item in items):
            items.append(service)
        # A page that is in no navigation is still written, and says where it belongs.
        rest = [page for page in pages.values() if page not in ordered]
        for page in rest:
            page.parent = service
        for before, after in itertools.pairwise(ordered):
            before.next_page, after.previous_page = after, before
        _set_parents(items, None)
        return Navigation(list(items), [*ordered, *rest])

    def _write_page(
        self, page: HtmlPage, nav: Navigation, files: Files, out: Path, shard: Shard
    ) -> Problem | None:
        html, reason = self._themed(page, nav, files)
        problem = None
        if reason:
            origin = Origin(shard.snapshot.service.repo, shard.snapshot.commit, page.source.uri)
            problem = Problem(f"page withheld: {reason}", origin, "error")
            page.show(
                f"<h1>{page.title}</h1>\n<p>This page is not shown because {escape(reason)}.</p>"
            )
            html, reason = self._themed(page, nav, files)
        if reason:  # it is in what surrounds the page, and so in all of them
            raise HandbookError(f"page {page.source.uri} withheld: {reason}")
        target = out / page.file.dest_uri
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(html, encoding="utf-8", errors="xmlcharrefreplace")
        return problem

    def _themed(self, page: HtmlPage, nav: Navigation, files: Files) -> tuple[str, str]:
        page.active = True
        context = get_context(nav, files, self.config, page)
        html = self.template.render(context)
        page.active = False
        return html, refused(html, context["base_url"])


def _nav_item(
    item: NavItem, pages: dict[str, HtmlPage], ordered: list[MkDocsPage]
) -> MkDocsPage | Section | None:
    title = label(item.title)
    children: list[StructureItem] = []
    if item.uri is not None and (page := pages.get(item.uri)) is not None:
        page.title = title
        page.heads = page.heads or bool(item.children)
        ordered.append(page)
        if not item.children:
            return page
        children.append(page)
    children += [child for sub in item.children if (child := _nav_item(sub, pages, ordered))]
    return Section(title, children) if children else None


def _set_parents(items: list[StructureItem], parent: Section | None) -> None:
    for item in items:
        item.parent = parent
        if isinstance(item, Section):
            _set_parents(item.children, item)


def _beside(shard: Shard, page: Page) -> dict[str, object]:
    """What the theme may show beside a page's body."""
    service = shard.snapshot.service
    return {
        "service": service.name,
        "slug": service.slug,
        "kind": page.kind,
        "commit": shard.snapshot.commit,
        "commit_url": Forge.of(service.repo).commit(shard.snapshot.commit),
        "updated": page.updated,
        "created": page.created,
        "authors": page.authors,
        "view_url": page.view_url,
    }


def _write_assets(shard: Shard, tree: RepoTree | None, root: Path, limits: Limits) -> list[Problem]:
    problems = []
    for asset in shard.assets:
        if not has_place(asset.uri):
            problems.append(_no_place(shard, asset.path or asset.uri))
            continue
        limit = max(limits.image, limits.openapi_file)
        try:
            data = asset.data or (tree.read(asset.path, limit) if tree else b"")
        except TreeError as exc:
            origin = Origin(shard.snapshot.service.repo, shard.snapshot.commit, asset.path)
            problems.append(Problem(f"file left out: {exc}", origin))
            continue
        target = root / asset.uri
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    return problems


def has_place(uri: str) -> bool:
    """Whether an address is below the service's folder, in names that file systems take."""
    return not uri or all(
        part not in {"", ".", ".."} and len(part.encode("utf-8", "replace")) <= _LONGEST_NAME
        for part in uri.removesuffix("/").split("/")
    )


def _no_place(shard: Shard, path: str) -> Problem:
    origin = Origin(shard.snapshot.service.repo, shard.snapshot.commit, path)
    return Problem("left out: its name is too long, or stands for another folder", origin)
