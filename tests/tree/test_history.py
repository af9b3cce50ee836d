from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from handbook.errors import TreeError
from handbook.tree import GitTree

MakeRepo = Callable[..., Any]


def day(number: int, zone: str = "+00:00") -> str:
    return f"2026-03-{number:02d}T10:00:00{zone}"


def test_dates_of_a_file_are_its_first_and_last_commit(git_repo: MakeRepo) -> None:
    repo = git_repo()
    first = repo.commit({"docs/a.md": "1", "b.md": "1"}, date=day(1, "+02:00"))
    repo.commit({"b.md": "2"}, date=day(2))
    last = repo.commit({"docs/a.md": "3"}, date=day(3))
    with repo.open() as tree:
        dates = tree.file_dates(["docs/a.md", "none.md"], 100)
        assert list(dates) == ["docs/a.md"]
        assert [entry.sha for entry in dates["docs/a.md"]] == [first, last]
        assert dates["docs/a.md"][0].authored == day(1, "+02:00")
        assert tree.file_dates([], 100) == {}


def test_a_moved_file_is_new(git_repo: MakeRepo) -> None:
    repo = git_repo()
    repo.commit({"old.md": "content\n" * 100}, date=day(1))
    moved = repo.commit({"old.md": None, "new.md": "content\n" * 100}, date=day(2))
    with repo.open() as tree:
        assert tree.file_dates(["new.md"], 100)["new.md"][0].sha == moved


def test_a_merge_counts_for_what_it_changed_itself(git_repo: MakeRepo) -> None:
    repo = git_repo()
    base = repo.commit({"a.md": "1", "b.md": "1"}, date=day(1))
    repo.branch("side")
    side = repo.commit({"a.md": "side"}, branch="side", date=day(2))
    repo.commit({"b.md": "main"}, date=day(3))
    merged = repo.commit(
        {"a.md": "side", "c.md": "in the merge"}, merge=["side"], date=day(4), message="Merge"
    )
    with repo.open() as tree:
        dates = tree.file_dates(["a.md", "c.md"], 100)
    assert [entry.sha for entry in dates["a.md"]] == [base, side]
    assert [entry.sha for entry in dates["c.md"]] == [merged, merged]


def test_the_walk_stops_at_the_limit(git_repo: MakeRepo) -> None:
    repo = git_repo()
    for number in range(1, 6):
        repo.commit({"a.md": str(number), f"{number}.md": ""}, date=day(number))
    with repo.open() as tree:
        dates = tree.file_dates(["a.md", "1.md"], 2)
        assert dates["a.md"][0].authored == day(4)
        assert "1.md" not in dates
        assert len(tree.commits("", 3)) == 3


def test_commits_of_a_folder_newest_first(git_repo: MakeRepo) -> None:
    repo = git_repo()
    one = repo.commit({"svc/a.md": "1"}, "Add a", date=day(1))
    repo.commit({"other.md": "1"}, date=day(2))
    two = repo.commit({"svc/b/c.md": "1"}, "Add c\n\nWith a body", date=day(3))
    with repo.open() as tree:
        found = tree.commits("svc", 10)
        assert [entry.sha for entry in found] == [two, one]
        assert found[0].subject == "Add c"
        assert [entry.sha for entry in tree.commits("none", 10)] == []
        assert len(tree.commits(":(glob)**", 10)) == 0


def test_names_follow_the_mailmap_of_the_commit(git_repo: MakeRepo) -> None:
    repo = git_repo()
    repo.commit({"a": "1"}, author=("tr", "TR@old.example.org"), date=day(1))
    repo.commit({"a": "2"}, author=("Team Risk", "risk@example.org"), date=day(2))
    before = repo.head()
    mailmap = "Team Risk <risk@example.org> <tr@old.example.org>\n"
    repo.commit({".mailmap": mailmap}, author=("Team Ops", "ops@example.org"), date=day(3))
    with repo.open() as tree:
        commits = tree.commits("", 10)
        assert [entry.author for entry in commits] == ["Team Ops", "Team Risk", "Team Risk"]
        assert len({entry.author_key for entry in commits}) == 2
        assert not any("example.org" in entry.author_key for entry in commits)
        assert [entry.author for entry in tree.at(before).commits("", 10)] == ["Team Risk", "tr"]


def test_tags_are_those_in_the_history(git_repo: MakeRepo) -> None:
    repo = git_repo()
    one = repo.commit({"a": "1"}, date=day(1))
    two = repo.commit({"a": "2"}, date=day(2))
    repo.branch("side")
    side = repo.commit({"a": "side"}, branch="side", date=day(3))
    repo.tag("v1", one, date=day(4))
    repo.tag("v1-light", one, annotated=False)
    repo.tag("v2/rc", two, date=day(5))
    repo.tag("v3", side, date=day(6))
    repo.git("update-ref", "refs/tags/tree", repo.git("rev-parse", "main^{tree}"))
    with repo.open() as tree:
        assert [(tag.name, tag.sha) for tag in tree.tags()] == [
            ("v2/rc", two),
            ("v1", one),
            ("v1-light", one),
        ]
        assert tree.tags()[0].date == day(5)


