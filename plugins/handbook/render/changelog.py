"""Sections of a changelog as safe HTML that fits below a heading of the page."""

from __future__ import annotations

import re

from markupsafe import Markup, escape
from msgspec import Struct

from handbook.model.history import Changelog, ChangelogSection
from handbook.model.limits import Limits
from handbook.render.markdown import render_description

_TAG = re.compile(r"<(/?)h([1-6])((?:\s[^\s=>\"]+=\"[^\"]*\")*)>")
_ID = re.compile(r"\s(?:id|name)=\"[^\"]*\"")
_TOP = 4  # the page's own headings go down to h3


class Rendered(Struct, frozen=True):
    """One section: its title, anchor and body."""

    title: str
    anchor: str
    html: Markup


def render_changelog(changelog: Changelog, limits: Limits) -> tuple[Rendered, ...]:
    """Render each section; what is not Markdown is shown as it is written."""
    return tuple(
        Rendered(section.title, _anchor(at, section), _body(section, changelog.format, limits))
        for at, section in enumerate(changelog.sections, start=1)
    )


def _body(section: ChangelogSection, kind: str, limits: Limits) -> Markup:
    if kind != "md":
        return Markup('<pre class="hb-plain">{}</pre>').format(section.text)
    return Markup(_lowered(render_description(section.text, limits)))  # noqa: S704 - sanitised


def _lowered(html: str) -> str:
    """Move headings below the page's own and drop their ids: the page has ids of its own."""
    levels = [int(match[2]) for match in _TAG.finditer(html)]
    if not levels:
        return html
    shift = _TOP - min(levels)

    def moved(match: re.Match[str]) -> str:
        level = min(int(match[2]) + shift, 6)
        return f"<{match[1]}h{level}{_ID.sub('', match[3])}>"

    return _TAG.sub(moved, html)


def _anchor(at: int, section: ChangelogSection) -> str:
    """An anchor that stays the same while the version does."""
    version = re.search(r"\d+(?:\.\d+)+[\w.-]*", section.title)
    return f"release-{escape(version[0])}" if version else f"changelog-{at}"
