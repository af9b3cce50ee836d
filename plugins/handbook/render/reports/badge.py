"""A report as a badge: a small drawing for the README, with the level in words."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from handbook.model.readiness import Report

LABEL = "readiness"
COLOURS: Mapping[str, tuple[str, str]] = {
    "gold": ("#f2c744", "#221a00"),
    "silver": ("#c9d1d9", "#1c2128"),
    "bronze": ("#8a4b1f", "#ffffff"),
    "none": ("#5c5f66", "#ffffff"),
}
"""Of each level: background and text, at a contrast of 4.5 or more."""

_LABEL_COLOURS = ("#30343b", "#ffffff")
_GLYPH = 6.6  # mean width of a character at 11 px, on the wide side
_SIDE = 7  # free space on both sides of a text
_HEIGHT = 20


def badge(report: Report) -> str:
    """Return the level that is reached as an SVG drawing; exemptions are said with it.

    The drawing has no style, script or font of its own, so that it may be shown anywhere.
    """
    level = report.level or "none"
    count = len(report.exempted)
    value = f"{report.level or 'no level yet'}{f', {count} exempt' if count else ''}"
    left, right = _width(LABEL), _width(value)
    title = f"{LABEL}: {value}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="{_HEIGHT}"'
        f' viewBox="0 0 {left + right} {_HEIGHT}" role="img" aria-label="{escape(title)}">\n'
        f"<title>{escape(title)}</title>\n"
        f"{_part(LABEL, 0, left, _LABEL_COLOURS)}{_part(value, left, right, COLOURS[level])}"
        "</svg>\n"
    )


def _width(text: str) -> int:
    return round(len(text) * _GLYPH) + 2 * _SIDE


def _part(text: str, start: int, width: int, colours: tuple[str, str]) -> str:
    back, front = colours
    return (
        f'<rect x="{start}" width="{width}" height="{_HEIGHT}" fill="{back}"/>\n'
        f'<text x="{start + width / 2:g}" y="14" fill="{front}" text-anchor="middle"'
        f' font-family="Verdana, DejaVu Sans, sans-serif" font-size="11"'
        f' textLength="{width - 2 * _SIDE}">{escape(text)}</text>\n'
    )
