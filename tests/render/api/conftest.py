"""Pages of definitions, and what must hold of every page."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from handbook.collect.openapi import collect_apis
from handbook.model.facts import Found
from handbook.model.limits import Limits
from handbook.model.pages import Section
from handbook.model.service import Service, Snapshot
from handbook.render.api import render_apis
from handbook.render.context import RenderContext
from handbook.render.forge import Forge
from handbook.tree import MemoryTree

SERVICE = Service("Risk", "risk", "https://github.com/acme/risk")
COMMIT = "0123456789abcdef0123456789abcdef01234567"
RICH = Path(__file__).parents[2] / "collect" / "openapi" / "cases" / "rich.json"
_VOID = frozenset({"br", "hr", "img", "input", "wbr", "col", "source"})


class PageParser(HTMLParser):
    """Notes tags that are not closed in order, ids, links and text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.mistakes: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.texts: list[str] = []
        self.feed(html)
        self.close()
        self.mistakes += [f"<{tag}> is never closed" for tag in self.open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(f"{tag} {name}", value or "") for name, value in attrs]
        self.ids += [value or "" for name, value in attrs if name == "id"]
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open[-1] != tag:
            self.mistakes.append(f"</{tag}> at {self.getpos()} inside {self.open[-3:]}")
        else:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def section_problems(section: Section) -> list[str]:
    """Return all that is wrong with a section's pages: tags, ids, links, tables of contents."""
    parsed = {page.uri: PageParser(page.html) for page in section.pages}
    files = {asset.uri for asset in section.assets}
    found = [] if len(parsed) == len(section.pages) else ["two pages have one uri"]
    for page in section.pages:
        parser = parsed[page.uri]
        found += [f"{page.uri}: {mistake}" for mistake in parser.mistakes]
        if len(set(parser.ids)) < len(parser.ids):
            found.append(f"{page.uri}: an id is there twice")
        found += [f"{page.uri}: toc {t.anchor}" for t in page.toc if t.anchor not in parser.ids]
        for link in parser.links:
            parts = urlsplit(link)
            if parts.scheme:
                continue
            folder = (parts.path.endswith("/") and "/") or ""
            path = posixpath.normpath(posixpath.join(page.uri, unquote(parts.path)))
            target = page.uri if not parts.path else path + folder
            if target in files or (target in parsed and not parts.fragment):
                continue
            if target not in parsed or unquote(parts.fragment) not in parsed[target].ids:
                found.append(f"{page.uri}: the link {link} leads nowhere")
    return found


@pytest.fixture
def parse() -> type[PageParser]:
    return PageParser


@pytest.fixture
def rich() -> dict[str, Any]:
    """A definition that uses most of what OpenAPI has."""
    data: dict[str, Any] = json.loads(RICH.read_text(encoding="utf-8"))
    return data


@pytest.fixture
def problems_of() -> Callable[[Section], list[str]]:
    return section_problems


@pytest.fixture
def rendered() -> Callable[..., Section]:
    """Render definitions given as data by path; the pages are checked on the way."""

    def run(*, check: bool = True, limits: Limits | None = None, **specs: Any) -> Section:
        bounds = limits or Limits()
        files = {f"{name}.json": json.dumps(data) for name, data in specs.items()}
        fact = collect_apis(MemoryTree(files, repo=SERVICE.repo, commit=COMMIT), SERVICE, bounds)
        if not isinstance(fact, Found):
            return Section()
        snapshot = Snapshot(SERVICE, "", COMMIT, branch="main")
        ctx = RenderContext(snapshot, Forge.of(SERVICE.repo), bounds, {})
        section = render_apis(fact.value, ctx)
        if check:
            assert section_problems(section) == []
        return section

    return run
