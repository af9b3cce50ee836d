"""Give pages what a worker gives a service's pages."""

from __future__ import annotations

from typing import Any

BESIDE = {
    "services/fraud/": {"service": "fraud-score", "kind": "overview", "updated": "2026-10-02"},
    "services/api/": {"service": "predictions: a, b", "kind": "api", "commit": "8105feb1c0ffee"},
}


def on_page_context(context: dict[str, Any], page: Any, **_: Any) -> None:
    """Set ``page.handbook`` where a page is a service's."""
    if page.url in BESIDE:
        page.handbook = BESIDE[page.url]
