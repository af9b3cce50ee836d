"""The headings of a sanitised page: one title, an anchor for each, a table of contents."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape, unescape

from msgspec import Struct

from handbook.model.pages import TocItem

_ATTRS = r"(?:\s[^\s=>\"]+=\"[^\"]*\")*"
_HEADING = re.compile(rf"<h([1-6])({_ATTRS})>(.*?)</h\1>", re.DOTALL)
_HEADING_TAG = re.compile(rf"<h[1-6]{_ATTRS}>|</h[1-6]>")
_OPENING = re.compile(rf"<h[1-6]{_ATTRS}>")
_ID = re.compile(r"<[a-z][^>]*?\s(?:id|name)=\"([^\"]+)\"")
_OWN_ID = re.compile(r"\sid=\"([^\"]+)\"")
_PERMALINK = re.compile(r"<a class=\"headerlink\"[^>]*>.*?</a>", re.DOTALL)
_EXTERNAL_IMAGE = re.compile(r"<(a|span) class=\"hb-ext-img\"[^>]*>.*?</\1>", re.DOTALL)
_IMAGE_TEXT = re.compile(r"<img[^>]*\salt=\"([^\"]*)\"[^>]*>")
_PARAGRAPH = re.compile(rf"<p{_ATTRS}>(.*?)</p>", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_LINK = re.compile(r"<a\b[^>]*>.*?</a>", re.DOTALL)
_TITLE = 200  # characters
_PROSE = 60  # characters outside of links that make a paragraph one to read
_DESCRIPTION = (20, 160)  # characters: what is too short to describe anything, and the most


class Outlined(Struct, frozen=True):
    """A page's body with its headings in order. ``title`` is plain text."""

    html: str
    title: str
    toc: tuple[TocItem, ...]
    anchors: frozenset[str]


def outline(html: str, title: str) -> Outlined:
    """Give ``html`` (as :func:`~handbook.render.sanitize.clean` returns it) one page title.

    The first ``h1`` is the title if no lesser heading and no prose comes before it, or if it is
    the only one; otherwise ``title`` is put on top. Further ``h1`` and what follows them move
    one level down. Each heading gets an anchor (GitHub's form where it has none) and a permalink.
    """
    html = _flat(html)
    found = list(_HEADING.finditer(html))
    levels = [int(match[1]) for match in found]
    own_title = 1 in levels and (levels.count(1) == 1 or _opens(html, levels, found))
    first = levels.index(1) if own_title else -1
    writer = _Writer(found, html)
    for at, match in enumerate(found):
        shift = int(at != first and 1 in levels[first + 1 : at + 1])
        writer.add(match, min(levels[at] + shift, 6), title if at == first else "")
    writer.finish()
    if own_title:
        page_title = next(item.title for item in writer.toc if item.level == 1)
        return Outlined(
            "".join(writer.out), page_title, tuple(writer.toc), frozenset(writer.anchors.taken)
        )
    anchor = writer.anchors.unique(github_slug(title))
    top = TocItem(1, anchor, title)
    heading = _heading(1, f' id="{escape(anchor)}"', escape(title, quote=False), anchor)
    body = f"{heading}\n{''.join(writer.out)}"
    return Outlined(body, title, (top, *writer.toc), frozenset(writer.anchors.taken))


def _opens(html: str, levels: list[int], found: list[re.Match[str]]) -> bool:
    """Tell whether the first of several ``h1`` opens the page: logos and links may precede it."""
    before = _LINK.sub("", html[: found[0].start()])
    return levels[0] == 1 and not any(
        len(_words(match[1])) > _PROSE for match in _PARAGRAPH.finditer(before)
    )


def _flat(html: str) -> str:
    """Take out headings inside of headings: a parser lets some of them nest."""
    depth = 0

    def keep(match: re.Match[str]) -> str:
        nonlocal depth
        closes = match[0].startswith("</")
        depth += -1 if closes else 1
        return match[0] if depth == (0 if closes else 1) else ""

    return _HEADING_TAG.sub(keep, html)


class _Writer:
    """Puts the page together again, heading by heading."""

    def __init__(self, found: list[re.Match[str]], html: str) -> None:
        self.out: list[str] = []
        self.toc: list[TocItem] = []
        self._html = html
        self._end = 0
        self.anchors = Anchors(unescape(name) for name in _ID.findall(html))
        # Ids that a heading brings itself and nothing else on the page has.
        elsewhere = set(_ID.findall(_OPENING.sub("", html)))
        owned = {own[1] for match in found if (own := _OWN_ID.search(match[2]))}
        self._free = {unescape(name) for name in owned - elsewhere}

    def add(self, match: re.Match[str], level: int, fallback: str) -> None:
        """Add all up to a heading, and the heading."""
        attributes, inner = match[2], _PERMALINK.sub("", match[3])
        text = heading_text(inner) or fallback
        own = _OWN_ID.search(attributes)
        if own and unescape(own[1]) in self._free:
            anchor = unescape(own[1])
            self._free.discard(anchor)
        else:
            anchor = self.anchors.unique(github_slug(text))
            attributes = f'{_OWN_ID.sub("", attributes)} id="{escape(anchor)}"'
        self.out += [
            self._html[self._end : match.start()],
            _heading(level, attributes, inner, anchor),
        ]
        self.toc.append(TocItem(level, anchor, text or anchor))
        self._end = match.end()

    def finish(self) -> None:
        """Add what follows the last heading."""
        self.out.append(self._html[self._end :])


def heading_text(inner: str) -> str:
    """Return the words of a heading: without badges; a lone picture speaks by its text."""
    words = _words(_EXTERNAL_IMAGE.sub("", inner))
    return (words or " ".join(_IMAGE_TEXT.findall(inner)).strip() or _words(inner))[:_TITLE]


def first_words(html: str) -> str:
    """Return the start of the first paragraph that says something, for a description."""
    shortest, longest = _DESCRIPTION
    for match in _PARAGRAPH.finditer(html):
        words = _words(_EXTERNAL_IMAGE.sub("", match[1]))
        if len(words) <= shortest or match[1].lstrip().startswith("[!"):
            continue
        if len(words) <= longest:
            return words
        return words[:longest].rsplit(" ", 1)[0].rstrip(",;:") + "…"
    return ""


def github_slug(text: str) -> str:
    """Return the anchor GitHub gives a heading of this text (before it is made unique)."""
    return re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-")


class Anchors:
    """Gives out anchors, each once. ``taken`` are those in use already."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self.taken = set(taken)
        self._counts: dict[str, int] = {}  # where to go on counting: pages repeat their headings

    def unique(self, slug: str) -> str:
        """Return ``slug``, with a number if it is taken, and take it."""
        slug = slug or "section"
        found, count = slug, self._counts.get(slug, 0)
        while found in self.taken:
            count += 1
            found = f"{slug}-{count}"
        self._counts[slug] = count
        self.taken.add(found)
        return found


def _words(html: str) -> str:
    return " ".join(unescape(_TAG.sub("", html)).split())


def _heading(level: int, attributes: str, inner: str, anchor: str) -> str:
    link = f'<a class="headerlink" href="#{escape(anchor)}" title="Permanent link">¶</a>'
    return f"<h{level}{attributes}>{inner}{link}</h{level}>"
