"""The pages of a tutorials' folder, in the order in which a reader takes them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from handbook.errors import TutorialError
from handbook.tutorial.records import Page, PageError
from handbook.tutorial.steps import parse_page

HOW_TO = "how-to"
"""Folder of the short pages, which come after those of the tutorial itself."""

NOT_PAGES = frozenset({"README.md"})


def page_paths(folder: Path) -> tuple[Path, ...]:
    """Return the pages' files: of the tutorial by name, then the how-tos by name."""
    return tuple(
        path
        for part in (folder, folder / HOW_TO)
        for path in sorted(part.glob("*.md"))
        if path.name not in NOT_PAGES
    )


def load_pages(folder: Path, shown: str = "") -> tuple[Page, ...]:
    """Read all pages of a folder, in order: each one after those it needs, else by name.

    Args:
        folder: the tutorials' folder.
        shown: how mistakes name it; its own name unless told.

    Raises:
        PageError: pages have mistakes; all of them.
    """
    pages: list[Page] = []
    problems: list[str] = []
    for path in page_paths(folder):
        name = path.relative_to(folder).as_posix()
        try:
            pages.append(parse_page(name, _text(path), f"{shown or folder.name}/{name}"))
        except PageError as error:
            problems += error.problems
    names = {path.relative_to(folder).as_posix().removesuffix(".md") for path in page_paths(folder)}
    problems += _unknown(pages, names, shown or folder.name)
    if problems:
        raise PageError(problems)
    return in_order(pages)


def lint(folder: Path) -> tuple[str, ...]:
    """Return every mistake of a folder's pages, "file:line: what"; none if all is well."""
    try:
        load_pages(folder)
    except PageError as error:
        return error.problems
    return ()


def in_order(pages: Iterable[Page]) -> tuple[Page, ...]:
    """Return the pages with each one after those it needs, else as they come.

    Raises:
        PageError: pages need one another in a circle.
    """
    left = {page.name: page for page in pages}
    ordered: dict[str, Page] = {}
    while left:
        ready = next((p for p in left.values() if not set(p.needs) & left.keys()), None)
        if ready is None:
            raise PageError(
                (f"{', '.join(sorted(left))}: these pages need one another in a circle",)
            )
        ordered[ready.name] = left.pop(ready.name)
    return tuple(ordered.values())


def _unknown(pages: Iterable[Page], names: set[str], shown: str) -> list[str]:
    there = ", ".join(sorted(names))
    return [
        f"{shown}/{page.path}:1: needs: there is no page {name!r}; there are {there}"
        for page in pages
        for name in page.needs
        if name not in names
    ]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise TutorialError(f"{path}: cannot be read ({error})") from error
