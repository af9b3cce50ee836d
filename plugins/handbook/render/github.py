"""Markdown as forges show it: GitHub's flavour, with the markup that Material styles.

Source: GitHub Flavored Markdown, and what GitHub documents of alerts, footnotes, math, emoji
and diagrams in repositories.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable

from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml, unescapeAll
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.gfm import gfm_plugin
from pymdownx import gemoji_db

from handbook.render.headings import Anchors, github_slug
from handbook.render.highlight import code_block, math_block

_Rule = Callable[[RendererHTML, list[Token], int, OptionsDict, EnvType], str]

_NESTING = 120
"""Levels of blocks and inline marks; the converter's own guard against recursion."""

_ALERTS = {
    "NOTE": "note",
    "TIP": "tip",
    "IMPORTANT": "info",
    "WARNING": "warning",
    "CAUTION": "danger",
}
_CONTENTS = re.compile(r"^\[\[_TOC_\]\]|^\[TOC\]$", re.MULTILINE)  # the site shows its own
_EMOJI = re.compile(r":[a-z0-9_+-]{1,40}:")


@functools.cache
def github_converter() -> MarkdownIt:
    """Return the converter for READMEs; raw HTML passes through it, to be sanitised."""
    converter = MarkdownIt("commonmark", {"html": True, "maxNesting": _NESTING})
    converter.use(gfm_plugin)
    converter.use(dollarmath_plugin, allow_space=False, allow_digits=False, allow_blank_lines=False)
    return _with_rules(converter, {**_SHARED, **_README})


@functools.cache
def small_converter() -> MarkdownIt:
    """Return the converter for descriptions: CommonMark, tables, addresses; HTML is text."""
    converter = MarkdownIt("commonmark", {"html": False, "linkify": True})
    converter.enable(["table", "strikethrough", "linkify"])
    if converter.linkify is not None:
        converter.linkify.set({"fuzzy_link": False, "fuzzy_email": False})
    return _with_rules(converter, _SHARED)


def convert_github(text: str) -> str:
    """Return ``text`` as HTML, not sanitised. A mark for GitLab's contents is taken out."""
    return str(github_converter().render(_CONTENTS.sub("", text), {}))


def emojis(text: str) -> str:
    """Return ``text`` with short codes (``:rocket:``) as characters; unknown ones stay."""
    if text.count(":") < 2:
        return text
    return _EMOJI.sub(lambda match: _emoji_characters().get(match[0], match[0]), text)


@functools.cache
def _emoji_characters() -> dict[str, str]:
    def characters(code: str) -> str:
        known = gemoji_db.emoji[code]
        points = known.get("unicode_alt") or known.get("unicode") or ""
        return "".join(chr(int(point, 16)) for point in points.split("-") if point)

    found = {code: characters(code) for code in gemoji_db.emoji}
    found |= {alias: found[code] for alias, code in gemoji_db.aliases.items()}
    return {code: shown for code, shown in found.items() if shown}


def _with_rules(converter: MarkdownIt, rules: dict[str, _Rule]) -> MarkdownIt:
    for name, rule in rules.items():
        converter.add_render_rule(name, rule)
    return converter


def _fence(
    _renderer: RendererHTML, tokens: list[Token], at: int, _options: OptionsDict, _env: EnvType
) -> str:
    token = tokens[at]
    info = unescapeAll(token.info).strip()
    title = re.search(r"""title=(?:"([^"]*)"|'([^']*)')""", info)
    language = re.split(r"[\s{,:]", info, maxsplit=1)[0]
    return code_block(token.content, language, (title[1] or title[2]) if title else "")


def _indented(
    _renderer: RendererHTML, tokens: list[Token], at: int, _options: OptionsDict, _env: EnvType
) -> str:
    return code_block(tokens[at].content)


def _cell(
    renderer: RendererHTML, tokens: list[Token], at: int, options: OptionsDict, env: EnvType
) -> str:
    """Say alignment by attribute: a style would need a loose Content-Security-Policy."""
    style = str(tokens[at].attrs.pop("style", ""))
    if style:
        tokens[at].attrs["align"] = style.removeprefix("text-align:")
    if tokens[at].type == "th_open":
        tokens[at].attrs["scope"] = "col"
    return renderer.renderToken(tokens, at, options, env)


def _text(
    _renderer: RendererHTML, tokens: list[Token], at: int, _options: OptionsDict, _env: EnvType
) -> str:
    return escapeHtml(emojis(tokens[at].content))


