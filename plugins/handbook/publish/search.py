"""The search index: Pagefind over the finished pages, in buckets.

One bucket is the handbook's own pages, the others each hold some of the services. Only a bucket
with a changed page is indexed again; the browser joins them (``assets/js/search.js``).
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import tempfile
import zlib
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path

import pagefind_bin  # type: ignore[import-untyped]
from msgspec import Struct

from handbook.cache import link_or_copy
from handbook.errors import HandbookError
from handbook.publish.vendor import ASSETS

MAIN = "main"
_DIGEST = "digest.txt"
_SECONDS = 600

# Not content: permalinks, buttons, line numbers, what says something about the page itself.
_EXCLUDED = (
    ".headerlink",
    ".hb-actions",
    ".hb-badges",
    ".hb-banner",
    ".hb-filter",
    ".hb-source",
    ".hb-swagger",
    ".hb-noindex",
    ".linenos",
    ".md-tags",
    "thead",
    "svg",
)
# The bundle's ready-made interfaces; ours is its own. Only the first bucket's engine is used.
_UNUSED = ("pagefind-*ui.*", "pagefind-highlight.js", "wasm.unknown.pagefind")
_ENGINE = ("pagefind.js", "pagefind-worker.js", "wasm.*.pagefind")


class Bucket(Struct, frozen=True):
    """An index of some pages. ``tag`` changes with its content; ``fresh``: indexed just now."""

    name: str
    tag: str
    pages: int
    fresh: bool


def bucket_count(services: int) -> int:
    """Return how many buckets so many services are spread over.

    A reader loads two small files a bucket, a build indexes a whole bucket when one of its
    services changes: few services need one, many no more than eight.
    """
    return max(1, min(8, services // 12))


def bucket_of(slug: str, count: int) -> str:
    """Return the bucket of a service: the same in every build with that many buckets."""
    return f"services-{zlib.crc32(slug.encode()) % count}"


def index_bucket(name: str, html_files: Sequence[tuple[str, Path]], cache: Path) -> Bucket | None:
    """Index pages into the folder ``cache/name``; None if there are none.

    ``html_files``: the uri of each page's file from the site's root
    ("services/x/docs/index.html"), and where the file is now. Pages that are as they were are
    not indexed again. What cannot be indexed leaves the former index as it is.

    Raises:
        HandbookError: Pagefind failed; its own words are in the message.
    """
    if not html_files:
        return None
    out = cache / name
    tag = _digest(html_files)
    noted = out / _DIGEST
    if noted.is_file() and noted.read_text("ascii") == tag:
        return Bucket(name, tag, len(html_files), fresh=False)
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache, prefix=".indexing-") as aside:
        made = _index(html_files, Path(aside))
        _prune(made, keep_engine=name == MAIN)
        (made / _DIGEST).write_text(tag, "ascii")
        shutil.rmtree(out, ignore_errors=True)
        made.replace(out)
    return Bucket(name, tag, len(html_files), fresh=True)


def put_buckets(site: Path, cache: Path, buckets: Iterable[Bucket | None]) -> None:
    """Put the indexes into the site, and the list that the search dialog reads.

    ``search.json`` is written last: a site that has it has all that it names. Indexes that the
    site has from before and that are not among ``buckets`` are removed.
    """
    present = sorted((b for b in buckets if b), key=lambda b: (b.name != MAIN, b.name))
    folder = site / ASSETS / "search"
    shutil.rmtree(folder, ignore_errors=True)
    for bucket in present:
        for source in (cache / bucket.name).rglob("*"):
            if source.is_file() and source.name != _DIGEST:
                link_or_copy(source, folder / source.relative_to(cache))
    folder.parent.mkdir(parents=True, exist_ok=True)
    entries = [{"path": bucket.name, "tag": bucket.tag[:12]} for bucket in present]
    (folder.parent / "search.json").write_text(json.dumps({"buckets": entries}), "utf-8")


def _digest(html_files: Sequence[tuple[str, Path]]) -> str:
    total = hashlib.sha256(" ".join((version("pagefind-bin"), *_EXCLUDED)).encode())
    for uri, path in sorted(html_files):
        total.update(uri.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def _index(html_files: Sequence[tuple[str, Path]], aside: Path) -> Path:
    staged, made = aside / "pages", aside / "index"
    for uri, path in html_files:
        place = staged / uri
        if not place.resolve().is_relative_to(staged.resolve()):
            raise HandbookError(f"search: {uri} is outside the site")
        link_or_copy(path, place)
    command = [str(pagefind_bin.get_executable()), "--site", str(staged), "--silent"]
    command += ["--output-path", str(made), "--force-language", "en"]
    command += ["--exclude-selectors", ", ".join(_EXCLUDED)]
    command += ["--include-characters", "_"]
    # Its own folder: Pagefind reads a configuration file from the current one.
    try:
        done = subprocess.run(
            command, cwd=aside, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as exc:
        raise HandbookError(f"search: could not run Pagefind: {exc}") from exc
    if done.returncode or not made.is_dir():
        said = (done.stderr or done.stdout).strip()
        raise HandbookError(f"search: Pagefind ended with {done.returncode}: {said}")
    return made


def _prune(index: Path, *, keep_engine: bool) -> None:
    for pattern in _UNUSED + (() if keep_engine else _ENGINE):
        for file in index.glob(pattern):
            file.unlink()
