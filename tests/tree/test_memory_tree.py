from __future__ import annotations

import codecs
from collections.abc import Callable
from typing import Any

import pytest

from handbook.errors import MissingFile, TooLarge, TreeError
from handbook.model.limits import Limits
from handbook.tree import Commit, MemoryTree, RepoTree, Tag, TreeEntry

ANY = 1 << 20
FILES: dict[str, str | bytes] = {
    "README.md": "# Risk\n",
    "docs/b.md": "b",
    "docs/a/deep.md": "deep",
    "docs-old/a.md": "old",
    "docs.md": "file",
    "z": b"\x00\xff",
}
COMMIT = Commit("a" * 40, "2026-01-01T00:00:00+00:00", "2026-01-01T00:00:00+00:00", "A", "k", "s")


@pytest.fixture(params=["memory", "git"])
def tree(request: pytest.FixtureRequest, git_repo: Callable[..., Any]) -> Any:
    """The same files in both kinds of tree."""
    if request.param == "memory":
        yield MemoryTree(FILES, links={"l": "README.md"}, executables=["z"], submodules=["sub"])
        return
    repo = git_repo()
    files = {path: content for path, content in FILES.items() if path != "z"}
    repo.commit(
        files, links={"l": "README.md"}, executables={"z": FILES["z"]}, submodules={"sub": "0" * 40}
    )
    with repo.open() as opened:
        yield opened


def test_both_trees_list_the_same(tree: RepoTree) -> None:
    found = {entry.path: (entry.kind, entry.size) for entry in tree.entries().values()}
    assert list(found) == sorted([*FILES, "l", "sub"])
    assert found["README.md"] == ("file", 7)
    assert found["z"] == ("executable", 2)
    assert found["l"] == ("symlink", 9)
    assert found["sub"][0] == "submodule"
    assert tree.entries()["README.md"].oid == "bcae2f849c8104e96e0bee659ce076ed26d70b7a"


def test_under_gives_one_folder_only(tree: RepoTree) -> None:
    assert [entry.path for entry in tree.under("docs")] == ["docs/a/deep.md", "docs/b.md"]
    assert [entry.path for entry in tree.under("docs/")] == ["docs/a/deep.md", "docs/b.md"]
    assert [entry.path for entry in tree.under("README.md")] == []
    assert len(list(tree.under(""))) == len(tree.entries())


def test_files_and_folders_are_told_apart(tree: RepoTree) -> None:
    assert tree.is_dir("")
    assert tree.is_dir("docs")
    assert tree.is_dir("docs/")
    assert not tree.is_dir("docs.md")
    assert not tree.is_dir("doc")
    assert not tree.exists("docs")
    assert tree.exists("docs.md")
    assert tree.exists("l")
    assert not tree.exists("sub")
    with pytest.raises(MissingFile, match="folder, not a file"):
        tree.read("docs", ANY)


def test_a_file_over_the_limit_is_not_read(tree: RepoTree) -> None:
    assert tree.read("README.md", 7) == b"# Risk\n"
    with pytest.raises(TooLarge, match=r"README\.md"):
        tree.read("README.md", 6)


def test_entries_cannot_be_changed(tree: RepoTree) -> None:
    with pytest.raises(TypeError):
        tree.entries()["x"] = TreeEntry("x", "file", "0" * 40, 0)  # type: ignore[index]


@pytest.mark.parametrize(
    ("data", "text"),
    [
        pytest.param("né\n".encode(), "né\n", id="utf-8"),
        pytest.param(codecs.BOM_UTF8 + "né".encode(), "né", id="utf-8-mark"),
        pytest.param("né".encode("utf-16"), "né", id="utf-16-mark"),
        pytest.param(codecs.BOM_UTF16_BE + "né".encode("utf-16-be"), "né", id="utf-16-be"),
        pytest.param(codecs.BOM_UTF16_LE + b"a\0b", "a\ufffd", id="utf-16-cut"),
        pytest.param(b"n\xe9", "né", id="latin-1"),
        pytest.param(b"a\r\nb\rc\n", "a\nb\nc\n", id="line-ends"),
        pytest.param(b"a\0b\r\0\nc", "ab\nc", id="nul"),
        pytest.param(b"", "", id="empty"),
    ],
)
def test_text_is_decoded(memory_tree: type[MemoryTree], data: bytes, text: str) -> None:
    assert memory_tree({"a.md": data}).text("a.md", ANY) == text


def test_a_blob_that_was_not_fetched_is_missing(memory_tree: type[MemoryTree]) -> None:
    tree = memory_tree({"big.bin": "x", "a.md": "a"}, unfetched=["big.bin"])
    assert tree.entries()["big.bin"].size == -1
    with pytest.raises(MissingFile):
        tree.read("big.bin", ANY)


def test_names_are_judged_in_memory_too(memory_tree: type[MemoryTree]) -> None:
    tree = memory_tree(
        {"../x": "", "a/b": "", "A/B": "", "d/" * 3 + "e": ""}, limits=Limits(tree_depth=3)
    )
    assert list(tree.entries()) == ["A/B"]
    assert len(tree.refused()) == 3


def test_origin_names_repo_commit_path_and_line(memory_tree: type[MemoryTree]) -> None:
    tree = memory_tree({}, repo="https://git.example.org/acme/risk", commit="b" * 40)
    where = tree.origin("docs/a.md", 7)
    assert str(where) == "docs/a.md:7 in https://git.example.org/acme/risk at bbbbbbbbbb"


def test_history_is_what_was_given(memory_tree: type[MemoryTree]) -> None:
    tag = Tag("v1", "a" * 40, "2026-01-01T00:00:00+00:00")
    tree = memory_tree(
        {"a": ""},
        history=[COMMIT, COMMIT],
        tags=[tag],
        dates={"a": (COMMIT, COMMIT)},
        versions={"b" * 40: {"old": ""}},
    )
    assert tree.commits("docs", 1) == (COMMIT,)
    assert tree.tags() == (tag,)
    assert tree.file_dates(["a", "b"], 9) == {"a": (COMMIT, COMMIT)}
    assert list(tree.at("b" * 40).entries()) == ["old"]
    assert tree.at(tree.commit) is tree
    with pytest.raises(TreeError):
        tree.at("c" * 40)
