"""What a PromQL expression says by its form: metrics, windows, what it is compared with.

It is not parsed: brackets and quotes are counted, which is enough for a table and is done in
one pass whatever the text is. Expressions of templates are read the same way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_TEXT = 4_000  # characters of one expression that are looked at
_SHOWN = 60  # characters of a threshold
_INNER = 16  # characters inside brackets of a threshold that are shown
# A quote that nothing closes reaches to the end of its line: looking for its partner from each
# quote anew would take the square of the length.
_STRING = re.compile(r"\"(?:[^\"\\\n]|\\.)*(?:\"|(?=\n)|\Z)|'(?:[^'\\\n]|\\.)*(?:'|(?=\n)|\Z)")
_LABELS = re.compile(r"(?<!\{)\{[^{}]*\}(?!\})")
_BRACKETS = re.compile(r"\[[^\[\]]*\]")
_TEMPLATE = re.compile(r"\{\{[^{}]*\}\}")
_RANGE = re.compile(r"\[\s*(\d+[a-zA-Z]+(?:\d+[a-zA-Z]+)*)(?::[^\]]*)?\s*\]")
_GROUPING = re.compile(
    r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^()]*\)", re.IGNORECASE
)
_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*(?!\w)(?!\s*\()")
_WORDS = frozenset(
    {"and", "or", "unless", "by", "without", "on", "ignoring", "group_left", "group_right"}
    | {"offset", "bool", "start", "end", "inf", "nan"}
)
_COMMENT = re.compile(r"(?m)^\s*#.*$|\s#[^\"'\n#]*$")
_COMPARE = re.compile(r"==|!=|>=|<=|>|<")
_NEXT = re.compile(r"\b(?:and|or|unless)\b")
_ABSENT = re.compile(r"\babsent(?:_over_time)?\s*\(")


def metrics_in(expression: str) -> tuple[str, ...]:
    """Return the names of the metrics that an expression asks for, each once."""
    text = _TEMPLATE.sub(" ", _COMMENT.sub("", expression[:_TEXT]))
    text = _STRING.sub('""', text)
    text = _LABELS.sub("", text)
    text = _GROUPING.sub(" ", _BRACKETS.sub("", text))
    names = (
        match[0]
        for match in _NAME.finditer(text)
        if match.start() == 0
        or not (text[match.start() - 1].isalnum() or text[match.start() - 1] in "$.%")
    )
    return tuple(
        dict.fromkeys(
            name
            for name in names
            if name.lower() not in _WORDS and ("_" in name or ":" in name or name == "up")
        )
    )


def windows_in(expression: str) -> str:
    """Return the windows that an expression looks back over: "5m", "5m, 1h"."""
    text = _STRING.sub('""', expression[:_TEXT])
    return ", ".join(list(dict.fromkeys(_RANGE.findall(text)))[:3])


def comparison(expression: str) -> tuple[str, str]:
    """Return comparator and threshold: (">", "0.25"), ("absent", ""), or two empty texts.

    The outermost comparison counts, the first of several.
    """
    text = " ".join(_COMMENT.sub("", expression[:_TEXT]).split())
    found = min(_comparisons(text), default=None)
    if found is None:
        return ("absent", "") if _ABSENT.search(text) else ("", "")
    depth, start, end = found
    return text[start:end], _shown(_until(text, end, depth))


def _comparisons(text: str) -> Iterator[tuple[int, int, int]]:
    """Give depth, start and end of each comparator outside of labels and quotes."""
    masked = _masked(text)
    depth = 0
    at = 0
    while at < len(masked):
        char = masked[at]
        if char in "([":
            depth += 1
        elif char in ")]":
            depth -= 1
        elif char in "=!<>" and (found := _COMPARE.match(masked, at)):
            yield depth, found.start(), found.end()
            at = found.end()
            continue
        at += 1


def _masked(text: str) -> str:
    """Return the text with what is inside of quotes and labels blanked, at the same length."""

    def blank(match: re.Match[str]) -> str:
        return "_" * len(match[0])

    return _LABELS.sub(blank, _STRING.sub(blank, _TEMPLATE.sub(blank, text)))


def _until(text: str, start: int, depth: int) -> str:
    """Return what follows a comparator, up to the end of its side."""
    masked = _masked(text)
    level = 0
    for at in range(start, len(masked)):
        if masked[at] in "([":
            level += 1
        elif masked[at] in ")]":
            level -= 1
            if level < 0:
                return text[start:at]
        elif (
            level == 0 and masked[at] in "auo" and masked[at - 1] == " " and _NEXT.match(masked, at)
        ):
            return text[start:at]
    return text[start:]


def _shown(text: str) -> str:
    text = re.sub(r"^\s*bool\b", "", text).strip()
    short = re.sub(rf"\([^()]{{{_INNER},}}\)", "(…)", _LABELS.sub("", text))
    while len(short) > _SHOWN and (again := re.sub(r"\([^()]{4,}\)", "(…)", short)) != short:
        short = again
    short = " ".join(short.split())
    return short if len(short) <= _SHOWN else f"{short[:_SHOWN]}…"
