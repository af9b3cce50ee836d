"""What is refused before a Markdown converter sees it, and the clock that stops one.

Converters are quadratic or worse in a few places: unclosed brackets, deep lists, wide tables.
A text that goes beyond a limit is shown as its plain source, with a notice.
"""

from __future__ import annotations

import re
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from msgspec import Struct

from handbook.model.limits import Limits
from handbook.render.depth import too_deep


class Refusal(Struct, frozen=True):
    """Why a text is not converted, and the line (from 1; 0 for the whole text) it is about."""

    reason: str
    line: int = 0


class OutOfTime(BaseException):
    """The time of a page is over. Not an ``Exception``, so that no converter swallows it."""


_FENCE = re.compile(r"^[ ]{0,3}(`{3,}|~{3,})")
_MARKER = re.compile(
    r"[ \t]*(?:>|[-*+](?=[ \t])|\d{1,9}[.)](?=[ \t])|(?:!!!|\?\?\?\+?|===|///)(?=[ ]))"
)
_MARKS = frozenset(">-*+0123456789!?=/")  # what a marker starts with
_DELIMITER_ROW = re.compile(r"^[ \t>]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)+\|?[ \t]*$")
_OPENING = re.compile(r"(?<![\w*_`\\])(?:\*+|_+|~~)(?=[^\s*_])")
_CLOSING = re.compile(r"(?<=[^\s*_\\])(?:\*+|_+|~~)(?![\w*_])")


_DATA_ADDRESS = re.compile(r"(data:[\w/+.-]+;base64,)[A-Za-z0-9+/=]{64,}")


def shortened(text: str, limits: Limits) -> tuple[str, tuple[Refusal, ...]]:
    """Return ``text`` within the limits of a page and of a line, and what was cut.

    The data of pictures that are written into the text is taken out: they are not shown.
    """
    text = _DATA_ADDRESS.sub(r"\1…", text)
    notes = []
    if len(text) > limits.markdown_page:
        text = text[: limits.markdown_page].rpartition("\n")[0]
        reason = f"only the first {limits.markdown_page // 1024:,} KB are shown"
        notes.append(Refusal(reason, text.count("\n") + 1))
    if len(text) > limits.line and any(len(line) > limits.line for line in text.split("\n")):
        lines = text.split("\n")
        long = next(number for number, line in enumerate(lines, 1) if len(line) > limits.line)
        text = "\n".join(line[: limits.line] for line in lines)
        notes.append(Refusal(f"lines are cut after {limits.line // 1024:,} KB", long))
    return text, tuple(notes)


def refuse(text: str, limits: Limits) -> Refusal | None:
    """Return why ``text`` must not reach a Markdown converter, None if it may."""
    if too_deep(text):
        return Refusal("HTML elements are nested too deeply or left open")
    block: list[str] = []
    start, fence, nesting = 1, "", _Nesting()
    for number, line in enumerate(text.split("\n"), start=1):
        mark = _FENCE.match(line)
        if fence or mark:
            fence = _next_fence(fence, mark[1] if mark else "", line)
            continue
        if nesting.of(line) > limits.nesting:
            return Refusal(f"blocks are nested more than {limits.nesting} deep", number)
        words = line.lstrip()
        if block and (not words or (words[0] in _MARKS and _MARKER.match(line))):
            if reason := _dense(block, limits):
                return Refusal(reason, start)
            block = []
        if not words:
            continue
        if not block:
            start = number
        block.append(line)
    reason = _dense(block, limits)
    return Refusal(reason, start) if reason else None


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise :class:`OutOfTime` in the body after ``seconds`` of CPU time.

    Works in the main thread of a process on systems with interval timers; elsewhere the body
    runs without a clock, and the pool's own limit for a worker is what remains.
    """
    usable = hasattr(signal, "setitimer")
    if not usable or threading.current_thread() is not threading.main_thread():
        yield
        return

    running = True

    def stop(_number: int, _frame: FrameType | None) -> None:
        if running:
            raise OutOfTime

    before = signal.signal(signal.SIGPROF, stop)
    try:
        # It fires again: callbacks from C code may have lost the first exception.
        signal.setitimer(signal.ITIMER_PROF, seconds, min(seconds, 0.5))
        try:
            yield
        finally:
            running = False  # no exception may come in between from here on
            signal.setitimer(signal.ITIMER_PROF, 0)
    finally:
        signal.signal(signal.SIGPROF, before)


class _Nesting:
    """Depth of quotes, lists and other containers, from the markers at the start of lines."""

    def __init__(self) -> None:
        self.indents: list[int] = []

    def of(self, line: str) -> int:
        """Return how deep the containers of this line are."""
        words = line.lstrip(" \t")
        if not words:
            return len(self.indents)
        position = count = 0
        while words[0] in _MARKS and (match := _MARKER.match(line, position)):
            position, count = match.end(), count + 1
        indent = len(line) - len(words)
        while self.indents and self.indents[-1] >= indent:
            self.indents.pop()
        if count:
            self.indents.append(indent)
        return len(self.indents) + max(0, count - 1)


def _next_fence(fence: str, mark: str, line: str) -> str:
    if not fence:
        return mark
    closes = mark.startswith(fence) and not line.strip().strip(fence[0])
    return "" if closes else fence


def _dense(block: list[str], limits: Limits) -> str:
    """Return what is wrong with one block of lines, "" if nothing."""
    rows = (line for line in block if "-" in line and "|" in line and _DELIMITER_ROW.match(line))
    columns = max((line.count("|") for line in rows), default=0)
    if columns * len(block) > limits.table_cells:
        return f"a table has more than {limits.table_cells} cells"
    if sum(map(len, block)) <= limits.inline_openers:
        return ""
    text = "\n".join(block)
    most = max(
        *(text.count(a) - text.count(b) for a, b in ("[]", "()", "<>")),
        len(_OPENING.findall(text)) - len(_CLOSING.findall(text)),
    )
    if most > limits.inline_openers:
        return f"more than {limits.inline_openers} brackets or marks of emphasis are left open"
    return ""
