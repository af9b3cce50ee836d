"""Tests in other languages, as text: routes that stand in them as simple literals."""

from __future__ import annotations

import re
from collections.abc import Iterator

from handbook.collect.examples.addresses import UNKNOWN, addresses
from handbook.collect.examples.python import Shown
from handbook.model.examples import Test

SUFFIXES = (".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".go", ".java", ".kt")

REQUESTS = (".http", ".hurl", ".rest")
"""Files that hold nothing but requests, which editors and hurl send."""

_LINE = re.compile(r"(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) (\S{1,300})")
_VERB = r"(?:get|post|put|patch|delete|head|options)"
_PATTERNS = (
    # request(app).get("/x"), mockMvc.perform(get("/x")), client.post(`/x/${id}`)
    re.compile(
        rf"(?<![\w$])(?P<verb>{_VERB})\(\s*(?P<mark>[\"'`])(?P<path>[/$h][^\"'`\s]{{0,200}})(?P=mark)",
        re.IGNORECASE,
    ),
    # httptest.NewRequest(http.MethodGet, fmt.Sprintf("/x/%d", 1), nil)
    re.compile(
        r"NewRequest(?:WithContext)?\((?:[\w.()]{1,40},\s*)?(?:\"|http\.Method)(?P<verb>\w{3,7})\"?,"
        r"\s*(?:fmt\.Sprintf\(|[\w.]{1,40}\s*\+\s*)?\"(?P<path>[^\"\s]{0,200})\""
    ),
    # http.Get(server.URL + "/x")
    re.compile(
        r"http\.(?P<verb>Get|Post|Head)\(\s*(?:[\w.]{1,40}\s*\+\s*)?\"(?P<path>[^\"\s]{0,200})\""
    ),
    # fetch("/x", { method: "POST" })
    re.compile(
        r"\bfetch\(\s*(?P<mark>[\"'`])(?P<path>[/$h][^\"'`\s]{0,200})(?P=mark)"
        r"(?:,\s*\{\s*method:\s*[\"'](?P<verb>\w{3,7}))?"
    ),
)
_FILLED = re.compile(r"\{\{[^{}]{0,80}\}\}|\$\{[^{}]{0,80}\}|%[sdvq]|\{[^{}/]{0,40}\}")
_START = re.compile(
    r"\s*(?:(?:it|test)(?:\.\w{1,20})*\(|func \w"
    r"|(?:(?:public|private|internal|suspend) )*(?:void|fun) )"
)
_NAME = re.compile(
    r"[\"'`]([^\"'`]{1,120})[\"'`]|(?:func|void|fun) (?:\([^)]{0,60}\) )?(`[^`]+`|\w+)"
)
_LINES = 50_000
_UNIT = 400  # lines of one test


def read_text(text: str, path: str) -> list[Shown]:
    """Read one file."""
    lines = text.split("\n")[:_LINES]
    starts: list[int] = []  # of each function that the line may be in
    found: dict[int, Shown] = {}
    for number, line in enumerate(lines):
        if _START.match(line):
            starts.append(number)
        for request in _requests(line[:2_000]):
            begin = _around(starts, lines, number)
            if begin not in found:
                found[begin] = Shown(_test(path, lines, begin, number))
            found[begin].requests.add(request)
    return list(found.values())


def read_requests(text: str, path: str) -> list[Shown]:
    """Read a file of requests; each goes on to the next one."""
    lines = text.split("\n")[:_LINES]
    found = [(number, match) for number, line in enumerate(lines) if (match := _LINE.match(line))]
    ends = [number for number, _ in found[1:]] + [len(lines)]
    shown = []
    for (number, match), end in zip(found, ends, strict=True):
        while end > number + 1 and (not lines[end - 1].strip() or lines[end - 1].startswith("#")):
            end -= 1  # noqa: PLW2901 - what stands above the next request
        item = Shown(Test(path, number + 1, end, match[0][:80]))
        written = _FILLED.sub(UNKNOWN, match[2])
        item.requests = {(match[1], address) for address in addresses((written,), relative=False)}
        shown.append(item)
    return shown


def _requests(line: str) -> Iterator[tuple[str, str]]:
    if "/" not in line or "(" not in line:
        return
    for pattern in _PATTERNS:
        for match in pattern.finditer(line):
            written = _FILLED.sub(UNKNOWN, match["path"])
            verb = (match["verb"] or "GET").upper()
            for address in addresses((written,), relative=False):
                if address != UNKNOWN:
                    yield verb, address


def _around(starts: list[int], lines: list[str], number: int) -> int:
    """Return the first line of the test that a line is in, else the line itself."""
    depth = _indent(lines[number])
    for start in reversed(starts[-20:]):
        if number - start > _UNIT:
            break
        if start == number or _indent(lines[start]) < depth:
            return start
    return number


def _test(path: str, lines: list[str], begin: int, number: int) -> Test:
    if begin == number and not _START.match(lines[begin]):
        return Test(path, number + 1, number + 1, lines[number].strip()[:80], helper=True)
    depth = _indent(lines[begin])
    last = number
    for at in range(number, min(begin + _UNIT, len(lines))):
        if at > begin and _indent(lines[at]) == depth and lines[at].lstrip().startswith(("}", ")")):
            last = at
            break
    first = begin
    while first and lines[first - 1].lstrip().startswith("@"):
        first -= 1
    named = _NAME.search(lines[begin])
    return Test(path, first + 1, last + 1, (named[1] or named[2]) if named else "test")


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
