"""The MkDocs plugin ``handbook/services``: every service's pages become part of the site."""

from __future__ import annotations

import logging
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from mkdocs.exceptions import PluginError
from mkdocs.plugins import BasePlugin, event_priority, get_plugin_logger
from mkdocs.structure.files import InclusionLevel
from mkdocs.utils import CountHandler

from handbook.errors import HandbookError
from handbook.model.facts import Problem
from handbook.model.limits import Limits
from handbook.model.pages import CrossLink
from handbook.model.trend import Trend
from handbook.pipeline import Fleet, check_links, plan, rules_asked
from handbook.publish.config import ServicesConfig, settings_of
from handbook.publish.fleetpages import fleet_pages, status_body, summary_of
from handbook.publish.frame import SiteFrame, Tab, dress, look_of, tabs_of, template_cache
from handbook.publish.htmlpage import HtmlPage, anchors
from handbook.publish.livereload import reloading
from handbook.publish.mainpart import add_pages, list_of, navigation_with, resolve_links
from handbook.publish.moved import Moved, read_moved, write_redirects
from handbook.publish.numbers import with_numbers
from handbook.publish.progress import progress
from handbook.publish.readinesspages import Readiness
from handbook.publish.searching import index
from handbook.publish.shards import Outcome, ShardBuilder
from handbook.publish.site import extend_sitemap, lay, next_to, sweep, switch
from handbook.publish.sitefeeds import feed_of_site
from handbook.publish.uptodate import today
from handbook.publish.vendor import machine_cache, own_files, vendor_files
from handbook.render.diagramroom import with_rooms
from handbook.tree import visible

if TYPE_CHECKING:
    from jinja2 import Environment
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.livereload import LiveReloadServer
    from mkdocs.structure.files import Files
    from mkdocs.structure.nav import Navigation
    from mkdocs.structure.pages import Page

log = get_plugin_logger("handbook")


