"""Which files are published beside pages."""

from __future__ import annotations

import pytest

from handbook.model.limits import Limits
from handbook.render.assets import AssetStore
from handbook.render.svg import HostileSvg, clean_svg
from handbook.tree import MemoryTree

_OPEN = b'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.png", b"\x89PNG\r\n\x1a\nx"),
        ("a.JPG", b"\xff\xd8\xff\xe0"),
        ("a.gif", b"GIF89a"),
        ("a.webp", b"RIFF\0\0\0\0WEBPVP8 "),
        ("a.avif", b"\0\0\0\x20ftypavif"),
        ("favicon.ico", b"\0\0\1\0\1\0"),
        ("wrongly-named.png", b"\xff\xd8\xff\xe0"),
    ],
)
def test_pictures_are_published(name: str, data: bytes) -> None:
    store = AssetStore(MemoryTree({name: data}), Limits())
    assert store.uri(name) == f"_files/{name}"
    assert [asset.path for asset in store.assets] == [name]


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.html", b"<script>", ""),
        ("a.js", b"alert(1)", ""),
        ("a.css", b"a{}", ""),
        ("a.pdf", b"%PDF-1.7", ""),
        ("a.png", b"<html>", "not what its name says"),
        ("a.png", b"", "not what its name says"),
        ("a.png", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "LFS"),
        ("a.png", b"\x89PNG\r\n\x1a\n" + b"x" * 200, "too large"),
        ("a.svg", b"GIF89a", "not well-formed"),
        ("a.svg", _OPEN + b"><script/></svg>", "<script>"),
    ],
)
def test_others_are_not(name: str, data: bytes, said: str) -> None:
    store = AssetStore(MemoryTree({name: data}), Limits(image=200, blob=2000))
    assert store.uri(name) == ""
    assert store.uri(name) == ""  # and it is said once only
    assert store.assets == ()
    assert len(store.problems) == bool(said)
    assert all(said in problem.message for problem in store.problems)


def test_addresses_are_plain_and_unique() -> None:
    png = b"\x89PNG\r\n\x1a\n"
    store = AssetStore(MemoryTree({"a b.png": png, "a?b.png": png, "größe/%41.png": png}), Limits())
    assert [store.uri(name) for name in ("a b.png", "a?b.png", "größe/%41.png")] == [
        "_files/a-b.png",
        "_files/a-b-2.png",
        "_files/größe/-41.png",
    ]


@pytest.mark.parametrize(
    "drawing",
    [
        b"><rect onload='alert(1)'/></svg>",
        b" onload='alert(1)'/>",
        b"><a xlink:href='javascript:alert(1)'/></svg>",
        b"><set attributeName='onmouseover' to='alert(1)'/><script/></svg>",
        b"><ScRiPt>1</ScRiPt></svg>",
        b"><g xmlns='http://www.w3.org/1999/xhtml'><script/></g></svg>",
        b"",
        b">",
    ],
)
def test_hostile_drawings_are_refused(drawing: bytes) -> None:
    with pytest.raises(HostileSvg):
        clean_svg(_OPEN + drawing)


@pytest.mark.parametrize(
    "data",
    [
        b'<!DOCTYPE svg [<!ENTITY a "b">]>' + _OPEN + b">&a;</svg>",
        b'<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + _OPEN + b">&a;</svg>",
        b"<html><body/></html>",
        b'<?xml version="1.0"?>',
    ],
)
def test_what_is_no_plain_drawing_is_refused(data: bytes) -> None:
    with pytest.raises(HostileSvg):
        clean_svg(data)


@pytest.mark.parametrize(
    ("inside", "kept", "dropped"),
    [
        (b"<path d='M0 0' style='fill:red'/>", b'<path d="M0 0" style="fill:red">', b""),
        (b"<text>a &lt; b</text>", b"<text>a &lt; b</text>", b""),
        (b"<use xlink:href='#a'/>", b'xlink:href="#a"', b""),
        (b"<use href='other.svg#a'/>", b"<use>", b"other"),
        (b"<image href='https://e.org/x.png'/>", b"<image>", b"e.org"),
        (b"<image href='data:image/png;base64,AAAA'/>", b"data:image/png;base64,AAAA", b""),
        (b"<image href='data:image/svg+xml;base64,AAAA'/>", b"<image>", b"AAAA"),
        (b"<a href='https://e.org'><text>x</text></a>", b"<text>x</text>", b"e.org"),
        (b"<style>.a{fill:red}</style>", b".a{fill:red}", b""),
        (b"<style>@import url(//e.org)</style>", b"<style></style>", b"e.org"),
        (b"<style>.a{fill:url(//e.org)}</style>", b"<style></style>", b"e.org"),
        (b"<rect fill='url(#g)'/>", b'fill="url(#g)"', b""),
        (b"<rect fill='url(https://e.org/#g)'/>", b"<rect>", b"e.org"),
        (b"<animate attributeName='href' to='x'/>", b"", b"animate"),
        (b"<metadata><x:a xmlns:x='y'>z</x:a></metadata><g/>", b"<g>", b"metadata"),
        (b"<?xml-stylesheet href='//e.org'?><g/>", b"<g>", b"stylesheet"),
    ],
)
def test_drawings_keep_what_draws(inside: bytes, kept: bytes, dropped: bytes) -> None:
    result = clean_svg(b"<!DOCTYPE svg>" + _OPEN + b" viewBox='0 0 1 1'>" + inside + b"</svg>")
    assert result.startswith(_OPEN)
    assert b'viewBox="0 0 1 1"' in result
    assert kept in result
    assert not dropped or dropped not in result
    assert clean_svg(result) == result


def test_names_that_clean_up_alike_stay_apart_however_many() -> None:
    names = [f"{chr(0x2200 + n)}{'x' * 230}.png" for n in range(40)]
    store = AssetStore(MemoryTree(dict.fromkeys(names, b"GIF89a")), Limits())
    uris = [store.uri(name) for name in names]
    assert len(set(uris)) == 40
    assert all(uri.endswith(".png") and len(uri) < 250 for uri in uris)
