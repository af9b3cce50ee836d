"""Which operation a request of a test is for: addresses are matched against templates of paths.

Tests see a route at another address than its definition does: below a server's base path, or
without the prefix that a client adds. So ends are compared, and the closest template wins.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

from msgspec import Struct

from handbook.model.examples import Examples, Request, Test

_VARIABLE = re.compile(
    r"\{[^{}]*\}|<[^<>]*>|\(\?P<\w+>[^()]*\)|\([^()]*\)|(?<=/):\w+|\*+", re.ASCII
)
_TAKES_ALL = re.compile(r":path|path:|\*|\.\.\.|\.\+")
_ANY = "\0"  # stands for a variable; no path has it
_REST = "\0\0"  # for one that takes all that follows
_UNKNOWN = "{}"
_KEPT = 5
_COMPARED = 3_000_000  # pairs: some two seconds

Rank = tuple[bool, int, int, int]


class Target(Struct, frozen=True):
    """An operation by its method ("*" for any) and the template of its path.

    ``mounted``: code that others may put below any address; its template is only the end.
    ``names`` are those that a framework finds it by.
    """

    key: str
    method: str
    template: str
    mounted: bool = False
    names: tuple[str, ...] = ()

    @property
    def literal(self) -> bool:
        """Whether a part of the path is a word, without which nothing can be said of it."""
        return any(part and _ANY not in part for part in _parts(_plain(self.template)))


def examples_of(requests: Iterable[Request], targets: Iterable[Target]) -> dict[str, Examples]:
    """Return the tests that call each target, by its key; those that none calls are left out."""
    index = _Index(targets)
    found: dict[str, list[Request]] = defaultdict(list)
    for request in requests:
        for key in index.of(request):
            found[key].append(request)
    return {
        key: merged([(item.count, item.tests) for item in items]) for key, items in found.items()
    }


def unmatched(requests: Iterable[Request], targets: Iterable[Target]) -> int:
    """Count the requests that are for none of the targets."""
    index = _Index(targets)
    return sum(not index.of(request) for request in requests)


def merged(parts: Sequence[tuple[int, tuple[Test, ...]]]) -> Examples:
    """Put the tests of several requests or names together, the shortest first."""
    every = {test: None for _, tests in parts for test in tests}
    shown = tuple(sorted(every, key=lambda test: test.order)[:_KEPT])
    # A test that does two of them is counted twice only where not all tests are at hand.
    known = sum(len(tests) for _, tests in parts)
    total = sum(count for count, _ in parts)
    return Examples(len(every) + total - known, shown)


class _Index:
    """Targets by the last part of their path, so that few are compared with each request."""

    def __init__(self, targets: Iterable[Target]) -> None:
        self._by_last: dict[str, list[tuple[Target, list[str]]]] = defaultdict(list)
        self._by_name: dict[str, list[Target]] = defaultdict(list)
        self._left = _COMPARED
        for target in targets:
            parts = _parts(_plain(target.template))
            last = parts[-1] if parts else ""
            self._by_last[_ANY if _ANY in last else last].append((target, parts))
            for name in dict.fromkeys(name for name in target.names if name):
                self._by_name[name].append(target)

    def of(self, request: Request) -> list[str]:
        """Return the keys of the closest targets; several if they are equally close."""
        if named := self._named(request):
            return [target.key for target in named if _allows(target, request)]
        return self._closest(request)

    def _named(self, request: Request) -> list[Target]:
        """Return the routes of the name that stands for an address: "@users:get", "users.get"."""
        name = request.path.removeprefix("@").removeprefix(f"{_UNKNOWN}/")
        if name == request.path or "/" in name:
            return []
        last = re.split(r"[.:]", name)[-1]
        return self._by_name.get(name) or self._by_name.get(last) or []

    def _closest(self, request: Request) -> list[str]:
        parts = _parts(request.path)
        unknown = bool(parts) and parts[0] == _UNKNOWN
        parts = parts[1:] if unknown else parts
        last = parts[-1] if parts else ""
        candidates = [*self._by_last.get(last, ()), *(self._by_last[_ANY] if parts else ())]
        self._left -= len(candidates)
        if self._left < 0:
            return []
        best: Rank | None = None
        keys: list[str] = []
        for target, template in candidates:
            if not _allows(target, request):
                continue
            rank = _rank(target, template, parts)
            if rank is None or (best and rank < best):
                continue
            keys = [target.key] if best is None or rank > best else [*keys, target.key]
            best = rank
        return keys


def _allows(target: Target, request: Request) -> bool:
    return "*" in (target.method, request.method) or target.method == request.method


def _rank(target: Target, template: list[str], parts: list[str]) -> Rank | None:
    """Say how close an address is to a template: None if it is not for it at all."""
    if template[-1:] == [_REST] and len(parts) > len(template):
        parts = [*parts[: len(template) - 1], _UNKNOWN]
    size = min(len(template), len(parts))
    if any(not _fits(a, b) for a, b in zip(template[::-1], parts[::-1], strict=False)):
        return None
    tail = template[len(template) - size :]
    literal = sum(_ANY not in part for part in tail)
    head = template[: len(template) - size]
    same = len(template) == len(parts)
    if (target.mounted or not same) and not literal and template:
        return None
    if not template and not same:
        return None
    if any(_ANY in part for part in head):
        return None
    letters = sum(len(part.replace(_ANY, "")) for part in tail)
    # What is mounted somewhere may have any number of parts before it.
    apart = 0 if target.mounted else abs(len(template) - len(parts))
    return (same and not target.mounted, literal, letters, -apart)


def _fits(template: str, part: str) -> bool:
    """Compare one part of a path; variables stand for one character or more."""
    first, *rest = template.split(_ANY)
    if not rest:
        return template == part
    if not part.startswith(first) or not part.endswith(rest[-1]):
        return False
    at = len(first)
    for piece in rest[:-1]:
        at = part.find(piece, at + 1)
        if at < 0:
            return False
        at += len(piece)
    return at < len(part) - len(rest[-1])


def _plain(template: str) -> str:
    plain = template.removeprefix("^").removesuffix("$")
    return _VARIABLE.sub(lambda found: _REST if _TAKES_ALL.search(found[0]) else _ANY, plain)


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part]
