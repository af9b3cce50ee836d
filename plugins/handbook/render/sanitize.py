"""Make HTML of unknown origin safe to publish, without breaking Material's markup.

The parser is a real HTML5 one (nh3), so what leaves here is well formed: every tag closed,
every attribute in double quotes. The second, textual pass relies on that.

What holds for every result of :func:`clean`: no script, no style, no inline event, no form;
links lead to http, https, mailto or a place on the site; nothing is fetched from another
origin (images from elsewhere become links that carry their alternative text); no id or class
of the theme's own frame.
"""

from __future__ import annotations

import functools
import html as htmllib
import posixpath
import re
from collections.abc import Callable
from urllib.parse import unquote

import nh3

from handbook.render.depth import too_deep

Rewrite = Callable[[str, str, str], str | None]
"""``(tag, attribute, value) -> new value``; None drops the attribute."""

_TEXT = (
    "a abbr acronym b bdi bdo br center cite code data del dfn em i ins kbd mark q rp rt ruby s"
    " samp small span strike strong sub sup time tt u var wbr"
)
_BLOCKS = (
    "article blockquote dd details div dl dt figcaption figure h1 h2 h3 h4 h5 h6 hr li ol p pre"
    " section summary ul"
)
_TABLE = "caption col colgroup table tbody td tfoot th thead tr"
_MEDIA = "img picture source svg g path input label"
_TAGS = frozenset(f"{_TEXT} {_BLOCKS} {_TABLE} {_MEDIA}".split())

_ALIGNED = "div p h1 h2 h3 h4 h5 h6 table tr col"
_ATTRIBUTES: dict[str, set[str]] = {
    "*": {"id", "class", "title", "lang", "dir", "role", "aria-label", "aria-hidden", "tabindex"},
    **{tag: {"align"} for tag in _ALIGNED.split()},
    "a": {"href", "name"},
    "img": {"src", "srcset", "alt", "width", "height", "align", "loading"},
    "source": {"srcset", "media", "type"},
    "input": {"type", "checked", "disabled", "name"},
    "label": {"for"},
    "svg": {"xmlns", "viewBox", "width", "height", "fill"},
    "g": {"fill"},
    "path": {"d", "fill", "fill-rule"},
    "div": {"align", "data-tabs"},
    "span": {"data-linenos"},
    "td": {"align", "valign", "colspan", "rowspan", "width"},
    "th": {"align", "valign", "colspan", "rowspan", "width", "scope"},
    "ol": {"start", "type", "reversed"},
    "li": {"value"},
    "col": {"span", "width"},
    "details": {"open", "data-pagefind-ignore"},
    "time": {"datetime"},
}
_SCHEMES = {"http", "https", "mailto", "service", "handbook"}
_OWN_SCHEMES = ("service:", "handbook:")

# Material's script waits for these, and stops all its work on the page where a part is missing.
_TABS = re.compile(
    r' data-tabs="[^"]*"(?P<rest>[^>]*>\s*)(?P<inputs>(?:<input [^>]*>\s*)*)'
    r'(?P<labels><div class="tabbed-labels">(?:(?!</div>).)*</div>)?',
    re.DOTALL,
)
# Ids with two underscores steer the theme (__drawer, __search…); tabs and code lines are ours.
_RESERVED_ID = re.compile(r"^(?:__(?!(?:tabbed|codelineno|span)[-_][\w-]+$)|hb-)|[\s<>\"']")
# "mermaid": Material's script would load one from elsewhere.
_THEME_CLASS = re.compile(
    r"^(?:md-(?!button(?:--primary)?$|icon$|typeset__)|hb-(?!room-[wh]\d{1,2}$)|mermaid)"
)
_OWN_CLASSES = frozenset(
    {"hb-mermaid", "hb-math", "hb-ext-img", "hb-plain", "hb-notice", "hb-fold"}
)
_ROLES = frozenset({"img", "note", "presentation", "none"})
_LENGTH = re.compile(r"^\d{1,5}(?:\.\d{1,3})?(?:%|px)?$")
_LANGUAGE = re.compile(r"^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*$")

