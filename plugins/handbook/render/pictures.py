"""The size of a picture, from its first bytes: a page that knows it does not jump on loading."""

from __future__ import annotations

import re
from collections.abc import Mapping

Size = tuple[int, int]
"""Width and height in pixels."""

_IMAGE = re.compile(r"<img(?: [^\s=>\"]+=\"[^\"]*\")*>")
_SOURCE = re.compile(r" src=\"([^\"]*)\"")
_HAS_SIZE = re.compile(r" (?:width|height)=\"")
_JPEG_HEADER = 512 * 1024  # bytes searched; previews and colour profiles come first
_SVG_HEADER = 4096  # bytes searched; comments and a document type come first
_SVG_ROOT = re.compile(rb"<svg\s[^<>]*>")
_SVG_SIDE = {
    side: re.compile(rb"\s%s=[\"'](\d{1,5}(?:\.\d{1,9})?)(?:px)?[\"']" % side.encode())
    for side in ("width", "height")
}
# Start of a frame in JPEG: all markers C0 to CF but three that hold tables.
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def picture_size(data: bytes) -> Size | None:
    """Return the size of a PNG, GIF, JPEG, WebP or SVG picture; None if it cannot be told.

    An SVG has one if its root says both sides in pixels. Sources: PNG (ISO/IEC 15948) 11.2.2,
    GIF89a 18, JPEG (ITU-T T.81) B.2.2, RFC 9649 2, SVG 2 8.2.
    """
    size = None
    if data.startswith(b"\x89PNG") and len(data) >= 24:
        size = (_big(data[16:20]), _big(data[20:24]))
    elif data.startswith(b"GIF8") and len(data) >= 10:
        size = (_little(data[6:8]), _little(data[8:10]))
    elif data.startswith(b"\xff\xd8"):
        size = _jpeg(data)
    elif data.startswith(b"RIFF") and len(data) >= 30:
        size = _webp(data)
    else:
        size = _svg(data)
    return size if size and all(0 < side < 65_536 for side in size) else None


def with_sizes(html: str, sizes: Mapping[str, Size]) -> str:
    """Write the sizes of pictures into a sanitised page, where its author gave none.

    ``sizes`` goes by the address as it stands in the page, not escaped.
    """

    def sized(match: re.Match[str]) -> str:
        source = _SOURCE.search(match[0])
        size = sizes.get(source[1].replace("&amp;", "&")) if source else None
        if size is None or _HAS_SIZE.search(match[0]):
            return match[0]
        return f'{match[0][:-1]} width="{size[0]}" height="{size[1]}">'

    return _IMAGE.sub(sized, html) if sizes else html


def _jpeg(data: bytes) -> Size | None:
    at = 2
    end = min(len(data), _JPEG_HEADER)
    while at + 9 <= end and data[at] == 0xFF:
        marker = data[at + 1]
        if marker in _JPEG_FRAMES:
            return _big(data[at + 7 : at + 9]), _big(data[at + 5 : at + 7])
        at += 2 + max(_big(data[at + 2 : at + 4]), 2)
    return None


def _svg(data: bytes) -> Size | None:
    root = _SVG_ROOT.search(data, 0, _SVG_HEADER)
    sides = {name: _SVG_SIDE[name].search(root[0]) for name in _SVG_SIDE} if root else {}
    width, height = sides.get("width"), sides.get("height")
    return (round(float(width[1])), round(float(height[1]))) if width and height else None


def _webp(data: bytes) -> Size | None:
    kind = data[12:16]
    if kind == b"VP8X":
        return _little(data[24:27]) + 1, _little(data[27:30]) + 1
    if kind == b"VP8L":
        bits = _little(data[21:25])
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 ":
        return _little(data[26:28]) & 0x3FFF, _little(data[28:30]) & 0x3FFF
    return None


def _big(data: bytes) -> int:
    return int.from_bytes(data, "big")


def _little(data: bytes) -> int:
    return int.from_bytes(data, "little")
