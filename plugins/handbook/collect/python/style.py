"""Which of the common styles a package's docstrings are written in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import griffe

from handbook.model.code import DocstringStyle

_SECTIONS = (
    r"(?:Args|Arguments|Parameters|Params|Other Parameters|Keyword Args|Keyword Arguments|"
    r"Attributes|Methods|Returns?|Yields?|Receives?|Raises|Warns|Examples?|Notes?|References|"
    r"See Also|Warnings?)"
)
_MARKS: tuple[tuple[DocstringStyle, re.Pattern[str]], ...] = (
    ("google", re.compile(rf"^[ ]*{_SECTIONS}:[ ]*\n[ ]+\S", re.MULTILINE)),
    ("numpy", re.compile(rf"^[ ]*{_SECTIONS}[ ]*\n[ ]*-{{3,}}[ ]*$", re.MULTILINE)),
    (
        "sphinx",
        re.compile(
            r"^[ ]*:(?:(?:param|parameter|arg|argument|key|keyword|type|raises?|except|exception|"
            r"var|ivar|cvar|vartype)[ ][^:\n]+|returns?|rtype|yields?|ytype):",
            re.MULTILINE,
        ),
    ),
)


def docstring_style(modules: Iterable[griffe.Module]) -> DocstringStyle:
    """Return the style most docstrings of more than one line use; "plain" if none does.

    Each docstring has one vote, for the first style whose marks are in it.
    """
    votes: dict[DocstringStyle, int] = {}
    for text in _docstrings(modules):
        if "\n" not in text:
            continue
        style = next((style for style, mark in _MARKS if mark.search(text)), None)
        if style:
            votes[style] = votes.get(style, 0) + 1
    return max(votes, key=lambda style: votes[style]) if votes else "plain"


def _docstrings(modules: Iterable[griffe.Module]) -> Iterator[str]:
    todo: list[griffe.Object] = list(modules)
    while todo:
        item = todo.pop()
        if item.docstring:
            yield item.docstring.value
        members = (m for m in item.members.values() if isinstance(m, griffe.Object))
        todo += [member for member in members if not member.is_module]
