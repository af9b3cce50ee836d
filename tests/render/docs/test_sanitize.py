"""The sanitiser: what survives, what does not, and that it cannot be kept busy."""

from __future__ import annotations

import time

import pytest

from handbook.render.depth import too_deep
from handbook.render.sanitize import clean, is_external

_REL = ' rel="noopener noreferrer"'


@pytest.mark.parametrize(
    "html",
    [
        '<div class="admonition note">\n<p class="admonition-title">Note</p>\n</div>',
        '<details class="tip" open="">\n<summary>x</summary>\n</details>',
        '<div class="tabbed-set tabbed-alternate" data-tabs="1:2"><input type="radio" '
        'id="__tabbed_1_1" name="__tabbed_1" checked><div class="tabbed-labels">'
        '<label for="__tabbed_1_1">A</label></div></div>',
        '<div class="highlight"><span class="filename">a</span><pre><span></span><code>'
        '<span id="__span-0-1"><a id="__codelineno-0-1" name="__codelineno-0-1" '
        'href="#__codelineno-0-1"></a></span></code></pre></div>',
        '<ul class="task-list"><li class="task-list-item"><label class="task-list-control">'
        '<input type="checkbox" disabled aria-label="done" checked>'
        '<span class="task-list-indicator"></span></label> x</li></ul>',
        '<span class="twemoji"><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24">'
        '<path d="M0 0"></path></svg></span>',
        '<sup id="fnref:1"><a class="footnote-ref" href="#fn:1">1</a></sup>',
        '<table><thead><tr><th scope="col" align="right">a</th></tr></thead>'
        '<tbody><tr><td align="right" colspan="2">b</td></tr></tbody></table>',
        '<a class="md-button md-button--primary" href="../x/">x</a>',
        '<img src="../_files/x.png" alt="x" width="50%" height="20" loading="lazy" align="left">',
        '<pre class="hb-mermaid"><code>x</code></pre>',
        '<ol start="3" reversed=""><li value="9">x</li></ol>',
        '<kbd>a</kbd><mark>b</mark><ins>c</ins><del>d</del><abbr title="e">f</abbr>',
        '<p lang="de-AT" dir="ltr" role="note" tabindex="0">x</p>',
    ],
)
def test_kept_as_it_is(html: str) -> None:
    assert clean(html) == html


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p id='__drawer'>x</p>", "<p>x</p>"),
        ("<p id='hb-facts'>x</p>", "<p>x</p>"),
        ("<p id='a b' id='c'>x</p>", "<p>x</p>"),
        ("<label for='__search'>x</label>", "<label>x</label>"),
        ("<p class='md-banner x hb-verified'>x</p>", '<p class="x">x</p>'),
        ("<p class='md-'>x</p>", "<p>x</p>"),
        ("<p tabindex=5 role=banner lang='\"'>x</p>", "<p>x</p>"),
        ("<img src=x width='100vw' onerror=1>", '<img src="x">'),
        ("<input><input type=text><input type=radio><input type=image src=x>", ""),
        ("<input type=radio id=__tabbed_1_1 onfocus=1>", '<input type="radio" id="__tabbed_1_1">'),
        ("<nav><header>x</header></nav><main>y</main>", "xy"),
        ("<script>x</script><style>x</style><title>x</title><template>x</template>y", "y"),
        ("<svg><a xlink:href='javascript:1'><path d=x /></a></svg>", None),
        ("<a href='https://e.org'>x</a>", f'<a href="https://e.org"{_REL}>x</a>'),
        ("<a href='//e.org'>x</a>", f'<a href="//e.org"{_REL}>x</a>'),
        ("<a href='a.html' rel=x target=_blank>x</a>", '<a href="a.html">x</a>'),
        ("<a href='service:x'>x</a><a href='handbook:y'>y</a>", "<a>x</a><a>y</a>"),
        ("<a href='ftp://x'>x</a><a href='vbscript:1'>x</a>", "<a>x</a><a>x</a>"),
        ("<video src=x autoplay>text</video>", "text"),
        ("<img srcset='https://e.org/x 2x' src='x.png'>", '<img src="x.png">'),
        ("<img srcset='x.png 2x'>", ""),
        ("<img alt='words'>", '<span class="hb-ext-img">words</span>'),
        ("<img src='/\\e.org/x' alt=a>", '<span class="hb-ext-img">a</span>'),
        (
            "<picture><source srcset='//e.org/x'><img src='https://e.org/y' alt='a&quot;>b'>"
            "</picture>",
            f'<a class="hb-ext-img" href="https://e.org/y"{_REL}>a&quot;&gt;b</a>',
        ),
    ],
)
def test_changed(html: str, expected: str | None) -> None:
    result = clean(html)
    assert "javascript" not in result
    if expected is not None:
        assert result == expected


def test_every_tag_is_closed() -> None:
    assert clean("<p>a<li>b<td>c<b>d") == "<p>a</p><li>bc<b>d</b></li>"


