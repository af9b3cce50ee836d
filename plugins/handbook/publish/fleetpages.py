"""The pages over all services: catalogue, readiness, owners, APIs, changes, status."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from msgspec.structs import replace

from handbook.model.facts import Problem
from handbook.model.pages import Page
from handbook.model.summary import ServiceSummary
from handbook.publish.shards import Outcome
from handbook.render import fleet
from handbook.render.readiness import RULES

FLEET = {
    "services/": "Catalogue",
    RULES: "Readiness",
    "services/owners/": "Owners",
    "services/apis/": "APIs",
    "services/changes/": "Changes",
    "services/status/": "Status",
}
"""Uri from the site's root, and title, of each fleet page."""

_BODIES = {
    "services/": fleet.catalogue_page,
    "services/owners/": fleet.owners_page,
    "services/apis/": fleet.apis_page,
    "services/changes/": fleet.changes_page,
    "services/status/": fleet.status_page,
}


_SAID = {
    "services/": "Every service of the company: its owner, its state, its interfaces.",
    "services/owners/": "Teams and people, with the services that each of them answers for.",
    "services/apis/": "Every API definition of every service, with its operations.",
    "services/changes/": "The latest commits and releases of all services, by day.",
    "services/status/": "Services that could not be fetched or built, and what is wrong where.",
}
"""What search engines and previews say of a page."""


def fleet_pages(outcomes: Sequence[Outcome]) -> tuple[Page, ...]:
    """Return the pages but those about readiness; their uris are from the site's root."""
    summaries = tuple(summary_of(outcome) for outcome in outcomes)
    return tuple(
        Page(
            uri=uri,
            title=FLEET[uri],
            html=body(summaries),
            kind="overview",
            description=_SAID[uri],
            hide=("toc",),
        )
        for uri, body in _BODIES.items()
    )


def status_body(outcomes: Sequence[Outcome], broken: Sequence[Problem]) -> str:
    """Return the body of the status page once links are checked."""
    of_repo: dict[str, list[Problem]] = defaultdict(list)
    for problem in broken:
        of_repo[problem.origin.repo].append(problem)
    by_slug = {}
    for outcome in outcomes:
        service = outcome.snapshot.service
        inside = tuple(
            problem
            for problem in of_repo[service.repo]
            if not service.path or problem.origin.path.startswith(f"{service.path}/")
        )
        by_slug[service.slug] = inside
    return fleet.status_page(tuple(summary_of(outcome) for outcome in outcomes), by_slug)


def summary_of(outcome: Outcome) -> ServiceSummary:
    """Add what only the publisher knows: how the last fetch and build went."""
    return replace(
        outcome.record.summary,
        fetched=outcome.snapshot.fetched,
        stale=bool(outcome.trouble),
        problem=outcome.trouble,
    )
