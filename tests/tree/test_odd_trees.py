"""Trees and blobs of the threats corpus: too deep, too many, damaged, missing, huge."""

from __future__ import annotations

import hashlib
import tempfile
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from handbook.errors import MissingFile, TooLarge
from handbook.model.limits import Limits
from handbook.tree import GitTree, is_lfs_pointer

MakeRepo = Callable[..., Any]
ANY = 1 << 20


def test_tree_20k_deep(git_repo: MakeRepo) -> None:
    repo = git_repo()
    blob = repo.blob("x")
    oid = repo.tree([("100644", b"x.md", blob)])
    objects = []
    for _ in range(20_000):
        data = b"40000 d\0" + bytes.fromhex(oid) + b"100644 x.md\0" + bytes.fromhex(blob)
        oid = hashlib.sha1(b"tree %d\0" % len(data) + data).hexdigest()  # noqa: S324
        objects.append(data)
    repo.git("index-pack", "--stdin", data=_pack(objects))
    repo.commit_tree(oid)
    start = time.monotonic()
    with repo.open() as tree:
        assert len(tree.entries()) == Limits().tree_depth
        assert tree.exists("d/d/d/x.md")
        why = "left out, it is more than 64 folders deep"
        assert sorted(tree.refused()) == [f"{'d/' * 64}d: {why}", f"{'d/' * 64}x.md: {why}"]
    assert time.monotonic() - start < 5


def _pack(trees: list[bytes]) -> bytes:
    pack = b"PACK" + (2).to_bytes(4, "big") + len(trees).to_bytes(4, "big")
    body = b"".join(_header(2, len(data)) + zlib.compress(data, 1) for data in trees)
    return pack + body + hashlib.sha1(pack + body).digest()  # noqa: S324


def _header(kind: int, size: int) -> bytes:
    first, size = kind << 4 | size & 15, size >> 4
    out = bytearray([first])
    while size:
        out[-1] |= 0x80
        out.append(size & 0x7F)
        size >>= 7
    return bytes(out)


def test_a_tree_that_repeats_itself_is_cut_at_the_limit(git_repo: MakeRepo) -> None:
    repo = git_repo()
    oid = repo.tree([("100644", b"x.md", repo.blob("x"))])
    for _ in range(9):  # 10 to the power of 9 files
        oid = repo.tree([("40000", b"%d" % n, oid) for n in range(10)])
    readme = ("100644", b"README.md", repo.blob("# Risk"))
    repo.commit_tree(repo.tree([("40000", b"A", oid), readme]))
    limits = Limits(tree_entries=5000)
    with GitTree(str(repo.git_dir), repo.head(), "repo", limits=limits) as tree:
        assert tree.text("README.md", ANY) == "# Risk"
        assert "all after the first 5,000 entries" in tree.refused()[-1]


def test_refusals_are_counted_beyond_a_thousand(git_repo: MakeRepo) -> None:
    repo = git_repo()
    blob = repo.blob("x")
    repo.commit_tree(repo.tree([("100644", b"a\x01%d" % n, blob) for n in range(1500)]))
    with repo.open() as tree:
        assert len(tree.refused()) == 1001
        assert tree.refused()[-1] == "500 more entries: left out"


def test_missing_blob(git_repo: MakeRepo) -> None:
    repo = git_repo()
    gone, link = repo.blob("gone"), repo.blob("README.md")
    entries = [("100644", b"README.md", repo.blob("here")), ("100644", b"gone.md", gone)]
    repo.commit_tree(repo.tree([*entries, ("120000", b"link.md", link)]))
    for oid in (gone, link):
        Path(repo.git_dir, "objects", oid[:2], oid[2:]).unlink()
    with repo.open() as tree:
        assert tree.entries()["gone.md"].size == -1
        for path in ("gone.md", "link.md"):
            with pytest.raises(MissingFile, match="too large to be fetched"):
                tree.read(path, ANY)
        assert tree.text("README.md", ANY) == "here"


