"""The pages over all services: bodies as HTML, made from summaries alone.

They are pure functions: the same summaries give the same bytes. Links are relative to each
page's own place (``services/``, ``services/owners/``, ...).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from handbook.model.facts import Problem
from handbook.model.summary import ApiLine, ChangeLine, OwnerLine, ServiceSummary
from handbook.render.templates import environment

_CHANGES = 200
_SERVICES_OF_A_CHANGE = 5
_PROBLEMS = 30  # of one service; its own page has more

Summaries = Sequence[ServiceSummary]


class OwnerRow(Struct, frozen=True):
    """An owner and the services it answers for; ``anchor`` is stable."""

    owner: OwnerLine
    anchor: str
    services: list[ServiceSummary]


class ApiRow(Struct, frozen=True):
    """An API definition and the service that has it."""

    api: ApiLine
    service: ServiceSummary


class ChangeRow(Struct, frozen=True):
    """A commit and the services it touches: of a monorepo often several."""

    change: ChangeLine
    services: list[ServiceSummary]
    more: int


class Day(Struct, frozen=True):
    """The changes of one day ("2026-01-02"), latest first."""

    date: str
    items: list[ChangeRow]


class Noticed(Struct, frozen=True):
    """A service with problems; ``worst`` is their highest level."""

    service: ServiceSummary
    problems: tuple[Problem, ...]
    total: int
    worst: str


def catalogue_page(summaries: Summaries) -> str:
    """The body of ``services/``: every service in a table to sort and filter."""
    services = _by_name(summaries)
    numbers = (
        ("services", len(services)),
        ("with an owner", sum(bool(item.owners) for item in services)),
        ("API operations", sum(item.counts.operations for item in services)),
        ("not up to date", sum(item.state != "fresh" for item in services)),
    )
    return _render(
        "fleet_catalogue.html.j2",
        page="services/",
        services=services,
        numbers=numbers,
        choices=_choices(services),
        columns={
            "system": any(item.system for item in services),
            "lifecycle": any(item.lifecycle for item in services),
        },
    )


def owners_page(summaries: Summaries) -> str:
    """The body of ``services/owners/``: every owner with its services, and who has none."""
    services = _by_name(summaries)
    rows: dict[str, OwnerRow] = {}
    anchors: set[str] = set()
    for service in services:
        for owner in service.owners:
            key = owner.name.lstrip("@").casefold()
            if key not in rows:
                rows[key] = OwnerRow(owner, _anchor(key, anchors), [])
            if service not in rows[key].services:
                rows[key].services.append(service)
    owners = [rows[key] for key in sorted(rows)]
    unowned = [item for item in services if not item.owners]
    numbers = (
        ("teams", sum(row.owner.kind == "team" for row in owners)),
        ("people", sum(row.owner.kind == "person" for row in owners)),
        ("services without owner", len(unowned)),
    )
    return _render(
        "fleet_owners.html.j2",
        page="services/owners/",
        owners=owners,
        unowned=unowned,
        numbers=numbers,
        kinds=sorted({row.owner.kind for row in owners}),
    )


def apis_page(summaries: Summaries) -> str:
    """The body of ``services/apis/``: every API definition."""
    services = _by_name(summaries)
    rows = [ApiRow(api, service) for service in services for api in service.apis]
    rows.sort(key=lambda row: row.api.title.casefold())
    having = [service for service in services if service.apis]
    numbers = (
        ("definitions", len(rows)),
        ("operations", sum(row.api.operations for row in rows)),
        ("services", len(having)),
    )
    return _render(
        "fleet_apis.html.j2",
        page="services/apis/",
        rows=rows,
        numbers=numbers,
        choices=_choices(having),
    )


def changes_page(summaries: Summaries) -> str:
    """The body of ``services/changes/``: the latest commits of all services, by day."""
    touched: dict[tuple[str, str], tuple[ChangeLine, list[ServiceSummary]]] = {}
    for service in _by_name(summaries):
        for change in service.recent:
            touched.setdefault((service.repo, change.sha), (change, []))[1].append(service)
    latest = sorted(touched.values(), key=lambda item: _instant(item[0].date), reverse=True)
    days: dict[str, list[ChangeRow]] = {}
    for change, services in latest[:_CHANGES]:
        shown = services[:_SERVICES_OF_A_CHANGE]
        row = ChangeRow(change, shown, len(services) - len(shown))
        days.setdefault(change.date[:10], []).append(row)
    return _render(
        "fleet_changes.html.j2",
        page="services/changes/",
        days=[Day(date, days[date]) for date in sorted(days, reverse=True)],
        hidden=len(latest) > _CHANGES,
    )


def status_page(
    summaries: Summaries, broken: Mapping[str, tuple[Problem, ...]] | None = None
) -> str:
    """The body of ``services/status/``: what is stale, unavailable or wrong, and where.

    ``broken`` gives, by slug, problems that are known only once all services are: links
    between them that lead nowhere.
    """
    services = _by_name(summaries)
    behind = [item for item in services if item.state != "fresh"]
    noticed = [
        row for item in services if (row := _noticed(item, (broken or {}).get(item.slug, ())))
    ]
    numbers = (
        ("up to date", len(services) - len(behind)),
        ("out of date", sum(item.state == "stale" for item in services)),
        ("unavailable", sum(item.state == "unavailable" for item in services)),
        ("notices", sum(row.total for row in noticed)),
    )
    return _render(
        "fleet_status.html.j2",
        page="services/status/",
        behind=behind,
        noticed=noticed,
        numbers=numbers,
    )


def _render(template: str, **values: object) -> str:
    return environment().get_template(template).render(**values)


def _by_name(summaries: Summaries) -> list[ServiceSummary]:
    return sorted(summaries, key=lambda item: (item.name.casefold(), item.slug))


def _choices(services: Iterable[ServiceSummary]) -> dict[str, list[str]]:
    """The values that each filter offers."""
    found: dict[str, set[str]] = {
        name: set() for name in ("owner", "system", "language", "lifecycle", "tag", "state")
    }
    for item in services:
        found["owner"].update(owner.name for owner in item.owners)
        found["tag"].update(item.tags)
        found["state"].add(item.state)
        for name in ("system", "language", "lifecycle"):
            found[name].add(getattr(item, name))
    return {
        name: sorted(values - {""}, key=lambda value: (value.casefold(), value))
        for name, values in found.items()
    }


def _anchor(key: str, taken: set[str]) -> str:
    plain = re.sub(r"[^a-z0-9]+", "-", key).strip("-")
    anchor, number = f"owner-{plain}", 1
    while anchor in taken:
        number += 1
        anchor = f"owner-{plain}-{number}"
    taken.add(anchor)
    return anchor


def _instant(date: str) -> float:
    """Seconds since 1970, so that dates of different zones can be put in order."""
    try:
        return datetime.fromisoformat(date).timestamp()
    except (ValueError, OverflowError):
        return 0.0


def _noticed(service: ServiceSummary, broken: tuple[Problem, ...]) -> Noticed | None:
    order = {"error": 0, "warning": 1, "notice": 2}
    problems = sorted((*broken, *service.notices), key=lambda item: order[item.level])
    if not problems:
        return None
    total = max(service.counts.problems, len(service.notices)) + len(broken)
    return Noticed(service, tuple(problems[:_PROBLEMS]), total, problems[0].level)
