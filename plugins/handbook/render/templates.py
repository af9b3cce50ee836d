"""The one template environment of all renderers, and the filters their templates share.

Autoescape is always on: whatever a repo says reaches a page as text. HTML that was already
made safe is passed in as ``Markup``.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from handbook.model.facts import Origin
from handbook.render.context import relative_url
from handbook.render.forge import Forge
from handbook.render.github import emojis

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@functools.cache
def environment() -> Environment:
    """Return the environment; templates are in ``render/templates`` and ``render/api/templates``.

    A worker keeps it for all its services: templates are compiled once.
    """
    here = Path(__file__).parent
    env = Environment(
        loader=FileSystemLoader([here / "templates", here / "api" / "templates"]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters |= {
        "day": day,
        "moment": moment,
        "ago": ago,
        "coded": coded,
        "count": count,
        "joined": joined,
        "short": short_name,
        "subject": subject,
        "service_url": service_url,
        "source": source,
        "source_url": source_url,
        "web": web_only,
    }
    return env


def day(iso: str) -> str:
    """Write the day of an ISO date for people: "2 Jan 2026"; as it is if it is no date."""
    try:
        found = datetime.fromisoformat(iso)
    except ValueError:
        return iso
    return f"{found.day} {_MONTHS[found.month - 1]} {found.year}"


def month(name: str) -> str:
    """Write "2026-01" for people: "Jan 2026"."""
    year, _, number = name.partition("-")
    return f"{_MONTHS[(int(number) - 1) % 12]} {int(year)}"


def moment(iso: str) -> Markup:
    """Write a date as ``<time>``; "" gives nothing."""
    return Markup('<time datetime="{}">{}</time>').format(iso, day(iso)) if iso else Markup("")


def ago(iso: str) -> Markup:
    """As :func:`moment`, marked for the script that says how long ago that was.

    Pages are cached for good, so relative words can never be part of them.
    """
    if not iso:
        return Markup("")
    return Markup('<time datetime="{}" data-hb-relative>{}</time>').format(iso, day(iso))


def count(number: int, noun: str, plural: str = "") -> str:
    """Write a number with its noun: "1 service", "2,310 commits", "3 dependencies"."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def joined(values: Iterable[str]) -> str:
    """Write several values into one data attribute, as the tables' filters read them."""
    return "|".join(value.replace("|", "/") for value in values)


def short_name(name: str) -> str:
    """Return a team's own name: "@acme/platform" is "platform" where there is little room."""
    return name.rpartition("/")[2] if name.startswith("@") and "/" in name else name


def subject(text: str) -> Markup:
    """Write a commit's subject as forges do: emoji for their codes, `code` between backticks."""
    return coded(emojis(text))


def coded(text: str) -> Markup:
    """Write a sentence with what is between backticks as code."""
    parts = text.split("`")
    if len(parts) % 2 == 0:  # one backtick has no partner
        return Markup("{}").format(text)
    wrap = Markup("<code>{}</code>")
    return Markup("").join(
        wrap.format(part) if at % 2 else Markup("{}").format(part) for at, part in enumerate(parts)
    )


def service_url(slug: str, page: str) -> str:
    """Link from a page of the site (its uri from the root) to a service's front page."""
    return relative_url(f"services/{slug}/", page)


def source_url(origin: Origin) -> str:
    """Web page of the place a fact was read from; "" if its repo has none."""
    return Forge.of(origin.repo).file(origin) if origin.repo and origin.path else ""


def source(origin: Origin) -> Markup:
    """Name a place as ``path:line``, linked if its repo has a web page."""
    if not origin.path:
        return Markup("")
    place = f"{origin.path}:{origin.line}" if origin.line else origin.path
    shown = Markup("<code>{}</code>").format(place)
    url = web_only(source_url(origin))
    return Markup('<a href="{}">{}</a>').format(url, shown) if url else shown


def web_only(url: str) -> str:
    """Return an address if it is one of the web, else "": the last guard before an ``href``."""
    return url if url.startswith(("https://", "http://")) else ""
