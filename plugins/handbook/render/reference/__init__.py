"""The reference of a service's Python packages: one page per public module.

mkdocstrings renders it from source that was read out of git; nothing of the service is
imported. Names in signatures and docstrings are links, also into the references of other
services (through their inventories), and each object has one to its line in the repo.
"""

from __future__ import annotations

from collections.abc import Mapping

from handbook.model.code import PythonCode
from handbook.model.facts import Problem
from handbook.model.pages import Asset, Page, Section
from handbook.python_source import load_source
from handbook.render.context import RenderContext
from handbook.render.examples import Panels, no_panels
from handbook.render.reference.handler import ReferenceHandler
from handbook.render.reference.pages import Writer, members_shown, navigation
from handbook.render.reference.places import ROOT, Places, imported_packages, inventory_of
from handbook.tree import RepoTree

__all__ = ["imported_packages", "inventory_of", "render_reference"]

_NO_INVENTORIES: Mapping[str, bytes] = {}


def render_reference(
    code: PythonCode,
    ctx: RenderContext,
    tree: RepoTree,
    inventories: Mapping[str, bytes] = _NO_INVENTORIES,
    panels: Panels | None = None,
) -> Section:
    """Render all public modules of a service.

    ``inventories`` maps slugs of other services to their ``objects.inv``. ``panels`` show tests
    of objects. The section has the
    service's own as an asset. Problems are those of rendering: what the collector found wrong
    with the source is part of the fact.
    """
    slug, shown = ctx.service.slug, panels or no_panels(ctx)
    writer = Writer(
        code=code,
        ctx=ctx,
        tree=tree,
        source=load_source(tree, code.files, code.style, ctx.limits.blob),
        handler=ReferenceHandler(members_shown(code), ctx.view_url, ctx.limits, shown.of),
        panels=shown,
        places=Places(code, slug, inventories),
        dates=tree.file_dates([m.path for m in code.modules if m.path], ctx.limits.history),
    )
    pages: dict[str, Page] = {}
    problems: list[Problem] = []
    for module in code.modules:
        page, found = writer.module(module)
        problems += found
        if page is not None:
            pages[page.uri] = page
    if not pages:
        return Section(problems=tuple(problems))
    if ROOT not in pages:
        pages[ROOT] = writer.index(code.modules)
    return Section(
        pages=tuple(pages[uri] for uri in sorted(pages)),
        nav=(navigation(code, pages),),
        assets=(Asset("objects.inv", data=inventory_of(code, slug)),),
        problems=tuple(problems),
    )
