"""Which feeds a site has, and what is in them: one of everything, one of each service."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from handbook.model.summary import ServiceSummary
from handbook.model.trend import Trend
from handbook.publish.feed import Feed, write_feeds
from handbook.publish.feeditems import items_of_levels, items_of_pages, items_of_service
from handbook.publish.pagehistory import DayOfPages, page_history
from handbook.tree import single_line, top_of

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files


def feed_of_service(summary: ServiceSummary, config: MkDocsConfig, site: Path) -> None:
    """Write a service's own feeds below ``site``; they depend on nothing but the service.

    So levels are not in them: what was yesterday is in no repo of the service.
    """
    if not config.site_url:
        return
    folder = f"services/{summary.slug}/"
    name = single_line(summary.name)
    feed = _feed(f"{name} · {config.site_name}", f"What changed in {name}.", folder, config)
    write_feeds(feed, items_of_service(summary), site / folder)


def feed_of_site(
    summaries: Iterable[ServiceSummary],
    trend: Trend,
    config: MkDocsConfig,
    files: Files,
    site: Path,
) -> None:
    """Write the feeds of everything, if the site has an address: all links in them are whole."""
    if not config.site_url:
        return
    summaries = tuple(summaries)
    days, urls = _pages(config, files)
    items = chain(
        items_of_levels(trend, summaries),
        items_of_pages(days, urls),
        *(items_of_service(summary) for summary in summaries),
    )
    said = f"Pages of {config.site_name} that changed, and what changed in its services."
    write_feeds(_feed(f"{config.site_name}: changes", said, "", config), items, site)


def _feed(title: str, description: str, folder: str, config: MkDocsConfig) -> Feed:
    icon = str(config.theme.get("touch_icon") or config.theme.get("favicon") or "")
    return Feed(
        title=title,
        description=description,
        site_url=str(config.site_url).rstrip("/") + "/",
        home=folder or "services/changes/",
        folder=folder,
        language=str(config.theme.get("language") or "en"),
        icon=icon,
    )


def _pages(config: MkDocsConfig, files: Files) -> tuple[tuple[DayOfPages, ...], dict[str, str]]:
    """Return the days on which pages changed, and the uris of those that are on the site."""
    docs = Path(config.docs_dir).resolve()
    top = top_of(docs)
    urls = {}
    for file in files.documentation_pages():
        path = Path(file.abs_src_path).resolve() if file.abs_src_path else docs / file.src_uri
        if path.is_relative_to(top):
            urls[path.relative_to(top).as_posix()] = file.url
    return _history(docs, frozenset(urls)), urls


@lru_cache(maxsize=1)
def _history(docs: Path, pages: frozenset[str]) -> tuple[DayOfPages, ...]:
    """Read history once while ``mkdocs serve`` runs: what is not committed is no news."""
    return page_history(docs, pages)
