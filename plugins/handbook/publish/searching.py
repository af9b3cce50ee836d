"""Index the whole site for search: the main part, and the services in their buckets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from handbook.publish.search import MAIN, bucket_count, bucket_of, index_bucket, put_buckets
from handbook.publish.shards import Outcome


def index(site: Path, main_pages: Iterable[Path], outcomes: Sequence[Outcome], cache: Path) -> None:
    """Bring the indexes of ``site`` up to date; ``cache`` keeps them from build to build.

    Error pages are not found by anyone who looks for something else, so they stay out.
    """
    folder = cache / "search"
    main = [(page.relative_to(site).as_posix(), page) for page in main_pages]
    buckets = [index_bucket(MAIN, [entry for entry in main if entry[0] != "404.html"], folder)]
    count = bucket_count(len(outcomes))
    pages: dict[str, list[tuple[str, Path]]] = defaultdict(list)
    for outcome in outcomes:
        bucket = bucket_of(outcome.snapshot.service.slug, count)
        pages[bucket] += [
            (path, site / path) for path in outcome.entry.files if path.endswith(".html")
        ]
    buckets += [index_bucket(name, pages[name], folder) for name in sorted(pages)]
    put_buckets(site, folder, buckets)
