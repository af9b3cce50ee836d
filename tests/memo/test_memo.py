"""What was made of files before is used again: for the same path and content only."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from handbook.memo import FolderMemo
from handbook.tree import MemoryTree, RepoTree, WorkingTree
from handbook.usercache import UserCache

WORKED: list[str] = []


def upper(path: str, data: bytes) -> bytes:
    WORKED.append(path)
    return data.upper()


def crash(path: str, data: bytes) -> bytes:
    if data == b"crash":
        os._exit(1)
    return data.upper()


def fail(path: str, data: bytes) -> bytes:
    raise ValueError(path)


@pytest.fixture(autouse=True)
def _worked() -> Iterator[None]:
    WORKED.clear()
    yield
    WORKED.clear()


def derive(
    cache: Path, tree: RepoTree, paths: list[str], kind: str = "upper", salt: str = "1"
) -> dict[str, bytes]:
    with FolderMemo(UserCache(cache), "repo", salt, 1) as memo:
        made = dict(memo.derive(tree, kind, paths, 1_000, upper))
        memo.save()
    return made


def test_only_what_changed_is_worked_on(tmp_path: Path) -> None:
    assert derive(tmp_path / "c", MemoryTree({"a": "1x", "b": "2x"}), ["a", "b"])["a"] == b"1X"
    WORKED.clear()
    made = derive(tmp_path / "c", MemoryTree({"a": "1x", "b": "3x"}), ["a", "b"])
    assert made == {"a": b"1X", "b": b"3X"}
    assert WORKED == ["b"]


@pytest.mark.parametrize("change", [{"kind": "other"}, {"salt": "2"}])
def test_other_work_or_code_is_done_anew(tmp_path: Path, change: dict[str, str]) -> None:
    tree = MemoryTree({"a": "1x"})
    derive(tmp_path / "c", tree, ["a"])
    WORKED.clear()
    derive(tmp_path / "c", tree, ["a"], **change)
    assert WORKED == ["a"]


def test_the_same_content_elsewhere_is_another_file(tmp_path: Path) -> None:
    derive(tmp_path / "c", MemoryTree({"a": "1x"}), ["a"])
    WORKED.clear()
    derive(tmp_path / "c", MemoryTree({"b": "1x"}), ["b"])
    assert WORKED == ["b"]


def test_what_a_run_did_not_ask_for_is_kept(tmp_path: Path) -> None:
    tree = MemoryTree({"a": "1x"})
    derive(tmp_path / "c", tree, ["a"], kind="one")
    derive(tmp_path / "c", tree, ["a"], kind="two")
    WORKED.clear()
    derive(tmp_path / "c", tree, ["a"], kind="one")
    assert WORKED == []


def test_what_is_gone_is_forgotten(tmp_path: Path) -> None:
    derive(tmp_path / "c", MemoryTree({"a": "1x", "b": "2x"}), ["a", "b"])
    derive(tmp_path / "c", MemoryTree({"b": "3x"}), ["b"])
    WORKED.clear()
    derive(tmp_path / "c", MemoryTree({"a": "1x"}), ["a"])
    assert WORKED == ["a"]


def test_a_file_that_was_not_touched_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "repo"
    folder.mkdir()
    (folder / "a").write_text("1x")
    monkeypatch.setattr("handbook.tree.working._UNSURE", -(10**12))  # as if it were an old file
    with WorkingTree(folder) as tree:
        derive(tmp_path / "c", tree, ["a"])
        state = tree.state()
    with WorkingTree(folder) as tree:
        assert tree.state() == state != ""
        monkeypatch.setattr(tree, "_blob", lambda entry: pytest.fail("it was read"))
        assert derive(tmp_path / "c", tree, ["a"]) == {"a": b"1X"}
    (folder / "a").write_text("2x")  # as large as before
    with WorkingTree(folder) as tree:
        assert tree.state() != state
        assert derive(tmp_path / "c", tree, ["a"]) == {"a": b"2X"}


def test_a_file_of_this_second_is_read_again(tmp_path: Path) -> None:
    folder = tmp_path / "repo"
    folder.mkdir()
    (folder / "a").write_text("1x")
    with WorkingTree(folder) as tree:
        derive(tmp_path / "c", tree, ["a"])
        assert tree.state() == ""
    WORKED.clear()
    with WorkingTree(folder) as tree:
        assert derive(tmp_path / "c", tree, ["a"]) == {"a": b"1X"}
    assert WORKED == [], "read, but its content was known"


def test_files_that_cannot_be_read_give_nothing(tmp_path: Path) -> None:
    made = derive(tmp_path / "c", MemoryTree({"big": "x" * 2_000}), ["big", "missing"])
    assert made == {"big": b"", "missing": b""}


MANY = {f"f{n:03}": f"text {n}" for n in range(400)}
linux = pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux only")


@linux
@pytest.mark.parametrize("begin", [True, False])
def test_many_files_are_worked_on_in_other_processes(tmp_path: Path, begin: bool) -> None:
    tree = MemoryTree(MANY)
    with FolderMemo(UserCache(None), "repo", "1", 2) as memo:
        if begin:
            memo.begin(tree, "upper", list(MANY), 1_000, upper)
        made = dict(memo.derive(tree, "upper", list(MANY), 1_000, upper))
    assert made == {path: text.upper().encode() for path, text in MANY.items()}
    assert WORKED == []


@linux
def test_a_file_that_ends_a_process_costs_the_files_beside_it(tmp_path: Path) -> None:
    tree = MemoryTree({**MANY, "f200": "crash"})
    with FolderMemo(UserCache(tmp_path / "c"), "repo", "1", 2) as memo:
        made = dict(memo.derive(tree, "crash", list(MANY), 1_000, crash))
    lost = [path for path, value in made.items() if not value]
    assert "f200" in lost
    assert len(lost) <= 40
    assert made["f000"] == b"TEXT 0"
    assert made["f399"] == b"TEXT 399"


@linux
def test_an_error_of_the_work_is_an_error_of_the_caller() -> None:
    with (
        FolderMemo(UserCache(None), "repo", "1", 2) as memo,
        pytest.raises(ValueError, match="f000"),
    ):
        list(memo.derive(MemoryTree(MANY), "fail", list(MANY), 1_000, fail))


def joined(files: list[tuple[str, bytes]]) -> bytes:
    WORKED.extend(path for path, _ in files)
    return b" ".join(data for _, data in files)


def whole(cache: Path, files: dict[str, str], *, begin: bool = False, jobs: int = 1) -> bytes:
    tree = MemoryTree(files)
    with FolderMemo(UserCache(cache), "repo", "1", jobs) as memo:
        if begin:
            memo.begin_whole(tree, "joined", list(files), 1_000, joined)
        made = memo.whole(tree, "joined", list(files), 1_000, joined)
        memo.save()
    return made


def test_files_that_are_read_together_are_so_again_when_one_changes(tmp_path: Path) -> None:
    assert whole(tmp_path / "c", {"a": "1", "b": "2"}) == b"1 2"
    WORKED.clear()
    assert whole(tmp_path / "c", {"a": "1", "b": "2"}) == b"1 2"
    assert WORKED == []
    assert whole(tmp_path / "c", {"a": "1", "b": "3"}) == b"1 3"
    assert WORKED == ["a", "b"]
    assert whole(tmp_path / "c", {"a": "1", "big": "x" * 2_000}) == b"1"


@linux
def test_many_files_are_read_together_in_another_process(tmp_path: Path) -> None:
    expected = " ".join(MANY.values()).encode()
    assert whole(tmp_path / "c", MANY, begin=True, jobs=2) == expected
    assert WORKED == []
    assert whole(tmp_path / "c", MANY) == expected
    assert WORKED == []
