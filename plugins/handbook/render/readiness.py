"""The page of a service's readiness: the level, what blocks the next one, every finding."""

from __future__ import annotations

import hashlib

from msgspec import Struct

from handbook.model.catalog import slugify
from handbook.model.facts import Origin
from handbook.model.pages import Asset, NavItem, Page, Section
from handbook.model.readiness import LEVELS, MEETS, Finding, Level, Report
from handbook.render.context import RenderContext, relative_url
from handbook.render.headings import outline
from handbook.render.reports.badge import badge
from handbook.render.statuses import WORDS
from handbook.render.templates import environment, short_name

URI = "readiness/"
BADGE = f"{URI}badge.svg"
RULES = "services/readiness/"
"""Where the fleet's matrix is, from the site's root; each rule has a page below it."""

_LEAD = ("error", "fail", "warn", "exempt", "manual", "pass", "na")


class Place(Struct, frozen=True):
    """A piece of evidence with its address in the repo."""

    origin: Origin
    snippet: str


class Row(Struct, frozen=True):
    """A finding, ready to be shown; ``rule`` is the link to the page of its rule."""

    finding: Finding
    words: str
    tone: str
    anchor: str
    rule: str
    places: tuple[Place, ...]
    announced: bool


class Group(Struct, frozen=True):
    """The findings on the rules of one level, those that need work first.

    ``without`` are those that do not apply.
    """

    level: Level
    rows: list[Row]
    without: list[Row]
    reached: bool
    met: int
    applicable: int


def render_readiness(report: Report, ctx: RenderContext, owner: str = "") -> Section:
    """Render ``readiness/`` and its badge; no page where no rule was asked.

    ``owner``: the team or person who answers for the service, "" for nobody.
    """
    if not report.findings:
        return Section()
    outlined = outline(_html(report, ctx, owner), "Readiness")
    page = Page(
        uri=URI,
        title="Readiness",
        html=outlined.html,
        kind="readiness",
        toc=outlined.toc,
        description=f"How {ctx.service.name} stands against the handbook's rules, with evidence.",
    )
    drawn = Asset(BADGE, data=badge(report).encode())
    return Section((page,), (NavItem("Readiness", URI),), (drawn,))


def _html(report: Report, ctx: RenderContext, owner: str) -> str:
    rows = [_row(finding, report, ctx) for finding in report.findings]
    by_code = {row.finding.code: row for row in rows}
    level, target = report.level, report.next_level
    counted = report.counted()
    page = f"services/{ctx.service.slug}/{URI}"
    applicable = [finding for finding in counted if finding.status != "na"]
    template = environment().get_template("readiness.html.j2")
    return template.render(
        service=ctx.service,
        commit=ctx.snapshot.commit,
        day=report.day,
        level=level,
        target=target,
        levels=LEVELS,
        blocking=[by_code[finding.code] for finding in report.blocking(target)] if target else [],
        groups=_groups(rows, report),
        announced=[row for row in rows if row.announced],
        met=sum(finding.status in MEETS for finding in applicable),
        applicable=len(applicable),
        not_applicable=len(counted) - len(applicable),
        exempted=len(report.exempted),
        matrix=relative_url(RULES, page),
        owner=owner,
        team=relative_url(team_uri(owner), page) + f"#{ctx.service.slug}",
    )


def _groups(rows: list[Row], report: Report) -> list[Group]:
    groups = []
    for level in LEVELS:
        of_level = [row for row in rows if row.finding.level == level and not row.announced]
        of_level.sort(key=lambda row: (_LEAD.index(row.finding.status), row.finding.code))
        asked = [row for row in of_level if row.finding.status != "na"]
        without = [row for row in of_level if row.finding.status == "na"]
        met = sum(row.finding.status in MEETS for row in asked)
        reached = not report.blocking(level)
        groups.append(Group(level, asked, without, reached, met, len(asked)))
    return groups


def _row(finding: Finding, report: Report, ctx: RenderContext) -> Row:
    words, tone = WORDS[finding.status]
    repo, commit = ctx.service.repo, ctx.snapshot.commit
    return Row(
        finding=finding,
        words=words,
        tone=tone,
        anchor=finding.code.lower(),
        rule=relative_url(rule_uri(finding.code), f"services/{ctx.service.slug}/{URI}"),
        places=tuple(
            Place(Origin(repo, commit, item.path, item.line), item.snippet)
            for item in finding.evidence
        ),
        announced=finding.counts_from > report.day,
    )


def team_uri(name: str) -> str:
    """Return the page of a team, from the site's root; names that look alike share one."""
    name = short_name(name)
    unlike = hashlib.blake2b(name.encode(), digest_size=4).hexdigest()
    return f"{RULES}teams/{(slugify(name) or unlike) if name else 'nobody'}/"


def rule_uri(code: str) -> str:
    """Return the page of a rule, from the site's root."""
    return f"{RULES}{code.lower()}/"
