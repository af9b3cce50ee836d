"""Markdown of unknown origin to safe HTML."""

from __future__ import annotations

import functools
import html
import re
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.common.utils import unescapeAll
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from handbook.model.limits import Limits
from handbook.render import sanitize
from handbook.render.guards import refuse
from handbook.render.highlight import code_block


def render_description(text: str, limits: Limits) -> str:
    """Return a small text in CommonMark with tables as HTML blocks: descriptions of an API.

    Raw HTML in it is shown as text. Links must be complete (``https://…``, ``mailto:``): a
    relative one has no place to be relative to, so its text stays without a link.
    """
    refusal = refuse(text, limits)
    if refusal or len(text) > limits.markdown_page:
        return f'<pre class="hb-plain">{html.escape(text[: limits.markdown_page])}</pre>'
    return sanitize.clean(_small().render(text), _complete_only)


def render_inline(text: str, limits: Limits | None = None) -> str:
    """Return one line of CommonMark (a summary) as HTML without a block around it.

    Only the first paragraph counts; line ends become spaces.
    """
    line = " ".join(re.split(r"\n\s*\n", text.strip(), maxsplit=1)[0].split())
    if refuse(line, limits or Limits()):
        return html.escape(line)
    return sanitize.clean(_small().renderInline(line), _complete_only)


def _complete_only(_tag: str, _attribute: str, address: str) -> str | None:
    return address if sanitize.is_external(address) else None


@functools.cache
def _small() -> MarkdownIt:
    converter = MarkdownIt("commonmark", {"html": False, "linkify": True})
    converter.enable(["table", "strikethrough", "linkify"])
    if converter.linkify is not None:
        converter.linkify.set({"fuzzy_link": False, "fuzzy_email": False})
    for rule in (_fence, _code_block, _td_open, _th_open):
        converter.add_render_rule(rule.__name__.lstrip("_"), rule)
    return converter


def _fence(
    _renderer: RendererHTML, tokens: list[Token], at: int, _options: OptionsDict, _env: EnvType
) -> str:
    token = tokens[at]
    info = unescapeAll(token.info).strip()
    title = re.search(r"""title=(?:"([^"]*)"|'([^']*)')""", info)
    language = re.split(r"[\s{,:]", info, maxsplit=1)[0]
    return code_block(token.content, language, (title[1] or title[2]) if title else "")


def _code_block(
    _renderer: RendererHTML, tokens: list[Token], at: int, _options: OptionsDict, _env: EnvType
) -> str:
    return code_block(tokens[at].content)


def _td_open(
    renderer: RendererHTML, tokens: list[Token], at: int, options: OptionsDict, env: EnvType
) -> str:
    """Say alignment by attribute: a style would need a loose Content-Security-Policy."""
    style = str(tokens[at].attrs.pop("style", ""))
    if style:
        tokens[at].attrs["align"] = style.removeprefix("text-align:")
    return _plain(renderer, tokens, at, options, env)


def _th_open(
    renderer: RendererHTML, tokens: list[Token], at: int, options: OptionsDict, env: EnvType
) -> str:
    tokens[at].attrs["scope"] = "col"
    return _td_open(renderer, tokens, at, options, env)


def _plain(renderer: Any, tokens: list[Token], at: int, options: OptionsDict, env: EnvType) -> str:
    return str(renderer.renderToken(tokens, at, options, env))
