"""A service in a few lines, for the pages over all services."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from handbook.model.facts import Problem
from handbook.model.history import History
from handbook.model.overview import OverviewFacts
from handbook.model.package import PackageInfo
from handbook.model.people import Owner, Owners
from handbook.model.readiness import MEETS, Report
from handbook.model.service import Snapshot
from handbook.model.summary import ChangeLine, OwnerLine, ReadinessLine, ServiceSummary
from handbook.render.forge import Forge
from handbook.render.templates import web_only

_NOTICES = 100
RECENT = 30


def summarise(
    snapshot: Snapshot,
    facts: OverviewFacts | None = None,
    problems: tuple[Problem, ...] = (),
    description: str = "",
) -> ServiceSummary:
    """Sum a service up. ``description`` is that of its README, used where no other is given.

    Owners for the whole service come before those of parts; authors of packages are
    maintainers, not owners.
    """
    service = snapshot.service
    forge = Forge.of(service.repo)
    facts = facts or OverviewFacts()
    package = facts.package or PackageInfo()
    own = package.own(service.path)
    owners = facts.owners.owners if facts.owners else ()
    return ServiceSummary(
        slug=service.slug,
        name=service.name,
        description=service.description or (own.description if own else "") or description,
        owners=tuple(_owner_line(owner, forge) for owner in _answering(owners)),
        system=service.system,
        lifecycle=service.lifecycle,
        language=package.language,
        tags=service.tags,
        repo=service.repo,
        web=web_only(forge.web),
        path=service.path,
        branch=snapshot.branch,
        commit=snapshot.commit,
        updated=facts.history.updated if facts.history else "",
        fetched=snapshot.fetched,
        stale=snapshot.stale,
        problem=snapshot.problem,
        counts=replace(facts.counts, problems=len(problems)),
        apis=facts.apis,
        maintainers=tuple(_owner_line(owner, forge) for owner in owners),
        recent=_recent(facts.history, forge),
        notices=problems[:_NOTICES],
        visibility=service.visibility,
        declared=service.declared,
        readiness=facts.readiness,
    )


def first_owner(owners: Owners) -> str:
    """Return the name of who answers for the service in the first place, "" for nobody."""
    return next((owner.name for owner in _answering(owners.owners)), "")


def _answering(owners: Iterable[Owner]) -> list[Owner]:
    return sorted((o for o in owners if o.answers), key=lambda owner: not owner.whole)


def standing(report: Report) -> ReadinessLine | None:
    """Sum up what the rules say of a service; None where none was asked."""
    if not report.findings:
        return None
    applicable = [finding for finding in report.counted() if finding.status != "na"]
    target = report.next_level
    return ReadinessLine(
        level=report.level or "",
        target=target or "",
        met=sum(finding.status in MEETS for finding in applicable),
        applicable=len(applicable),
        exempted=len(report.exempted),
        statuses={finding.code: finding.status for finding in report.findings},
        blocking=tuple(finding.code for finding in report.blocking(target)) if target else (),
    )


def _owner_line(owner: Owner, forge: Forge) -> OwnerLine:
    return OwnerLine(owner.name, owner.kind, forge.profile(owner.handle))


def _recent(history: History | None, forge: Forge) -> tuple[ChangeLine, ...]:
    changes = history.changes[:RECENT] if history else ()
    return tuple(
        ChangeLine(
            change.sha,
            change.date,
            change.subject,
            change.author,
            forge.commit(change.sha),
            change.release,
        )
        for change in changes
    )
