"""The items of the feeds: releases and commits of services, levels gained and lost, pages."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping

from handbook.model.readiness import LEVELS
from handbook.model.summary import ChangeLine, ServiceSummary
from handbook.model.trend import Mark, Trend
from handbook.publish.feed import Item, Line
from handbook.publish.pagehistory import DayOfPages, PageChange
from handbook.render.summary import RECENT
from handbook.render.templates import count

_OF_A_SERVICE = 20  # items: one busy or hostile repo must leave room for the others
_NAMED = 2  # pages in a title


def items_of_service(summary: ServiceSummary) -> tuple[Item, ...]:
    """Return a service's releases, and its other commits by day; newest first."""
    root, name = f"services/{summary.slug}/", summary.name
    items = [_release(change, root, name) for change in summary.recent if change.release]
    others = (change for change in summary.recent if not change.release)
    days: dict[str, list[ChangeLine]] = {}
    for change in others:
        days.setdefault(change.date[:10], []).append(change)
    cut = next(reversed(days), "") if len(summary.recent) >= RECENT else ""
    items += [
        _commits(day, changes, root, name, "" if day != cut else "at least ")
        for day, changes in days.items()
    ]
    items.sort(key=lambda item: item.date[:10], reverse=True)
    return tuple(items[:_OF_A_SERVICE])


def items_of_levels(trend: Trend, summaries: Iterable[ServiceSummary]) -> Iterator[Item]:
    """Give each change of level that the history of readiness knows of."""
    names = {summary.slug: summary.name for summary in summaries}
    for slug, marks in trend.services.items():
        if slug not in names:
            continue  # it has left the site, and its pages with it
        for (_, before), (day, now) in itertools.pairwise(marks):
            if before.level != now.level:
                yield _level(slug, names[slug], day, before, now)


def items_of_pages(days: Iterable[DayOfPages], urls: Mapping[str, str]) -> Iterator[Item]:
    """Give an item for each day on which pages of the handbook changed.

    ``urls`` maps their paths to the uris they have on the site now.
    """
    for day in days:
        titles = [change.title for change in day.changes]
        more = len(titles) - _NAMED
        named = "; ".join(titles[:_NAMED]) + (f"; and {more} more" if more > 0 else "")
        uris = [urls[change.path] for change in day.changes if change.path in urls]
        yield Item(
            key=f"pages/{day.day}",
            uri=uris[0] if len(titles) == 1 and uris else "",
            title=f"Handbook: {named}",
            date=day.moment,
            lines=tuple(Line(_said(change), urls.get(change.path, "")) for change in day.changes),
            tags=("handbook",),
        )


def _said(change: PageChange) -> str:
    if change.kind != "changed":
        return f"{change.title}: {'new page' if change.kind == 'new' else 'taken out'}"
    parts = (("new", change.new), ("changed", change.changed), ("taken out", change.gone))
    said = "; ".join(f"{what}: {', '.join(names)}" for what, names in parts if names)
    return f"{change.title} ({said})"


def _release(change: ChangeLine, root: str, name: str) -> Item:
    return Item(
        key=f"{root}release/{change.sha}",
        uri=f"{root}changes/",
        title=f"{name} {change.release}",
        date=change.date,
        lines=(Line(change.subject, change.url),),
        tags=("release", name),
    )


def _commits(day: str, changes: list[ChangeLine], root: str, name: str, about: str) -> Item:
    return Item(
        key=f"{root}commits/{day}",
        uri=f"{root}changes/",
        title=f"{name}: {about}{count(len(changes), 'commit')}",
        date=changes[0].date,
        lines=tuple(Line(f"{change.subject} ({change.author})", change.url) for change in changes),
        tags=("commits", name),
    )


def _level(slug: str, name: str, day: str, before: Mark, now: Mark) -> Item:
    order = ("", *LEVELS)
    old, new = before.level or "no level", now.level or "no level"
    verb = "rises" if order.index(now.level) > order.index(before.level) else "falls"
    return Item(
        key=f"services/{slug}/level/{day}",
        uri=f"services/{slug}/readiness/",
        title=f"{name} {verb} from {old} to {new}",
        date=day,
        lines=(Line(f"{now.met} of the {now.applicable} rules that apply are met."),),
        tags=("readiness", name),
    )
