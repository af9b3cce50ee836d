"""What is kept of a built service, beside its files: all that the rest of the site needs."""

from __future__ import annotations

from msgspec import Struct

from handbook.model.facts import Problem
from handbook.model.pages import CrossLink, Shard
from handbook.model.readiness import Report
from handbook.model.summary import ServiceSummary


class Built(Struct, frozen=True):
    """One service after rendering, before the theme.

    ``inventory`` is the service's ``objects.inv`` (b"" if it documents no Python), ``packages``
    the top-level Python packages it documents and ``imports`` those it uses.
    """

    shard: Shard
    summary: ServiceSummary
    report: Report
    inventory: bytes = b""
    packages: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()


class Record(Struct, frozen=True):
    """What the cache keeps of a service, beside its files.

    ``anchors`` maps a page's uri from the site's root ("services/x/docs/") to its anchors.
    ``dates`` maps the same uris to the ISO date of their last change ("" unknown).
    ``until`` is the first day (YYYY-MM-DD) on which the pages may be out of date by themselves,
    because a rule judges by the day; "" for never.
    """

    summary: ServiceSummary
    anchors: dict[str, tuple[str, ...]]
    dates: dict[str, str]
    links: tuple[CrossLink, ...] = ()
    problems: tuple[Problem, ...] = ()
    until: str = ""
    inventory: bytes = b""
    packages: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
