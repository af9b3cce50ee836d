"""JSON that we wrote ourselves as highlighted HTML.

The classes are those of Pygments, so every theme colours it; Pygments itself needs seconds for
the thousands of examples of a large definition.
"""

from __future__ import annotations

import re
from html import escape

_TOKEN = re.compile(
    r'(?P<string>"[^"\\]*(?:\\.[^"\\]*)*")(?P<colon>:?)'
    r"|(?P<number>-?\d+(?P<fraction>[.eE][\d.eE+-]*)?)"
    r"|(?P<word>\b(?:true|false|null)\b)"
    r"|(?P<mark>[{}\[\],]+)"
)


def json_block(text: str) -> str:
    """Return indented JSON as a code block in Material's markup; cut JSON is fine too."""
    # Quotes stay: tokens are found in the escaped text.
    inner = _TOKEN.sub(_coloured, escape(text, quote=False))
    return (
        f'<div class="language-json highlight"><pre><span></span><code>{inner}</code></pre></div>\n'
    )


def _coloured(match: re.Match[str]) -> str:
    if string := match["string"]:
        if match["colon"]:
            return f'<span class="nt">{string}</span><span class="p">:</span>'
        return f'<span class="s2">{string}</span>'
    if match["number"]:
        kind = "mf" if match["fraction"] else "mi"
    else:
        kind = "kc" if match["word"] else "p"
    return f'<span class="{kind}">{match[0]}</span>'
