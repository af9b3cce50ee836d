"""Links into forges."""

from __future__ import annotations

import pytest

from handbook.model.facts import Origin
from handbook.render.forge import Forge

SHA = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("repo", "kind", "web"),
    [
        ("https://github.com/acme/risk.git", "github", "https://github.com/acme/risk"),
        ("git@github.com:acme/risk.git", "github", "https://github.com/acme/risk"),
        ("ssh://git@github.com/acme/risk", "github", "https://github.com/acme/risk"),
        ("https://gitlab.example.org/a/b/risk", "gitlab", "https://gitlab.example.org/a/b/risk"),
        ("git@gitlab.com:a/b/risk.git", "gitlab", "https://gitlab.com/a/b/risk"),
        ("https://codeberg.org/acme/risk", "gitea", "https://codeberg.org/acme/risk"),
        ("https://bitbucket.org/acme/risk", "bitbucket", "https://bitbucket.org/acme/risk"),
        ("https://git.example.org/acme/risk", "", ""),
        ("/srv/repos/risk", "", ""),
        ("../risk", "", ""),
        ("file:///srv/risk", "", ""),
        ("", "", ""),
    ],
)
def test_the_forge_of_a_repo(repo: str, kind: str, web: str) -> None:
    assert Forge.of(repo) == Forge(kind, web)


def test_a_token_in_the_address_is_not_shown() -> None:
    assert (
        Forge.of("https://user:secret@github.com/acme/risk").web == "https://github.com/acme/risk"
    )


@pytest.mark.parametrize(
    ("host", "links"),
    [
        (
            "github.com",
            (
                f"blob/{SHA}/a%20b.md#L3",
                "edit/main/a%20b.md",
                "compare/v1...v2",
                "tree/feat/x/docs",
                "releases/tag/v1%23x",
            ),
        ),
        (
            "gitlab.com",
            (
                f"-/blob/{SHA}/a%20b.md#L3",
                "-/edit/main/a%20b.md",
                "-/compare/v1...v2",
                "-/tree/feat/x/docs",
                "-/tags/v1%23x",
            ),
        ),
        (
            "codeberg.org",
            (
                f"src/commit/{SHA}/a%20b.md#L3",
                "_edit/main/a%20b.md",
                "compare/v1...v2",
                "src/branch/feat/x/docs",
                "src/tag/v1%23x",
            ),
        ),
        (
            "bitbucket.org",
            (
                f"src/{SHA}/a%20b.md#lines-3",
                "src/main/a%20b.md?mode=edit",
                "branches/compare/v2..v1",
                "src/feat/x/docs",
                "src/v1%23x",
            ),
        ),
    ],
)
def test_links_of_each_forge(host: str, links: tuple[str, ...]) -> None:
    web = f"https://{host}/acme/risk"
    forge = Forge.of(web)
    found = (
        forge.file(Origin(web, SHA, "a b.md", 3)),
        forge.edit("main", "a b.md"),
        forge.compare("v1", "v2"),
        forge.folder("feat/x", "docs"),
        forge.tag("v1#x"),
    )
    assert found == tuple(f"{web}/{link}" for link in links)
    assert forge.commit(SHA).startswith(f"{web}/")


def test_a_commit_is_no_branch_on_gitea() -> None:
    forge = Forge.of("https://codeberg.org/acme/risk")
    assert forge.folder(SHA, "docs") == f"https://codeberg.org/acme/risk/src/commit/{SHA}/docs"


@pytest.mark.parametrize(
    ("host", "handle", "url"),
    [
        ("github.com", "@jroe", "https://github.com/jroe"),
        ("github.com", "@acme/risk", "https://github.com/orgs/acme/teams/risk"),
        ("gitlab.com", "@a/b/c", "https://gitlab.com/a/b/c"),
        ("codeberg.org", "@acme/risk", "https://codeberg.org/org/acme/teams/risk"),
        ("bitbucket.org", "@jroe", ""),
        ("github.com", "@@maintainer", ""),
        ("github.com", "@javascript:alert(1)", ""),
        ("github.com", '@a"><b>', ""),
        ("github.com", "@../../evil", ""),
        ("github.com", "jroe", ""),
        ("git.example.org", "@jroe", ""),
    ],
)
def test_profiles(host: str, handle: str, url: str) -> None:
    assert Forge.of(f"https://{host}/acme/risk").profile(handle) == url


def test_without_a_forge_there_are_no_links() -> None:
    forge = Forge.of("/srv/repos/risk")
    links = (
        forge.file(Origin("/srv/repos/risk", SHA, "a.md")),
        forge.edit("main", "a.md"),
        forge.commit(SHA),
        forge.compare("a", "b"),
        forge.folder("main"),
        forge.tag("v1"),
        forge.profile("@jroe"),
    )
    assert set(links) == {""}


def test_a_tag_or_commit_has_nothing_to_edit() -> None:
    assert Forge.of("https://github.com/acme/risk").edit("", "a.md") == ""
