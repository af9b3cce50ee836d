"""From Markdown to steps: what a reader copies, what is run and what the site shows are the same.

A ``bash`` block is run. A ``text title="Output"`` block after it is what it must print. Any other
block with a title is a file to create. A comment before a block names it and gives options. The
whole format, for authors: ``docs/reference/tutorial.md``.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Any

import msgspec
import yaml

from handbook.tutorial.blocks import Block, Reader
from handbook.tutorial.options import ONLY_OF_COMMANDS
from handbook.tutorial.records import Page, PageError, Step

OUTPUT = "Output"
_SHELLS = frozenset({"console", "fish", "sh", "shell", "shell-session", "terminal", "zsh"})
_INCLUDE = re.compile(r"^\s*;*-+8<-+", re.MULTILINE)


def parse_page(path: str, text: str, shown: str = "") -> Page:
    """Read a page.

    Args:
        path: in the tutorials' folder, with "/".
        text: the page, Markdown.
        shown: how mistakes name the file; ``path`` unless told.

    Raises:
        PageError: the page has mistakes; all of them, in order.
    """
    reader = Reader(text)
    steps = _steps(reader)
    needs = _needs(reader)
    problems = sorted(set(reader.problems))
    if problems:
        raise PageError(f"{shown or path}:{line}: {what}" for line, what in problems)
    return Page(path, needs, steps)


def _steps(reader: Reader) -> tuple[Step, ...]:
    found: list[Step] = []
    files: list[Block] = []
    before: Block | None = None
    for block in reader.blocks():
        if block.title == OUTPUT:
            if _expects(block, before, reader):
                found[-1] = msgspec.structs.replace(found[-1], want=block.source)
            before = None
            continue
        step = _step(block, len(found) + 1, reader)
        before = block if step and step.kind == "run" else None
        if step:
            found.append(step)
        if step and step.kind == "file":
            files.append(block)
        elif step:
            reader.tell(block.heading, block.source)
    _say_where(files, reader)
    lines: dict[str, int] = {}
    for step in found:
        first = lines.setdefault(step.id, step.line)
        if first != step.line:
            reader.wrong(step.line, f"id={step.id} is taken by the step at line {first}")
    return tuple(found)


def _say_where(files: list[Block], reader: Reader) -> None:
    """Refuse files whose path only the title says: a git host does not show it."""
    for block in files:
        path = block.title or ""
        if not _path_problem(path) and not reader.tells(block.heading, path):
            advice = "name it under the same heading, in prose or in a command"
            reader.wrong(
                block.line,
                f'a git host does not show title="{path}"; {advice}: "Save as `{path}`:"',
            )


def _step(block: Block, number: int, reader: Reader) -> Step | None:
    """Return the block's step; None if it is only to be read."""
    kind = _kind(block, reader)
    if not kind:
        return None
    if kind == "file":
        wrong = [name for name in block.given if name in ONLY_OF_COMMANDS]
        if wrong:
            reader.wrong(block.line, f"{', '.join(wrong)}: only for a bash block")
    if _INCLUDE.search(block.source):
        advice = "what is run must stand in the page itself"
        reader.wrong(block.line, f"the site would include another file here: {advice}")
    if not block.source.strip() and kind == "run":
        reader.wrong(block.line, "the block is empty")
    return Step(
        id=block.options.id or f"step-{number}",
        kind="run" if kind == "run" else "file",
        source=block.source,
        want=None,
        path=block.title or "",
        options=block.options,
        line=block.line,
        last=block.last,
        heading=block.heading.text,
    )


def _kind(block: Block, reader: Reader) -> str:
    """Return "run", "file", or "" for a block that is only to be read."""
    if block.language == "bash":
        if block.title is not None:
            advice = 'to create a file write sh title="PATH", and text title="Output" for output'
            reader.wrong(block.line, f"a bash block is run and has no title; {advice}")
        return "run"
    if block.title is not None:
        problem = _path_problem(block.title)
        if problem:
            reader.wrong(block.line, f'title="{block.title}": {problem}')
        return "file"
    if block.language in _SHELLS:
        reader.wrong(
            block.line, f"a {block.language} block without title would not be run: write bash"
        )
    elif block.given:
        reader.wrong(
            block.line, "a block without title, and not bash, is no step: it takes no comment"
        )
    return ""


def _path_problem(title: str) -> str:
    path = PurePosixPath(title)
    if not title.strip() or title.endswith("/") or any(char.isspace() for char in title):
        return 'expected the path of a file to create, without blanks, or "Output"'
    if path.is_absolute() or ".." in path.parts or title.startswith("~") or "$" in title:
        return "a file is created below the folder the shell is in: expected a path like src/app.py"
    return ""


def _expects(block: Block, before: Block | None, reader: Reader) -> bool:
    if block.language != "text":
        reader.wrong(block.line, f'write text title="{OUTPUT}": {block.language} would be coloured')
    if block.given:
        reader.wrong(block.line, "output is no step of its own: it takes no comment")
    if before is None or before.heading != block.heading:
        advice = "a bash block must come before it, under the same heading"
        reader.wrong(block.line, f"output of nothing: {advice}")
        return False
    return True


def _needs(reader: Reader) -> tuple[str, ...]:
    """Return the pages that the front matter says this one goes on from."""
    try:
        given: Any = yaml.safe_load(reader.front_matter) or {}
    except yaml.YAMLError as error:
        reader.wrong(1, f"the front matter is no YAML: {' '.join(str(error).split())}")
        return ()
    if not isinstance(given, dict):
        reader.wrong(1, "the front matter must be a mapping, as in: needs: [01-write]")
        return ()
    needs = given.get("needs", [])
    if not isinstance(needs, list) or not all(isinstance(name, str) for name in needs):
        reader.wrong(1, "needs: expected a list of pages, as in: needs: [01-write]")
        return ()
    return tuple(needs)