_ATTRS = r"(?:\s[^\s=>\"]+=\"[^\"]*\")*"
_SECOND_PASS = re.compile(rf"<(a|img|input|source)({_ATTRS})>|</a>|<picture{_ATTRS}>|</picture>")
_ATTR = re.compile(r"\s([^\s=>\"]+)=\"([^\"]*)\"")


def clean(html: str, rewrite: Rewrite | None = None) -> str:
    """Return ``html`` with everything unsafe taken out.

    ``rewrite`` is called for each ``href``, ``src`` and each address of a ``srcset``, with
    the address as written; it may return another one or None to drop it. Addresses of the
    schemes ``service:`` and ``handbook:`` reach it; what it leaves of them is dropped.

    HTML that is nested too deeply to be parsed comes back as text.
    """
    if too_deep(html):
        return f'<pre class="hb-plain">{htmllib.escape(re.sub("<[^>]*>", "", html))}</pre>'
    return clean_shallow(html, rewrite)


def clean_shallow(html: str, rewrite: Rewrite | None = None) -> str:
    """Do as :func:`clean` does, for HTML that :mod:`handbook.render.depth` has passed."""
    if rewrite is None:
        return _second_pass(_cleaner().clean(html))
    errors: list[BaseException] = []
    cleaned = _build(_guarded(rewrite, errors)).clean(html)
    if errors:
        raise errors[0]
    return _second_pass(cleaned)


def is_external(address: str) -> bool:
    """Tell whether a browser would leave the site's origin (or the web) for ``address``."""
    plain = re.sub(r"[\x00-\x20]", "", address).replace("\\", "/")
    return plain.startswith("//") or re.match(r"^[a-zA-Z][a-zA-Z0-9+.-]*:", plain) is not None


@functools.cache
def _cleaner() -> nh3.Cleaner:
    return _build(functools.partial(_attribute, None))


def _build(keep: Rewrite) -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=set(_TAGS),
        attributes=_ATTRIBUTES,
        attribute_filter=keep,
        url_schemes=_SCHEMES,
        link_rel=None,
        clean_content_tags={"script", "style", "template", "noscript", "iframe", "title", "object"},
    )


def _guarded(rewrite: Rewrite, errors: list[BaseException]) -> Rewrite:
    """Keep the first error, also that the time is over: nh3 would only drop the attribute."""

    def call(tag: str, name: str, value: str) -> str | None:
        if errors:
            return None
        try:
            return _attribute(rewrite, tag, name, value)
        except BaseException as error:  # noqa: BLE001  # raised again by clean_shallow()
            errors.append(error)
            return None

    return call


def _attribute(rewrite: Rewrite | None, tag: str, name: str, value: str) -> str | None:
    if name == "class":
        kept = [c for c in value.split() if c in _OWN_CLASSES or not _THEME_CLASS.match(c)]
        return " ".join(kept) or None
    if name in {"id", "for", "name"}:
        return None if not value or _RESERVED_ID.search(value) else value
    if name in {"href", "src"}:
        return _address(rewrite, tag, name, value)
    if name == "srcset":
        return _srcset(rewrite, tag, value)
    allowed = _VALUES.get(name)
    return value if allowed is None or allowed(value) else None


_VALUES: dict[str, Callable[[str], object]] = {
    "role": _ROLES.__contains__,
    "tabindex": {"0", "-1"}.__contains__,
    "width": _LENGTH.match,
    "height": _LENGTH.match,
    "type": re.compile(r"^(?:radio|checkbox|image/[\w+.-]+|[1aAiI])$").match,
    "lang": _LANGUAGE.match,
}


def _address(rewrite: Rewrite | None, tag: str, name: str, value: str) -> str | None:
    result = rewrite(tag, name, value) if rewrite else value
    if result is None or result.lower().startswith(_OWN_SCHEMES):
        return None
    scheme = re.match(r"^([a-zA-Z][a-zA-Z0-9+.-]*):", re.sub(r"[\x00-\x20]", "", result))
    return result if not scheme or scheme[1].lower() in _SCHEMES else None