class ServicesPlugin(BasePlugin[ServicesConfig]):  # type: ignore[no-untyped-call]
    """Collects, renders and publishes the services of the catalogue around a MkDocs build."""

    def __init__(self) -> None:
        self._site = Path()
        self._command = ""
        self._outcomes: tuple[Outcome, ...] = ()
        self._fleet = Fleet(())
        self._limits = Limits()
        self._builder: ShardBuilder | None = None
        self._readiness: Readiness | None = None
        self._links: list[CrossLink] = []
        self._anchors: dict[str, frozenset[str]] = {}
        self._known: dict[str, frozenset[str]] = {}
        self._moved = Moved({})
        self._write_feeds: Callable[[Path], None] = lambda _: None

    def on_startup(self, *, command: Literal["build", "gh-deploy", "serve"], dirty: bool) -> None:
        """Keep this instance over all builds of ``mkdocs serve`` (MkDocs asks for the hook)."""
        if dirty:
            raise PluginError("--dirty leaves pages out of search and links: build without it.")
        self._command = command

    def on_config(self, config: MkDocsConfig) -> MkDocsConfig:
        """Dress the site in the handbook's theme and build aside instead of in place."""
        if not config.use_directory_urls:
            raise PluginError("handbook/services needs `use_directory_urls: true` (the default).")
        # Material, or a theme made of it.
        if not any(Path(folder, "partials/palette.html").is_file() for folder in config.theme.dirs):
            raise PluginError("handbook/services needs `theme: {name: material}` in mkdocs.yml.")
        dress(config)
        self._links, self._anchors = [], {}
        self._site = Path(config.site_dir)
        for leftover in sweep(self._site):
            log.info("removed %s, left by a build that was stopped", leftover.name)
        config.site_dir = str(next_to(self._site))
        return config

    @event_priority(-50)  # after plugins that add files the tabs may point to
    def on_files(self, files: Files, *, config: MkDocsConfig) -> Files:
        """Bring all services up to date and add the fleet pages."""
        try:
            settings = settings_of(self.config, config)
            self._limits = settings.limits
            self._fleet = plan(settings)
            rules = rules_asked(settings)
            self._moved = read_moved(_beside(config, self.config.moved))
        except HandbookError as exc:
            raise PluginError(str(exc)) from exc
        config.nav = navigation_with(config.nav, files)
        frame = _frame(config, tabs_of(config.nav, files))
        self._builder = ShardBuilder(settings, frame, look_of(config), today())
        with progress("Building services") as step:
            self._outcomes = self._builder.update(
                self._fleet, lambda now: step(now.done, now.total, now.slug)
            )
        self._announce()
        written = {file.url for file in files.documentation_pages()}
        add_pages(fleet_pages(self._outcomes), files, config)
        self._readiness = Readiness(settings, rules, self._outcomes, self._builder.today, written)
        add_pages(self._readiness.pages(), files, config)
        return files

    def on_nav(self, nav: Navigation, *, config: MkDocsConfig, files: Files) -> Navigation:
        """Hang pages that no menu has room for, as those of rules, below the list that has them."""
        for file in files.documentation_pages(inclusion=InclusionLevel.is_not_in_nav):
            above = files.get_file_from_path(list_of(file.url))
            if file.page and above and above.page:
                file.page.parent = above.page  # type: ignore[assignment]
        return nav

    @event_priority(-50)
    def on_page_content(
        self, html: str, *, page: Page, config: MkDocsConfig, files: Files
    ) -> str | None:
        """Resolve links to services; note the page's anchors for links that lead here."""
        if not isinstance(page, HtmlPage):
            summaries = [summary_of(outcome) for outcome in self._outcomes]
            html, links = resolve_links(with_numbers(html, summaries, page.url), page, config)
            self._links += links
            html = self._readiness.with_rules(html, page.url) if self._readiness else html
            html = with_rooms(html)
        self._anchors[page.url] = frozenset(anchors(html))
        return self._moved.with_marks(html, page.url)

    def on_env(self, env: Environment, *, config: MkDocsConfig, files: Files) -> None:
        """Check all links between services, now that every page is known; report them."""
        env.bytecode_cache = template_cache()
        records = [outcome.record for outcome in self._outcomes]
        self._known = dict(self._anchors)
        for record in records:
            self._known |= {uri: frozenset(found) for uri, found in record.anchors.items()}
        self._moved.report(self._known)
        linkable = self._anchors | self._moved.known(self._known)
        broken = check_links(records, linkable, self._links)
        for line in lines_of(broken, self._limits.log):
            log.warning("%s", line)
        if config.strict and broken:
            raise PluginError(f"{len(broken)} broken links between services (listed above).")
        summaries = [summary_of(outcome) for outcome in self._outcomes]
        trend = self._readiness.trend if self._readiness else Trend()
        self._write_feeds = partial(feed_of_site, summaries, trend, config, files)
        status = files.get_file_from_path("services/status/index.md")
        if status and isinstance(status.page, HtmlPage):
            status.page.show(status_body(self._outcomes, broken))

    @event_priority(-100)  # last: the folder is final once other plugins have written to it
    def on_post_build(self, *, config: MkDocsConfig) -> None:
        """Lay the services beside the main part, index all of it, and switch it in."""
        builder = self._builder
        if builder is None:
            return
        built = Path(config.site_dir)
        if config.strict:
            _stop_on_warnings()
        dates = {
            uri: day for outcome in self._outcomes for uri, day in outcome.record.dates.items()
        }
        main_pages = sorted(built.rglob("*.html"))
        for outcome in self._outcomes:
            lay(outcome, builder.cache, builder.frame, built)
        extend_sitemap(built / "sitemap.xml", config.site_url or "", dates)
        write_redirects(self._moved, self._known, built, config)
        self._write_feeds(built)
        self._add_assets(built, builder, main_pages)
        switch(built, self._site)
        config.site_dir = str(self._site)
        if self._command == "build":
            if self._readiness:
                self._readiness.record()
            log.info("the site is in %s", self._site)

    def on_build_error(self, *, error: Exception) -> None:
        """Leave the published site as it is."""
        if self._site.name:  # else it failed before anything was built
            shutil.rmtree(self._site.with_name(f".{self._site.name}.next-{os.getpid()}"), True)

    def on_serve(
        self, server: LiveReloadServer, /, *, config: MkDocsConfig, builder: Any
    ) -> LiveReloadServer:
        """Build again when the catalogue, the lock file or a local repo moves; reload pages."""
        if application := server.get_app():
            server.set_app(reloading(application))
        settings = settings_of(self.config, config)
        for watched in (settings.catalog, settings.lock, self._moved.file):
            if Path(watched).exists():
                server.watch(watched)
        for snapshot in self._fleet.snapshots:
            for path in _heads(snapshot.service.repo):
                server.watch(str(path))
        return server

    def is_whole(self) -> bool:
        """Whether the last build shows every service at its fetched commit."""
        return not any(outcome.kind == "last-good" for outcome in self._outcomes)

    def inputs(self) -> tuple[str, ...]:
        """Files and folders read by the last build, beside MkDocs' own."""
        if self._builder is None:
            return ()
        settings = self._builder.settings
        heads = (
            str(path)
            for snapshot in self._fleet.snapshots
            for path in _heads(snapshot.service.repo)
        )
        return (settings.catalog, settings.lock, self._moved.file, *dict.fromkeys(heads))

    def until(self) -> str:
        """The first day on which the site may say something else by itself; "" for never."""
        days = [outcome.record.until for outcome in self._outcomes]
        days += [self._readiness.until] if self._readiness else []
        return min(filter(None, days), default="")

    def _announce(self) -> None:
        """Say what is not as it should be; in strict mode MkDocs counts the warnings."""
        for problem in self._fleet.problems:
            log.warning("%s", visible(str(problem)))
        for outcome in self._outcomes:
            if outcome.trouble:
                service = outcome.snapshot.service
                where = f"{service.declared}: {service.name} ({outcome.kind})"
                log.warning("%s", visible(f"{where}: {outcome.trouble}"))
        notices = sum(len(outcome.record.problems) for outcome in self._outcomes)
        built = sum(outcome.kind == "built" for outcome in self._outcomes)
        log.info(
            "%d service%s, %d built now; %d notice%s (see services/status/)",
            len(self._outcomes),
            "" if len(self._outcomes) == 1 else "s",
            built,
            notices,
            "" if notices == 1 else "s",
        )

    def _add_assets(self, built: Path, builder: ShardBuilder, main_pages: list[Path]) -> None:
        settings = builder.settings
        own_files(built)
        for reason in vendor_files(built, machine_cache()).missing:
            log.info("%s", reason)
        if self.config.search:
            index(built, main_pages, self._outcomes, Path(settings.cache))


