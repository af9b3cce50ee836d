"""What holds for every page of the site, seen without a browser."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

import pytest

# One worker builds the site for all of them.
pytestmark = pytest.mark.xdist_group("whole")

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
MEDIA = {"img", "svg", "input", "button", "select"}
HEADINGS = {f"h{level}": level for level in range(1, 7)}
FILLED = {"ul", "ol", "dl", "table", "tbody", "details", "section", "figure", "blockquote", "pre"}


class Reader(HTMLParser):
    """Reads one page.

    ``empty``: headings of the article with nothing below them, and containers with nothing in
    them. ``links``: what the page leads to or loads, as written.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.titles: list[str] = []
        self.headings: list[str] = []
        self.empty: list[str] = []
        self._open: list[tuple[str, bool, str]] = []  # tag, whether it counts, what it is
        self._said: list[int] = []  # for each open element, how much is in it
        self._sections: list[tuple[int, str, int]] = []  # level, heading, words before it ends
        self._words = 0
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.ids.extend(found[name] for name in ("id",) if found.get(name))
        self.links.extend(found[name] for name in ("href", "src", "data-spec") if name in found)
        if tag in MEDIA:
            self._fill(1)
        if tag == "title" and not any(name == "svg" for name, *_ in self._open):
            self.titles.append("")
        if tag == "h1":
            self.headings.append("")
        if tag in HEADINGS and self._counts():
            self._end_sections(HEADINGS[tag])
            self._sections.append((HEADINGS[tag], found.get("id", tag), self._words))
        if tag in VOID:
            return
        classes = found.get("class", "").split()
        apart = tag == "aside" or "headerlink" in classes or "hidden" in found
        counts = (self._counts() or tag == "article") and not apart
        what = f"{tag}.{'.'.join(classes)}" if tag in FILLED or "tabbed-block" in classes else ""
        self._open.append((tag, counts, what))
        self._said.append(0)

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID or tag not in {name for name, *_ in self._open}:
            return
        while True:
            name, counts, what = self._open.pop()
            if not self._said.pop() and what and counts:
                self.empty.append(what)
            if name == "article":
                self._end_sections(0)
            if name == tag:
                return

    def handle_data(self, data: str) -> None:
        text = data.strip()
        if not text:
            return
        inside = [name for name, *_ in self._open]
        if "title" in inside and "svg" not in inside:
            self.titles[-1] += text
        if "h1" in inside:
            self.headings[-1] += text
        self._fill(0 if HEADINGS.keys() & set(inside) else 1)

    def _counts(self) -> bool:
        return bool(self._open) and self._open[-1][1]

    def _fill(self, words: int) -> None:
        self._said = [1 for _ in self._said]
        if self._counts():
            self._words += words

    def _end_sections(self, level: int) -> None:
        while self._sections and self._sections[-1][0] >= level:
            _, heading, before = self._sections.pop()
            if self._words == before:
                self.empty.append(f"nothing below {heading}")


@pytest.fixture(scope="module")
def read(site: Any, uris: tuple[str, ...]) -> dict[str, Reader]:
    return {uri: Reader(_file(site.folder, uri).read_text("utf-8")) for uri in uris}


def _file(folder: Path, uri: str) -> Path:
    path = folder / unquote(uri)
    return path / "index.html" if path.is_dir() else path


def test_the_reader_sees_what_is_empty() -> None:
    page = Reader(
        "<title>T</title><article><h1 id=a>A</h1><h2 id=b>B<a class=headerlink>#</a></h2><h2 id=c>"
        "C</h2><h3 id=d>D</h3><p>x<ul class=e> </ul><aside><p>by me</aside></article><ol></ol>"
    )
    assert page.empty == ["nothing below b", "ul.e"]
    assert page.titles == ["T"]
    assert page.headings == ["A"]


def test_one_heading_and_a_title(read: dict[str, Reader]) -> None:
    for uri, page in read.items():
        assert len(page.titles) == 1, uri
        assert page.titles[0], uri
        assert len(page.headings) == 1, uri
        assert page.headings[0], uri


def test_titles_are_unlike_each_other(read: dict[str, Reader]) -> None:
    by_title: dict[str, str] = {}
    for uri, page in read.items():
        assert by_title.setdefault(page.titles[0], uri) == uri, page.titles


def test_no_anchor_twice(read: dict[str, Reader]) -> None:
    found = {uri: sorted({i for i in p.ids if p.ids.count(i) > 1}) for uri, p in read.items()}
    assert {uri: ids for uri, ids in found.items() if ids} == {}


def test_nothing_is_empty(read: dict[str, Reader]) -> None:
    assert {uri: page.empty for uri, page in read.items() if page.empty} == {}


def test_every_link_leads_to_a_file_and_its_anchor(site: Any, read: dict[str, Reader]) -> None:
    def leads_nowhere(uri: str, link: str) -> bool:
        url = urlsplit(urljoin(site.address + uri, link))
        if not url.geturl().startswith(site.address.removesuffix("handbook/")):
            return url.scheme not in {"http", "https", "mailto", "data"}
        target = url.path.removeprefix("/handbook/")
        if target.startswith("/") or not _file(site.folder, target).is_file():
            return True
        return bool(url.fragment) and unquote(url.fragment) not in read[target].ids

    links = [(uri, link) for uri, page in read.items() for link in page.links]
    assert len(links) > 1_000
    assert [(uri, link) for uri, link in links if leads_nowhere(uri, link)] == []


def test_the_sitemap_names_every_page(site: Any, uris: tuple[str, ...]) -> None:
    text = (site.folder / "sitemap.xml").read_text("utf-8")
    assert sorted(re.findall(r"<loc>(.*)</loc>", text)) == [
        site.address + uri for uri in uris if uri != "404.html"
    ]


def test_every_page_of_a_service_is_in_its_navigation(read: dict[str, Reader]) -> None:
    for uri, page in read.items():
        if not uri.startswith("services/payments-scoring/"):
            continue
        links = {urljoin(f"https://x/{uri}", link) for link in page.links}
        for part in ("", "docs/", "api/", "reference/", "owners/", "changes/"):
            assert f"https://x/services/payments-scoring/{part}" in links, uri