def _alert(
    _renderer: RendererHTML, tokens: list[Token], at: int, _options: OptionsDict, _env: EnvType
) -> str:
    return f'<div class="admonition {_ALERTS.get(tokens[at].info.upper(), "note")}">\n'


def _alert_title(
    _renderer: RendererHTML, _tokens: list[Token], _at: int, _options: OptionsDict, _env: EnvType
) -> str:
    return '<p class="admonition-title">'


def _list(
    renderer: RendererHTML, tokens: list[Token], at: int, options: OptionsDict, env: EnvType
) -> str:
    if "contains-task-list" in str(tokens[at].attrs.get("class", "")):
        tokens[at].attrs["class"] = "task-list"
    return renderer.renderToken(tokens, at, options, env)


def _item(
    renderer: RendererHTML, tokens: list[Token], at: int, options: OptionsDict, env: EnvType
) -> str:
    opening = renderer.renderToken(tokens, at, options, env)
    if "checked" not in tokens[at].meta:
        return opening
    checked = " checked" if tokens[at].meta["checked"] else ""
    return (
        f'{opening}<label class="task-list-control"><input type="checkbox" disabled{checked}>'
        '<span class="task-list-indicator"></span></label> '
    )


def _heading(
    renderer: RendererHTML, tokens: list[Token], at: int, options: OptionsDict, env: EnvType
) -> str:
    """Name a heading by its source: GitHub's anchor of ``:rocket: Start`` is rocket-start."""
    children = tokens[at + 1].children or []
    text = "".join(child.content for child in children if child.type in {"text", "code_inline"})
    anchors: Anchors = env.setdefault("anchors", Anchors())
    tokens[at].attrs["id"] = anchors.unique(github_slug(text))
    return renderer.renderToken(tokens, at, options, env)


def _math(
    _renderer: RendererHTML, tokens: list[Token], at: int, _options: OptionsDict, _env: EnvType
) -> str:
    token = tokens[at]
    if token.type == "math_inline":
        return f'<span class="hb-math">${escapeHtml(token.content)}$</span>'
    return math_block(token.content.strip("\n"))


def _footnote_ref(
    _renderer: RendererHTML, tokens: list[Token], at: int, _options: OptionsDict, _env: EnvType
) -> str:
    meta = tokens[at].meta
    number, again = meta["id"] + 1, meta.get("subId", 0)
    ident = f"fnref:{number}:{again}" if again else f"fnref:{number}"
    return f'<sup id="{ident}"><a class="footnote-ref" href="#fn:{number}">{number}</a></sup>'


def _footnotes(
    _renderer: RendererHTML, _tokens: list[Token], _at: int, _options: OptionsDict, _env: EnvType
) -> str:
    return '<div class="footnote">\n<hr>\n<ol>\n'


def _footnotes_end(
    _renderer: RendererHTML, _tokens: list[Token], _at: int, _options: OptionsDict, _env: EnvType
) -> str:
    return "</ol>\n</div>\n"


def _footnote(
    _renderer: RendererHTML, tokens: list[Token], at: int, _options: OptionsDict, _env: EnvType
) -> str:
    return f'<li id="fn:{tokens[at].meta["id"] + 1}">'


def _footnote_back(
    _renderer: RendererHTML, tokens: list[Token], at: int, _options: OptionsDict, _env: EnvType
) -> str:
    meta = tokens[at].meta
    number, again = meta["id"] + 1, meta.get("subId", 0)
    if again:
        return ""
    title = f"Back to the text of footnote {number}"
    return f' <a class="footnote-backref" href="#fnref:{number}" title="{title}">↩︎</a>'


_SHARED: dict[str, _Rule] = {
    "fence": _fence,
    "code_block": _indented,
    "td_open": _cell,
    "th_open": _cell,
}
_README: dict[str, _Rule] = {
    "text": _text,
    "alert_open": _alert,
    "alert_title_open": _alert_title,
    "bullet_list_open": _list,
    "ordered_list_open": _list,
    "list_item_open": _item,
    "heading_open": _heading,
    "math_inline": _math,
    "math_block": _math,
    "math_block_label": _math,
    "footnote_ref": _footnote_ref,
    "footnote_block_open": _footnotes,
    "footnote_block_close": _footnotes_end,
    "footnote_open": _footnote,
    "footnote_anchor": _footnote_back,
}
