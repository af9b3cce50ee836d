"""Let pages reload themselves while serving, in spite of their Content-Security-Policy.

MkDocs writes an inline script into each page that it serves. A page's policy allows none, so the
served page (never the written one) names that one script by its digest.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterable
from typing import Any

_INLINE = re.compile(rb"<script>([^<]*/livereload/.*?)</script>", re.DOTALL)
_SOURCES = b"script-src 'self'"

Application = Callable[..., Iterable[bytes]]


def reloading(application: Application) -> Application:
    """Wrap MkDocs' WSGI application."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        started: list[tuple[Any, ...]] = []
        body = application(environ, lambda *given: started.append(given))
        status, headers, *rest = started[0]
        if not dict(headers).get("Content-Type", "").startswith("text/html"):
            start_response(status, headers, *rest)
            return body
        page = allowed(b"".join(body))
        others = [(name, value) for name, value in headers if name != "Content-Length"]
        start_response(status, [*others, ("Content-Length", str(len(page)))], *rest)
        return [page]

    return answer


def allowed(page: bytes) -> bytes:
    """Return the page with a policy that allows MkDocs' script, the last one in it."""
    scripts = _INLINE.findall(page)
    if not scripts:
        return page
    digest = base64.b64encode(hashlib.sha256(scripts[-1]).digest())
    return page.replace(_SOURCES, _SOURCES + b" 'sha256-" + digest + b"'", 1)
