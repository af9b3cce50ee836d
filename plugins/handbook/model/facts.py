"""Where a fact comes from, and the three forms it can take."""

from __future__ import annotations

from typing import Generic, Literal, TypeVar

from msgspec import Struct

T = TypeVar("T")


class Origin(Struct, frozen=True):
    """The place a fact was read from.

    ``path`` is relative to the root of the repo, "" for the repo as a whole.
    ``line`` counts from 1; 0 means the file as a whole.
    """

    repo: str
    commit: str
    path: str = ""
    line: int = 0

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else self.path
        repo = f" in {self.repo}" if self.repo else ""  # the catalogue is in no service's repo
        commit = f" at {self.commit[:10]}" if self.commit else ""
        return f"{place or '(repository)'}{repo}{commit}"


class Problem(Struct, frozen=True):
    """Something a reader or owner must know: what is wrong, where, and the next step.

    ``level``: "notice" (limit reached, something skipped), "warning" (broken link, invalid
    file), "error" (a whole part of the service is missing because of it).
    """

    message: str
    origin: Origin
    level: Literal["notice", "warning", "error"] = "warning"
    hint: str = ""

    def __str__(self) -> str:
        tail = f" {self.hint}" if self.hint else ""
        return f"{self.origin}: {self.message}{tail}"


class Found(Struct, Generic[T], frozen=True, tag="found"):
    """The fact was found; ``problems`` holds what was odd about it."""

    value: T
    origin: Origin
    problems: tuple[Problem, ...] = ()


class Absent(Struct, frozen=True, tag="absent"):
    """The repo does not have it; ``searched`` says where we looked, in words of paths."""

    searched: tuple[str, ...]


class Broken(Struct, frozen=True, tag="broken"):
    """It is there, but cannot be read or used at all."""

    problem: Problem


Fact = Found[T] | Absent | Broken
