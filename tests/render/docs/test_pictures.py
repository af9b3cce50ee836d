"""Sizes of pictures, so that pages do not jump."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from handbook.model.pages import Section
from handbook.render.pictures import picture_size, with_sizes

_PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x01\x40\0\0\0\xf0\x08\x02"
_JPEG = (
    b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0"
    b"\xff\xdb\0\x04\0\0\xff\xc4\0\x04\0\0\xff\xc2\0\x11\x08\0\xf0\x01\x40\3"
)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(_PNG, id="png"),
        pytest.param(b"GIF89a\x40\x01\xf0\x00", id="gif"),
        pytest.param(_JPEG, id="jpeg"),
        pytest.param(b"RIFF\0\0\0\0WEBPVP8X" + b"\0" * 8 + b"\x3f\x01\0\xef\0\0", id="webp"),
        pytest.param(
            b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f"
            + ((0x13F) | (0xEF << 14)).to_bytes(4, "little")
            + b"\0" * 9,
            id="webp, lossless",
        ),
        pytest.param(
            b"RIFF\0\0\0\0WEBPVP8 " + b"\0" * 7 + b"\x9d\x01\x2a\x40\x01\xf0\0", id="webp, lossy"
        ),
        pytest.param(
            b'<?xml version="1.0"?>\n<!-- <svg> -->\n'
            b'<svg xmlns="x" viewBox="0 0 1 1"\n stroke-width="9" width="320" height="239.6px">',
            id="svg",
        ),
    ],
)
def test_size(data: bytes) -> None:
    assert picture_size(data) == (320, 240)


@pytest.mark.parametrize(
    "data",
    [b"", b"\x89PNG", b"GIF89a", b"\xff\xd8", b"\xff\xd8\xff\xe0\0\0" * 9, _JPEG[:30], b"RIFF",
     _PNG[:16] + b"\0" * 8, b"\0\0\0 ftypavif", b"<svg/>", b'<svg width="100%" height="9">',
     b'<svg viewBox="0 0 9 9"><a width="1" height="1">', b'<svg width="9em" height="9em">',
     b"RIFF\0\0\0\0WEBPXXXX" + b"x" * 20],
)  # fmt: skip
def test_no_size(data: bytes) -> None:
    assert picture_size(data) is None


def test_sizes_are_written_where_there_are_none() -> None:
    html = '<p><img src="a&amp;b.png" alt="x &gt; y"><img src="a&amp;b.png" width="5"><img src="c">'
    assert with_sizes(html, {"a&b.png": (1, 2)}) == (
        '<p><img src="a&amp;b.png" alt="x &gt; y" width="1" height="2">'
        '<img src="a&amp;b.png" width="5"><img src="c">'
    )


def test_pages_have_sizes(section: Callable[..., Section]) -> None:
    made = section({"README.md": "# T\n\n![x](a.png)\n", "a.png": _PNG})
    assert '<img src="_files/a.png" alt="x" width="320" height="240">' in made.pages[0].html
