"""The last look at a finished page before it is written."""

from __future__ import annotations

import re
from html import unescape

_SCRIPT = re.compile(r"<script\b([^>]*)>", re.IGNORECASE)
_SRC = re.compile(r"""\bsrc\s*=\s*["']?([^"'\s>]+)""", re.IGNORECASE)
_FORBIDDEN = re.compile(
    r"<(?:base|object|embed|applet|iframe|frame|frameset|portal)\b", re.IGNORECASE
)
# What a page may have in its text, but not in a tag: tags are looked at only where it has it.
_SUSPECT = re.compile(
    r"""[\s/"']on[a-z]+\s*=|script:|script&|data:text|http-equiv=["']?(?!Content-Security-Policy)"""
    r"""|(?:href|src)=["']?[\s&]""",
    re.IGNORECASE,
)
_TAG = re.compile(r"""<[a-zA-Z](?:[^>"']++|"[^"]*+"|'[^']*+')*+>""")
_ATTRIBUTE = re.compile(r"""([^\s/>"'=]++)\s*+(?:=\s*+("[^"]*+"|'[^']*+'|[^\s>"']++))?""")
_LINKING = frozenset({"action", "data", "formaction", "href", "src", "srcset", "xlink:href"})
_RUNNING = ("javascript:", "vbscript:", "data:text")


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
    return _live(html) if _SUSPECT.search(html) else ""


def _live(html: str) -> str:
    """Say which attribute does something, "" if none does."""
    for tag in _TAG.findall(html):
        for name, value in _ATTRIBUTE.findall(tag):
            reason = _does(name.lower(), unescape(value.strip("\"'")))
            if reason:
                return reason
    return ""


def _does(name: str, value: str) -> str:
    if name.startswith("on"):
        return f"it has the event {name}"
    if name == "http-equiv" and value.lower() != "content-security-policy":
        return f"it has a <meta> element for {value}"
    plain = re.sub(r"[\x00-\x20]", "", value).lower()
    if name in _LINKING and plain.startswith(_RUNNING):
        return "it links to a script"
    return ""
