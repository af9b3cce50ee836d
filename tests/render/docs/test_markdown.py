"""Texts of each flavour to pages, by cases in data files."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import Any

import pytest
import yaml

from handbook.model.docs import Flavour
from handbook.model.limits import Limits
from handbook.render import markdown, pymarkdown
from handbook.render.guards import OutOfTime, refuse, time_limit
from handbook.render.markdown import (
    RenderedMarkdown,
    render_description,
    render_inline,
    render_markdown,
)

_CASES = Path(__file__).parent / "cases"


def cases() -> list[Any]:
    return [
        pytest.param(file.stem, case, id=f"{file.stem}: {case['name']}")
        for file in sorted(_CASES.glob("*.yml"))
        for case in yaml.safe_load(file.read_text("utf-8"))
    ]


def render(
    text: str, flavour: Flavour = "github", limits: Limits | None = None
) -> RenderedMarkdown:
    return render_markdown(
        text,
        title="Fallback",
        flavour=flavour,
        resolve=lambda _tag, _attribute, value: value,
        limits=limits or Limits(),
    )


@pytest.mark.parametrize(("flavour", "case"), cases())
def test_case(flavour: Flavour, case: dict[str, Any]) -> None:
    page = render(case["text"], flavour)
    assert not page.notes
    assert page.html.count("<h1") == 1
    for part in case.get("has", ()):
        assert part in page.html
    for part in case.get("lacks", ()):
        assert part not in page.html
    assert page.title == case.get("title", page.title)
    assert page.description == case.get("description", page.description)
    if "toc" in case:
        assert [[item.level, item.anchor, item.title] for item in page.toc] == case["toc"]
    assert {item.anchor for item in page.toc} <= page.anchors


def test_rst() -> None:
    text = (
        "Risk\n====\n\nInstall\n-------\n\n.. note:: Hi\n\n.. code-block:: python\n\n   x = 1\n\n"
        "::\n\n   plain\n\n`A <a.rst>`_ :func:`~risk.score` :unknown:`x` :doc:`Guide <g>`\n\n"
        ".. contents::\n\n.. frobnicate:: risk\n"
    )
    page = render(text, "rst")
    assert page.title == "Risk"
    assert [(item.level, item.anchor) for item in page.toc] == [(1, "risk"), (2, "install")]
    assert '<div class="admonition note">' in page.html
    assert '<div class="language-python highlight"><pre><span></span><code><span class="n">x' in (
        page.html
    )
    assert '<div class="highlight"><pre><span></span><code>plain' in page.html
    assert '<a class="reference external" href="a.rst">A</a>' in page.html
    assert "risk.score" in page.html
    assert "Guide" in page.html
    (note,) = page.notes
    assert "frobnicate" in note.reason
    assert note.line > 0


@pytest.mark.parametrize(
    ("text", "has", "lacks"),
    [
        (":py:class:`~risk.Score` :func:`score() <risk.score>`", "<code>risk.Score</code>", ":py:"),
        (":doc:`the guide <guide>` :term:`Drift`", "the guide Drift", "&lt;"),
        (":custom-role:`x y`", "<code>x y</code>", ":custom"),
        (":sub:`2` :pep:`8`", "<sub>2</sub>", ":sub:"),
        (".. toctree::\n   :maxdepth: 2\n\n   a\n   b\n\nAfter", "After", "maxdepth"),
        (
            ".. automodule:: risk\n   :members:\n   :undoc-members:\n\nAfter",
            "<code>risk</code>",
            "members",
        ),
        (
            ".. py:function:: score(x)\n   :noindex:\n\n   Scores.\n\nAfter",
            "<dt><code>score(x)</code></dt>\n<dd><p>Scores.</p>",
            "noindex",
        ),
        (":math:`a_1 * b`", '<span class="hb-math">$a_1 * b$</span>', ":math:"),
        (".. versionadded:: 1.2\n   More.", "<em>Added in version</em> 1.2", "versionadded"),
        (".. seealso:: That page.", "See also</p>\n<p>That page.</p>", "seealso"),
    ],
)
def test_sphinx(text: str, has: str, lacks: str) -> None:
    page = render(f"Title\n=====\n\n{text}\n", "rst")
    assert not page.notes
    assert has in page.html
    assert lacks not in page.html


def test_rst_of_one_page_does_not_change_the_next() -> None:
    before = render("Use :shout:`x`.\n", "rst").html
    render(".. role:: shout(strong)\n\n:shout:`x`\n", "rst")
    assert render("Use :shout:`x`.\n", "rst").html == before


def test_plain_text_stays_as_it_is() -> None:
    page = render("RISK\n====\n* a <b> [x](y)\n", "text")
    assert page.title == "Fallback"
    assert "RISK\n====\n* a &lt;b&gt; [x](y)" in page.html


def test_a_converter_that_raises_costs_its_page_only(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_text: str) -> str:
        raise KeyError("deep inside")

    monkeypatch.setattr(markdown, "convert_mkdocs", fail)
    page = render("# T\n\n<b>x</b>", "mkdocs")
    assert page.plain
    assert "# T\n\n&lt;b&gt;x" in page.html
    assert "KeyError" in page.notes[0].reason


def test_deep_recursion_of_a_converter_costs_its_page_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(text: str) -> str:
        return fail(text)

    monkeypatch.setattr(markdown, "convert_mkdocs", fail)
    assert "nested too deeply" in render("# T", "mkdocs").notes[0].reason


def test_the_clock_stops_a_converter(monkeypatch: pytest.MonkeyPatch) -> None:
    def forever(_text: str) -> str:
        while True:
            try:
                sum(range(1000))
            except Exception:  # noqa: BLE001, S112 - as careless code does
                continue

    monkeypatch.setattr(markdown, "convert_mkdocs", forever)
    before = signal.getsignal(signal.SIGPROF)
    page = render("# T", "mkdocs", Limits(page_seconds=1))
    assert page.plain
    assert "more than 1 seconds" in page.notes[0].reason
    assert signal.getsignal(signal.SIGPROF) == before
    assert signal.getitimer(signal.ITIMER_PROF) == (0.0, 0.0)


def test_without_a_main_thread_there_is_no_clock() -> None:
    result: list[str] = []

    def work() -> None:
        with time_limit(1):
            result.append(render("# T").title)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert result == ["T"]
    with pytest.raises(OutOfTime), time_limit(0.01):
        while True:
            sum(range(1000))


def test_a_page_that_grows_too_large_is_shown_as_text() -> None:
    page = render("* a\n" * 2000, limits=Limits(rendered_page=10_000))
    assert page.plain
    assert "larger than 9 KB" in page.notes[0].reason


def test_long_lines_are_cut_aloud() -> None:
    page = render(f"# T\n\n{'x' * 30_000}\n\nend\n")
    assert not page.plain
    assert (page.notes[0].line, "cut" in page.notes[0].reason) == (3, True)
    assert "end" in page.html
    assert len(page.html) < 21_000


@pytest.mark.parametrize(
    "text",
    [
        "* [a](b) `c` *d* snake_case 2*3 a_b\n" * 2_000,
        "| a | b |\n|---|---|\n" + "| [x](y) | a < b |\n" * 400,
        "```\n" + "[({<*_" * 2_000 + "\n```\n",
        "1. a\n\n   b\n" * 500,
        "<p>para\n" * 3_000,
        "<br><img src=x><hr>\n" * 3_000,
        "".join(f"{' ' * (n % 40)}text\n" for n in range(400)),
        "- - -\n* * *\n---\n",
    ],
)
def test_ordinary_texts_are_not_refused(text: str) -> None:
    assert refuse(text, Limits()) is None


def test_pages_do_not_depend_on_what_was_converted_before() -> None:
    text = '# T\n\n=== "A"\n    x[^1]\n\n*[API]: x\n\n[r]: https://example.org\n\n[^1]: n\n'
    pymarkdown.convert_mkdocs("# T\n\nAPI [r]\n")
    first = render(text, "mkdocs").html
    assert "abbr" not in render("# T\n\nAPI [r]\n", "mkdocs").html
    assert "example.org" not in render("# T\n\nAPI [r]\n", "mkdocs").html
    assert render(text, "mkdocs").html == first
    assert render("[r]: https://example.org\n") == render("[r]: https://example.org\n")
    assert "href" not in render("[r]\n").html.replace('class="headerlink" href', "")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a *b*", "<p>a <em>b</em></p>\n"),
        ("<b>x</b>", "<p>&lt;b&gt;x&lt;/b&gt;</p>\n"),
        ("[x](#/pets) [y](/a)", "<p><a>x</a> <a>y</a></p>\n"),
        ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>\n"),
        ("# Big", "<h1>Big</h1>\n"),
        (
            "https://example.org",
            '<p><a href="https://example.org" rel="noopener noreferrer">https://example.org</a></p>\n',
        ),
        (
            "![x](https://example.org/x.png)",
            '<p><a class="hb-ext-img" href="https://example.org/x.png" '
            'rel="noopener noreferrer">x</a></p>\n',
        ),
        (
            "|a|\n|-|\n|b|",
            '<table>\n<thead>\n<tr>\n<th scope="col">a</th>\n</tr>\n</thead>\n<tbody>'
            "\n<tr>\n<td>b</td>\n</tr>\n</tbody>\n</table>\n",
        ),
        ("[" * 1000, f'<pre class="hb-plain">{"[" * 1000}</pre>'),
        ("", ""),
    ],
)
def test_description(text: str, expected: str) -> None:
    assert render_description(text, Limits()) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Get `a`\nnow.\n\nMore.", "Get <code>a</code> now."),
        ("# <script>", "# &lt;script&gt;"),
        ("*" * 3 + "a " * 3, "***a a a"),
        ("", ""),
    ],
)
def test_inline(text: str, expected: str) -> None:
    assert render_inline(text) == expected
