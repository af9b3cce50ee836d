"""The hostile and the careless inputs of the threat list, by their names there."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from handbook.collect.docs import collect_docs
from handbook.model.docs import FrontMatter
from handbook.model.facts import Found
from handbook.model.limits import Limits
from handbook.model.pages import Page, Section
from handbook.model.service import Service
from handbook.tree import MemoryTree

Front = Callable[..., Page]
Render = Callable[..., Section]
Living = Callable[[str], list[str]]


def front_matter(text: str) -> tuple[FrontMatter, list[str]]:
    tree = MemoryTree({"README.md": text})
    facts = collect_docs(tree, Service("risk", "risk", tree.repo), Limits())
    assert isinstance(facts, Found)
    assert facts.value.readme
    return facts.value.readme.meta, [problem.message for problem in facts.problems]


def test_readme_100mb(section: Render) -> None:
    made = section({"README.md": "x"}, unfetched=["README.md"])
    assert "too large" in made.pages[0].html
    assert "blob/0123456789abcdef0123456789abcdef01234567/README.md" in made.pages[0].html
    assert any("not shown" in problem.message for problem in made.problems)


def test_readme_over_the_page_limit_is_cut_with_a_notice(section: Render) -> None:
    text = "# T\n\n" + "word word word\n\n" * 6_000
    made = section({"README.md": text}, limits=Limits(markdown_page=16 * 1024))
    assert "Only the first 16 KB are shown" in made.pages[0].html
    assert any("only the first" in problem.message for problem in made.problems)


def test_readme_utf16_bom(front: Front) -> None:
    assert "Grüße" in front("# Grüße\n".encode("utf-16")).html


def test_readme_crlf_nul(front: Front) -> None:
    page = front("---\r\ntitle: T\r\n---\r\n# A\0B\r\n\r\n* one\r\n* two\r\n")
    assert page.title == "AB"
    assert page.html.count("<li>") == 2
    assert "\0" not in page.html


def test_fm_title_html() -> None:
    meta, _ = front_matter('---\ntitle: "</title><script>alert(1)</script>"\n---\n# T\n')
    assert meta.title == "</title><script>alert(1)</script>"  # plain text; escaped where shown


def test_fm_title_html_as_heading(section: Render) -> None:
    page = section({"README.md": "# T", "docs/a.md": "---\ntitle: <script>1</script>\n---\nx"})
    assert "<script" not in page.pages[1].html
    assert "&lt;script&gt;" in page.pages[1].html


def test_fm_status_quote() -> None:
    meta, problems = front_matter("---\nstatus: '\"><img src=x onerror=alert(1)>'\n---\n# T\n")
    assert meta == FrontMatter(lines=3)
    assert not problems


def test_fm_template_redirect() -> None:
    meta, _ = front_matter("---\ntemplate: redirect.html\nlocation: https://evil.example\n---\n")
    assert meta == FrontMatter(lines=4)


def test_fm_nest_200k() -> None:
    started = time.perf_counter()
    meta, problems = front_matter(f"---\na: {'[' * 200_000}\n---\n# T\n")
    assert meta == FrontMatter(lines=3)
    assert "larger than" in problems[0]
    meta, problems = front_matter(f"---\na: {'[' * 10_000}\n---\n# T\n")
    assert "not YAML" in problems[0]
    assert time.perf_counter() - started < 1


def test_fm_wrong_types() -> None:
    text = "---\ntitle: [1, {a: b}]\nhide: 5\ntags: {a: b}\ndescription: true\n---\n# T\n"
    meta, problems = front_matter(text)
    assert meta == FrontMatter(lines=6)
    assert sorted(re.findall(r"front matter: (\w+)", " ".join(problems))) == [
        *("description", "tags", "title"),
    ]


def test_heading_title_breakout(front: Front) -> None:
    page = front("# `</title><script>alert(1)</script>`\n")
    assert page.title == "</title><script>alert(1)</script>"  # plain text
    assert "<script" not in page.html


@pytest.mark.parametrize("config", ["", "site_name: x\n"], ids=["github", "mkdocs"])
@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            "# T {: onclick=alert(1) }\n\n*x*{: onmouseover=alert(1) }", id="attr-onclick"
        ),
        pytest.param("<p onclick=alert(1)>x</p>", id="attr-onclick-html"),
        pytest.param("[x](java&#115;cript:alert(1))", id="js-link-entities"),
        pytest.param('<a href="java&#10;script&colon;alert(1)">x</a>', id="js-link-entities-html"),
        pytest.param("[x]: javascript:alert(1)\n\n[x] ![x]", id="js-link-reference"),
        pytest.param("<javascript:alert(1)>", id="js-autolink"),
        pytest.param(
            '<meta http-equiv="refresh" content="0;url=//evil"><base href="//evil/">x',
            id="meta-refresh-and-base",
        ),
        pytest.param('<iframe src="https://evil.example">x</iframe>', id="iframe-unlisted"),
        pytest.param(
            '<div style="position:fixed;inset:0">x</div>\n\n*x*{: style="position:fixed" }',
            id="css-fixed-overlay",
        ),
        pytest.param("<svg><foreignObject><body onload=alert(1)></svg>", id="svg-inline"),
        pytest.param("<math><mtext><table><mglyph><style><img src=x onerror=1>", id="mutation"),
        pytest.param("![x](data:image/svg+xml;base64,PHN2Zz4=)", id="data-image"),
        pytest.param("```\n</code></pre><script>1</script>\n```", id="code-breakout"),
        pytest.param('```js title="<script>1</script>"\nx\n```', id="code-title"),
        pytest.param("a | b\n--|--\n<script>1</script> | x", id="table-cell"),
        pytest.param("<a href='x' name='__config' id='__search'>x</a>", id="id-config-clobber"),
        pytest.param("x[^<script>]\n\n[^<script>]: y", id="footnote-name"),
        pytest.param("$<script>1</script>$\n\n$$\n<script>1</script>\n$$", id="math"),
        pytest.param("```mermaid\n</code></pre><script>1</script>\n```", id="mermaid"),
        pytest.param("<form action=//evil><input name=q><button>x</button></form>", id="form"),
    ],
)
def test_nothing_runs(section: Render, living: Living, text: str, config: str) -> None:
    files = {"README.md": text, "docs/a.md": text}
    made = section({**files, "mkdocs.yml": config} if config else files)
    for page in made.pages:
        assert living(page.html) == []
        assert not re.search(r'(?:id|name)="__', page.html)


def test_class_md_overlay(front: Front) -> None:
    page = front('<div class="md-overlay md-search__form note" data-md-component="search">x</div>')
    assert '<div class="note">x</div>' in page.html


def test_svg_script_file(section: Render) -> None:
    svg = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    made = section({"README.md": "# T\n\n![Flow](flow.svg)", "flow.svg": svg})
    assert made.assets == ()
    assert '<a class="hb-ext-img" href="https://github.com/acme/risk/raw/' in made.pages[0].html
    assert any("<script>" in problem.message for problem in made.problems)


def test_svg_foreignobject(section: Render) -> None:
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg"><switch><foreignObject><body '
        'xmlns="http://www.w3.org/1999/xhtml"><img src="//evil/x"/></body></foreignObject>'
        "<text>Step</text></switch></svg>"
    )
    made = section({"README.md": "# T\n\n![Flow](flow.svg)", "flow.svg": svg})
    assert b"foreignObject" not in made.assets[0].data
    assert b"evil" not in made.assets[0].data
    assert b"<text>Step</text>" in made.assets[0].data


def test_html_file_in_docs(section: Render) -> None:
    files = {"README.md": "[x](docs/x.html) ![x](docs/x.html)", "docs/x.html": "<script>1</script>"}
    made = section(files)
    assert made.assets == ()
    assert [page.uri for page in made.pages] == [""]
    assert "/blob/0123456789abcdef0123456789abcdef01234567/docs/x.html" in made.pages[0].html


def test_asset_bundle_overwrite(section: Render) -> None:
    files = {
        "README.md": "![x](assets/javascripts/bundle.js) ![y](../../assets/y.png) ![z](a/z.png)",
        "assets/javascripts/bundle.js": "alert(1)",
        "a/z.png": b"\x89PNG\r\n\x1a\n",
    }
    made = section(files)
    assert [asset.uri for asset in made.assets] == ["_files/a/z.png"]


def test_picture_that_is_a_page(section: Render) -> None:
    made = section({"README.md": "![x](x.png)", "x.png": "<script>alert(1)</script>"})
    assert made.assets == ()
    assert any("not what its name says" in problem.message for problem in made.problems)


def test_snippet_abs(section: Render) -> None:
    text = (
        '# T\n\n--8<-- "/etc/passwd"\n\n{!/etc/passwd!}\n\n{% include "/etc/passwd" %}\n\n'
        "![x](file:///etc/passwd)\n\n![y](/etc/passwd)\n"
    )
    rst = "T\n=\n\n.. include:: /etc/passwd\n\n.. raw:: html\n   :file: /etc/passwd\n"
    files = {"README.rst": rst, "docs/a.md": text, "mkdocs.yml": "docs_dir: docs"}
    for page in section(files).pages:
        assert "root:" not in page.html
        assert "file:" not in page.html


@pytest.mark.parametrize("config", ["", "site_name: x\n"], ids=["github", "mkdocs"])
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("[" * 20_000, "left open", id="brackets-20k"),
        pytest.param("*a " * 6_000, "left open", id="emphasis-6k"),
        pytest.param("".join(f"{'  ' * n}- x\n" for n in range(400)), "deep", id="nested-list-400"),
        pytest.param("> " * 400 + "x", "deep", id="nested-quote-400"),
        pytest.param("<div>" * 3_000, "HTML", id="nested-div-3k"),
        pytest.param(
            "|a" * 500 + "\n" + "|-" * 500 + "\n" + "|x\n" * 1_000,
            "table",
            id="table-500-columns",
        ),
    ],
)
def test_refused_before_conversion(section: Render, text: str, reason: str, config: str) -> None:
    started = time.perf_counter()
    made = section(
        {"docs/a.md": f"# T\n\n{text}\n", "mkdocs.yml": config}
        if config
        else {"docs/a.md": f"# T\n\n{text}\n"}
    )
    assert time.perf_counter() - started < 2
    assert '<pre class="hb-plain">' in made.pages[0].html
    (problem,) = (p for p in made.problems if p.level == "error")
    assert reason in problem.message
    assert problem.origin.path == "docs/a.md"


def test_table_500_columns_that_is_small_is_a_table(front: Front) -> None:
    row = "|" + "a|" * 500
    page = front(f"# T\n\n{row}\n|{'-|' * 500}\n{row}\n")
    assert page.html.count("<td>") == 500


def test_fake_secret_canary(section: Render, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDBOOK_TOKEN", "canary-7f3a")
    config = (
        "site_name: !ENV HANDBOOK_TOKEN\nnav:\n  - A: !ENV HANDBOOK_TOKEN\n"
        "  - $HANDBOOK_TOKEN: b.md\n"
    )
    text = "---\ntitle: !ENV HANDBOOK_TOKEN\n---\n${HANDBOOK_TOKEN} {{ env.HANDBOOK_TOKEN }}\n"
    made = section({"mkdocs.yml": config, "docs/a.md": text, "docs/b.md": text, "README.md": text})
    assert "canary-7f3a" not in repr(made)


def test_links_without_an_end_are_not_all_checked(section: Render) -> None:
    text = "\n\n".join(f"[a](no-{n}.md) [b](#no-{n}) [c](service:no-{n})" for n in range(400))
    made = section({"README.md": text})
    assert len(made.problems) + len(made.pages[0].links) <= 1_001
    assert any("first 1,000 different links" in problem.message for problem in made.problems)


def test_the_time_of_a_page_holds_for_its_links_too(section: Render) -> None:
    text = "\n\n".join(f"[a](no/such/{n}.md)" * 20 for n in range(1_000))
    made = section({"README.md": text}, limits=Limits(page_seconds=1))
    assert any("more than 1 seconds" in problem.message for problem in made.problems)
    assert "[a](no/such/0.md)" in made.pages[0].html


_IN_LITTLE_MEMORY = """
import resource
from handbook.model.limits import Limits
from handbook.render.markdown import render_markdown
resource.setrlimit(resource.RLIMIT_DATA, (100 << 20, 100 << 20))
text = ("a_ " * 3_000 + "\\n\\n") * 8
made = render_markdown(
    text, title="T", flavour="rst", resolve=lambda *_: None, limits=Limits(page_seconds=60)
)
print(made.plain, made.notes[0].reason, len(made.html) > len(text))
"""


def test_a_text_that_needs_too_much_memory_is_shown_as_written() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _IN_LITTLE_MEMORY], capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "True converting it takes more memory than there is True", done