def test_rewriting_sees_each_address_once() -> None:
    seen: list[tuple[str, str, str]] = []

    def rewrite(tag: str, attribute: str, value: str) -> str | None:
        seen.append((tag, attribute, value))
        return None if "gone" in value else f"new/{value}"

    html = "<a href='a'>x</a><a href='gone'>y</a><img src='b' srcset='c 1x, gone 2x'>"
    assert clean(html, rewrite) == (
        '<a href="new/a">x</a><a>y</a><img src="new/b" srcset="new/c 1x">'
    )
    assert seen == [
        ("a", "href", "a"),
        ("a", "href", "gone"),
        ("img", "src", "b"),
        ("img", "srcset", "c"),
        ("img", "srcset", "gone"),
    ]


@pytest.mark.parametrize(
    "made", ["javascript:1", " java\nscript:1", "data:text/html,x", "service:x"]
)
def test_rewriting_cannot_make_a_dangerous_address(made: str) -> None:
    assert clean("<a href='a'>x</a>", lambda *_: made) == "<a>x</a>"


def test_an_error_in_rewriting_is_not_lost() -> None:
    def rewrite(_tag: str, _attribute: str, value: str) -> str:
        raise LookupError(value)

    with pytest.raises(LookupError, match="somewhere"):
        clean("<a href='somewhere'>x</a>", rewrite)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://e.org", True),
        ("//e.org", True),
        ("/\\e.org", True),
        ("\t//e.org", True),
        ("ht\ntps:e", True),
        ("mailto:a@e.org", True),
        ("a.html", False),
        ("../a:b", False),
        ("/a", False),
        ("#a:b", False),
        ("?a:b", False),
        ("", False),
    ],
)
def test_is_external(address: str, expected: bool) -> None:
    assert is_external(address) is expected


_N = 2_000


@pytest.mark.parametrize(
    "html",
    [
        pytest.param("<div>" * _N, id="plain"),
        pytest.param("<div><!-- </div> -->" * _N, id="end in comment"),
        pytest.param("<!--><div>" * _N, id="empty comment"),
        pytest.param('<div title="</div>">' * _N, id="end in attribute"),
        pytest.param('<p a"><div>' * _N, id="quote in name"),
        pytest.param("<div-x></div-y>" * _N, id="other name"),
        pytest.param("<b\u212a></bk>" * _N, id="letter that folds"),
        pytest.param("<div><script></div></script>" * _N, id="end in script"),
        pytest.param("<svg><style>" + "<g>" * _N, id="markup in svg style"),
        pytest.param("<svg><g><![CDATA[</g>]]>" * _N, id="end in cdata"),
        pytest.param("<div><table><td></div>" * _N, id="end out of scope"),
        pytest.param("<div/>" * _N, id="closed in vain"),
        pytest.param("".join(f"<i id={n}>" for n in range(60)), id="formatting"),
        pytest.param("<div><noscript></div></noscript>" * _N, id="end in noscript"),
        pytest.param(
            "<svg><desc><div></svg></div></desc><style>" + "<g>" * _N, id="svg end in vain"
        ),
    ],
)
def test_deep_nesting_is_seen(html: str) -> None:
    assert too_deep(html)
    started = time.perf_counter()
    assert clean(html).startswith('<pre class="hb-plain">')
    assert time.perf_counter() - started < 0.5


@pytest.mark.parametrize(
    "html",
    [
        "<div></div>" * _N,
        "<p>x" * _N,
        '<span class="k">x</span>' * 10 * _N,
        "<span>" * _N,
        "<style>div{}</style>" + "<div></div>" * _N,
        "<ul><li>a<li>b</ul>" * _N,
        '<p title="a>b\'c">' * _N,
        "<!-- <div> -->" * _N,
        "a < b <c" * _N,
        "<div>" * 150 + "</div>" * 150,
        "<svg><path d=x /></svg><script>var a = '<b>'</script>" + "<div></div>" * _N,
        "<noscript><img src=x></noscript>" + "<div></div>" * _N,
    ],
)
def test_ordinary_html_is_not_taken_for_deep(html: str) -> None:
    assert not too_deep(html)


@pytest.mark.parametrize(
    "html",
    ["<" * 500_000, '<a "' * 100_000, "<a " + "x =" * 170_000, "<!--" * 100_000, "<a" * 200_000],
)
def test_the_guard_itself_is_fast(html: str) -> None:
    started = time.perf_counter()
    too_deep(html)
    assert time.perf_counter() - started < 1


_TAB = '<input type="radio" id="__tabbed_1_1" name="__tabbed_1">'


@pytest.mark.parametrize(
    ("html", "kept"),
    [
        (f'<div data-tabs="1:1">{_TAB}<div class="tabbed-labels"><label for="__tabbed_1_1">', True),
        (f'<div data-tabs="1:1">{_TAB}<div class="tabbed-labels"><label>', False),
        (f'<div data-tabs="1:1">{_TAB}<div class="tabbed-labels"></div>', False),
        (f'<div data-tabs="1:1">{_TAB}', False),
        ('<div data-tabs="1:1"><div class="tabbed-labels"><label for="__tabbed_1_1">', False),
        ('<div data-tabs="1:1">', False),
    ],
)
def test_tabs_that_would_stop_the_themes_script_are_none(html: str, kept: bool) -> None:
    assert ("data-tabs" in clean(html)) is kept


def test_nothing_waits_for_the_script_of_another_site() -> None:
    assert clean('<pre class="mermaid x"><code>graph TD</code></pre>') == (
        '<pre class="x"><code>graph TD</code></pre>'
    )
