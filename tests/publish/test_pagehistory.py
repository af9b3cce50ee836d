"""What changed in the handbook's pages is told from the repo, in whatever state that is."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from benchmarks.gitrepo import Author, Change, write_repo

from handbook.publish.pagehistory import compare, page_history, sections

CASES = yaml.safe_load(Path(__file__).with_name("page_sections.yml").read_text("utf-8"))
ADA = Author("Ada", "ada@acme.example")
HISTORY: tuple[tuple[int, dict[str, str | None]], ...] = (
    (1, {"docs/a.md": "# A\n\n## Why\n\nx\n", "docs/b.md": "# B\n", "docs/_part.md": "# P\n"}),
    (2, {"src/x.py": "x = 1\n", "docs/_part.md": "# P2\n"}),
    (3, {"docs/a.md": "# A\n\n## Why\n\ny\n"}),
    (
        3,
        {"docs/a.md": "# A\n\n## Why\n\nz\n", "tutorials/t.md": "# T\n", "tutorials/u.md": "# U\n"},
    ),
    (4, {"docs/b.md": None, "docs/c.md": "# C\n"}),
)
TOLD = [
    ("2026-01-04", [("docs/b.md", "gone"), ("docs/c.md", "new")]),
    ("2026-01-03", [("docs/a.md", "changed"), ("tutorials/t.md", "new")]),
]
PAGES = frozenset({"docs/a.md", "docs/c.md", "tutorials/t.md"})


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_sections_that_differ_are_named(case: dict[str, Any]) -> None:
    change = compare("docs/a.md", sections(case["was"]), sections(case["now"]))
    if case.get("same"):
        assert change is None
        return
    assert change is not None
    found = {"new": change.new, "changed": change.changed, "gone": change.gone}
    assert found == {kind: tuple(case.get(kind, ())) for kind in found}


@pytest.fixture
def clone(tmp_path: Path) -> Callable[..., Path]:
    """Clone a repo of pages; ``clone("--depth=1")``."""
    changes = [
        Change(
            datetime(2026, 1, day, hour, tzinfo=UTC),
            ADA,
            "Change",
            {path: text.encode() if text is not None else None for path, text in files.items()},
        )
        for hour, (day, files) in enumerate(HISTORY)
    ]
    write_repo(tmp_path / "origin", changes)

    def made(*options: str) -> Path:
        work = tmp_path / "work"
        origin = f"file://{tmp_path / 'origin'}"
        subprocess.run(["git", "clone", "-q", *options, origin, str(work)], check=True)
        return work

    return made


def told(work: Path) -> list[tuple[str, list[tuple[str, str]]]]:
    days = page_history(work / "docs", PAGES)
    return [(day.day, [(c.path, c.kind) for c in day.changes]) for day in days]


@pytest.mark.parametrize(
    ("options", "days"), [((), 2), (("--depth=2",), 1), (("--depth=1",), 0)], ids=str
)
def test_as_much_is_told_as_the_clone_holds(
    clone: Callable[..., Path], options: tuple[str, ...], days: int
) -> None:
    assert told(clone(*options)) == TOLD[:days]


def test_what_is_not_committed_is_no_news(clone: Callable[..., Path]) -> None:
    work = clone()
    (work / "docs/a.md").write_text("# A\n\n## Draft\n", encoding="utf-8")
    assert told(work) == TOLD


def test_without_a_repo_nothing_is_told(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    assert told(tmp_path) == []
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    assert told(tmp_path) == []
