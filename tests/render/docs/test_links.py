"""Where links and pictures of a repo's texts lead once they are on the site."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest

from handbook.model.limits import Limits
from handbook.model.pages import Section
from handbook.render.crosslinks import cross_link
from handbook.render.links import line_of

Render = Callable[..., Section]

_PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
_AT = "0123456789abcdef0123456789abcdef01234567"
_WEB = "https://github.com/acme/risk"
_FILES: dict[str, str | bytes] = {
    "README.md": "# Risk\n\n## Install it\n",
    "docs/index.md": "# Docs\n",
    "docs/guide/a.md": "# A\n\n## Two words\n",
    "docs/guide/README.md": "# Guide\n",
    "docs/größe.md": "# Größe\n",
    "docs/img/logo.png": _PNG,
    "docs/img/two words.png": _PNG,
    "docs/schema.yaml": "a: 1",
    "src/main.py": "",
    "LICENSE": "",
    "svc/README.md": "# Inner\n",
}


def addresses(html: str, attribute: str = "href") -> list[str]:
    html = re.sub(r'<a class="headerlink".*?</a>', "", html)
    return [unescape(value) for value in re.findall(rf'\s{attribute}="([^"]*)"', html)]


def link(section: Render, source: str, page: str, **options: object) -> tuple[str, Section]:
    """Render ``source`` as ``page`` and return the address of its only link."""
    made = section({**_FILES, page: source}, **options)
    uri = {"README.md": "", "docs/b.md": "docs/b/", "docs/guide/c.md": "docs/guide/c/"}[page]
    html = next(found.html for found in made.pages if found.uri == uri)
    (address,) = addresses(html) or [""]
    return address, made


@pytest.mark.parametrize(
    ("page", "target", "expected"),
    [
        # to pages
        ("README.md", "docs/guide/a.md", "docs/guide/a/"),
        ("README.md", "./docs/guide/a.md#two-words", "docs/guide/a/#two-words"),
        ("README.md", "docs/", "docs/"),
        ("README.md", "docs", "docs/"),
        ("README.md", "docs/guide", "docs/guide/"),
        ("README.md", "/docs/guide/a.md", "docs/guide/a/"),
        ("README.md", "docs/gr%C3%B6%C3%9Fe.md", "docs/gr%C3%B6%C3%9Fe/"),
        ("README.md", "docs/größe.md", "docs/gr%C3%B6%C3%9Fe/"),
        ("README.md", "docs/guide/a.md?plain=1", "docs/guide/a/"),
        ("docs/b.md", "guide/a.md", "../guide/a/"),
        ("docs/b.md", "../README.md", "../../"),
        ("docs/b.md", "../README.md#install-it", "../../#install-it"),
        ("docs/b.md", "index.md", "../"),
        ("docs/b.md", "b.md", "./"),
        ("docs/b.md", "/guide/a.md", "../guide/a/"),
        ("docs/b.md", "guide/a", "../guide/a/"),
        ("docs/b.md", "../guide/a/", "../guide/a/"),  # as written for a site
        ("docs/b.md", "guide/a.html", "../guide/a/"),
        ("docs/guide/c.md", "../index.md", "../../"),
        ("README.md", f"{_WEB}/blob/main/docs/guide/a.md#two-words", "docs/guide/a/#two-words"),
        ("README.md", f"{_WEB}/blob/HEAD/docs/guide/a.md", "docs/guide/a/"),
        ("README.md", f"{_WEB}/tree/main/docs", "docs/"),
        # to pictures
        ("README.md", "docs/img/logo.png", "_files/docs/img/logo.png"),
        ("docs/b.md", "img/logo.png", "../../_files/docs/img/logo.png"),
        # to the repo
        ("README.md", "src/main.py", f"{_WEB}/blob/{_AT}/src/main.py"),
        ("README.md", "src/main.py#L3", f"{_WEB}/blob/{_AT}/src/main.py#L3"),
        ("README.md", "/LICENSE", f"{_WEB}/blob/{_AT}/LICENSE"),
        ("README.md", "src", f"{_WEB}/tree/{_AT}/src"),
        ("README.md", "src/", f"{_WEB}/tree/{_AT}/src"),
        ("docs/b.md", "schema.yaml", f"{_WEB}/blob/{_AT}/docs/schema.yaml"),
        # to the forge, as it would be from a README there
        ("README.md", "../../issues", f"{_WEB}/issues"),
        ("docs/b.md", "../../../releases/latest", f"{_WEB}/releases/latest"),
        # elsewhere
        ("README.md", "https://example.org/a?b=1&c=2#d", "https://example.org/a?b=1&c=2#d"),
        ("README.md", "mailto:team-risk@example.org", "mailto:team-risk@example.org"),
        ("README.md", f"{_WEB}/blob/v1.0/docs/guide/a.md", f"{_WEB}/blob/v1.0/docs/guide/a.md"),
        (
            "README.md",
            "https://github.com/acme/riskier/blob/main/docs/guide/a.md",
            "https://github.com/acme/riskier/blob/main/docs/guide/a.md",
        ),
        # on the page
        ("README.md", "#here", "#here"),
        ("README.md", "#Here", "#here"),
        ("README.md", "#user-content-here", "#here"),
        # to other services
        ("README.md", "service:other", "../other/"),
        ("README.md", "service:Other/README.md", "../other/"),
        ("docs/b.md", "service:other/docs/x/y.md#z", "../../../other/docs/x/y/#z"),
        ("README.md", "handbook:build/api.md#why", "../../build/api/#why"),
    ],
)
@pytest.mark.parametrize("form", ["[x]({})", "[x][r]\n\n[r]: {}", '<a href="{}">x</a>'])
def test_links(section: Render, page: str, target: str, expected: str, form: str) -> None:
    written = form.format(target if " " not in target else f"<{target}>")
    address, made = link(section, f"# T\n\n## Here\n\n{written}\n", page)
    assert address == expected
    assert made.problems == ()


@pytest.mark.parametrize(
    "target",
    ["gone.md", "docs/gone/", "../../../../etc/passwd", "../../blob", "/nowhere", "src/main.rs"],
)
def test_broken_links_lose_their_address_and_are_reported(section: Render, target: str) -> None:
    made = section({**_FILES, "README.md": f"# T\n\nfirst\n\n[x]({target})\n"})
    assert addresses(made.pages[0].html) == []
    (problem,) = made.problems
    assert (problem.origin.path, problem.origin.line) == ("README.md", 5)
    assert problem.level == "warning"
    assert target in problem.message


@pytest.mark.parametrize(
    ("target", "kept"), [("#gone", []), ("docs/guide/a.md#gone", ["docs/guide/a/"])]
)
def test_broken_anchors_lead_to_the_page_and_are_reported(
    section: Render, target: str, kept: list[str]
) -> None:
    made = section({**_FILES, "README.md": f"---\ntitle: T\n---\n# T\n\n[x]({target})\n"})
    assert addresses(made.pages[0].html) == kept
    (problem,) = made.problems
    assert problem.origin.line == 6


@pytest.mark.parametrize("target", ["#", "#top", "#readme"])
def test_links_to_the_start_of_the_page_are_no_mistake(section: Render, target: str) -> None:
    made = section({"README.md": f"# T\n\n[x]({target})\n"})
    assert made.problems == ()


def test_links_out_of_a_service_stay_in_the_repo(section: Render) -> None:
    files = {**_FILES, "svc/README.md": "# Inner\n\n[up](../LICENSE) [root](/src/main.py)\n"}
    made = section(files, path="svc")
    assert addresses(made.pages[0].html) == [
        f"{_WEB}/blob/{_AT}/LICENSE",
        f"{_WEB}/blob/{_AT}/src/main.py",
    ]


def test_a_repo_without_a_web_page_keeps_the_words(section: Render) -> None:
    made = section({**_FILES, "README.md": "# T\n\n[the code](src/main.py)"}, repo="/srv/risk")
    assert "<a>the code</a>" in made.pages[0].html
    assert made.problems == ()


def test_a_linked_readme_resolves_from_where_the_file_is(section: Render) -> None:
    files = {"docs/intro.md": "# T\n\n[a](a.md)", "docs/a.md": "# A"}
    made = section(files, links={"README.md": "docs/intro.md"})
    assert addresses(made.pages[0].html) == ["docs/a/"]


@pytest.mark.parametrize(
    ("source", "src"),
    [
        ("![x](docs/img/logo.png)", "_files/docs/img/logo.png"),
        ('<img src="docs/img/logo.png">', "_files/docs/img/logo.png"),
        ("![x](<docs/img/two words.png>)", "_files/docs/img/two-words.png"),
        ("![x](docs/img/logo.png?raw=true)", "_files/docs/img/logo.png"),
        ("![x](docs/img/logo.png#gh-dark-mode-only)", "_files/docs/img/logo.png#gh-dark-mode-only"),
        (f"![x]({_WEB}/raw/main/docs/img/logo.png)", "_files/docs/img/logo.png"),
        (f"![x]({_WEB}/blob/main/docs/img/logo.png?raw=true)", "_files/docs/img/logo.png"),
        (
            "![x](https://raw.githubusercontent.com/acme/risk/main/docs/img/logo.png)",
            "_files/docs/img/logo.png",
        ),
    ],
)
def test_pictures_of_the_repo_are_copied(section: Render, source: str, src: str) -> None:
    made = section({**_FILES, "README.md": f"# T\n\n{source}\n"})
    assert addresses(made.pages[0].html, "src") == [src]
    assert [asset.uri for asset in made.assets] == [src.partition("#")[0]]


def test_srcset_keeps_what_is_ours(section: Render) -> None:
    source = (
        '<picture><source media="(prefers-color-scheme: dark)" '
        'srcset="docs/img/logo.png 1x, https://cdn.example/x.png 2x">'
        '<img src="docs/img/two words.png" alt="Logo"></picture>'
    )
    made = section({**_FILES, "README.md": f"# T\n\n{source}\n"})
    assert addresses(made.pages[0].html, "srcset") == ["_files/docs/img/logo.png 1x"]
    assert len(made.assets) == 2


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            "![Build](https://img.shields.io/x.svg)",
            '<a class="hb-ext-img" href="https://img.shields.io/x.svg" '
            'rel="noopener noreferrer">Build</a>',
        ),
        (
            "[![Build](https://img.shields.io/x.svg)](https://ci.example/)",
            '<a href="https://ci.example/" rel="noopener noreferrer">'
            '<span class="hb-ext-img">Build</span></a>',
        ),
        (
            '<a href="https://ci.example/"><img src="https://img.shields.io/badge/py-3.12-blue"></a>',
            '<span class="hb-ext-img">py: 3.12</span>',
        ),
        ("![](https://cdn.example/a/logo.png)", ">logo</a>"),
        ("![](http://[bad)", "<p></p>"),
    ],
)
def test_pictures_from_elsewhere_become_words(section: Render, source: str, expected: str) -> None:
    page = section({"README.md": f"# T\n\n{source}\n"}).pages[0]
    assert expected in page.html
    assert "<img" not in page.html


def test_a_picture_that_cannot_be_published_is_linked(section: Render) -> None:
    files = {**_FILES, "big.png": _PNG + b"\0" * 2000, "README.md": "# T\n\n![Big](big.png)"}
    made = section(files, limits=Limits(image=1000))
    assert f'href="{_WEB}/raw/{_AT}/big.png"' in made.pages[0].html
    assert [problem.level for problem in made.problems] == ["notice"]


def test_cross_links_carry_what_is_needed_to_check_them(section: Render) -> None:
    text = "---\ntitle: T\n---\n# T\n\n[x](service:Other/docs/a.md#b)\n"
    (found,) = section({"README.md": text}).pages[0].links
    assert (found.target, found.uri, found.anchor) == (
        *("service:Other/docs/a.md#b", "services/other/docs/a/", "b"),
    )
    assert found.problem.origin.line == 6


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("service:risk", ("services/risk/", "")),
        ("service:Risk Score/", ("services/risk-score/", "")),
        ("service:risk/README.md#a", ("services/risk/", "a")),
        ("service:risk/docs/", ("services/risk/docs/", "")),
        ("service:risk/docs/index.md", ("services/risk/docs/", "")),
        ("service:risk/docs/guide/first steps.md", ("services/risk/docs/guide/first-steps/", "")),
        ("service:risk/api/", ("services/risk/api/", "")),
        ("service:risk/api/#op-a", ("services/risk/api/", "op-a")),
        ("handbook:build/api.md", ("build/api/", "")),
        ("handbook:build/index.md", ("build/", "")),
        ("handbook:index.md", ("", "")),
        ("handbook:", ("", "")),
        ("handbook:a/../../b.md", ("..", "")),
    ],
)
def test_cross_link(target: str, expected: tuple[str, str]) -> None:
    assert cross_link(target) == expected


def test_line_of() -> None:
    text = 'a\n[x](b c.md)\n<a href="?a&amp;b">\n'
    assert line_of(text, "b%20c.md") == 2
    assert line_of(text, "?a&b") == 3
    assert line_of(text, "nowhere") == 0
