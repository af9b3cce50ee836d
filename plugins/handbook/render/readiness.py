"""The page of a service's readiness: the level, what blocks the next one, every finding."""

from __future__ import annotations

from msgspec import Struct

from handbook.model.facts import Origin
from handbook.model.pages import NavItem, Page, Section
from handbook.model.readiness import LEVELS, MEETS, Finding, Level, Report
from handbook.render.context import RenderContext, relative_url
from handbook.render.headings import outline
from handbook.render.templates import environment

URI = "readiness/"
RULES = "services/readiness/"
"""Where the fleet's matrix is, from the site's root; each rule has a page below it."""

WORDS = {
    "pass": ("met", "good"),
    "warn": ("could be better", "warn"),
    "fail": ("not met", "bad"),
    "na": ("does not apply", ""),
    "manual": ("attested", "good"),
    "exempt": ("exempt", "warn"),
    "error": ("could not be judged", "bad"),
}
"""Of each status: what it is called, and the tone of its badge."""

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
    """The findings on the rules of one level, those that need work first."""

    level: Level
    rows: list[Row]
    met: int
    applicable: int


def render_readiness(report: Report, ctx: RenderContext) -> Section:
    """Render ``readiness/``; no page where no rule was asked."""
    if not report.findings:
        return Section()
    outlined = outline(_html(report, ctx), "Readiness")
    page = Page(
        uri=URI,
        title="Readiness",
        html=outlined.html,
        kind="readiness",
        toc=outlined.toc,
        description=f"How {ctx.service.name} stands against the handbook's rules, with evidence.",
    )
    return Section((page,), (NavItem("Readiness", URI),))


def _html(report: Report, ctx: RenderContext) -> str:
    rows = [_row(finding, report, ctx) for finding in report.findings]
    by_code = {row.finding.code: row for row in rows}
    level, target = report.level, report.next_level
    counted = report.counted()
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
        groups=_groups(rows),
        announced=[row for row in rows if row.announced],
        met=sum(finding.status in MEETS for finding in applicable),
        applicable=len(applicable),
        not_applicable=len(counted) - len(applicable),
        exempted=len(report.exempted),
        matrix=relative_url(RULES, f"services/{ctx.service.slug}/{URI}"),
    )


def _groups(rows: list[Row]) -> list[Group]:
    groups = []
    for level in LEVELS:
        of_level = [row for row in rows if row.finding.level == level and not row.announced]
        of_level.sort(key=lambda row: (_LEAD.index(row.finding.status), row.finding.code))
        applicable = [row for row in of_level if row.finding.status != "na"]
        met = sum(row.finding.status in MEETS for row in applicable)
        if of_level:
            groups.append(Group(level, of_level, met, len(applicable)))
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


def rule_uri(code: str) -> str:
    """Return the page of a rule, from the site's root."""
    return f"{RULES}{code.lower()}/"
