"""Code blocks with the markup that Material styles, whoever converted the text around them."""

from __future__ import annotations

import functools
from html import escape

from pygments import highlight
from pygments.formatters.html import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

from handbook.render.diagramroom import room_classes

# Names that forges know and Pygments does not.
ALIASES = {
    "yml": "yaml",
    "jsonc": "json",
    "json5": "json",
    "curl": "bash",
    "env": "bash",
    "dotenv": "bash",
    "mdx": "markdown",
    "vue": "html",
    "svelte": "html",
    "bazel": "python",
    "starlark": "python",
    "plaintext": "text",
    "txt": "text",
}
_LARGEST = 64 * 1024
"""Characters of code that are coloured; lexers manage a few hundred KB a second."""


def code_block(code: str, language: str = "", title: str = "") -> str:
    """Return ``code`` as a highlighted block; an unknown ``language`` gives plain text.

    ``title`` is shown above the code, as a file name.
    """
    if language.lower() == "mermaid":
        return mermaid(code)
    if language.lower() == "math":
        return math_block(code)
    inner = highlight_inline(code, language)
    name = f'<span class="filename">{escape(title)}</span>' if title else ""
    kind = f"language-{escape(language)} " if language and language.isalnum() else ""
    return (
        f'<div class="{kind}highlight">{name}<pre><span></span><code>{inner}</code></pre></div>\n'
    )


def mermaid(code: str) -> str:
    """Return a diagram as readable source; the site's script draws it where it can."""
    marks = f"hb-mermaid {room_classes(code)}"
    return f'<pre class="{marks}"><code>{escape(code, quote=False)}</code></pre>\n'


def math_block(source: str) -> str:
    """Return a formula as readable TeX."""
    return f'<pre class="hb-math"><code>{escape(source, quote=False)}</code></pre>\n'


def highlight_inline(code: str, language: str) -> str:
    """Return ``code`` as escaped HTML, with ``<span>`` for each token where a lexer exists."""
    lexer = _lexer(language.lower()) if len(code) <= _LARGEST else None
    if lexer is None:
        return escape(code, quote=False)
    return highlight(code, lexer, _formatter())


@functools.lru_cache(maxsize=64)
def _lexer(language: str) -> Lexer | None:
    name = ALIASES.get(language, language)
    if not name or name == "text":
        return None
    try:
        return get_lexer_by_name(name, stripnl=False)
    except ClassNotFound:
        return None


@functools.cache
def _formatter() -> HtmlFormatter[str]:
    return HtmlFormatter(nowrap=True)
