"""Read a service's tests as examples: what they call, and where. Nothing of them is run."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterable

import msgspec
from msgspec.structs import replace

from handbook.collect.examples.others import REQUESTS, SUFFIXES, read_requests, read_text
from handbook.collect.examples.python import Shared, Shown, read_tests
from handbook.collect.scope import aside, is_test
from handbook.model.examples import Request, Test, Tests, Use
from handbook.model.facts import Absent, Fact, Found
from handbook.model.limits import Limits
from handbook.model.service import Service
from handbook.tree import RepoTree, as_text

__all__ = ["begin_tests", "collect_tests"]

_FILES = 5_000
_BYTES = 5_000_000  # of Python that is parsed: some two seconds
_KEPT = 5  # tests of one route or object
_REQUESTS = 5_000
_USES = 20_000
_DATA = re.compile(r"(?:^|/)(?:fixtures|testdata|test_data|cases|data|snapshots|__snapshots__)/")
_PATH = re.compile(r"[\"'`](/[^\s\"'`<>\\]{1,200})[\"'`]")
_ROUTE = re.compile(r"\.\w{3,20}\(\s*(?:\w+=)?[rf]{0,2}[\"'][/{h]")
"""What looks like a request: files with one are read first, where there are too many."""


def collect_tests(tree: RepoTree, service: Service, limits: Limits) -> Fact[Tests]:
    """Read the tests of a service; absent if there are none."""
    paths = _paths(tree, service)
    if not paths:
        searched = ("tests/", "test_*.py", "*_test.go", "*.test.ts", "*.spec.ts", "src/test/")
        return Absent(tuple(service.inside(place) for place in searched))
    made = tree.memo.whole(tree, "tests", paths[:_FILES], limits.blob, read_all)
    tests = msgspec.msgpack.decode(made, type=Tests)
    unread = len(paths) - tests.files
    return Found(replace(tests, unread=unread), tree.origin(service.path))


def begin_tests(tree: RepoTree, service: Service, limits: Limits) -> None:
    """Begin to read the tests beside other collectors."""
    paths = _paths(tree, service)[:_FILES]
    tree.memo.begin_whole(tree, "tests", paths, limits.blob, read_all)


def read_all(files: list[tuple[str, bytes]]) -> bytes:
    """Read all tests together; what it gives is :class:`Tests` in MessagePack."""
    gathered = _Gathered(len(files))
    python: list[tuple[str, str]] = []
    for path, data in files:
        text = as_text(data)
        gathered.mention(text)
        if path.endswith(".py"):
            python.append((path, text))
        elif path.endswith(REQUESTS):
            gathered.add(read_requests(text, path))
        else:
            gathered.add(read_text(text, path))
    _read_python(python, gathered)
    return msgspec.msgpack.encode(gathered.tests())


def _paths(tree: RepoTree, service: Service) -> list[str]:
    return [
        entry.path
        for entry in tree.under(service.path)
        if entry.kind in ("file", "executable") and _counts(entry.path, service)
    ]


def _counts(path: str, service: Service) -> bool:
    if path.endswith(REQUESTS):
        return aside(path[len(service.path) :].lstrip("/")) in ("", "test", "example")
    right = path.endswith((".py", *SUFFIXES))
    return right and is_test(path, service) and not _DATA.search(path)


def _read_python(files: list[tuple[str, str]], gathered: _Gathered) -> None:
    left, shared = _BYTES, Shared()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of other people's code
        for path, text in sorted(files, key=_order):
            left -= len(text)
            if left < 0:
                return
            try:
                gathered.add(read_tests(ast.parse(text), path, shared))
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                continue


def _order(file: tuple[str, str]) -> tuple[bool, bool]:
    """Put helpers first, whose constants the tests use; then what sends requests."""
    path, text = file
    name = path.rpartition("/")[2]
    return name.startswith("test_") or name.endswith("_test.py"), not _ROUTE.search(text)


class _Gathered:
    """Puts together what all files show; of each thing the shortest tests are kept."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._files = 0
        self._unclear = 0
        self._requests: dict[tuple[str, str], _Best] = {}
        self._uses: dict[str, _Best] = {}
        self._mentioned: set[str] = set()

    def add(self, functions: Iterable[Shown]) -> None:
        """Take one file."""
        self._files += 1
        for shown in functions:
            self._unclear += shown.unclear
            for request in sorted(filter(_sound, shown.requests)):
                if request in self._requests or len(self._requests) < _REQUESTS:
                    self._requests.setdefault(request, _Best()).add(shown.test)
            for name in sorted(shown.names):
                if name in self._uses or len(self._uses) < _USES:
                    self._uses.setdefault(name, _Best()).add(shown.test)

    def mention(self, text: str) -> None:
        """Note what looks like a path in the text of a file."""
        if len(self._mentioned) < _REQUESTS:
            self._mentioned.update(_PATH.findall(text))

    def tests(self) -> Tests:
        """Return all of it, in the order of names."""
        return Tests(
            files=self._files,
            unread=self._total - self._files,
            unclear=self._unclear,
            requests=tuple(
                Request(method, path, best.count, tuple(best.tests))
                for (method, path), best in sorted(self._requests.items())
            ),
            mentioned=tuple(sorted(self._mentioned)[:_REQUESTS]),
            uses=tuple(
                Use(name, best.count, tuple(best.tests))
                for name, best in sorted(self._uses.items())
            ),
        )


def _sound(request: tuple[str, str]) -> bool:
    """Tell whether it can be written: a literal may hold half a character."""
    return not any("\ud800" <= char <= "\udfff" for part in request for char in part)


class _Best:
    """The shortest of many tests."""

    def __init__(self) -> None:
        self.count = 0
        self.tests: list[Test] = []

    def add(self, test: Test) -> None:
        self.count += 1
        self.tests = sorted([*self.tests, test], key=lambda item: item.order)[:_KEPT]