def _srcset(rewrite: Rewrite | None, tag: str, value: str) -> str | None:
    kept = []
    for candidate in re.split(r",\s+|,$", value.strip()):
        address, _, descriptor = candidate.strip().partition(" ")
        result = _address(rewrite, tag, "srcset", address) if address else None
        if result and not is_external(result):
            kept.append(f"{result} {descriptor}".strip())
    return ", ".join(kept) or None


class _Second:
    """The second pass: images from elsewhere, relations of links, names of check boxes."""

    def __init__(self) -> None:
        self.in_link = False

    def __call__(self, match: re.Match[str]) -> str:
        tag, attributes = match[1], dict(_ATTR.findall(match[2] or ""))
        if match[0] == "</a>":
            self.in_link = False
        if tag == "a":
            self.in_link = True
            return _link(match[0], attributes)
        if tag == "img":
            return self._image(match[0], attributes)
        if tag == "input":
            return _input(attributes)
        if tag == "source":
            return match[0] if attributes.get("srcset") else ""
        return match[0]

    def _image(self, written: str, attributes: dict[str, str]) -> str:
        source = htmllib.unescape(attributes.get("src", ""))
        if source and not is_external(source):
            return written
        text = attributes.get("alt", "").strip() or htmllib.escape(_image_name(source))
        if self.in_link or not source.lower().startswith(("http:", "https:")):
            return f'<span class="hb-ext-img">{text}</span>' if text else ""
        href = attributes["src"]
        return f'<a class="hb-ext-img" href="{href}" rel="noopener noreferrer">{text}</a>'


def _second_pass(html: str) -> str:
    html = _SECOND_PASS.sub(_Second(), html)
    if ' data-tabs="' in html:
        html = _TABS.sub(_tabs, html)
    return re.sub(r"<picture[^>]*>((?:(?!</picture>|<img).)*)</picture>", _bare, html, flags=re.S)


def _tabs(match: re.Match[str]) -> str:
    """Keep the mark of a set of tabs only where each has its label."""
    inputs = re.findall(r'<input type="radio" id="([^"]*)"', match["inputs"])
    labels = re.findall(r'<label[^>]* for="([^"]*)"', match["labels"] or "")
    if inputs and inputs == labels:
        return match[0]
    return f"{match['rest']}{match['inputs']}{match['labels'] or ''}"


def _bare(match: re.Match[str]) -> str:
    """Unwrap a picture whose image came from elsewhere and is a link by now."""
    return re.sub(r"<source[^>]*>", "", match[1])


def _link(written: str, attributes: dict[str, str]) -> str:
    if not attributes.get("href", "").lower().startswith(("http:", "https:", "//")):
        return written
    return written[:-1] + ' rel="noopener noreferrer">'


def _input(attributes: dict[str, str]) -> str:
    """Keep the radio buttons of content tabs and the boxes of task lists, nothing to type in."""
    kind, ident = attributes.get("type"), attributes.get("id", "")
    if kind == "radio" and ident.startswith("__tabbed_"):
        kept = [f'{key}="{attributes[key]}"' for key in ("id", "name") if key in attributes]
        checked = " checked" if "checked" in attributes else ""
        return f'<input type="radio" {" ".join(kept)}{checked}>'
    if kind != "checkbox":
        return ""
    done = "checked" in attributes
    label = attributes.get("aria-label") or ("done" if done else "not done")
    return f'<input type="checkbox" disabled aria-label="{label}"{" checked" if done else ""}>'


def _image_name(source: str) -> str:
    """Name an image that has no alternative text by its address."""
    path = unquote(re.sub(r"[?#].*", "", source, flags=re.DOTALL))
    badge = re.search(r"/badge/([^/]+)$", path)
    if badge:  # label-message-colour, with doubled characters for the plain ones
        parts = [part for part in re.split(r"(?<!-)-(?!-)", badge[1])[:-1] if part]
        return ": ".join(p.replace("--", "-").replace("_", " ").strip() for p in parts)
    return posixpath.splitext(posixpath.basename(path))[0]
