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
    ],
)
def test_anything_else_is_refused_with_its_name(html: str, says: str) -> None:
    assert says in refused(html, "../..")
