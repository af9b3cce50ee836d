"""Links and names of the threats corpus, on real git objects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from handbook.errors import MissingFile

MakeRepo = Callable[..., Any]
ANY = 1 << 20


@pytest.mark.parametrize(
    ("links", "path"),
    [
        pytest.param({"a.md": "/etc/passwd"}, "a.md", id="link-abs"),
        pytest.param({"docs/a.md": "../../etc/passwd"}, "docs/a.md", id="link-up"),
        pytest.param({"docs": "..", "x/a.md": "../docs/README.md"}, "x/a.md", id="link-up-twice"),
        pytest.param({"a.md": "b.md", "b.md": "a.md"}, "a.md", id="link-loop"),
        pytest.param({"a": "a/a"}, "a", id="link-loop-inside"),
        pytest.param({"a.md": "none.md"}, "a.md", id="link-dangling"),
        pytest.param({"a.md": "README.md\0"}, "a.md", id="link-nul"),
        pytest.param(
            {f"{n}.md": f"{n + 1}.md" for n in range(5)} | {"5.md": "README.md"},
            "0.md",
            id="link-chain",
        ),
    ],
)
def test_a_link_out_of_the_tree_leads_nowhere(
    git_repo: MakeRepo, links: dict[str, str], path: str
) -> None:
    repo = git_repo()
    files = [("100644", b"README.md", repo.blob("# Risk"))]
    repo.commit_tree(_nested(repo, files, links))
    with repo.open() as tree:
        assert not tree.exists(path)
        with pytest.raises(MissingFile, match=path):
            tree.read(path, ANY)
        assert tree.text("README.md", ANY) == "# Risk"


def _nested(repo: Any, files: list[tuple[str, bytes, str]], links: dict[str, str]) -> str:
    folders: dict[str, list[tuple[str, bytes, str]]] = {"": list(files)}
    for path, target in links.items():
        folder, _, name = path.rpartition("/")
        folders.setdefault(folder, []).append(("120000", name.encode(), repo.blob(target)))
    root = folders.pop("")
    root += [("40000", name.encode(), repo.tree(rows)) for name, rows in folders.items()]
    return str(repo.tree(sorted(root, key=lambda row: row[1])))


def test_links_inside_the_tree_are_followed_at_most_five_times(git_repo: MakeRepo) -> None:
    repo = git_repo()
    links = {f"{n}.md": f"{n + 1}.md" for n in range(4)} | {"4.md": "./docs/../docs/a.md"}
    repo.commit({"docs/a.md": "A"}, links={**links, "manual": "docs", "docs/up.md": "../README"})
    with repo.open() as tree:
        assert tree.text("0.md", ANY) == "A"
        assert tree.resolve("0.md") == "docs/a.md"
        assert tree.text("manual/a.md", ANY) == "A"
        assert tree.is_dir("manual")
        assert not tree.exists("manual")
        assert tree.resolve("manual") == "docs"
        assert [entry.path for entry in tree.under(tree.resolve("manual"))] == [
            "docs/a.md",
            "docs/up.md",
        ]


@pytest.mark.parametrize(
    ("name", "shown", "why"),
    [
        pytest.param(b"..", "..", "another folder", id="name-dotdot"),
        pytest.param(b".", ".", "another folder", id="name-dot"),
        pytest.param(b"", "(no name)", "another folder", id="name-empty"),
        pytest.param(b".git", ".git", "git's own", id="name-dotgit"),
        pytest.param(b".GIT", ".GIT", "git's own", id="name-dotgit-case"),
        pytest.param(b"GIT~1", "GIT~1", "git's own", id="name-dotgit-short"),
        pytest.param(b".git .", ".git .", "git's own", id="name-dotgit-ntfs"),
        pytest.param(b".git::$DATA", ".git::$DATA", "git's own", id="name-dotgit-stream"),
        pytest.param(".g\u200cit".encode(), ".g\u200cit", "git's own", id="name-dotgit-hfs"),
        pytest.param(b"a/b.md", "a/b.md", "slash", id="name-slash"),
        pytest.param(b"a\\b.md", "a\\b.md", "slash", id="name-backslash"),
        pytest.param(b"a\nfatal: b", "a\\nfatal: b", "control", id="name-newline"),
        pytest.param(b"a\x1b[2Jb", "a\\x1b[2Jb", "control", id="name-esc"),
        pytest.param(b"caf\xe9.md", "caf\\xe9.md", "not UTF-8", id="name-latin1"),
        pytest.param(b"%2e%2e", "%2e%2e", "decoded", id="name-percent-dotdot"),
        pytest.param(b"%252e%252e%252fx", "%252e%252e%252fx", "decoded", id="name-percent-twice"),
        pytest.param("a\u202ecod.md".encode(), "a\\u202ecod.md", "direction", id="name-bidi"),
        pytest.param(b"n" * 256, "n" * 256, "longer than 255", id="name-too-long-part"),
        pytest.param(b"n" * 513, "n" * 64 + "...", "longer than 512", id="name-too-long"),
    ],
)
@pytest.mark.parametrize("mode", ["100644", "40000"])
def test_a_name_we_do_not_take_is_left_out_and_listed(
    git_repo: MakeRepo, name: bytes, shown: str, why: str, mode: str
) -> None:
    repo = git_repo()
    blob = repo.blob("x")
    inside = repo.tree([("100644", b"x.md", blob)])
    entries = [("100644", b"README.md", blob), (mode, name, inside if mode == "40000" else blob)]
    repo.commit_tree(repo.tree(entries))
    with repo.open() as tree:
        assert list(tree.entries()) == ["README.md"]
        (line,) = tree.refused()
    assert line.startswith(f"{shown}: left out")
    assert why in line
    assert line.isprintable() or "\u200c" in line


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(b"--upload-pack=x", id="name-leading-dash"),
        pytest.param("🧑‍🔬.md".encode(), id="name-emoji"),
        pytest.param("résumé 报告.md".encode(), id="name-unicode"),
        pytest.param(b"100%.md", id="name-percent"),
        pytest.param(b".gitignore", id="name-gitignore"),
        pytest.param(b"...", id="name-three-dots"),
    ],
)
def test_an_odd_but_harmless_name_is_read(git_repo: MakeRepo, name: bytes) -> None:
    repo = git_repo()
    repo.commit_tree(repo.tree([("100644", name, repo.blob("content"))]))
    with repo.open() as tree:
        assert tree.text(name.decode(), ANY) == "content"
        assert tree.refused() == ()
        assert list(tree.file_dates([name.decode()], 10)) == [name.decode()]


@pytest.mark.parametrize(
    ("names", "kept"),
    [
        pytest.param([b"README.md", b"readme.md"], ["README.md"], id="name-case-twins"),
        pytest.param(
            ["caf\u00e9.md".encode(), "cafe\u0301.md".encode()],
            ["cafe\u0301.md"],
            id="name-form-twins",
        ),
        pytest.param([b"a.md", "a\u200b.md".encode()], ["a.md"], id="name-shapeless-twins"),
        pytest.param([b"STRASSE", "straße".encode()], ["STRASSE"], id="name-folded-twins"),
        pytest.param([b"a.md", b"a.md"], ["a.md"], id="tree-duplicate-entry"),
    ],
)
def test_of_two_names_that_are_one_elsewhere_the_first_stays(
    git_repo: MakeRepo, names: list[bytes], kept: list[str]
) -> None:
    repo = git_repo()
    repo.commit_tree(repo.tree([("100644", name, repo.blob(name)) for name in names]))
    with repo.open() as tree:
        assert list(tree.entries()) == kept
        assert len(tree.refused()) == 1


def test_a_file_that_is_a_folder_elsewhere_is_left_out(git_repo: MakeRepo) -> None:
    repo = git_repo()
    repo.commit({"Docs": "file", "docs/a.md": "A"})
    with repo.open() as tree:
        assert list(tree.entries()) == ["docs/a.md"]
        assert "folder has the same name" in tree.refused()[0]
