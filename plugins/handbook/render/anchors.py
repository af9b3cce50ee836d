"""Check the links between headings once all pages of a service are rendered."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from urllib.parse import quote, unquote

from msgspec import Struct
from msgspec.structs import replace

from handbook.model.facts import Problem
from handbook.model.pages import Page
from handbook.render.headings import github_slug
from handbook.render.links import PageLink

_HREF = re.compile(r'(<a\b[^>]*?) href="([^"]*)"')
_TOP = frozenset({"", "top", "readme"})  # forges and browsers take these for the page's start


class Checked(Struct, frozen=True):
    """A page with what is needed to check it; ``plain``: its headings could not be read."""

    page: Page
    anchors: frozenset[str]
    links: tuple[PageLink, ...] = ()
    problems: tuple[Problem, ...] = ()
    plain: bool = False


def check_anchors(checked: Sequence[Checked]) -> tuple[tuple[Page, ...], tuple[Problem, ...]]:
    """Return the pages with links mended that forges understand, and problems of the others.

    A link to a heading that is not there still leads to the page.
    """
    by_uri = {item.page.uri: item for item in checked}
    pages, problems = [], []
    for item in checked:
        mended: dict[str, str] = {}
        for link in item.links:
            target = by_uri.get(link.uri)
            if target is None or link.anchor in target.anchors:
                continue
            anchor = _meant(link.anchor, target.anchors)
            mended[_attribute(link.href)] = _address(link.href, anchor)
            if not anchor and not target.plain and link.anchor.lower() not in _TOP:
                problems.append(link.problem)
        html = _HREF.sub(lambda match: _written(match, mended), item.page.html)  # noqa: B023
        pages.append(replace(item.page, html=html))
    return tuple(pages), tuple(dict.fromkeys(problems))


def _meant(anchor: str, anchors: frozenset[str]) -> str:
    """Return the anchor of the page that a forge's script would scroll to, "" if none."""
    plain = unquote(anchor).removeprefix("user-content-")
    tries = (plain, plain.lower(), github_slug(plain), re.sub(r"-+", "-", github_slug(plain)))
    return next((form for form in tries if form in anchors), "")


def _address(href: str, anchor: str) -> str:
    before = href.partition("#")[0]
    return f"{before}#{quote(anchor)}" if anchor else before


def _written(match: re.Match[str], mended: Mapping[str, str]) -> str:
    """Write a link with its new address; without one if that is empty."""
    address = mended.get(match[2])
    if address is None:
        return match[0]
    return f'{match[1]} href="{_attribute(address)}"' if address else match[1]


def _attribute(value: str) -> str:
    return value.replace("&", "&amp;")
