"""Whether a command printed what its page says, and if not, where it differs.

In what a page expects, ``...`` within a line stands for anything in that line, and a line of
``...`` for any number of lines. Blanks at the ends of lines, and empty lines at the end, are
ignored.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

ANY = "..."
_SHOWN_LINES = 400  # of what was printed, in a diff: aligning takes the product of both lengths
_AROUND = 3  # equal lines shown about a difference


def difference(want: str, got: str) -> str:
    """Return "" if the output is as expected, else a diff in the form of ``diff -u``."""
    expected, printed = _lines(want), _lines(got)
    marked = list(_align(expected, printed[:_SHOWN_LINES]))
    if all(mark == " " for mark, _ in marked) and len(printed) <= _SHOWN_LINES:
        return ""
    if len(printed) > _SHOWN_LINES and _matches(expected, printed):
        return ""
    more = len(printed) - _SHOWN_LINES
    tail = [f"({more} more lines were printed)"] if more > 0 else []
    return "\n".join(["--- expected", "+++ printed", *_shortened(marked), *tail])


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.rstrip().split("\n")] if text.strip() else []


def _matches(expected: Sequence[str], printed: Sequence[str]) -> bool:
    """Match without aligning: for long outputs, in one pass with the sets of places reached."""
    reached = {0}
    for line in expected:
        if line.strip() == ANY:
            reached = set(range(min(reached), len(printed) + 1))
            continue
        reached = {at + 1 for at in reached if at < len(printed) and _same(line, printed[at])}
        if not reached:
            return False
    return len(printed) in reached


def _same(want: str, got: str) -> bool:
    if ANY not in want:
        return want == got
    return re.fullmatch(".*".join(map(re.escape, want.split(ANY))), got) is not None


def _align(want: Sequence[str], got: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Give (mark, line) with as few differences as can be; what ``...`` stands for is equal."""
    costs = _costs(want, got)
    row = column = 0
    while row < len(want) or column < len(got):
        here = costs[row][column]
        wild = row < len(want) and want[row].strip() == ANY
        if wild and here == costs[row + 1][column]:
            row += 1
        elif wild and column < len(got) and here == costs[row][column + 1]:
            yield " ", got[column]
            column += 1
        elif _step_both(want, got, row, column) and here == costs[row + 1][column + 1]:
            yield " ", got[column]
            row, column = row + 1, column + 1
        elif row < len(want) and here == costs[row + 1][column] + 1:
            yield "-", want[row]
            row += 1
        else:
            yield "+", got[column]
            column += 1


def _step_both(want: Sequence[str], got: Sequence[str], row: int, column: int) -> bool:
    return row < len(want) and column < len(got) and _same(want[row], got[column])


def _costs(want: Sequence[str], got: Sequence[str]) -> list[list[int]]:
    """Return how many lines differ, at least, from each pair of places on to both ends."""
    width = len(got) + 1
    table = [[0] * width for _ in range(len(want) + 1)]
    table[-1] = [len(got) - column for column in range(width)]
    for row in range(len(want) - 1, -1, -1):
        wild = want[row].strip() == ANY
        below, here = table[row + 1], table[row]
        here[-1] = below[-1] + (0 if wild else 1)
        for column in range(len(got) - 1, -1, -1):
            if wild:
                here[column] = min(below[column], here[column + 1])
                continue
            differ = min(below[column], here[column + 1]) + 1
            same = _same(want[row], got[column])
            here[column] = min(differ, below[column + 1]) if same else differ
    return table


def _shortened(marked: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Give the lines of a diff; equal ones only near a difference."""
    changed = [number for number, (mark, _) in enumerate(marked) if mark != " "]
    near = {at for n in changed for at in range(n - _AROUND, n + _AROUND + 1)}
    left_out = 0
    for number, (mark, line) in enumerate(marked):
        if number not in near:
            left_out += 1
            continue
        if left_out:
            yield f"@@ equal lines: {left_out} @@"
        left_out = 0
        yield f"{mark}{line}"
    if left_out:
        yield f"@@ equal lines: {left_out} @@"