@pytest.mark.parametrize(
    ("author", "name"),
    [
        pytest.param(b"A\x1b[31m <a@example.org> 1700000000 +0000", "A[31m", id="escape"),
        pytest.param("A\u202eB <a@example.org> 1700000000 +0000".encode(), "AB", id="bidi"),
        pytest.param(b"J\xf6rg <a@example.org> 1700000000 +0000", "J\ufffdrg", id="latin-1"),
        pytest.param(b"A <a@example.org> 99999999999999999999 +0000", "A", id="date-overflow"),
        pytest.param(b"A <a@example.org> 1700000000 +9999", "A", id="zone-overflow"),
        pytest.param(b"A <a@example.org>", "A", id="no-date"),
        pytest.param(b"<a@example.org> 1700000000 +0000", "", id="no-name"),
        pytest.param(b"A 1700000000 +0000", "", id="no-address"),
    ],
)
def test_odd_authors_do_not_stop_the_walk(git_repo: MakeRepo, author: bytes, name: str) -> None:
    repo = git_repo()
    good = repo.commit({"a": "1"})
    _commit(repo, b"author " + author + b"\ncommitter " + author, b"Odd")
    with repo.open() as tree:
        odd, before = tree.commits("", 10)
        assert before.sha == good
        assert odd.author == name
        assert odd.subject == "Odd"
        assert odd.authored[:2] in {"19", "20"}


def _commit(repo: Any, people: bytes, message: bytes) -> None:
    tree, parent = repo.git("rev-parse", "main^{tree}"), repo.head("main")
    data = b"tree %s\nparent %s\n%s\n\n%s" % (tree.encode(), parent.encode(), people, message)
    oid = str(repo.git("hash-object", "-t", "commit", "-w", "--literally", "--stdin", data=data))
    repo.git("update-ref", "refs/heads/main", oid)


def test_a_message_cannot_pass_for_another_commit(git_repo: MakeRepo) -> None:
    repo = git_repo()
    repo.commit({"a": "1"})
    person = b"A <a@example.org> 1700000000 +0000"
    fake = b"\0".join([b"\0" + b"f" * 40, b"2030-01-01T00:00:00Z", b"x", b"Boss", b"b@x", b"hi"])
    _commit(repo, b"author " + person + b"\ncommitter " + person, b"Start" + fake)
    with repo.open() as tree:
        assert "Boss" not in {entry.author for entry in tree.commits("", 10)}
        assert len(tree.commits("", 10)) == 2


def test_a_damaged_history_is_an_error_that_says_what_to_do(git_repo: MakeRepo) -> None:
    repo = git_repo()
    first = repo.blob("x")
    tree = repo.tree([("100644", b"a", first)])
    parent = repo.commit_tree(tree)
    repo.commit_tree(tree)
    (repo.git_dir / "objects" / parent[:2] / parent[2:]).unlink()
    with repo.open() as opened:
        assert opened.exists("a")
        with pytest.raises(TreeError, match="handbook sync"):
            opened.commits("", 10)


def test_a_commit_that_is_not_there(git_repo: MakeRepo) -> None:
    repo = git_repo()
    repo.commit({"a": "1"})
    with (
        GitTree(str(repo.git_dir), "1" * 40, "acme/risk") as tree,
        pytest.raises(TreeError, match=r"acme/risk.*handbook sync"),
    ):
        tree.entries()
    with pytest.raises(TreeError, match="full name"):
        GitTree(str(repo.git_dir), "--help", "acme/risk")
    with (
        GitTree(str(repo.git_dir / "none"), "1" * 40, "acme/risk") as tree,
        pytest.raises(TreeError, match="not a git repo"),
    ):
        tree.entries()


def test_history_of_a_shallow_clone(git_repo: MakeRepo, tmp_path: Any) -> None:
    repo = git_repo()
    for number in range(1, 5):
        repo.commit({"a.md": str(number)}, date=day(number))
    repo.git("clone", "-q", "--bare", "--depth=2", f"file://{repo.path}", str(tmp_path / "s"))
    with GitTree(str(tmp_path / "s"), repo.head(), "repo") as tree:
        assert [entry.authored for entry in tree.commits("", 9)] == [day(4), day(3)]
        assert tree.file_dates(["a.md"], 9)["a.md"][0].authored == day(3)