def lines_of(problems: Iterable[Problem], most: int) -> Iterator[str]:
    """Give a line for each problem, for each repo at most ``most`` characters of them."""
    said: Counter[str] = Counter()
    left: Counter[str] = Counter()
    for problem in problems:
        line, repo = visible(str(problem)), problem.origin.repo
        if said[repo] + len(line) > most:
            left[repo] += 1
            continue
        said[repo] += len(line)
        yield line
    yield from (f"{visible(repo)}: and {count:,} more of these" for repo, count in left.items())


def _stop_on_warnings() -> None:
    """MkDocs counts warnings in strict mode, but looks at the count after this plugin is done."""
    for handler in logging.getLogger("mkdocs").handlers:
        if isinstance(handler, CountHandler) and any(count for _, count in handler.get_counts()):
            raise PluginError("Not built: see the warnings above. The last site is as it was.")


def _frame(config: MkDocsConfig, tabs: tuple[Tab, ...]) -> SiteFrame:
    services = next((tab.title for tab in tabs if tab.url.startswith("services/")), "Services")
    return SiteFrame(str(config.config_file_path), tabs, services)


def _beside(config: MkDocsConfig, path: str) -> Path:
    return Path(str(config.config_file_path)).parent / path


def _heads(repo: str) -> list[Path]:
    """Files that change when a local repo gets a commit; none for a remote one."""
    if not repo.startswith("/"):
        return []
    folder = Path(repo) / ".git" if (Path(repo) / ".git").is_dir() else Path(repo)
    return [path for name in ("HEAD", "refs", "packed-refs") if (path := folder / name).exists()]
