"""The page of what changed: activity, API definitions, changelog, commits, tags."""

from __future__ import annotations

from msgspec import Struct

from handbook.model.api import ApiChange, ApiChanges
from handbook.model.facts import Broken, Fact, Found, Problem
from handbook.model.history import Change, Changelog, History, Release
from handbook.model.pages import NavItem, Page, Section
from handbook.render.activity import draw_activity
from handbook.render.changelog import Rendered, render_changelog
from handbook.render.context import RenderContext, relative_url
from handbook.render.headings import outline
from handbook.render.templates import environment

URI = "changes/"
_API = "api/"
_API_LINES = 200
_TOC_LEVEL = 3


class ChangeRow(Struct, frozen=True):
    """A commit and its page on the forge ("" if none)."""

    change: Change
    url: str


class ReleaseRow(Struct, frozen=True):
    """A tag with the pages of its tree, its commit and what it changed; "" where none."""

    release: Release
    url: str
    commit: str
    compare: str
    before: str


class ApiRow(Struct, frozen=True):
    """One difference of an API and where the newer reference has it ("" if it is gone)."""

    words: str
    subject: str
    url: str


class ApiGroup(Struct, frozen=True):
    """Differences of one kind; ``more`` of them are not shown. ``tone`` is a badge's."""

    title: str
    tone: str
    rows: list[ApiRow]
    more: int

    @property
    def total(self) -> int:
        """How many there are."""
        return len(self.rows) + self.more


class ApiView(Struct, frozen=True):
    """All differences between two states, worst first."""

    old: str
    new: str
    compare: str
    groups: list[ApiGroup]


class ChangelogView(Struct, frozen=True):
    """The changelog and where all of it can be read."""

    path: str
    url: str
    more: bool
    sections: tuple[Rendered, ...]


def render_changes(
    history: Fact[History], api_changes: Fact[ApiChanges] | None, ctx: RenderContext
) -> Section:
    """Render ``changes/``; no page if the service has no history."""
    problems = _problems(api_changes)
    if isinstance(history, Broken):
        return Section(problems=(history.problem, *problems))
    if not isinstance(history, Found):
        return Section(problems=problems)
    api = _api(api_changes.value, ctx) if isinstance(api_changes, Found) else None
    page = _page(history.value, api, ctx)
    return Section((page,), (NavItem("Changes", URI),), problems=(*history.problems, *problems))


def _problems(api_changes: Fact[ApiChanges] | None) -> tuple[Problem, ...]:
    if isinstance(api_changes, Broken):
        return (api_changes.problem,)
    return api_changes.problems if isinstance(api_changes, Found) else ()


def _page(history: History, api: ApiView | None, ctx: RenderContext) -> Page:
    template = environment().get_template("changes.html.j2")
    html = template.render(
        history=history,
        spark=draw_activity(history.activity),
        api=api,
        changelog=_changelog(history.changelog, ctx) if history.changelog else None,
        changes=_commits(history.changes, ctx),
        releases=_releases(history.releases, ctx),
    )
    outlined = outline(html, "Changes")
    path = history.changelog.origin.path if history.changelog else ""
    return Page(
        uri=URI,
        title="Changes",
        html=outlined.html,
        kind="changes",
        # "Added" and "Fixed" of every release would bury the releases.
        toc=tuple(item for item in outlined.toc if item.level <= _TOC_LEVEL),
        description=f"What changed in {ctx.service.name}, newest first.",
        edit_url=ctx.edit_url(path) if path else "",
        view_url=ctx.view_url(path) if path else "",
        updated=history.updated,
        created=history.created,
    )


def _commits(changes: tuple[Change, ...], ctx: RenderContext) -> list[ChangeRow]:
    return [ChangeRow(change, ctx.forge.commit(change.sha)) for change in changes]


def _releases(releases: tuple[Release, ...], ctx: RenderContext) -> list[ReleaseRow]:
    rows = []
    for at, release in enumerate(releases):
        before = releases[at + 1] if at + 1 < len(releases) else None
        rows.append(
            ReleaseRow(
                release,
                url=ctx.forge.tag(release.name),
                commit=ctx.forge.commit(release.sha),
                compare=ctx.forge.compare(before.sha, release.sha) if before else "",
                before=before.name if before else "",
            )
        )
    return rows


def _changelog(changelog: Changelog, ctx: RenderContext) -> ChangelogView:
    path = changelog.origin.path
    page = ctx.published.get(path)
    url = relative_url(page, URI) if page is not None else ctx.view_url(path)
    return ChangelogView(path, url, changelog.more, render_changelog(changelog, ctx, URI))


def _api(changes: ApiChanges, ctx: RenderContext) -> ApiView:
    kinds = (
        ("Breaking", "bad", changes.breaking),
        ("Removed", "warn", changes.removed),
        ("Added", "good", changes.added),
        ("Changed", "calm", changes.changed),
        ("Deprecated", "calm", changes.deprecated),
    )
    old_sha, new_sha = changes.old_sha, changes.new_sha or ctx.snapshot.commit
    return ApiView(
        old=changes.old or old_sha[:8],
        new=changes.new or "the commit shown",
        compare=ctx.forge.compare(old_sha, new_sha) if old_sha and new_sha else "",
        groups=[_api_group(title, tone, items) for title, tone, items in kinds if items],
    )


def _api_group(title: str, tone: str, items: tuple[ApiChange, ...]) -> ApiGroup:
    rows = [ApiRow(item.words, item.subject, _api_url(item)) for item in items[:_API_LINES]]
    return ApiGroup(title, tone, rows, len(items) - len(rows))


def _api_url(change: ApiChange) -> str:
    return f"{relative_url(change.api or _API, URI)}#{change.anchor}" if change.anchor else ""
