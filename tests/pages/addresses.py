"""Every address that the handbook's own pages have had: ``published.txt``, which only grows.

    make addresses    adds those of the site that was built last

An address is a page ("run/deploy/") or a heading on it ("run/deploy/#steps"). Pages of services
and of modules are not among them, for these follow the code; nor are headings of pages that are
made from the catalogue.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from html import unescape
from pathlib import Path

PUBLISHED = Path(__file__).with_name("published.txt")
_ARTICLE = re.compile(r"<article\b.*?</article>", re.DOTALL)
_HEADING = re.compile(r'<h[1-6]\b[^>]*\sid="([^"]+)"')
_MADE = re.compile(
    r"services/(?:(?:owners|apis|changes|status|readiness)/)?|services/readiness/[a-z]{2,8}\d+/"
)


def addresses(site: Path) -> Iterator[str]:
    """Give the addresses of a built site. What only sends on is no page."""
    for path in sorted(site.rglob("index.html")):
        uri = path.parent.relative_to(site).as_posix().removeprefix(".")
        uri = f"{uri}/" if uri else ""
        made = _MADE.fullmatch(uri)
        if uri.startswith(("services/", "reference/python/")) and not made:
            continue
        article = _ARTICLE.search(path.read_text(encoding="utf-8"))
        if article is None:
            continue
        yield uri or "./"
        if not made:
            yield from (f"{uri}#{unescape(anchor)}" for anchor in _HEADING.findall(article[0]))


def published() -> list[str]:
    """Return the addresses that must work."""
    return PUBLISHED.read_text(encoding="utf-8").split()


def add(site: Path) -> int:
    """Add a site's addresses to the list; return how many are new."""
    known = set(published()) if PUBLISHED.is_file() else set[str]()
    now = known | set(addresses(site))
    PUBLISHED.write_text("\n".join(sorted(now)) + "\n", encoding="utf-8")
    return len(now - known)


if __name__ == "__main__":
    print(f"{add(Path(sys.argv[1])):,} new addresses in {PUBLISHED.name}")
