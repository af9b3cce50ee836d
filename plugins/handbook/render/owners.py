"""The page of a service's owners and committers."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from handbook.model.facts import Broken, Fact, Found
from handbook.model.pages import NavItem, Page, Section
from handbook.model.people import Mention, Owner, Owners
from handbook.render.context import RenderContext
from handbook.render.headings import outline
from handbook.render.templates import environment

URI = "owners/"
_SHOWN = 20  # committers; the others are folded away


class Row(Struct, frozen=True):
    """An owner with some of its mentions and the address of its profile ("" if none)."""

    owner: Owner
    url: str
    mentions: tuple[Mention, ...]


def render_owners(owners: Fact[Owners], ctx: RenderContext) -> Section:
    """Render ``owners/``; no page if the repo names nobody and has no commits.

    An owner with rules for the whole service and for parts of it is in both tables, each with
    the mentions that belong there.
    """
    if isinstance(owners, Broken):
        return Section(problems=(owners.problem,))
    if not isinstance(owners, Found):
        return Section()
    page = _page(owners.value, ctx)
    return Section((page,), (NavItem("Owners", URI),), problems=owners.problems)


def _page(people: Owners, ctx: RenderContext) -> Page:
    outlined = outline(_html(people, ctx), "Owners")
    path = _named_in(people, ctx)
    return Page(
        uri=URI,
        title="Owners",
        html=outlined.html,
        kind="owners",
        toc=outlined.toc,
        description=f"Who answers for {ctx.service.name}, and who has written it.",
        edit_url=ctx.edit_url(path) if path else "",
        view_url=ctx.view_url(path) if path else "",
    )


def _html(people: Owners, ctx: RenderContext) -> str:
    answering = _rows(people, ctx, lambda item: item.whole and item.role != "author")
    partly = _rows(people, ctx, lambda item: not item.whole)
    named = {row.owner for row in (*answering, *partly)}
    authors = _rows(people, ctx, lambda item: item.role == "author")
    primary = people.primary
    template = environment().get_template("owners.html.j2")
    return template.render(
        service=ctx.service,
        primary=_row(primary, (), ctx) if primary else None,
        answering=answering,
        partly=partly,
        authors=[row for row in authors if row.owner not in named],
        people=people.committers,
        shown=_SHOWN,
        bots=people.bots,
        bot_commits=sum(bot.commits for bot in people.bots),
        searched=people.searched,
    )


def _rows(people: Owners, ctx: RenderContext, wanted: Callable[[Mention], bool]) -> list[Row]:
    """Owners with at least one mention that is wanted, in their order."""
    picked = [(owner, tuple(filter(wanted, owner.mentions))) for owner in people.owners]
    return [_row(owner, mentions, ctx) for owner, mentions in picked if mentions]


def _row(owner: Owner, mentions: tuple[Mention, ...], ctx: RenderContext) -> Row:
    return Row(owner, ctx.forge.profile(owner.handle), mentions)


def _named_in(people: Owners, ctx: RenderContext) -> str:
    """The file of the service's repo that names the first owner: the one to edit."""
    places = (mention.origin for owner in people.owners for mention in owner.mentions)
    return next((place.path for place in places if place.repo == ctx.service.repo), "")
