"""The reference of a service's APIs, rendered here so that search finds every operation."""

from __future__ import annotations

from collections.abc import Sequence

from handbook.model.api import ApiDefinition
from handbook.model.pages import NavItem, Page, Section, TocItem
from handbook.render.api.pages import DefinitionPages
from handbook.render.context import RenderContext
from handbook.render.examples import Panels, no_panels
from handbook.render.templates import environment

__all__ = ["render_apis"]


def render_apis(
    apis: Sequence[ApiDefinition], ctx: RenderContext, panels: Panels | None = None
) -> Section:
    """Render the pages of all definitions, below "api/".

    One definition is at "api/" itself; several have a page each, and "api/" lists them. The
    anchors of all operations and schemas exist on a definition's first page, so a link there
    stays good when the definition grows onto more pages. ``panels`` show tests of operations.
    """
    if not apis:
        return Section()
    shown = panels or no_panels(ctx)
    made = [DefinitionPages(api, ctx, shown) for api in apis]
    pages = [page for item in made for page in item.pages()]
    if len(made) == 1:
        nav = NavItem("API", apis[0].uri, made[0].nav())
    else:
        pages.insert(0, _index(apis))
        inner = [NavItem(item.api.title, item.api.uri, item.nav()) for item in made]
        nav = NavItem("APIs", "api/", tuple(inner))
    return Section(
        pages=tuple(pages),
        nav=(nav,),
        assets=tuple(asset for item in made for asset in item.assets()),
        problems=tuple(problem for item in made for problem in item.problems()),
    )


def _index(apis: Sequence[ApiDefinition]) -> Page:
    html = environment().get_template("api_index.html.j2").render(apis=apis)
    return Page("api/", "APIs", html, "api", (TocItem(1, "api", "APIs"),))
