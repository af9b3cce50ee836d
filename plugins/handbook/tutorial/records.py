"""A page as it is run: its steps, and digests that tell whether they changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Literal

import msgspec
from msgspec import Struct

from handbook.errors import TutorialError
from handbook.tutorial.options import Options

Kind = Literal["run", "file"]


class Step(Struct, frozen=True):
    """One thing the reader does.

    ``source``: commands, or a file's content. ``want``: what must be printed, None if anything
    may be. ``path``: of the file, relative to the folder the shell is in then. ``line`` and
    ``last``: of the block with its fences, from 1. ``heading``: the one it stands under.
    """

    id: str
    kind: Kind
    source: str
    want: str | None
    path: str
    options: Options
    line: int
    last: int
    heading: str

    @property
    def digest(self) -> str:
        """Of what is run and expected; neither its place nor the time it may take counts."""
        counts = msgspec.structs.replace(self.options, id="", timeout=0, always=False)
        return digest_of((self.kind, self.source, self.want, self.path, counts))


class Page(Struct, frozen=True):
    """A page: its path in the tutorials' folder with "/", the pages it goes on from, its steps.

    ``needs``: names of pages, which are their paths without ``.md``.
    """

    path: str
    needs: tuple[str, ...]
    steps: tuple[Step, ...]

    @property
    def name(self) -> str:
        """How other pages name it: "01-write", "how-to/add-a-column"."""
        return self.path.removesuffix(".md")

    @property
    def digest(self) -> str:
        """Of all its steps in order, and of what it goes on from. Prose does not count."""
        return digest_of((self.needs, [(step.id, step.digest) for step in self.steps]))


class PageError(TutorialError):
    """A page has mistakes; ``problems`` holds one line for each, "file:line: what"."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


def digest_of(value: object) -> str:
    """Return a short digest of plain values; it is the same in every version of Python."""
    return hashlib.sha256(msgspec.json.encode(value)).hexdigest()[:20]
