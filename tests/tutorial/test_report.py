"""Reports as files, and whether what they say still holds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from handbook.errors import TutorialError
from handbook.tree import MemoryTree, WorkingTree
from handbook.tutorial.pages import load_pages
from handbook.tutorial.report import (
    Backend,
    BackendReport,
    PageReport,
    Report,
    StepReport,
    committed,
    merge,
    read_report,
    write_report,
)
from handbook.tutorial.uses import Uses

ROOT = Path(__file__).parents[2]
STEP = StepReport("go", 3, "run", "passed", 1.26, "", "d1")


def run(backend: Backend = "process", at: str = "2026-01-02T03:04Z") -> BackendReport:
    pages = (PageReport("a.md", "d2", "d3", (STEP,)),)
    return BackendReport(backend, "c0ffee", False, at, pages)


def test_a_report_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "build/verified.json"
    report = merge(Report(), run())
    write_report(path, report)
    assert read_report(path) == report
    assert [file.name for file in path.parent.iterdir()] == ["verified.json"]
    page = report.backends["process"].page("a.md")
    assert page is not None
    assert (page.step("go"), page.step("b")) == (STEP, None)
    assert report.backends["process"].page("b.md") is None


def test_a_run_takes_the_place_of_its_backends_last() -> None:
    report = merge(merge(merge(Report(), run()), run("docker")), run(at="later"))
    assert list(report.backends) == ["docker", "process"]
    assert report.backends["process"].at == "later"


def test_what_is_committed_has_no_clock() -> None:
    run_committed = committed(run(), "2026-01-02")
    assert run_committed.at == "2026-01-02"
    assert run_committed.pages[0].steps[0] == msgspec.structs.replace(STEP, seconds=1.0)


def test_no_file_is_an_empty_report(tmp_path: Path) -> None:
    assert read_report(tmp_path / "none.json") == Report()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not a report of tutorials"),
        ("[]", "not a report of tutorials"),
        ('{"backends": {"podman": {}}}', "not a report of tutorials"),
        ('{"format": 2, "backends": {}}', "format 2, expected 1"),
        ("\x00\xff", "not a report of tutorials"),
    ],
)
def test_other_files_are_refused_with_what_to_do(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "verified.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(TutorialError, match=said) as caught:
        read_report(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "make tutorial ARGS=--write" in str(caught.value)


def uses(root: Path, text: str, files: dict[str, Any]) -> Uses:
    (root / "tutorials").mkdir(exist_ok=True)
    (root / "tutorials/uses.yml").write_text(text)
    taken = "take:\n  - src/fraud.py\n"
    (root / "tutorials/new-service.yml").write_text(taken)
    return Uses(root, MemoryTree(files))


FILES = {
    "src/a.py": "a",
    "src/deep/er/b.py": "b",
    "src/c.txt": "c",
    "docs/d.md": "d",
    "sample_service/src/fraud.py": "f",
    "sample_service/src/other.py": "o",
}


@pytest.mark.parametrize(
    ("text", "page", "files"),
    [
        ('"*": [src/a.py]', "01-a", ["src/a.py"]),
        ('"*": [src/*]', "01-a", ["src/a.py", "src/c.txt"]),
        ('"*": [src/**]', "01-a", ["src/a.py", "src/c.txt", "src/deep/er/b.py"]),
        ('"*": ["src/**/*.py"]', "01-a", ["src/a.py", "src/deep/er/b.py"]),
        ('"*": ["**/*.md"]', "01-a", ["docs/d.md"]),
        ('"*": [TAKEN]', "01-a", ["sample_service/src/fraud.py"]),
        ('"*": [src/a.py]\n"02-*": [docs/d.md]', "02-b", ["docs/d.md", "src/a.py"]),
        ('"*": [src/a.py]\n"02-*": [docs/d.md, TAKEN]', "01-b", ["src/a.py"]),
        ('"*": [src/a.py]\n"how-to/*": [src/c.txt]', "how-to/x", ["src/c.txt"]),
        ('"**": [src/a.py]\n"how-to/*": [src/c.txt]', "how-to/x", ["src/a.py", "src/c.txt"]),
        ("{}", "01-a", []),
    ],
)
def test_which_files_a_page_uses(tmp_path: Path, text: str, page: str, files: list[str]) -> None:
    assert list(uses(tmp_path, text, FILES).files(page)) == files


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('"*": [src/nothing/**]', r"no file of the repo is 'src/nothing/\*\*'; remove it"),
        ('"*": src/a.py', "expected pages and the paths they use"),
        ("- src/a.py", "expected pages and the paths they use"),
        ('"*": [', "expected pages and the paths they use"),
    ],
)
def test_mistakes_of_the_list_are_told(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(TutorialError, match=said):
        uses(tmp_path, text, FILES)


def test_the_digest_follows_names_contents_and_permissions_of_what_is_used(
    tmp_path: Path, git_repo: Callable[..., Any]
) -> None:
    text = '"*": [src/**]'
    first = uses(tmp_path, text, FILES).digest("a")
    assert uses(tmp_path, text, {**FILES, "docs/d.md": "other"}).digest("a") == first
    changed = [{**FILES, "src/a.py": "b"}, {**FILES, "src/new.py": ""}]
    renamed = {path.replace("src/c", "src/d"): content for path, content in FILES.items()}
    others = {uses(tmp_path, text, files).digest("a") for files in [*changed, renamed]}
    assert len({first, *others}) == 4
    repo = git_repo("repo")
    digests = set()
    for how in ({"files": {"src/run": "x"}}, {"executables": {"src/run": "x"}}):
        repo.commit({"src/run": None})
        repo.commit(**how)
        with repo.open() as tree:
            digests.add(Uses(tmp_path, tree).digest("a"))
    assert len(digests) == 2


def test_the_list_of_this_repo_is_of_files_that_are_there() -> None:
    pages = load_pages(ROOT / "tutorials")
    with WorkingTree(ROOT) as tree:
        listed = Uses(ROOT, tree)
        for page in pages:
            assert len(listed.files(page.name)) > 100, page.name
