"""No page with a script that is not the site's own is ever written."""

from __future__ import annotations

import pytest

from handbook.publish.gate import refused


@pytest.mark.parametrize(
    "html",
    [
        "<p>plain</p>",
        '<script src="../../assets/handbook/boot.js"></script>',
        "<script src=../../assets/javascripts/bundle.1.js defer></script>",
        '<script id="__config" type="application/json">{"base": "../.."}</script>',
        "<pre>&lt;script&gt;alert(1)&lt;/script&gt;</pre>",
        '<p title="a > b">Set onclick="run()" or javascript:run() in HTML: http-equiv=refresh.</p>',
        '<pre>&lt;a href="javascript:x" onclick="y"&gt;</pre> <p>a < b onx=1 > c</p>',
        '<meta http-equiv="Content-Security-Policy" content="default-src \'self\'">',
        '<a href="https://example.org/?x=javascript:1" title="onclick=x">x</a>',
        '<img alt="javascript:" src="a.png"><a href="#on=1">x</a>',
    ],
)
def test_the_sites_own_pages_pass(html: str) -> None:
    assert refused(html, "../..") == ""


@pytest.mark.parametrize(
    ("html", "says"),
    [
        ("<script>alert(1)</script>", "inline script"),
        ("<SCRIPT>alert(1)</SCRIPT>", "inline script"),
        ("<script type=module>1</script>", "inline script"),
        ('<script src="https://evil.example/x.js"></script>', "evil.example"),
        ('<script src="../../services/x/_files/x.js"></script>', "services/x"),
        ('<script src="//evil.example/assets/x.js"></script>', "evil.example"),
        ('<base href="https://evil.example/">', "<base"),
        ('<object data="x.svg"></object>', "<object"),
        ("<embed src=x>", "<embed"),
        ("<iframe srcdoc=x>", "<iframe"),
        ('<img src="a.png" onerror="x()">', "onerror"),
        ("<svg/ONLOAD=x()>", "onload"),
        ('<img alt="a"onerror=x()>', "onerror"),
        ('<p title="a > b" onclick=x>', "onclick"),
        ("<p title='\"' onclick=x>", "onclick"),
        ('<a href="javascript:x()">x</a>', "links to a script"),
        ("<a href=' java\tscript&colon;x()'>x</a>", "links to a script"),
        ('<a href="&#106;avascript:x()">x</a>', "links to a script"),
        ("<a xlink:href=vbscript:x>x</a>", "links to a script"),
        ('<a href="data:text/html,x">x</a>', "links to a script"),
        ('<meta http-equiv="refresh" content="0">', "refresh"),
        ("<meta content=0 HTTP-EQUIV=Refresh>", "Refresh"),
    ],
)
def test_anything_else_is_refused_with_its_name(html: str, says: str) -> None:
    assert says in refused(html, "../..")
