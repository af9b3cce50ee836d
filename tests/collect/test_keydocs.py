"""The outline of documents, and which document is what."""

from __future__ import annotations

import time

import pytest

from handbook.collect.keydocs import collect_keydocs
from handbook.collect.keydocs.outline import outline_of
from handbook.model.facts import Absent, Found
from handbook.model.keydocs import KeyDocs
from handbook.model.limits import Limits
from handbook.model.service import Service
from handbook.tree import MemoryTree

SERVICE = Service("Risk", "risk", "https://git.example/r", path="risk")

HEADINGS = {
    "atx": ("# A\n\n## B ##\n### `c` *d*\n", [(1, "A", 1), (2, "B", 3), (3, "c d", 4)]),
    "setext": ("A\n===\n\nB\n---\n", [(1, "A", 1), (2, "B", 4)]),
    "rst": ("A\n===\n\nSub\n~~~\n\ntext\n", [(1, "A", 1), (2, "Sub", 4)]),
    "html": ('<h1 align="center">A</h1>\n<h2>B</h2>', [(1, "A", 1), (2, "B", 2)]),
    "in code": ("# A\n```\n# no\n```\n~~~text\n## no\n```\n~~~\n## B", [(1, "A", 1), (2, "B", 9)]),
    "linked": ("## [Usage](docs/usage.md)", [(2, "Usage", 1)]),
    "rule": ("text\n\n---\n\n- item\n---\n", []),
    "table": ("| a | b |\n|---|---|\n", []),
}


@pytest.mark.parametrize(("text", "expected"), HEADINGS.values(), ids=HEADINGS)
def test_headings(text: str, expected: list[tuple[int, str, int]]) -> None:
    parts = outline_of("a.md", text).parts
    assert [(p.level, p.title, p.line) for p in parts if p.title] == expected


def test_what_is_below_a_heading_is_counted() -> None:
    text = "# A\n\nTwo words, [a link](x.md).\n\n1. one\n2. two\n- three\n\n```sh\nmake\n```\n"
    text += "## B\nTODO\n"
    document = outline_of("a.md", text)
    first, second = document.parts
    assert (first.steps, first.bullets, first.code, first.links) == (2, 1, True, ("x.md",))
    assert first.words == 6
    assert document.below(first) == (first, second)
    assert document.blanks == (13,)


def test_environments_are_words_not_parts_of_words() -> None:
    assert outline_of("a.md", "device, product").environments == ()
    assert outline_of("a.md", "dev, then staging, then prod").environments == (
        "dev",
        "stage",
        "production",
    )


def found(files: dict[str, str]) -> KeyDocs:
    fact = collect_keydocs(MemoryTree(files), SERVICE, Limits())
    assert isinstance(fact, Found)
    return fact.value


KINDS = {
    "risk/docs/press-release.md": "press_releases",
    "risk/PRFAQ.md": "press_releases",
    "risk/docs/runbook.md": "runbooks",
    "risk/docs/model-card.md": "model_cards",
    "risk/DATASHEET.md": "data_cards",
    "risk/docs/deployment.md": "deploy_guides",
    "risk/deploy/README.md": "deploy_guides",
    "risk/docs/decisions/0001-queue.md": "specs",
    "risk/docs/functional-spec.md": "specs",
    "risk/CONTRIBUTING.md": "contributing",
    ".github/ISSUE_TEMPLATE/bug.yml": "templates",
    "risk/.github/issue_template.md": "templates",
}


@pytest.mark.parametrize(("path", "kind"), KINDS.items(), ids=KINDS)
def test_a_document_is_known_by_its_name(path: str, kind: str) -> None:
    (document,) = getattr(found({path: "# Title\n", "risk/README.md": "# R"}), kind)
    assert document.path == path


@pytest.mark.parametrize(
    "path", ["risk/vendor/runbook.md", "risk/src/runbook.py", "other/docs/runbook.md"]
)
def test_what_belongs_to_others_or_is_code_is_not_taken(path: str) -> None:
    assert found({path: "# Title\n", "risk/README.md": "# R"}).runbooks == ()


def test_the_readme_nearest_to_the_service_counts() -> None:
    files = {"README.md": "# Root", "risk/docs/README.md": "# Docs", "risk/README.md": "# Risk"}
    readme = found(files).readme
    assert readme is not None
    assert readme.path == "risk/README.md"


def test_without_any_document_it_says_where_was_looked() -> None:
    fact = collect_keydocs(MemoryTree({"risk/a.py": ""}), SERVICE, Limits())
    assert fact == Absent(("risk/README.md", "risk/docs/"))


@pytest.mark.parametrize("mark", ["![", "[![", "<", "](", "`<", "#", "=", "1. ", "[your "])
def test_hostile_texts_take_no_longer_than_their_length(mark: str) -> None:
    start = time.process_time()
    outline_of("a.md", (mark * 300 + "\n") * 3_000)
    assert time.process_time() - start < 8
