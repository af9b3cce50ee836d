"""A context to render in, and a parser that checks what was rendered."""

from __future__ import annotations

from collections.abc import Callable
from html.parser import HTMLParser

import pytest

from handbook.model.limits import Limits
from handbook.model.service import Service, Snapshot
from handbook.render.context import RenderContext
from handbook.render.forge import Forge

COMMIT = "0123456789abcdef0123456789abcdef01234567"
VOID = {"area", "br", "col", "hr", "img", "input", "meta", "source", "wbr"}


class Checked(HTMLParser):
    """The tags, links and ids of a page; refuses what is not closed or active."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: list[str] = []
        self.words = ""
        self.feed(html)
        self.close()
        assert not self.open, f"not closed: {self.open}"
        assert len(self.ids) == len(set(self.ids)), "two elements with one id"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        assert tag not in {"script", "style", "iframe", "object", "img"}
        for name, value in attrs:
            assert not name.startswith("on"), f"{name} on <{tag}>"
            assert name != "style"
            if name == "id":
                self.ids.append(value or "")
            if name == "href":
                assert value
                assert not value.startswith(("javascript:", "data:", "//"))
                self.links.append(value)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words = " ".join(f"{self.words} {data}".split())


@pytest.fixture
def checked() -> type[Checked]:
    return Checked


@pytest.fixture
def context() -> Callable[..., RenderContext]:
    def make(repo: str = "https://github.com/acme/risk", **values: object) -> RenderContext:
        inner = {"name": "Risk", "slug": "risk", "declared": "catalog.yml:7"}
        service_values = {
            key: values.pop(key) for key in list(values) if key in Service.__struct_fields__
        }
        service = Service(repo=repo, **{**inner, **service_values})  # type: ignore[arg-type]
        known = {"commit": COMMIT, "branch": "main", **values}
        published = known.pop("published", {})
        snapshot = Snapshot(service, "/mirrors/risk", **known)  # type: ignore[arg-type]
        return RenderContext(snapshot, Forge.of(repo), Limits(), published)  # type: ignore[arg-type]

    return make
