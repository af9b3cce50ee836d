"""Front matter: what is read, what is refused, what is no front matter at all."""

from __future__ import annotations

import pytest

from handbook.collect.frontmatter import read_front_matter
from handbook.model.docs import FrontMatter
from handbook.model.facts import Origin
from handbook.model.limits import Limits

_ORIGIN = Origin("repo", "commit", "docs/a.md")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# T", FrontMatter()),
        ("---\n\ntext\n\n---\n", FrontMatter()),  # two rules
        ("---\ntitle: A\n", FrontMatter()),  # never closed
        ("----\ntitle: A\n----\n", FrontMatter()),
        ("---\n---\n# T", FrontMatter(lines=2)),
        ("---\ntitle: A\n...\n# T", FrontMatter(title="A", lines=3)),
        ("---\ntitle: 2024\n---", FrontMatter(title="2024", lines=3)),
        ("---\ntitle: 1.10\n---", FrontMatter(title="1.10", lines=3)),
        ("---\ntitle: ~\ntags:\n---", FrontMatter(lines=4)),
        ("---\ntitle: |\n  two\n  lines\n---", FrontMatter(title="two lines", lines=5)),
        ("---\ntags: [a, b]\n---", FrontMatter(tags=("a", "b"), lines=3)),
        ("---\ntags: a\n---", FrontMatter(tags=("a",), lines=3)),
        (
            "---\nhide: [toc, tabs, navigation]\n---",
            FrontMatter(hide=("toc", "navigation"), lines=3),
        ),
        ("---\nhide:\n  - footer\n---", FrontMatter(lines=4)),
        ('---\ntitle: "a\\u202eb"\n---', FrontMatter(title="ab", lines=3)),
    ],
)
def test_read(text: str, expected: FrontMatter) -> None:
    meta, problems = read_front_matter(text, _ORIGIN, Limits())
    assert meta == expected
    assert not problems


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("---\na: 1\ntitle: [x]\n---", 3, "title must be a text"),
        ("---\na: 1\n\nhide: [[x]]\n---", 4, "hide must be a list of texts"),
        ("---\na: b: c\n---", 2, "not YAML"),
        ("---\na: *nothing\n---", 2, "not YAML"),
        ("---\n'title': true\n---", 2, "title must be a text"),
        ("---\n- a: b\n---", 1, "has no keys"),
        ("---\na: " + "x" * 20_000 + "\n---", 1, "larger than"),
    ],
)
def test_refused_with_its_line(text: str, line: int, said: str) -> None:
    meta, (problem,) = read_front_matter(text, _ORIGIN, Limits())
    assert meta == FrontMatter(lines=text.count("\n") + 1)
    assert (problem.origin.path, problem.origin.line) == ("docs/a.md", line)
    assert said in problem.message


def test_long_titles_are_cut() -> None:
    meta, _ = read_front_matter(f"---\ntitle: {'x' * 5000}\n---", _ORIGIN, Limits())
    assert len(meta.title) == 300
