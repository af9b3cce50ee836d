"""What a template leaves to be replaced, and whether a line says more than that."""

from __future__ import annotations

import re

_CODE = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)")
_DOTS = re.compile(
    r"(?:^|(?<=\|))\s*(?:(?:[-*+]|\d{1,3}[.)])\s+)?(?:\[[ xX]\]\s+)?((?:…|\.\.\.)\s*(?=\||$))"
    r"|(?<=[:*])\s*((?:…|\.\.\.)\s*)$"
)
_WORDS = re.compile(r"\b(?:TODO|TBD|TBC|FIXME|XXX)\b|\b[Ll]orem ipsum\b|_{4,}")
_ANGLES = re.compile(r"(?<![\w<\\])(?<!\]\()<([A-Za-z@0-9][^<>\n]{0,80})>")
_TAGS = frozenset(
    (  # noqa: SIM905 - seventy names, each on a line of its own else
        "a abbr article audio b blockquote br caption center cite code col colgroup dd del details"
        " dfn div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i iframe img"
        " input ins kbd li main mark nav ol p picture pre q s samp section small source span strong"
        " sub summary sup svg table tbody td tfoot th thead time tr tt u ul var video wbr"
    ).split(" ")
)


def placeholder_in(line: str) -> str:
    """Return what is to be replaced in a line of prose, "" if nothing is.

    >>> placeholder_in("Owner: <team>"), placeholder_in("`kubectl -n <namespace>`, <br>")
    ('<team>', '')
    """
    text = _CODE.sub(" code ", line)
    if found := _DOTS.search(text):
        return (found[1] or found[2]).strip()
    if found := _WORDS.search(text):
        return found[0]
    return next((f"<{inner}>" for inner in _ANGLES.findall(text) if _is_placeholder(inner)), "")


def _is_placeholder(inner: str) -> bool:
    """Tell what is to be replaced from tags of HTML and addresses."""
    if "=" in inner or "://" in inner or inner.startswith("mailto:") or inner.endswith("/"):
        return False
    if "@" in inner[1:] and " " not in inner:
        return False
    words = inner.casefold().split()
    return words[0] not in _TAGS or (len(words) > 1 and words[1] not in {"open", "hidden"})


def normal(line: str) -> str:
    """Return a line without what is to be replaced, for comparing it with the template's.

    >>> normal("| Owner | … |") == normal("| Owner |  |") == normal("| owner | TBD |")
    True
    """
    text = _WORDS.sub("", _DOTS.sub("", line))
    text = _ANGLES.sub(lambda found: "" if _is_placeholder(found[1]) else found[0], text)
    return re.sub(r"[\s…]+", "", text).casefold()
