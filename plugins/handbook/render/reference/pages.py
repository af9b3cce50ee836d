"""The pages of the Python reference, and their navigation."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from msgspec import Struct

from handbook.model.code import CodeModule, PythonCode
from handbook.model.facts import Problem
from handbook.model.pages import NavItem, Page, TocItem
from handbook.python_source import PythonSource, quiet
from handbook.render.context import RenderContext, relative_url
from handbook.render.examples import Panels
from handbook.render.guards import OutOfTime, time_limit
from handbook.render.markdown import render_inline
from handbook.render.reference.docstrings import summary_markdown
from handbook.render.reference.handler import ReferenceHandler, Rendered
from handbook.render.reference.places import ROOT, Places, page_uri
from handbook.render.sanitize import clean
from handbook.tree import Commit, RepoTree

_TITLE = "Reference"
_NAMES = 4
_INDEX_TITLE = "Python reference"

Dates = Mapping[str, tuple[Commit, Commit]]


class Writer(Struct, frozen=True):
    """Everything that the pages of one service have in common."""

    code: PythonCode
    ctx: RenderContext
    tree: RepoTree
    source: PythonSource
    handler: ReferenceHandler
    panels: Panels
    places: Places
    dates: Dates

    def module(self, module: CodeModule) -> tuple[Page | None, tuple[Problem, ...]]:
        """Render the page of one module, None if that fails or takes too long."""
        uri = page_uri(self.code, module.name)
        problem = partial(Problem, origin=self.tree.origin(module.path), level="notice")
        found = self.source.modules[module.name]
        self.panels.begin()
        try:
            with quiet(), time_limit(self.ctx.limits.page_seconds):
                link = partial(self.places.link, page=uri)
                rendered = self.handler.render_module(found, link)
                html = rendered.html.replace("<th>", '<th scope="col">')
                html = clean(html + self._more(module, uri), _address)
        except OutOfTime:
            message = f"The reference of {module.name} took too long to make and is left out."
            return None, (problem(message, hint="Split the module, or shorten its docstrings."),)
        except Exception as error:  # noqa: BLE001 - one odd module must not cost the others
            message = f"The reference of {module.name} cannot be made ({type(error).__name__})."
            return None, (problem(message, hint="Please report this with a link to the file."),)
        if len(html) > self.ctx.limits.rendered_page:
            return None, (problem(f"The reference of {module.name} is too large for one page."),)
        plain = tuple(
            problem(f"The docstring of {name} is too long or too deep; it is shown as plain text.")
            for name in dict.fromkeys(rendered.plain)
        )
        return self._page(module, uri, html, rendered), plain

    def index(self, modules: tuple[CodeModule, ...]) -> Page:
        """Render the list of all modules."""
        packages: list[dict[str, Any]] = []
        for name in self.code.packages:
            inside = [module for module in modules if _is_in(module.name, name)]
            if inside:
                anchor = f"package-{name}"
                packages.append(
                    {"name": name, "anchor": anchor, "modules": self._rows(inside, ROOT)}
                )
        count = len(modules)
        intro = f"{count} modules in {len(packages)} package{'s' if len(packages) > 1 else ''}, "
        intro += "read from the source without running it."
        html = self.handler.template("index.html.jinja").render(packages=packages, intro=intro)
        toc = [TocItem(1, "reference", _INDEX_TITLE)]
        if len(packages) > 1:
            toc += [TocItem(2, package["anchor"], package["name"]) for package in packages]
        return Page(ROOT, _INDEX_TITLE, clean(html), "reference", tuple(toc), description=intro)

    def _page(self, module: CodeModule, uri: str, html: str, rendered: Rendered) -> Page:
        first, last = self.dates.get(module.path, (None, None))
        toc = list(rendered.toc)
        for anchor, title in (("also", "Also in this module"), ("modules", "Modules")):
            if f'id="{module.name}--{anchor}"' in html:
                toc.append(TocItem(2, f"{module.name}--{anchor}", title))
        return Page(
            uri,
            module.name,
            html,
            "reference",
            tuple(toc),
            description=summary_markdown(module.summary).replace("`", ""),
            edit_url=self.ctx.edit_url(module.path) if module.path else "",
            view_url=self.ctx.view_url(module.path) if module.path else "",
            updated=last.committed if last else "",
            created=first.committed if first else "",
        )

    def _more(self, module: CodeModule, uri: str) -> str:
        exports = [
            {
                "name": export.name,
                "target": export.target,
                "href": self.places.link(export.target, uri) if export.target else "",
            }
            for export in module.exports
        ]
        inside = [item for item in self.code.modules if item.name.startswith(f"{module.name}.")]
        return self.handler.template("more.html.jinja").render(
            name=module.name,
            exports=exports,
            left_out=module.left_out,
            modules=self._rows(inside, uri),
        )

    def _rows(self, modules: list[CodeModule], page: str) -> list[dict[str, Any]]:
        return [
            {
                "name": module.name,
                "href": relative_url(page_uri(self.code, module.name), page),
                "summary": render_inline(
                    summary_markdown(module.summary) or _contents(module), self.ctx.limits
                ),
            }
            for module in modules
        ]


def navigation(code: PythonCode, pages: Mapping[str, Page]) -> NavItem:
    """Return the reference's entry with one group a package, nested as the modules are."""
    if len(code.modules) == 1:
        return NavItem(_TITLE, ROOT)
    branches = [branch for name in code.packages if (branch := _branch(code, name, name, pages))]
    if len(branches) == 1 and branches[0].children:
        only = branches[0]
        own = (NavItem(only.title, only.uri),) if only.uri is not None else ()
        return NavItem(_TITLE, ROOT, (*own, *only.children))
    return NavItem(_TITLE, ROOT, tuple(branches))


def _branch(code: PythonCode, name: str, title: str, pages: Mapping[str, Page]) -> NavItem | None:
    """Return a module with those below it; steps without a page or a choice are joined."""
    below = dict.fromkeys(
        name + "." + module.name[len(name) + 1 :].partition(".")[0]
        for module in code.modules
        if module.name.startswith(f"{name}.")
    )
    children = [
        child
        for inner in below
        if (child := _branch(code, inner, inner.rpartition(".")[2], pages)) is not None
    ]
    uri = page_uri(code, name)
    if uri in pages and any(module.name == name for module in code.modules):
        return NavItem(title, uri, tuple(children))
    if len(children) == 1:
        only = children[0]
        return NavItem(f"{title}.{only.title}", only.uri, only.children)
    return NavItem(title, None, tuple(children)) if children else None


def _contents(module: CodeModule) -> str:
    """Return the first names in a module, for one that does not say what it is for."""
    depth = module.name.count(".") + 1
    names = [item.path for item in module.objects if item.path.count(".") == depth]
    shown = ", ".join(f"`{name.rpartition('.')[2]}`" for name in names[:_NAMES])
    return f"{shown}, …" if len(names) > _NAMES else shown


def _address(tag: str, _attribute: str, value: str) -> str | None:
    """Leave out addresses that start at the root of some site: it is not this one.

    Docstrings are written for the project's own documentation, wherever that is served.
    """
    return None if value.startswith("/") or tag == "img" else value


def _is_in(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def members_shown(code: PythonCode) -> dict[str, list[str]]:
    """Map the path of each module and class to the names shown in it, in order."""
    members: dict[str, list[str]] = {}
    for module in code.modules:
        for item in module.objects:
            parent, _, name = item.path.rpartition(".")
            members.setdefault(parent, []).append(name)
    return members
