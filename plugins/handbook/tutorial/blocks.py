"""Fenced blocks of a page, each with the comment before it and the heading it is under.

Blocks are found by CommonMark's rules, with the front matter and admonitions of MkDocs. Where the
site's Markdown would see another block than a git host does, that is a mistake of the page.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import zip_longest

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.admon import admon_plugin
from mdit_py_plugins.front_matter import front_matter_plugin
from msgspec import Struct

from handbook.tutorial.options import Options, is_options, read_options

WIDTH = 80
"""Characters of a line of code: what a phone and a printed page show without scrolling."""

_INFO = re.compile(r'(?P<language>[\w+#.-]+)(?P<attributes>(?:\s+[\w-]+="[^"]*")*)')
_TITLE = re.compile(r'\stitle="([^"]*)"')
_OF_LISTS = frozenset({"list_item_open", "bullet_list_open", "ordered_list_open"})
_WORDS = frozenset({"text", "code_inline"})
_BREAKS = frozenset({"softbreak", "hardbreak"})
_UNNAMED = "the comment names no block: a block must come right after it"


class Heading(Struct, frozen=True):
    """The heading a block is under; line 0 if there is none."""

    line: int
    text: str


class Block(Struct, frozen=True):
    """A fenced block; ``given`` holds the names of the options that its comment gives.

    ``title`` is None where there is none. ``line`` and ``last`` are those of the fences.
    """

    language: str
    title: str | None
    source: str
    line: int
    last: int
    options: Options
    given: tuple[str, ...]
    heading: Heading


class Reader:
    """Goes through a page once. Each mistake is noted with its line, and the rest still read."""

    def __init__(self, text: str) -> None:
        self.problems: list[tuple[int, str]] = []
        self.front_matter = ""
        self._told: defaultdict[Heading, list[str]] = defaultdict(list)
        self._lines = text.split("\n")
        markdown = MarkdownIt("commonmark").use(front_matter_plugin).use(admon_plugin)
        self._tokens = markdown.parse(text)

    def wrong(self, line: int, what: str) -> None:
        """Note a mistake."""
        self.problems.append((line, what))

    def tell(self, heading: Heading, words: str) -> None:
        """Note what a reader is told under a heading: in prose, or by a command to type."""
        self._told[heading].append(words)

    def tells(self, heading: Heading, path: str) -> bool:
        """Say whether a path stands under a heading; complete once all blocks are read."""
        named = re.compile(rf"(?<![\w/.-])(?:\./)?{re.escape(path)}(?![\w-]|[./]\w)")
        return any(named.search(words) for words in self._told[heading])

    def blocks(self) -> Iterator[Block]:
        """Give every fenced block that can be read."""
        heading = Heading(0, "")
        comment: Token | None = None
        for token, after in zip_longest(self._tokens, self._tokens[1:]):
            if token.type == "fence":
                block = self._block(token, comment, heading)
                comment = None
                if block:
                    yield block
                continue
            if comment and token.type not in _OF_LISTS:
                self.wrong(_line(comment), _UNNAMED)
                comment = None
            if token.type == "heading_open":
                heading = Heading(_line(token), after.content)
            elif token.type == "html_block" and is_options(token.content):
                comment = token
            elif token.type == "inline":
                self.tell(heading, _visible(token))
            self._look(token)
        if comment:
            self.wrong(_line(comment), _UNNAMED)

    def _look(self, token: Token) -> None:
        """Find what the author may have meant as a step, though it is none."""
        if token.type == "front_matter":
            self.front_matter = token.content
        elif token.type == "code_block":
            advice = "fence it; a fence is indented only inside a list or an admonition"
            self.wrong(_line(token), f"an indented block has no language: {advice}")
        elif token.type == "inline" and any(
            child.type == "html_inline" and is_options(child.content)
            for child in token.children or ()
        ):
            self.wrong(_line(token), "the comment of a step stands on lines of its own")

    def _block(self, token: Token, comment: Token | None, heading: Heading) -> Block | None:
        line = _line(token)
        self._layout(token)
        options, given = self._options(comment)
        info = token.info.strip()
        if not info:
            self.wrong(
                line, "the block has no language: write bash, text, yaml ... after its fence"
            )
            return None
        match = _INFO.fullmatch(info)
        if not match:
            self.wrong(line, f'cannot read "{info}"; expected: LANGUAGE title="PATH"')
            return None
        title = _TITLE.search(match["attributes"])
        return Block(
            language=match["language"],
            title=title[1] if title else None,
            source=token.content,
            line=line,
            last=token.map[1] if token.map else line,
            options=options,
            given=given,
            heading=heading,
        )

    def _options(self, comment: Token | None) -> tuple[Options, tuple[str, ...]]:
        if comment is None:
            return Options(), ()
        options, given, problems = read_options(comment.content)
        for problem in problems:
            self.wrong(_line(comment), f"step: {problem}")
        return options, given

    def _layout(self, token: Token) -> None:
        """Refuse what the site's Markdown would not show as this block, and lines too long."""
        first, last = token.map or (0, 1)
        opening = self._lines[first]
        closing = self._lines[last - 1].strip(" >\t\r")
        if last - first < 2 or not closing.startswith(token.markup):
            self.wrong(first + 1, f"the block is never closed: write {token.markup} after it")
        if (len(opening) - len(opening.lstrip(" "))) % 4:
            self.wrong(first + 1, "the site's Markdown needs an indent of four, eight ... spaces")
        for number, text in enumerate(token.content.split("\n"), start=first + 2):
            if len(text) > WIDTH:
                self.wrong(number, f"{len(text)} characters of code in a line; at most {WIDTH}")


def _visible(token: Token) -> str:
    """Return what is read of a piece of prose; where its links lead is not."""
    return "".join(
        child.content if child.type in _WORDS else " " if child.type in _BREAKS else ""
        for child in token.children or ()
    )


def _line(token: Token) -> int:
    return token.map[0] + 1 if token.map else 0
