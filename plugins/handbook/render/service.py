"""Turn a service's facts into its pages."""

from __future__ import annotations

import functools
import logging
import traceback
from collections.abc import Callable, Mapping
from typing import TypeVar

from msgspec.structs import replace

from handbook.model.api import ApiDefinition
from handbook.model.built import Built
from handbook.model.collected import ServiceFacts
from handbook.model.docs import Docs
from handbook.model.facts import Broken, Fact, Found, Origin, Problem
from handbook.model.limits import Limits
from handbook.model.overview import OverviewFacts
from handbook.model.pages import NavItem, Page, Section, Shard
from handbook.model.readiness import Report
from handbook.model.service import Snapshot
from handbook.model.summary import ApiLine, Counts
from handbook.render.api import render_apis
from handbook.render.changes import render_changes
from handbook.render.context import RenderContext
from handbook.render.data import render_data
from handbook.render.database import render_database
from handbook.render.deployment import render_deployment
from handbook.render.docs import published_map, render_docs
from handbook.render.examples import panels_of
from handbook.render.forge import Forge
from handbook.render.monitoring import render_monitoring
from handbook.render.overview import render_overview
from handbook.render.owners import render_owners
from handbook.render.readiness import render_readiness
from handbook.render.reference import imported_packages, inventory_of, render_reference
from handbook.render.summary import first_owner, standing, summarise
from handbook.tree import RepoTree, visible

T = TypeVar("T")

_PROBLEMS = 1_000  # kept of one service
_MESSAGE = 1_000  # characters of one
_TRACE = 5_000  # characters of a traceback in the log

_log = logging.getLogger(__name__)


def render(
    facts: ServiceFacts,
    judged: Fact[Report],
    tree: RepoTree,
    limits: Limits,
    inventories: Mapping[str, bytes],
) -> Built:
    """Render all pages of a service.

    ``judged``: what the rules say of it. ``inventories``: ``objects.inv`` of the services whose
    packages this one imports, by slug.
    """
    ctx = _context(facts.snapshot, facts.docs, limits)
    section = _Sections(ctx)
    panels = functools.cache(lambda: panels_of(facts, ctx, tree))
    owner = first_owner(facts.owners.value) if isinstance(facts.owners, Found) else ""
    docs = section.of("Docs", facts.docs, lambda docs: render_docs(docs, ctx, tree))
    named = [
        ("Docs", docs),
        (
            "API",
            section.of(
                "API",
                facts.apis,
                lambda apis: _dated(render_apis(apis, ctx, panels()), apis, tree, ctx),
            ),
        ),
        (
            "Reference",
            section.of(
                "Reference",
                facts.code,
                lambda code: render_reference(code, ctx, tree, inventories, panels()),
            ),
        ),
        (
            "Database",
            section.of("Database", facts.database, lambda found: render_database(found, ctx)),
        ),
        (
            "Data & models",
            section.of("Data & models", facts.data, lambda data: render_data(data, ctx)),
        ),
        (
            "Deployment",
            section.of("Deployment", facts.deploy, lambda deploy: render_deployment(deploy, ctx)),
        ),
        (
            "Monitoring",
            section.made("Monitoring", lambda: render_monitoring(facts, _day(judged), ctx, tree)),
        ),
        (
            "Readiness",
            section.of("Readiness", judged, lambda report: render_readiness(report, ctx, owner)),
        ),
        ("Owners", section.made("Owners", lambda: render_owners(facts.owners, ctx))),
        (
            "Changes",
            section.made("Changes", lambda: render_changes(facts.history, facts.api_changes, ctx)),
        ),
    ]
    sections = [part for _, part in named]
    found = (
        *_odd_names(facts, tree),
        *_said(facts.identity),
        *_said(facts.declared),
        *_said(facts.package),
        *(problem for part in sections for problem in part.problems),
    )
    report = judged.value if isinstance(judged, Found) else Report((), "")
    problems = _bounded(found, tree.origin())
    readme = next((page for page in docs.pages if page.uri == ""), None)
    known = _overview_facts(facts, named, report)
    overview = render_overview(readme, known, ctx, problems)
    pages = (overview, *(page for s in sections for page in s.pages if page.uri != ""))
    nav = (NavItem("Overview", ""), *(item for s in sections for item in s.nav))
    assets = tuple(asset for section in sections for asset in section.assets)
    shard = Shard(facts.snapshot, pages, nav, assets, problems)
    code = facts.code.value if isinstance(facts.code, Found) else None
    return Built(
        shard=shard,
        summary=summarise(facts.snapshot, known, problems, overview.description),
        report=report,
        inventory=inventory_of(code, ctx.service.slug) if code else b"",
        packages=code.packages if code else (),
        imports=tuple(sorted(imported_packages(code))) if code else (),
    )


def _day(judged: Fact[Report]) -> str:
    """Return the day that the pages are made for; "" where no rule was asked."""
    return judged.value.day if isinstance(judged, Found) else ""


