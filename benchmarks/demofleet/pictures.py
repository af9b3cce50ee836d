"""Pictures for the demo services, without a drawing library: a PNG chart, an SVG diagram."""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Sequence
from html import escape

_PAPER, _GRID, _LINE, _FILL = b"\xfb\xfb\xfd", b"\xe3\xe6\xee", b"\x3f\x51\xb5", b"\xd9\xde\xf5"
WIDTH, HEIGHT = 640, 240


def chart(values: Sequence[float]) -> bytes:
    """Return a PNG of :data:`WIDTH` by :data:`HEIGHT` pixels: a line over a filled area.

    Args:
        values: At least two heights, 0 to 1.
    """
    rows = [bytearray(_PAPER * WIDTH) for _ in range(HEIGHT)]
    for y in range(40, HEIGHT, 40):
        rows[y][:] = _GRID * WIDTH
    for x in range(WIDTH):
        place = x / (WIDTH - 1) * (len(values) - 1)
        left = min(int(place), len(values) - 2)
        share = place - left
        value = values[left] * (1 - share) + values[left + 1] * share
        top = round((HEIGHT - 20) - value * (HEIGHT - 40))
        for y in range(top, HEIGHT):
            rows[y][3 * x : 3 * x + 3] = _LINE if y < top + 3 else _FILL
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows), 9)
    parts = (_chunk(b"IHDR", header), _chunk(b"IDAT", pixels), _chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def daily(seed: int, days: int = 28) -> list[float]:
    """Return heights that look like traffic: a weekly wave, a slow rise, a little noise."""
    return [
        0.35
        + 0.3 * day / days
        + 0.2 * math.sin(2 * math.pi * (day + seed) / 7)
        + 0.05 * math.sin(12.9898 * (day + 1) * (seed + 1))
        for day in range(days)
    ]


def boxes(names: Sequence[str], title: str) -> bytes:
    """Return an SVG with one box for each name, left to right, joined by arrows."""
    width = 40 + 190 * len(names)
    shapes = "".join(
        f'<rect x="{30 + 190 * i}" y="40" width="140" height="60" rx="6"/>'
        for i in range(len(names))
    )
    labels = "".join(
        f'<text x="{100 + 190 * i}" y="76">{escape(name)}</text>' for i, name in enumerate(names)
    )
    arrows = "".join(
        f'<path d="M{170 + 190 * i} 70 h42 m-8 -6 l8 6 l-8 6"/>' for i in range(len(names) - 1)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} 140" role="img" '
        f'aria-labelledby="t"><title id="t">{escape(title)}</title>'
        f'<rect width="{width}" height="140" rx="8" fill="#f7f8fa"/>'
        f'<g fill="#fff" stroke="#3f51b5" stroke-width="2">{shapes}</g>'
        f'<g fill="none" stroke="#3f51b5" stroke-width="2">{arrows}</g>'
        '<g font-family="sans-serif" font-size="15" fill="#1b1f24" text-anchor="middle">'
        f"{labels}</g></svg>\n"
    ).encode()


def _chunk(kind: bytes, data: bytes) -> bytes:
    check = struct.pack(">I", zlib.crc32(kind + data))
    return struct.pack(">I", len(data)) + kind + data + check
