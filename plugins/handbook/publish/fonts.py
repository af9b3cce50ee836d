"""The site's fonts, made once from the font wheels: Latin only, two weights' range, woff2.

Inter (text, upright and italic) and JetBrains Mono (code), both under the SIL Open Font
License. A font as its wheel ships it is 190 to 900 kB; what a reader loads is 20 to 40 kB.
"""

from __future__ import annotations

import hashlib
import io
import os
from importlib.metadata import version
from pathlib import Path

from msgspec import Struct

# Latin with its extensions, dashes and quotes, arrows, common mathematics, ticks, the Mac key.
_LATIN = (
    (0x20, 0x7E),
    (0xA0, 0x17F),
    (0x2C6, 0x2C6),
    (0x2DA, 0x2DC),
    (0x2010, 0x2027),
    (0x202F, 0x2033),
    (0x2039, 0x203A),
    (0x20AC, 0x20AC),
    (0x2122, 0x2122),
    (0x2190, 0x2195),
    (0x21D2, 0x21D2),
    (0x2212, 0x2212),
    (0x2248, 0x2248),
    (0x2260, 0x2265),
    (0x2318, 0x2318),
    (0x2713, 0x2717),
)
# Trees of files are drawn with these.
_BOXES = ((0x2500, 0x259F), (0x25B6, 0x25B6), (0x25CF, 0x25CF))
# The signs of the readiness pages, where columns must have one width.
_SIGNS = ((0x25B3, 0x25B3), (0x25C6, 0x25C7))


class Cut(Struct, frozen=True):
    """What is kept of a font: code points, design axes (pinned or limited), features."""

    name: str
    distribution: str
    source: str
    ranges: tuple[tuple[int, int], ...]
    axes: dict[str, float | tuple[float, float]]
    features: tuple[str, ...]


CUTS = (
    Cut(
        "inter.woff2",
        "fontpkg-inter",
        "fontpkg_inter/files/Inter[opsz,wght].ttf",
        _LATIN,
        {"opsz": 14.0, "wght": (400, 700)},
        ("kern", "mark", "mkmk", "ccmp", "locl", "calt", "tnum", "case", "cv05", "ss03"),
    ),
    Cut(
        "inter-italic.woff2",
        "fontpkg-inter",
        "fontpkg_inter/files/Inter-Italic[opsz,wght].ttf",
        _LATIN,
        {"opsz": 14.0, "wght": (400, 700)},
        ("kern", "mark", "mkmk", "ccmp", "locl", "calt", "tnum", "case", "cv05", "ss03"),
    ),
    # Without its ligatures: what is shown must be what is copied.
    Cut(
        "mono.woff2",
        "fontpkg-jetbrains-mono",
        "fontpkg_jetbrains_mono/files/JetBrainsMono[wght].ttf",
        _LATIN + _BOXES + _SIGNS,
        {"wght": (400, 700)},
        ("kern", "mark", "ccmp", "locl", "zero"),
    ),
)


def web_font(cut: Cut, source: Path, cache: Path) -> Path:
    """Return the web font cut from ``source``, made on first use and kept in ``cache``.

    The cached file's name has the hash of everything that makes its content, so a new font,
    cut or library never meets an old file. Making one takes one to two seconds of CPU.
    """
    made_from = (source.read_bytes(), repr(cut).encode(), version("fonttools").encode())
    digest = hashlib.sha256(b"\0".join(made_from)).hexdigest()[:20]
    cached = cache / f"{digest}-{cut.name}"
    if cached.is_file():
        return cached
    cache.mkdir(parents=True, exist_ok=True)
    # Written aside and renamed: a build stopped half-way leaves no half font.
    aside = cached.with_suffix(f".{os.getpid()}.part")
    aside.write_bytes(_cut(source, cut))
    return aside.replace(cached)


def _cut(source: Path, cut: Cut) -> bytes:
    # Loaded only by the one build that needs it: every other starts sooner.
    from fontTools.subset import Options, Subsetter  # type: ignore  # noqa: PLC0415
    from fontTools.ttLib import TTFont  # type: ignore  # noqa: PLC0415
    from fontTools.varLib.instancer import (  # type: ignore  # noqa: PLC0415
        instantiateVariableFont,
    )

    options = Options()
    options.layout_features = list(cut.features)
    options.hinting = False
    options.notdef_outline = True
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=[c for a, b in cut.ranges for c in range(a, b + 1)])
    small, out = io.BytesIO(), io.BytesIO()
    # Fixed times in the file: the same input gives the same bytes.
    with TTFont(source, lazy=True, recalcTimestamp=False) as font:
        subsetter.subset(font)
        font.save(small)
    small.seek(0)
    with TTFont(small, recalcTimestamp=False) as font:
        instantiateVariableFont(font, cut.axes, inplace=True)
        font.flavor = "woff2"
        font.save(out)
    return out.getvalue()
