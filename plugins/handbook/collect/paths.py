"""Path patterns as CODEOWNERS and .gitattributes write them.

Patterns come from untrusted files, so they are matched by stepping through pattern and text
side by side: the time is at most the product of both lengths, whatever the pattern is.

Sources: gitignore(5) and GitHub's exceptions to it for CODEOWNERS ("[ ]" and "!" have no
meaning, ``docs/*`` is not recursive); GitLab's CODEOWNERS reference (``File.fnmatch`` with
``FNM_PATHNAME``, patterns without leading "/" float).
"""

from __future__ import annotations

from itertools import takewhile
from typing import Literal

from msgspec import Struct

Dialect = Literal["github", "gitlab"]

# Names no real pattern spells out: only a wildcard can match them.
_PROBE = "\x00probe"


class PathPattern(Struct, frozen=True):
    """A compiled pattern; ``descend`` means that naming a folder names all below it."""

    segments: tuple[str, ...]
    descend: bool

    def matches(self, path: str) -> bool:
        """Whether the pattern names this file."""
        parts = path.split("/")
        if _match(self.segments, parts):
            return True
        return self.descend and _match((*self.segments, "**"), parts)

    def covers(self, folder: str) -> bool:
        """Whether the pattern names every file that could be below ``folder``."""
        inside = f"{folder}/{_PROBE}" if folder else _PROBE
        return self.matches(inside) and self.matches(f"{inside}/{_PROBE}")

    @property
    def start(self) -> str:
        """The path before the first segment with a wildcard: all it names is at or below it."""
        plain = takewhile(lambda item: "*" not in item and "?" not in item, self.segments)
        return "/".join(plain)


def compile_pattern(pattern: str, dialect: Dialect = "github") -> PathPattern:
    """Compile one pattern; any text is a pattern."""
    segments = tuple(segment for segment in pattern.split("/") if segment)
    folder = pattern.endswith("/")
    if dialect == "gitlab":
        floating = not pattern.startswith("/")
        tail = ("**",) if folder else ()
        return PathPattern((*(("**",) if floating else ()), *segments, *tail), descend=False)
    floating = "/" not in pattern.rstrip("/")
    tail = ("**",) if folder or not segments else ()
    descend = not tail and segments[-1] not in ("*", "**")
    return PathPattern((*(("**",) if floating else ()), *segments, *tail), descend)


def _match(segments: tuple[str, ...], parts: list[str]) -> bool:
    """Match whole path segments; "**" stands for any number of them, at the end at least one."""
    if segments and segments[-1] == "**":
        # "a/**" is what is below a, not a itself.
        segments = (*segments, "*")
    at = part = 0
    star, resume = -1, 0
    while part < len(parts):
        if at < len(segments) and segments[at] == "**":
            star, resume, at = at, part, at + 1
        elif at < len(segments) and _match_name(segments[at], parts[part]):
            at, part = at + 1, part + 1
        elif star >= 0:
            resume += 1
            at, part = star + 1, resume
        else:
            return False
    while at < len(segments) and segments[at] == "**":
        at += 1
    return at == len(segments)


def _match_name(pattern: str, name: str) -> bool:
    """Match one segment with "*" and "?", greedily with one point to come back to."""
    if "*" not in pattern and "?" not in pattern:
        return pattern == name
    at = index = 0
    star, resume = -1, 0
    while index < len(name):
        if at < len(pattern) and pattern[at] == "*":
            star, resume, at = at, index, at + 1
        elif at < len(pattern) and pattern[at] in ("?", name[index]):
            at, index = at + 1, index + 1
        elif star >= 0:
            resume += 1
            at, index = star + 1, resume
        else:
            return False
    return pattern[at:].strip("*") == ""
