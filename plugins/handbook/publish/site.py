"""Put the parts of the site together aside, and switch it in."""

from __future__ import annotations

import gzip
import os
import re
import shutil
from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path

from handbook.cache import Cache, link_or_copy
from handbook.publish.frame import SiteFrame
from handbook.publish.shards import Outcome

_URLSET_END = "</urlset>"
_CODE = re.compile(r"`([^`<>]+)`")


def lay(outcome: Outcome, cache: Cache, frame: SiteFrame, site: Path) -> None:
    """Lay one service's files into the site; with a banner where something is wrong."""
    folder = cache.folder(outcome.entry.key)
    banner = banner_of(outcome)
    for path in outcome.entry.files:
        source, target = folder / path, site / path
        if not banner or not path.endswith(".html"):
            link_or_copy(source, target)
            continue
        html = source.read_text(encoding="utf-8")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(html.replace(frame.banner_marker, banner, 1), encoding="utf-8")


def banner_of(outcome: Outcome) -> str:
    """Return what readers must know before they trust the page; "" if all is well."""
    if not outcome.trouble:
        return ""
    shown = outcome.record.summary
    said = _CODE.sub(r"<code>\1</code>", escape(outcome.trouble))
    lines = [f"<p>{said}</p>"]
    if shown.commit:
        lines.append(
            f"<p>What you see is commit <code>{escape(shown.commit[:10])}</code>"
            + (f", last changed {_time(shown.updated)}" if shown.updated else "")
            + (f", fetched {_time(outcome.snapshot.fetched)}" if outcome.snapshot.fetched else "")
            + ".</p>"
        )
    title = "Out of date" if shown.commit else "Not available"
    return (
        '<div class="admonition warning hb-banner" role="status">'
        f'<p class="admonition-title">{title}</p>{"".join(lines)}</div>'
    )


def _time(moment: str) -> str:
    return f'<time datetime="{escape(moment)}" data-hb-relative>{escape(moment[:10])}</time>'


def extend_sitemap(sitemap: Path, site_url: str, dates: Mapping[str, str]) -> None:
    """Add the services' pages to the sitemap that MkDocs wrote for the main part.

    ``dates`` maps uris from the site's root to ISO dates ("" unknown). Material's instant
    navigation follows only links whose target is in the sitemap.
    """
    if not sitemap.is_file() or not site_url:
        return
    text = sitemap.read_text(encoding="utf-8")
    base = site_url.rstrip("/") + "/"
    entries = "".join(
        f"    <url>\n         <loc>{escape(base + uri)}</loc>\n"
        + (f"         <lastmod>{escape(day[:10])}</lastmod>\n" if day else "")
        + "    </url>\n"
        for uri, day in dates.items()
    )
    sitemap.write_text(text.replace(_URLSET_END, entries + _URLSET_END), encoding="utf-8")
    packed = gzip.compress(sitemap.read_bytes(), mtime=0)
    sitemap.with_suffix(".xml.gz").write_bytes(packed)


def next_to(site: Path) -> Path:
    """Return a new empty folder beside ``site``, on the same file system."""
    site.parent.mkdir(parents=True, exist_ok=True)
    folder = site.with_name(f".{site.name}.next-{os.getpid()}")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


def switch(built: Path, site: Path) -> None:
    """Replace the published site by the one just built; the old one goes only after that."""
    old = site.with_name(f".{site.name}.old-{os.getpid()}")
    shutil.rmtree(old, ignore_errors=True)
    if site.exists():
        site.rename(old)
    try:
        built.rename(site)
    except OSError:
        if old.exists():
            old.rename(site)
        raise
    shutil.rmtree(old, ignore_errors=True)


def sweep(site: Path) -> Iterable[Path]:
    """Remove what a killed build left beside ``site``; give what was removed."""
    pattern = re.compile(rf"^\.{re.escape(site.name)}\.(?:next|old)-(\d+)$")
    for path in sorted(site.parent.glob(f".{site.name}.*")):
        found = pattern.match(path.name)
        if found and not _alive(int(found[1])):
            if ".old-" in path.name and not site.exists():
                path.rename(site)  # killed between the two renames: the last site comes back
            else:
                shutil.rmtree(path, ignore_errors=True)
            yield path


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
