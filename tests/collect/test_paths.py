"""Path patterns of CODEOWNERS and .gitattributes."""

from __future__ import annotations

import time

import pytest

from handbook.collect.paths import Dialect, compile_pattern

MATCHES: list[tuple[Dialect, str, str, bool]] = [
    ("github", "*", "a/b/c.py", True),
    ("github", "*.py", "a/b/c.py", True),
    ("github", "/*.py", "a/c.py", False),
    ("github", "docs/*", "docs/a.md", True),
    ("github", "docs/*", "docs/a/b.md", False),
    ("github", "docs/**", "docs/a/b.md", True),
    ("github", "docs/**", "docs", False),
    ("github", "/docs", "docs/a/b.md", True),
    ("github", "docs/", "x/docs/b.md", True),
    ("github", "/docs/", "x/docs/b.md", False),
    ("github", "/docs/", "docs", False),
    ("github", "a/b", "x/a/b", False),
    ("github", "**/b", "x/a/b/c", True),
    ("github", "a/**/z", "a/z", True),
    ("github", "a/**/z", "a/b/c/z", True),
    ("github", "a/**/z", "a/b/c/y", False),
    ("github", "a?c", "x/abc", True),
    ("github", "a?c", "ac", False),
    ("github", "/", "a/b", True),
    ("gitlab", "docs", "x/docs", True),
    ("gitlab", "docs", "docs/a.md", False),
    ("gitlab", "docs/", "x/docs/y/a.md", True),
    ("gitlab", "a/b.md", "x/a/b.md", True),
    ("gitlab", "/a/b.md", "x/a/b.md", False),
    ("gitlab", "/docs/*", "docs/a/b.md", False),
    ("gitlab", "/docs/**/*.md", "docs/b.md", True),
]


@pytest.mark.parametrize(("dialect", "pattern", "path", "expected"), MATCHES)
def test_matches(dialect: Dialect, pattern: str, path: str, expected: bool) -> None:
    assert compile_pattern(pattern, dialect).matches(path) is expected


@pytest.mark.parametrize(
    ("pattern", "folder", "expected"),
    [
        ("*", "", True),
        ("*", "a/b", True),
        ("*.py", "a", False),
        ("/a/", "a/b", True),
        ("/a/b", "a/b", True),
        ("/a/*", "a/b", False),
        ("/a/b/c", "a/b", False),
        ("**/b/**", "a/b", True),
        ("/a/", "", False),
    ],
)
def test_covers_a_whole_folder(pattern: str, folder: str, expected: bool) -> None:
    assert compile_pattern(pattern).covers(folder) is expected


@pytest.mark.parametrize(
    "pattern", ["*a" * 100 + "b", "**/a/" * 100 + "b", "/".join(["*a*b"] * 60), "?" * 499 + "*b"]
)
def test_no_pattern_takes_long(pattern: str) -> None:
    compiled = compile_pattern(pattern)
    began = time.process_time()
    for path in ("a" * 500, "/".join("a" * 200)):
        assert not compiled.matches(path)
    assert time.process_time() - began < 1
