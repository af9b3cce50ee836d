"""From a repo's files to its documentation pages, in one call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
