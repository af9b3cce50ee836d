"""The pages of one definition."""

from __future__ import annotations

from urllib.parse import quote

from jinja2 import Template

from handbook.model.api import ApiDefinition, SourceFile
from handbook.model.facts import Problem
from handbook.model.pages import Asset, NavItem, Page, TocItem
from handbook.render.api.layout import Layout, OperationPage, SchemaPage, lay_out
from handbook.render.api.writer import ApiWriter
from handbook.render.context import RenderContext
from handbook.render.examples import Panels
from handbook.render.templates import environment

_DOWNLOADS = (".yaml", ".yml", ".json")
_MOST_FILES = 50  # as written; the bundle has them all
_SMALLEST = 64  # parts of schemas, below which cutting further helps nothing


class DefinitionPages:
    """Renders one definition."""

    def __init__(self, api: ApiDefinition, ctx: RenderContext, panels: Panels) -> None:
        self.api, self.ctx = api, ctx
        sizes = {op.anchor: panels.size(f"{api.slug}#{op.anchor}") for op in api.operations}
        self.layout = lay_out(api, ctx.limits, sizes)
        self.show = ApiWriter(api, _places(api, self.layout), ctx, panels)

    def pages(self) -> list[Page]:
        """Return the definition's first page, then those of tags, then those of schemas."""
        pages = [self._overview()]
        pages += [self._operations(page) for page in self.layout.operation_pages]
        pages += [self._schemas(page) for page in self.layout.schema_pages]
        return pages

    def nav(self) -> tuple[NavItem, ...]:
        """Return what stands below the definition in the navigation."""
        items = [NavItem(_title(page), page.uri) for page in self.layout.operation_pages]
        schemas = self.layout.schema_pages
        if len(schemas) == 1:
            items.append(NavItem("Schemas", schemas[0].uri))
        elif schemas:
            letters = tuple(NavItem(page.title, page.uri) for page in schemas)
            items.append(NavItem("Schemas", None, letters))
        return tuple(items)

    def assets(self) -> list[Asset]:
        """Return the bundle, and the files it was made of as they are in the repo."""
        uri = self.api.uri
        files = [Asset(f"{uri}source/{item.path}", item.path) for item in self._sources()]
        return [Asset(f"{uri}openapi.json", data=self.api.bundle), *files]

    def problems(self) -> tuple[Problem, ...]:
        """Return what could not be shown; ask after :meth:`pages`."""
        if not self.show.cut:
            return ()
        message = "Parts of it are not shown: the pages would be too large."
        return (Problem(message, self.api.origin, "notice", "Download the definition instead."),)

    def _overview(self) -> Page:
        layout, api = self.layout, self.api
        toc = [TocItem(2, "operations", "Operations")] if api.operations else []
        if api.security_schemes:
            toc.append(TocItem(2, "authentication", "Authentication"))
        toc.append(TocItem(2, "try-it", "Try it interactively"))
        if layout.one_page:
            for group in layout.groups:
                toc.append(TocItem(2, group.anchor, group.title))
                toc += [TocItem(3, op.anchor, op.title) for op in group.operations]
        if api.schemas:
            toc.append(TocItem(2, "schemas", "Schemas"))
        if layout.one_page:
            toc += [TocItem(3, item.anchor, item.name) for item in api.schemas]
        return self._page(
            api.uri, api.title, "api_overview.html.j2", tuple(toc), sources=self._source_links()
        )

    def _operations(self, page: OperationPage) -> Page:
        toc = tuple(TocItem(2, op.anchor, op.title) for op in page.operations)
        return self._page(page.uri, _title(page), "api_tag.html.j2", toc, page=page)

    def _schemas(self, page: SchemaPage) -> Page:
        toc = tuple(TocItem(2, item.anchor, item.name) for item in page.schemas)
        title = f"Schemas {page.title}".strip()
        return self._page(page.uri, title, "api_schemas.html.j2", toc, page=page)

    def _page(
        self, uri: str, title: str, template: str, toc: tuple[TocItem, ...], **values: object
    ) -> Page:
        path = self.api.origin.path
        made = environment().get_template(template)
        values |= {"api": self.api, "layout": self.layout, "show": self.show, "title": title}
        html = self._small_enough(uri, made, values)
        if html is None:
            html = environment().get_template("api_too_large.html.j2").render(**values, toc=toc)
        return Page(
            uri=uri,
            title=title,
            html=html,
            kind="api",
            toc=(TocItem(1, "api", title), *toc),
            description=f"{self.api.title} {self.api.version}: {title}".strip(),
            edit_url=self.ctx.edit_url(path),
            view_url=self.ctx.view_url(path),
        )

    def _small_enough(self, uri: str, template: Template, values: dict[str, object]) -> str | None:
        """Render a page; one that is too large again, with fewer parts of schemas.

        None if nothing helps.
        """
        nodes = self.ctx.limits.openapi_nodes
        while nodes >= _SMALLEST:
            self.show.start(uri, nodes)
            html = template.render(values)
            if len(html) <= self.ctx.limits.rendered_page:
                return html
            nodes //= 4
        self.show.cut = True
        return None

    def _sources(self) -> list[SourceFile]:
        files = [item for item in self.api.files if item.path.lower().endswith(_DOWNLOADS)]
        return files[:_MOST_FILES]

    def _source_links(self) -> list[tuple[str, SourceFile]]:
        return [(f"source/{quote(item.path)}", item) for item in self._sources()]


def _places(api: ApiDefinition, layout: Layout) -> dict[str, str]:
    """Map the anchors of operations, schemas and security schemes to their pages."""
    places = dict.fromkeys((scheme.anchor for scheme in api.security_schemes), api.uri)
    places |= dict.fromkeys((op.anchor for op in api.operations), api.uri)
    places |= dict.fromkeys((item.anchor for item in api.schemas), api.uri)
    places |= {op.anchor: page.uri for page in layout.operation_pages for op in page.operations}
    places |= {item.anchor: page.uri for page in layout.schema_pages for item in page.schemas}
    return places


def _title(page: OperationPage) -> str:
    return page.group.title if page.number == 1 else f"{page.group.title} ({page.number})"
