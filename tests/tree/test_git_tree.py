from __future__ import annotations


def test_reads_what_was_committed(git_repo):
    repo = git_repo()
    repo.commit({"README.md": "# Risk\n", "docs/a.md": "a"}, date="2026-01-01T10:00:00+02:00")
    repo.commit(
        {"docs/b.md": "b", "docs/a.md": None},
        links={"R": "README.md"},
        submodules={"v": "1" * 40},
        executables={"x.sh": "x"},
    )
    repo.tag("v1")
    with repo.open() as tree:
        assert list(tree.entries()) == ["R", "README.md", "docs/b.md", "v", "x.sh"]
        assert tree.text("R", 100) == "# Risk\n"
        print(tree.commits("", 9), tree.tags(), tree.file_dates(["README.md"], 9), tree.entries())
