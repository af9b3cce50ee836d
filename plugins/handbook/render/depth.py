"""Tell hostile nesting apart from ordinary HTML before a real parser is let loose on it.

HTML5 parsing is quadratic in the depth of the open elements (100,000 nested ``<div>`` keep
nh3 busy for most of a minute, and cannot be interrupted). So the depth is bounded first, by
reading the tags as the HTML standard's tokenizer does, without building a tree.
"""

from __future__ import annotations

import re

MAX_DEPTH = 200
"""Elements open at one place; a document nested this deep has no reader."""

_MAX_FORMATTING = 40
"""Unclosed ``<b>``, ``<i>``…: the parser repeats all of them in each paragraph that follows."""

# Elements that end each other, or never hold anything: open ones do not add up.
_UNNESTED = frozenset(
    (
        *("a", "p", "li", "dt", "dd", "tr", "td", "th", "tbody", "thead", "tfoot", "caption"),
        *("colgroup", "option", "optgroup", "rp", "rt", "area", "base", "br", "col", "embed"),
        *("hr", "img", "input", "link", "meta", "param", "source", "track", "wbr", "path"),
    )
)
_FORMATTING = frozenset(
    ("b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u")
)
# Elements whose content is text for the parser, but markup again inside of <svg> or <math>.
_RAW = frozenset(
    ("script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes", "plaintext")
)

_TOKEN = re.compile(
    r"""
    <!--(?:-?>|.*?(?:--!?>|\Z))                        # comment
    | <!\[CDATA\[
    | <(?:[!?]|/(?![a-zA-Z]))[^>]*+                    # declaration, or what counts as a comment
    | <(?!/?span[\t\n\f\r />])(?P<end>/?)(?P<name>[a-zA-Z][^\t\n\f\r />]*+)
      (?>[\t\n\f\r /]++
        | =?[^\t\n\f\r />=]++                          # attribute, then perhaps its value
          (?>[\t\n\f\r ]*=[\t\n\f\r ]*
            (?>"[^"]*+(?>"|\Z) | '[^']*+(?>'|\Z) | [^\t\n\f\r >"'][^\t\n\f\r >]*+)?)?
      )*+
    """,
    re.VERBOSE | re.DOTALL,
)
# Inside of these, <svg> and <math> hold HTML again: end tags then no longer tell where we are.
_INTEGRATION = re.compile(
    r"<(?:desc|title|foreignobject|m[inos][\t\n\f\r />]|mtext|annotation)", re.IGNORECASE
)
_FOREIGN = re.compile(r"<(?:svg|math)", re.IGNORECASE)


def too_deep(html: str, depth: int = MAX_DEPTH) -> bool:
    """Tell whether parsing ``html`` could nest elements deeper than ``depth``.

    Counts start tags less end tags of the same name, which is at least a third of the real
    depth. ``<span>`` is left out: it is by far the most frequent tag (in code) and the only
    one whose nesting costs the parser nothing.
    """
    counter = _Counter(html)
    position = 0
    while match := _TOKEN.search(html, position):
        tag = _lower(match["name"] or "")
        if tag in _RAW and not match["end"] and not counter.foreign:
            position = _after_raw(html, match.end(), tag)
            continue
        position = match.end()
        counter.take(tag, bool(match["end"]), match[0])
        if counter.total > depth or counter.formatting > _MAX_FORMATTING:
            return True
    return False


class _Counter:
    """Counts open elements. Where an end tag may be mere text for the parser, it is ignored."""

    def __init__(self, html: str) -> None:
        self.total = self.formatting = 0
        self._open: dict[str, int] = {}
        self._mixed = bool(_FOREIGN.search(html) and _INTEGRATION.search(html))
        self._trusted = True
        self._in_noscript = False

    @property
    def foreign(self) -> bool:
        """Whether the parser may be inside of ``<svg>`` or ``<math>``."""
        return self._mixed or bool(self._open.get("svg") or self._open.get("math"))

    def take(self, tag: str, end: bool, written: str) -> None:
        """Count one tag, given also as it is written."""
        if tag == "noscript":  # its content is text or markup, depending on the parser
            self._in_noscript = not end
        if self.foreign and (tag in _RAW or written == "<![CDATA["):
            self._trusted = False
        if not tag or tag in _UNNESTED:
            return
        if end and (not self._open.get(tag) or not self._trusted or self._in_noscript):
            return
        step = -1 if end else 1
        self._open[tag] = self._open.get(tag, 0) + step
        self.total += step
        self.formatting += step if tag in _FORMATTING else 0


def _lower(name: str) -> str:
    """Lower case as the HTML standard means it: ASCII letters only."""
    return name.lower() if name.isascii() else name


def _after_raw(html: str, position: int, tag: str) -> int:
    end = re.compile(rf"</{tag}[\t\n\f\r />]", re.IGNORECASE).search(html, position)
    return end.end() if end and tag != "plaintext" else len(html)
