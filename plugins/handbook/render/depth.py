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
_FOREIGN = re.compile(r"<(?:svg|math)", re.IGNORECASE)


def too_deep(html: str, depth: int = MAX_DEPTH) -> bool:
    """Tell whether parsing ``html`` could nest elements deeper than ``depth``.

    Counts start tags less end tags of the same name, which is at least a third of the real
    depth. ``<span>`` is left out: it is by far the most frequent tag (in code) and the only
    one whose nesting costs the parser nothing.
    """
    foreign = _FOREIGN.search(html) is not None
    open_now: dict[str, int] = {}
    total = formatting = position = 0
    trusted = True  # False from where end tags may be mere text
    while match := _TOKEN.search(html, position):
        position = match.end()
        tag = _lower(match["name"] or "")
        if tag in _RAW and not match["end"] and not foreign:
            position = _after_raw(html, position, tag)
            continue
        if (tag in _RAW or tag == "noscript" or match[0] == "<![CDATA[") and not match["end"]:
            trusted = trusted and not (foreign or tag == "noscript")
        if not tag or tag in _UNNESTED or (match["end"] and not (trusted and open_now.get(tag))):
            continue
        step = -1 if match["end"] else 1
        open_now[tag] = open_now.get(tag, 0) + step
        total += step
        formatting += step if tag in _FORMATTING else 0
        if total > depth or formatting > _MAX_FORMATTING:
            return True
    return False


def _lower(name: str) -> str:
    """Lower case as the HTML standard means it: ASCII letters only."""
    return name.lower() if name.isascii() else name


def _after_raw(html: str, position: int, tag: str) -> int:
    end = re.compile(rf"</{tag}[\t\n\f\r />]", re.IGNORECASE).search(html, position)
    return end.end() if end and tag != "plaintext" else len(html)
