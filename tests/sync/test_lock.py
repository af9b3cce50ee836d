from __future__ import annotations

from pathlib import Path

import pytest

from handbook.errors import SyncError
from handbook.model.repo import RepoState
from handbook.sync import read_lock, write_lock

TIME = "2026-11-01T00:00:00Z"
REMOTE = RepoState("https://git.example.org/acme/risk", "", "", "a" * 40, "main", TIME)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    lock = tmp_path / "site" / "handbook.lock"
    local = str(tmp_path / "repos" / "with 'quotes\" and \\ é")
    states = [
        RepoState(local, "v1", "", "b" * 64, "", TIME, stale=True, problem='"x"\n[[repo]] \x7f'),
        RepoState(REMOTE.repo, "refs/heads/x", problem="Never there."),
        REMOTE,
    ]
    write_lock(str(lock), states)
    assert read_lock(str(lock)) == {(state.repo, state.ref): state for state in states}


def test_the_lock_is_sorted_readable_and_free_of_this_machine(tmp_path: Path) -> None:
    lock = tmp_path / "handbook.lock"
    inside = RepoState(str(tmp_path / "risk"), "", "/state/x.git", "c" * 40, "main", TIME)
    write_lock(str(lock), [REMOTE, inside])
    text = lock.read_text()
    assert text.index('url = "./risk"') < text.index('url = "https://git.example.org/acme/risk"')
    assert str(tmp_path) not in text
    assert "/state" not in text
    assert f'commit = "{"c" * 40}"\nbranch = "main"\nfetched = "{TIME}"\n' in text
    write_lock(str(lock), [inside, REMOTE])
    assert lock.read_text() == text


def test_a_lock_moves_with_its_folder(tmp_path: Path) -> None:
    write_lock(
        str(tmp_path / "one" / "l"), [RepoState(str(tmp_path / "one" / "risk"), "", "", "c" * 40)]
    )
    (tmp_path / "one").rename(tmp_path / "two")
    assert list(read_lock(str(tmp_path / "two" / "l"))) == [(str(tmp_path / "two" / "risk"), "")]


def test_an_unchanged_lock_is_not_touched(tmp_path: Path) -> None:
    lock = tmp_path / "handbook.lock"
    write_lock(str(lock), [REMOTE])
    before = lock.stat()
    write_lock(str(lock), [REMOTE])
    after = lock.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_no_lock_is_an_empty_one(tmp_path: Path) -> None:
    assert read_lock(str(tmp_path / "none")) == {}


HEAD = 'version = 1\n\n[[repo]]\nurl = "https://git.example.org/a/b"\nref = ""\n\n'


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        pytest.param("version = 1\n<<<<<<< ours\n", 2, "Invalid", id="merge-conflict"),
        pytest.param(HEAD + '[[repo]]\nurl = "x', 8, "", id="cut"),
        pytest.param("", 1, "expected version = 1, found None", id="empty"),
        pytest.param("version = 2\n", 1, "found 2", id="newer"),
        pytest.param(HEAD + '[[repo]]\nurl = ""\n', 7, "url is empty", id="no-url"),
        pytest.param(HEAD + '[[repo]]\nurl = "ext::sh"\n', 7, "program", id="evil-url"),
        pytest.param(
            HEAD + '[[repo]]\nurl = "/x"\ncommit = "abc"\n', 7, "full name", id="short-commit"
        ),
        pytest.param(HEAD + "[[repo]]\nurl = 3\n", 7, "expected text", id="wrong-type"),
        pytest.param(HEAD + '[[repo]]\nurl = "/x"\nrev = "y"\n', 7, "'rev'", id="unknown-field"),
        pytest.param("version = 1\nrepo = 3\n", 1, "expected text", id="no-table"),
    ],
)
def test_a_mistake_names_file_and_line(tmp_path: Path, text: str, line: int, why: str) -> None:
    lock = tmp_path / "handbook.lock"
    lock.write_text(text)
    with pytest.raises(SyncError) as caught:
        read_lock(str(lock))
    assert f"handbook.lock:{line}: " in str(caught.value)
    assert why in str(caught.value)
    assert "handbook sync" in str(caught.value)


def test_a_lock_that_cannot_be_read(tmp_path: Path) -> None:
    lock = tmp_path / "handbook.lock"
    lock.write_bytes(b"\xff\xfe")
    with pytest.raises(SyncError, match=r"handbook\.lock"):
        read_lock(str(lock))


def test_a_failed_write_leaves_the_old_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    resource = pytest.importorskip("resource")
    lock = tmp_path / "handbook.lock"
    write_lock(str(lock), [REMOTE])
    before = lock.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))  # as a full disk
    try:
        with pytest.raises(OSError, match="too large"):
            write_lock(str(lock), [REMOTE, RepoState("/x", "", "", "b" * 40)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert lock.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir() if "lock" in path.name] == ["handbook.lock"]