def test_missing_folder(git_repo: MakeRepo) -> None:
    repo = git_repo()
    repo.commit_tree(repo.tree([("100644", b"a.md", repo.blob("a")), ("40000", b"d", "1" * 40)]))
    with repo.open() as tree:
        assert list(tree.entries()) == ["a.md"]
        assert "d/: left out, the folder is missing" in tree.refused()[0]


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(b"100644 x.md\0short", id="tree-cut"),
        pytest.param(b"no-mode\0" + b"1" * 20, id="tree-no-mode"),
        pytest.param(b"999999 x.md\0" + b"1" * 20, id="tree-bad-mode"),
        pytest.param(b"0 x.md\0" + b"1" * 20, id="tree-zero-mode"),
        pytest.param(b"7" * 5000 + b" x.md\0" + b"1" * 20, id="tree-endless-mode"),
        pytest.param(b"100644 x.md", id="tree-no-end"),
    ],
)
def test_a_damaged_folder_costs_itself_only(git_repo: MakeRepo, damage: bytes) -> None:
    repo = git_repo()
    bad = repo.git("hash-object", "-t", "tree", "-w", "--literally", "--stdin", data=damage)
    repo.commit_tree(repo.tree([("100644", b"a.md", repo.blob("a")), ("40000", b"d", bad)]))
    with repo.open() as tree:
        assert tree.text("a.md", ANY) == "a"
        assert len(tree.entries()) == 1
        assert len(tree.refused()) == 1


def test_gitlink_option_url(git_repo: MakeRepo, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    modules = f'[submodule "v"]\npath = v\nurl = --upload-pack=touch {canary}\nupdate = !touch\n'
    repo = git_repo()
    repo.commit({".gitmodules": modules, "README.md": "x"}, submodules={"v": "1" * 40})
    with repo.open() as tree:
        assert tree.entries()["v"].kind == "submodule"
        assert not tree.exists("v")
        assert not tree.is_dir("v")
        with pytest.raises(MissingFile, match="submodule"):
            tree.read("v", ANY)
        tree.commits("v", 10)
    assert not canary.exists()


def test_lfs_pointer(git_repo: MakeRepo) -> None:
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'a' * 64}\nsize 12345\n"
    repo = git_repo()
    repo.commit({"model.bin": pointer, ".lfsconfig": "[lfs]\nurl = https://lfs.example.org\n"})
    with repo.open() as tree:
        assert is_lfs_pointer(tree.read("model.bin", ANY))
        assert not is_lfs_pointer(tree.read(".lfsconfig", ANY))
    assert not is_lfs_pointer(pointer.encode() + b"x" * 2000)
    assert not is_lfs_pointer(b"see version https://git-lfs.github.com/spec/v1\noid sha256:x")


def test_huge_blob(git_repo: MakeRepo) -> None:
    repo = git_repo()
    repo.commit({"huge.bin": bytes(30_000_000), "README.md": "small"})
    with repo.open() as tree:
        assert tree.entries()["huge.bin"].size == 30_000_000
        with pytest.raises(TooLarge, match="30,000,000 bytes, at most 1,000"):
            tree.read("huge.bin", 1000)
        assert tree.text("README.md", 1000) == "small"


@pytest.mark.parametrize("path", ["/etc/passwd", "../x", "a/../../x", "", "docs", "a\0b", "."])
def test_a_caller_cannot_leave_the_tree_either(git_repo: MakeRepo, path: str) -> None:
    repo = git_repo()
    repo.commit({"docs/a.md": "A"})
    with repo.open() as tree:
        with pytest.raises(MissingFile):
            tree.read(path, ANY)
        assert not tree.exists(path)


def test_sha256_repo(git_repo: MakeRepo) -> None:
    repo = git_repo(object_format="sha256")
    first = repo.commit({"docs/a.md": "A"}, links={"b.md": "docs/a.md"})
    repo.tag("v1")
    repo.commit({"docs/b.md": "B"})
    with repo.open() as tree:
        assert len(tree.commit) == 64
        assert tree.text("b.md", ANY) == "A"
        assert tree.file_dates(["docs/a.md"], 10)["docs/a.md"][0].sha == first
        assert [tag.sha for tag in tree.tags()] == [first]
        assert list(tree.at(first).entries()) == ["b.md", "docs/a.md"]


def test_reading_leaves_no_process_and_no_file_behind(
    git_repo: MakeRepo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    repo = git_repo()
    repo.commit({"a.md": "A"})
    fds = Path("/proc/self/fd")
    if not fds.exists():
        pytest.skip("needs /proc")
    before = len(list(fds.iterdir()))
    for _ in range(5):
        with repo.open() as tree:
            tree.read("a.md", ANY)
            tree.commits("", 1)
    assert len(list(fds.iterdir())) == before
    assert not list(tmp_path.glob("handbook-git-*"))
