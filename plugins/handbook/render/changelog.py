"""Sections of a changelog as safe HTML that fits below a heading of the page."""

from __future__ import annotations

import posixpath
import re
from urllib.parse import unquote

from markupsafe import Markup
from msgspec import Struct

from handbook.model.docs import Flavour
from handbook.model.history import Changelog, ChangelogSection
from handbook.render.context import RenderContext, relative_url
from handbook.render.markdown import render_markdown
from handbook.render.sanitize import Rewrite, is_external

_FLAVOURS: dict[str, Flavour] = {"md": "github", "rst": "rst", "txt": "text"}
_ATTRS = r"(?:\s[^\s=>\"]+=\"[^\"]*\")*"
_TITLE = re.compile(rf"\s*<h1{_ATTRS}>.*?</h1>\s*", re.DOTALL)
_PERMALINK = re.compile(r"<a class=\"headerlink\"[^>]*>.*?</a>", re.DOTALL)
_HEADING = re.compile(r"(</?h)([1-6])\b")
_TAG = re.compile(rf"<[a-z][a-z0-9]*{_ATTRS}>")
_ID = re.compile(r"\s(?:id|name)=\"[^\"]*\"")
_TOP = 4  # the page's own headings go down to h3


class Rendered(Struct, frozen=True):
    """One section: its title, anchor and body."""

    title: str
    anchor: str
    html: Markup


def render_changelog(changelog: Changelog, ctx: RenderContext, page: str) -> tuple[Rendered, ...]:
    """Render each section for ``page`` (a ``Page.uri``); plain text is shown as written."""
    resolve = _resolver(changelog, ctx, page)
    return tuple(
        Rendered(
            section.title,
            _anchor(at, section),
            _body(section, _FLAVOURS[changelog.format], resolve, ctx),
        )
        for at, section in enumerate(changelog.sections, start=1)
    )


def _body(
    section: ChangelogSection, flavour: Flavour, resolve: Rewrite, ctx: RenderContext
) -> Markup:
    rendered = render_markdown(
        section.text, title="-", flavour=flavour, resolve=resolve, limits=ctx.limits
    )
    # A section is no page: its title is the page's own heading.
    body = _TITLE.sub("", rendered.html, count=1) if rendered.title == "-" else rendered.html
    return Markup(_lowered(body))  # noqa: S704 - sanitised, and only headings changed since


def _lowered(html: str) -> str:
    """Move headings below the page's own; ids go, as each release has the same ones."""
    html = _TAG.sub(lambda tag: _ID.sub("", tag[0]), _PERMALINK.sub("", html))
    levels = [int(match[2]) for match in _HEADING.finditer(html)]
    shift = _TOP - min(levels, default=_TOP)
    return _HEADING.sub(lambda match: f"{match[1]}{min(int(match[2]) + shift, 6)}", html)


def _resolver(changelog: Changelog, ctx: RenderContext, page: str) -> Rewrite:
    """Lead relative links to the page or file in the repo that they mean."""
    folder = posixpath.dirname(changelog.origin.path)

    def resolve(tag: str, _attribute: str, address: str) -> str | None:
        if is_external(address):
            return address
        path, _, fragment = address.partition("#")
        place = posixpath.normpath(posixpath.join(folder, unquote(path.partition("?")[0])))
        if not path or tag != "a" or place.startswith(("../", "/")) or place == "..":
            return None
        tail = f"#{fragment}" if fragment else ""
        if place in ctx.published:
            return relative_url(ctx.published[place], page) + tail
        url = ctx.view_url(place)
        return url + tail if url else None

    return resolve


def _anchor(at: int, section: ChangelogSection) -> str:
    """An anchor that stays the same while the version does."""
    version = re.search(r"\d+(?:\.\d+)+[\w.-]*", section.title)
    return f"release-{version[0]}" if version else f"changelog-{at}"
