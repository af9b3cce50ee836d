"""Which files become pages, at which address, in which order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from handbook.collect.docs import collect_docs
from handbook.model.docs import DocEntry, Docs
from handbook.model.facts import Absent, Found, Problem
from handbook.model.limits import Limits
from handbook.model.service import Service
from handbook.tree import MemoryTree


def collected(
    files: Mapping[str, str | bytes], path: str = "", limits: Limits | None = None, **tree: Any
) -> tuple[Docs, tuple[Problem, ...]]:
    made = MemoryTree(files, **tree)
    service = Service(name="Risk", slug="risk", repo=made.repo, path=path)
    facts = collect_docs(made, service, limits or Limits())
    assert isinstance(facts, Found)
    return facts.value, facts.problems


def uris(docs: Docs) -> dict[str, str]:
    return {page.path: page.uri for page in docs.pages}


def outline(entries: tuple[DocEntry, ...]) -> list[Any]:
    """The navigation as nested lists: a path, or (title, children)."""
    return [
        (entry.title, outline(entry.children)) if entry.children else entry.path
        for entry in entries
    ]


@pytest.mark.parametrize(
    ("files", "path", "expected"),
    [
        (["README.md"], "", "README.md"),
        (["readme.markdown"], "", "readme.markdown"),
        (["README.rst", "README.txt"], "", "README.rst"),
        (["README"], "", "README"),
        (["README.md", ".github/README.md"], "", ".github/README.md"),
        (["docs/README.md"], "", "docs/README.md"),
        (["README.md", "docs/README.md"], "", "README.md"),
        (["README.zh.md", "README-dev.md", "Readme.MD"], "", "Readme.MD"),
        (["README.md", "svc/README.md"], "svc", "svc/README.md"),
        (["README.md", "svc/docs/README.md"], "svc", "svc/docs/README.md"),
    ],
)
def test_readme_is_found_as_forges_do(files: list[str], path: str, expected: str) -> None:
    docs, _ = collected(dict.fromkeys(files, "# T"), path)
    assert docs.readme
    assert docs.readme.path == expected
    assert docs.readme.uri == ""


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("docs/index.md", "docs/"),
        ("docs/README.md", "docs/"),
        ("docs/a.md", "docs/a/"),
        ("docs/Guide/First steps.md", "docs/Guide/First-steps/"),
        ("docs/100% sure?.md", "docs/100-sure/"),
        ("docs/größe/日本.md", "docs/größe/日本/"),
        ("docs/v1.2.md", "docs/v1.2/"),
        ("docs/-.md", "docs/page/"),
        ("docs/a.rst", "docs/a/"),
    ],
)
def test_address_of_a_page(path: str, uri: str) -> None:
    docs, _ = collected({"README.md": "# T", path: "# T"})
    assert uris(docs) == {path: uri}


@pytest.mark.parametrize(
    "path",
    [
        "docs/a.txt",
        "docs/a.mdx",
        "docs/a.html",
        "docs/_includes/a.md",
        "docs/.hidden/a.md",
        "docs/node_modules/x/README.md",
        "docs/overrides/main.md",
        "CHANGELOG.md",
        "other/a.md",
    ],
)
def test_no_page(path: str) -> None:
    docs, problems = collected({"README.md": "# T", path: "# T"})
    assert docs.pages == ()
    assert docs.nav == ()
    assert not problems


def test_two_files_for_one_address_keep_one_and_say_so() -> None:
    files = ["docs/a.md", "docs/a/index.md", "docs/a/README.md", "docs/b.md", "docs/b.rst"]
    docs, problems = collected(dict.fromkeys(["README.md", *files], "# T"))
    assert uris(docs) == {"docs/a/index.md": "docs/a/", "docs/b.md": "docs/b/"}
    assert {(p.origin.path, p.level) for p in problems} == {
        ("docs/a.md", "warning"),
        ("docs/a/README.md", "warning"),
        ("docs/b.rst", "warning"),
    }
    assert "docs/a/index.md has the same address" in problems[0].message


def test_names_that_clean_up_alike_both_stay() -> None:
    docs, problems = collected(dict.fromkeys(["README.md", "docs/a b.md", "docs/a-b.md"], "# T"))
    assert uris(docs) == {"docs/a b.md": "docs/a-b/", "docs/a-b.md": "docs/a-b-2/"}
    assert not problems


def test_long_names_are_cut_to_what_file_systems_take_and_stay_apart() -> None:
    letters = "\u0958" * 80  # longer once composed
    names = [f"{letters}{ending}" for ending in ("1.md", "2.md")]
    docs, _ = collected({f"docs/{name}": "x" for name in names})
    parts = [page.uri.split("/")[1] for page in docs.pages]
    assert len(set(parts)) == 2
    assert max(len(part.encode()) for part in parts) < 250


def test_pages_by_name_index_first_numbers_as_people_count() -> None:
    names = ["10-serve.md", "2-train.md", "zz.md", "index.md", "guide/b.md", "guide/a.md"]
    docs, _ = collected({"README.md": "# T"} | {f"docs/{name}": "# T" for name in names})
    assert outline(docs.nav) == [
        "docs/index.md",
        "docs/2-train.md",
        "docs/10-serve.md",
        "docs/zz.md",
        ("Guide", ["docs/guide/a.md", "docs/guide/b.md"]),
    ]


def test_folders_above_all_pages_are_no_groups() -> None:
    docs, _ = collected({"docs/source/en/a.md": "", "docs/source/en/how_to/b.md": ""})
    assert outline(docs.nav) == ["docs/source/en/a.md", ("How to", ["docs/source/en/how_to/b.md"])]


def test_order_of_the_repos_own_mkdocs() -> None:
    config = """
    docs_dir: handbuch
    theme: {custom_dir: overrides}
    plugins: [search, {macros: {module_name: evil}}]
    hooks: [evil.py]
    markdown_extensions:
      - pymdownx.emoji: {emoji_index: !!python/name:os.system }
    nav:
      - Home: index.md
      - Guide:
        - b.md
        - First: sub/a.md
        - gone.md
        - Empty: [nowhere.md]
      - Whole folder: more/
      - Elsewhere: https://example.org/
      - Up: ../secret.md
      - Env: !ENV X
    """
    files = ["index.md", "b.md", "sub/a.md", "c.md", "more/z.md", "more/y.md", "unlisted.md"]
    docs, problems = collected(
        {"mkdocs.yml": config, "secret.md": ""} | {f"handbuch/{name}": "" for name in files}
    )
    assert not [problem for problem in problems if "README" not in problem.message]
    assert docs.folder == "handbuch"
    assert outline(docs.nav) == [
        "handbuch/index.md",
        ("Guide", ["handbuch/b.md", "handbuch/sub/a.md"]),
        ("Whole folder", ["handbuch/more/y.md", "handbuch/more/z.md"]),
    ]
    assert [child.title for child in docs.nav[1].children] == ["", "First"]
    assert uris(docs)["handbuch/unlisted.md"] == "docs/unlisted/"
    assert {page.flavour for page in docs.pages} == {"mkdocs"}


@pytest.mark.parametrize("docs_dir", ["../outside", "/etc", ".", "5", "[a]"])
def test_docs_dir_stays_below_the_service(docs_dir: str) -> None:
    docs, problems = collected({"mkdocs.yml": f"docs_dir: {docs_dir}", "docs/a.md": ""})
    assert docs.folder == "docs"
    assert any("docs_dir" in problem.message for problem in problems)


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("nav: [", "cannot be read"),
        ("a: &a [*a]", "cannot be read"),
        ("x: &x [" + "a," * 9 + "]\n" + "\n".join(f"y{n}: [*x, *x, *x]" for n in range(9)), ""),
        ("- a", ""),
        ("nav: 5", ""),
        ("nav: [5, null, {a: b, c: d}, {a: null}]", ""),
        ("nav: " + "[{a: " * 25 + "[]" + "}]" * 25, ""),
        ("nav: " + "[{a: " * 60 + "[]" + "}]" * 60, "cannot be read"),
        ("nav: " + "{a: " * 60_000, "cannot be read"),
    ],
)
def test_an_odd_mkdocs_yml_costs_its_order_only(config: str, said: str) -> None:
    docs, problems = collected({"mkdocs.yml": config, "docs/a.md": "", "README.md": ""})
    assert outline(docs.nav) == ["docs/a.md"]
    assert bool(problems) == bool(said)
    assert all(
        said in problem.message and problem.origin.path == "mkdocs.yml" for problem in problems
    )


def test_links_and_the_page_they_lead_to() -> None:
    docs, _ = collected(
        {"README.md": "# T", "handbook/a.md": ""},
        links={"docs": "handbook", "handbook/README.md": "../README.md"},
    )
    assert uris(docs) == {"handbook/a.md": "docs/a/"}
    assert docs.aliases == {"handbook/README.md": ""}


def test_a_linked_readme_starts_its_links_where_the_file_is() -> None:
    docs, _ = collected({"docs/intro.md": "# T"}, links={"README.md": "docs/intro.md"})
    assert docs.readme
    assert docs.readme.base == "docs/intro.md"
    assert docs.aliases == {"docs/intro.md": ""}


def test_a_link_out_of_the_tree_is_no_readme() -> None:
    docs, _ = collected({"docs/a.md": ""}, links={"README.md": "/etc/passwd"})
    assert docs.readme is None


def test_no_readme_is_said() -> None:
    _, problems = collected({"docs/a.md": ""})
    assert [problem.message for problem in problems] == ["there is no README"]
    _, problems = collected({"docs/a.md": "", "README.adoc": "= T"})
    assert problems[0].origin.path == "README.adoc"


def test_nothing_to_show_is_absent() -> None:
    tree = MemoryTree({"main.py": "", "docs/logo.png": b""})
    facts = collect_docs(tree, Service("risk", "risk", tree.repo), Limits())
    assert isinstance(facts, Absent)


def test_pages_beyond_the_limit_are_left_out_aloud() -> None:
    files = {"README.md": ""} | {f"docs/{number}.md": "" for number in range(9)}
    docs, problems = collected(files, limits=Limits(pages=5))
    assert len(docs.pages) == 5
    assert [problem.level for problem in problems] == ["notice"]


def test_unreadable_pages_stay_as_notices() -> None:
    docs, problems = collected(
        {"README.md": "", "docs/big.md": "", "docs/lfs.md": _POINTER}, unfetched=["docs/big.md"]
    )
    assert {page.path: bool(page.unread) for page in docs.pages} == {
        "docs/big.md": True,
        "docs/lfs.md": True,
    }
    assert len(problems) == 2


_POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 123456\n"
