"""The last look at a finished page before it is written."""

from __future__ import annotations

import re

_SCRIPT = re.compile(r"<script\b([^>]*)>", re.IGNORECASE)
_SRC = re.compile(r"""\bsrc\s*=\s*["']?([^"'\s>]+)""", re.IGNORECASE)
_FORBIDDEN = re.compile(r"<(?:base|object|embed|applet|frame|frameset)\b", re.IGNORECASE)


def refused(html: str, base_url: str) -> str:
    """Say why a page may not be published, "" if it may.

    Every script must be the site's own file or Material's JSON configuration block: whatever
    got through the sanitiser, nothing of a service's repo may run on the site's origin.
    """
    for attributes in _SCRIPT.findall(html):
        if 'type="application/json"' in attributes or "type=application/json" in attributes:
            continue
        source = _SRC.search(attributes)
        if not source:
            return "it has an inline script"
        if not source[1].startswith(f"{base_url}/assets/"):
            return f"it loads the script {source[1]}"
    if found := _FORBIDDEN.search(html):
        return f"it has the element {found[0]}>"
    return ""
