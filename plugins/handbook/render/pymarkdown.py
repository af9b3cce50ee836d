"""Markdown as MkDocs with Material shows it: the extensions that theme documents.

Extensions that read files of the machine (snippets, includes, b64) or run code are not here;
the rest has options under which nothing is read or run.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element

from markdown import Markdown
from material.extensions.emoji import to_svg, twemoji
from pymdownx.superfences import highlight_validator

from handbook.render.highlight import ALIASES, code_block, math_block, mermaid

_EXTENSIONS = (
    "abbr",
    "admonition",
    "attr_list",
    "def_list",
    "footnotes",
    "md_in_html",
    "tables",
    "toc",
    "pymdownx.betterem",
    "pymdownx.blocks.admonition",
    "pymdownx.blocks.details",
    "pymdownx.blocks.tab",
    "pymdownx.caret",
    "pymdownx.details",
    "pymdownx.emoji",
    "pymdownx.highlight",
    "pymdownx.inlinehilite",
    "pymdownx.keys",
    "pymdownx.mark",
    "pymdownx.superfences",
    "pymdownx.tabbed",
    "pymdownx.tasklist",
    "pymdownx.tilde",
)


# What mkdocstrings would fill with an object's documentation, with its options: that would mean
# to import the code. The name stays; the objects are in the service's reference.
_OBJECT = re.compile(r"<p>:::\s+([A-Za-z_][\w.:]*)(?:\s*\n[^<]*)?</p>")


@functools.cache
def _converter() -> Markdown:
    return Markdown(
        extensions=list(_EXTENSIONS),
        extension_configs=_configs(),
        output_format="html",
        tab_length=4,
    )


def _configs() -> dict[str, dict[str, Any]]:
    fences = [
        {"name": "*", "class": "", "format": _code, "validator": highlight_validator},
        {"name": "mermaid", "class": "hb-mermaid", "format": _mermaid},
        {"name": "math", "class": "hb-math", "format": _math},
    ]
    languages = [{"name": alias, "lang": name} for alias, name in ALIASES.items()]
    return {
        "tables": {"use_align_attribute": True},
        "toc": {"permalink": False, "toc_depth": 6},
        "pymdownx.blocks.tab": {"alternate_style": True},
        "pymdownx.emoji": {"emoji_index": twemoji, "emoji_generator": _emoji},
        "pymdownx.highlight": {
            "guess_lang": False,
            "linenums_style": "pymdownx-inline",
            "pygments_lang_class": True,
            "extend_pygments_lang": languages,
        },
        "pymdownx.superfences": {"custom_fences": fences},
        "pymdownx.tabbed": {"alternate_style": True},
        "pymdownx.tasklist": {"custom_checkbox": True},
    }


def convert_mkdocs(text: str) -> str:
    """Return ``text`` as HTML, not sanitised."""
    converter = _converter()
    converter.reset()
    html = re.sub(r"<th(?=[ >])", '<th scope="col"', converter.convert(text))
    return _OBJECT.sub(r"<p><code>\1</code></p>", html)


def _code(  # noqa: PLR0913, PLR0917 - the extension's interface
    source: str,
    language: str,
    _class: str,
    options: dict[str, str],
    md: Markdown,
    classes: list[str],
    id_value: str,
    attrs: dict[str, str],
) -> str:
    """Return a code block; our own way costs half, the extension's knows numbers and marks."""
    if classes or id_value or attrs or options.keys() - {"title"}:
        html = md.preprocessors["fenced_code_block"].highlight(  # type: ignore[attr-defined]
            source, language, options, md, classes=classes, id_value=id_value, attrs=attrs
        )
        return str(html)
    return code_block(source, language, options.get("title", ""))


def _mermaid(
    source: str, _language: str, _class: str, _options: object, _md: Markdown, **_more: object
) -> str:
    return mermaid(source)


def _math(
    source: str, _language: str, _class: str, _options: object, _md: Markdown, **_more: object
) -> str:
    return math_block(source)


def _emoji(  # noqa: PLR0913, PLR0917 - the extension's interface
    index: str,
    shortname: str,
    alias: str,
    uc: str | None,
    alt: str,
    title: str,
    category: str,
    options: Mapping[str, object],
    md: Markdown,
) -> Element | str:
    """Return an emoji as its character, and one of the theme's icons as a drawing."""
    if uc:
        return "".join(chr(int(point, 16)) for point in uc.split("-"))
    icon: Element | str = to_svg(index, shortname, alias, uc, alt, title, category, options, md)
    return icon