def render_unavailable(snapshot: Snapshot, limits: Limits) -> Built:
    """Render the one page of a service that was never fetched or built."""
    ctx = RenderContext(snapshot, Forge.of(snapshot.service.repo), limits, {})
    origin = Origin(snapshot.service.repo, "", "")
    problem = Problem(snapshot.problem or "It was never fetched.", origin, "error")
    page = render_overview(None, OverviewFacts(), ctx, (problem,))
    shard = Shard(snapshot, (page,), (NavItem("Overview", ""),), problems=(problem,))
    return Built(shard, summarise(snapshot, problems=(problem,)), Report((), ""))


def _context(snapshot: Snapshot, docs: Fact[Docs], limits: Limits) -> RenderContext:
    published = published_map(docs.value) if isinstance(docs, Found) else {}
    return RenderContext(snapshot, Forge.of(snapshot.service.repo), limits, published)


class _Sections:
    """Runs renderers; one that fails costs its own section, and is reported."""

    def __init__(self, ctx: RenderContext) -> None:
        self._ctx = ctx

    def of(self, title: str, fact: Fact[T], render_it: Callable[[T], Section]) -> Section:
        """Render a fact that was found; its problems come along."""
        if isinstance(fact, Broken):
            return Section(problems=(fact.problem,))
        if not isinstance(fact, Found):
            return Section()
        section = self.made(title, lambda: render_it(fact.value))
        return replace(section, problems=(*fact.problems, *section.problems))

    def made(self, title: str, render_it: Callable[[], Section]) -> Section:
        """Render a section."""
        try:
            return render_it()
        except (MemoryError, KeyboardInterrupt):
            raise
        except Exception as exc:  # noqa: BLE001 - one section must not cost the others
            slug, commit = self._ctx.service.slug, self._ctx.snapshot.commit
            # The error may hold what the repo says: no control characters into a terminal.
            trace = "\n".join(visible(line) for line in traceback.format_exc().splitlines())
            _log.warning("%s: %s could not be rendered\n%s", slug, title, trace[-_TRACE:])
            problem = Problem(
                f"{title} could not be shown: {type(exc).__name__}: {exc}",
                Origin(self._ctx.service.repo, commit, self._ctx.service.path),
                "error",
                "This is a bug of the handbook: please report it.",
            )
            return Section(problems=(problem,))


def _dated(
    section: Section, apis: tuple[ApiDefinition, ...], tree: RepoTree, ctx: RenderContext
) -> Section:
    """Give the pages of each definition the dates of its file."""
    dates = tree.file_dates([api.origin.path for api in apis], ctx.limits.history)
    of_uri = {api.uri: dates[api.origin.path] for api in apis if api.origin.path in dates}

    def dated(page: Page) -> Page:
        best = max((uri for uri in of_uri if page.uri.startswith(uri)), key=len, default="")
        if not best:
            return page
        first, last = of_uri[best]
        return replace(page, created=first.authored, updated=last.authored)

    return replace(section, pages=tuple(dated(page) for page in section.pages))


def _said(fact: Fact[T]) -> tuple[Problem, ...]:
    if isinstance(fact, Broken):
        return (fact.problem,)
    return fact.problems if isinstance(fact, Found) else ()


def _bounded(problems: tuple[Problem, ...], repo: Origin) -> tuple[Problem, ...]:
    """Keep as many as anyone will mend, in messages that can be read: a file may have a million."""
    kept = [
        replace(problem, message=f"{problem.message[:_MESSAGE]}…")
        if len(problem.message) > _MESSAGE
        else problem
        for problem in problems[:_PROBLEMS]
    ]
    if len(problems) > _PROBLEMS:
        message = f"{len(problems) - _PROBLEMS:,} more notices are not listed."
        kept.append(Problem(message, repo, "notice"))
    return tuple(kept)


def _odd_names(facts: ServiceFacts, tree: RepoTree) -> tuple[Problem, ...]:
    """Tell which files were left out because of their names; at most ten by name."""
    shown = facts.refused[:10]
    more = len(facts.refused) - len(shown)
    tail = (f"{more} more files were left out because of their names.",) if more else ()
    return tuple(
        Problem(line, tree.origin(), "notice", "Rename the file in the repo.")
        for line in (*shown, *tail)
    )


def _overview_facts(
    facts: ServiceFacts, named: list[tuple[str, Section]], report: Report
) -> OverviewFacts:
    apis = facts.apis.value if isinstance(facts.apis, Found) else ()
    code = facts.code.value if isinstance(facts.code, Found) else None
    counts = Counts(
        docs=sum(page.kind == "docs" for _, section in named for page in section.pages),
        operations=sum(len(api.operations) for api in apis),
        modules=len(code.modules) if code else 0,
        problems=0,
    )
    return OverviewFacts(
        owners=facts.owners.value if isinstance(facts.owners, Found) else None,
        history=facts.history.value if isinstance(facts.history, Found) else None,
        package=facts.package.value if isinstance(facts.package, Found) else None,
        apis=tuple(ApiLine(api.title, api.version, len(api.operations), api.uri) for api in apis),
        counts=counts,
        sections=tuple(
            (title, inner[0].uri)
            for title, section in named
            if (inner := [page for page in section.pages if page.uri])
        ),
        readiness=standing(report),
    )
