"""From a repo's files to its documentation pages, in one call."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from html.parser import HTMLParser
from typing import Any

import pytest

from handbook.collect.docs import collect_docs
from handbook.model.facts import Found
from handbook.model.limits import Limits
from handbook.model.pages import Page, Section
from handbook.model.service import Service, Snapshot
from handbook.render.context import RenderContext
from handbook.render.docs import render_docs
from handbook.render.forge import Forge
from handbook.tree import MemoryTree

Render = Callable[..., Section]

_VOID = frozenset(("br", "col", "hr", "img", "input", "source", "wbr"))
_LIVE_TAGS = frozenset(
    (
        *("script", "style", "iframe", "frame", "object", "embed", "base", "meta", "link"),
        *("form", "button", "textarea", "body", "math"),
    )
)


class _Living(HTMLParser):
    """Collects what could act: elements, events, styles, addresses of programs, foreign loads."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.open: list[str] = []  # elements still open: all must be closed, in order

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _VOID:
            self.open.append(tag)
        if tag in _LIVE_TAGS:
            self.found.append(tag)
        for name, value in attrs:
            address = re.sub(r"[\x00-\x20]", "", value or "").lower()
            if name.startswith("on") or name in {"style", "srcdoc", "action", "formaction"}:
                self.found.append(name)
            if name in {"href", "src"} and re.match(r"(?!https?:|mailto:)[a-z]+:", address):
                self.found.append(address)
            if name in {"src", "srcset"} and re.match(r"//|[a-z]+:", address):
                self.found.append(address)

    def handle_endtag(self, tag: str) -> None:
        if self.open and self.open[-1] == tag:
            self.open.pop()
        elif tag not in _VOID:
            self.found.append(f"</{tag}> out of place")


@pytest.fixture
def living() -> Callable[[str], list[str]]:
    """List what could act in some HTML: it should be nothing."""

    def look(html: str) -> list[str]:
        parser = _Living()
        parser.feed(html)
        parser.close()
        return [*parser.found, *parser.open]

    return look


@pytest.fixture
def section() -> Render:
    """Render the documentation of a repo given as path to content.

    ``repo`` is its url, ``path`` the service's folder; further arguments go to the tree.
    The problems of both stages are in the section.
    """

    def make(
        files: Mapping[str, str | bytes],
        *,
        repo: str = "https://github.com/acme/risk",
        path: str = "",
        limits: Limits | None = None,
        **tree_options: Any,
    ) -> Section:
        limits = limits or Limits()
        tree = MemoryTree(files, repo=repo, **tree_options)
        service = Service(name="Risk", slug="risk", repo=repo, path=path)
        facts = collect_docs(tree, service, limits)
        assert isinstance(facts, Found)
        snapshot = Snapshot(service, "", tree.commit, branch="main")
        ctx = RenderContext(snapshot, Forge.of(repo), limits, {})
        made = render_docs(facts.value, ctx, tree)
        return Section(made.pages, made.nav, made.assets, (*facts.problems, *made.problems))

    return make


@pytest.fixture
def front(section: Render) -> Callable[..., Page]:
    """Render one README and return its page."""

    def make(readme: str | bytes, **options: Any) -> Page:
        return section({"README.md": readme}, **options).pages[0]

    return make
