"""What runs in a worker process: one service from its repo to files in a staging folder."""

from __future__ import annotations

import functools
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from handbook.errors import HandbookError
from handbook.model.built import Record
from handbook.model.facts import Problem
from handbook.model.service import Snapshot
from handbook.model.summary import ServiceSummary
from handbook.pipeline import build_service, open_tree
from handbook.publish.frame import SiteFrame
from handbook.publish.htmlpage import anchors
from handbook.publish.sitefeeds import feed_of_service
from handbook.publish.themed import Themer
from handbook.settings import Settings


class Task(Struct, frozen=True):
    """Build ``snapshot`` into ``staged`` (a folder of the cache, filled by the worker only).

    ``today`` (YYYY-MM-DD) is the day as of which the service is judged.
    """

    key: str
    staged: str
    snapshot: Snapshot
    settings: Settings
    frame: SiteFrame
    inventories: dict[str, bytes]
    today: str


def build(task: Task) -> Record:
    """Build one service and give what the rest of the site needs to know of it."""
    with open_tree(task.snapshot, task.settings.limits) as tree:
        built = build_service(task.snapshot, tree, task.settings, task.inventories, task.today)
        out = Path(task.staged) / "files"
        themer = _themer(task.frame)
        late = themer.write(built.shard, tree, out, task.settings.limits)
    feed_of_service(built.summary, themer.config, out)
    root = f"services/{task.snapshot.service.slug}/"
    pages = built.shard.pages
    problems = (*built.shard.problems, *late)
    record = Record(
        summary=_with(built.summary, late),
        anchors={root + page.uri: tuple(sorted(anchors(page.html))) for page in pages},
        dates={root + page.uri: page.updated for page in pages},
        links=tuple(link for page in pages for link in page.links),
        problems=problems,
        until=built.report.until,
        inventory=built.inventory,
        packages=built.packages,
        imports=built.imports,
    )
    size, most = len(msgspec.json.encode(record)), task.settings.limits.record
    if size > most:  # the parent keeps them of all services in memory
        raise HandbookError(f"its anchors, links and notices take {size:,} bytes, of {most:,}")
    return record


def _with(summary: ServiceSummary, late: tuple[Problem, ...]) -> ServiceSummary:
    """Add what went wrong after rendering."""
    counts = replace(summary.counts, problems=summary.counts.problems + len(late))
    return replace(summary, counts=counts, notices=(*summary.notices, *late))


@functools.lru_cache(maxsize=1)
def _themer(frame: SiteFrame) -> Themer:
    """Keep the configuration and templates warm from one service to the next."""
    return Themer(frame)
