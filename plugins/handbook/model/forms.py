"""Templates of documents, and how far a document that is made from one is filled in."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

GapKind = Literal["missing", "empty", "hint", "placeholder"]
"""``missing``: the heading is not there. ``empty``: nothing is below it. ``hint``: only what the
template says to write. ``placeholder``: something that was to be replaced is left."""


class Field(Struct, frozen=True):
    """A heading of a template: below it, something is to be written.

    ``hint`` says what, in Markdown; ``line`` is its line in the blank.
    """

    title: str
    level: int
    line: int
    hint: str = ""
    optional: bool = False


class Form(Struct, frozen=True):
    """A template.

    ``path`` is where the document goes in a service's repo; ``rules`` are codes of the rules that
    it helps to meet; ``practice`` the page of the handbook on it; ``example`` a filled one, as a
    path in the folder of the sample service. ``blank`` is the text to copy.
    """

    name: str
    title: str
    summary: str
    path: str
    practice: str
    example: str
    blank: str
    fields: tuple[Field, ...]
    rules: tuple[str, ...] = ()


class Gap(Struct, frozen=True):
    """Something of a document that is still to be filled in, and the line where."""

    kind: GapKind
    field: str
    line: int
    found: str = ""

    @property
    def said(self) -> str:
        """The gap in words, as a part of a sentence."""
        if self.kind == "missing":
            return f"there is no heading “{self.field}”"
        if self.kind == "empty":
            return f"nothing is written below “{self.field}”"
        if self.kind == "hint":
            return f"below “{self.field}” is only what the template says to write"
        return f"“{self.found}” is still to be replaced" + (
            f" below “{self.field}”" if self.field else ""
        )


class FormState(Struct, frozen=True):
    """How far a document is filled in: ``filled`` of its ``fields``, and every gap by line."""

    gaps: tuple[Gap, ...]
    fields: int
    filled: int

    @property
    def empty(self) -> bool:
        """Whether it is the form and nothing else."""
        return self.fields > 0 and self.filled == 0


class FormDocument(Struct, frozen=True):
    """A document that says that it is made from a template; ``state``: None for an unknown one."""

    path: str
    line: int
    name: str
    state: FormState | None = None
