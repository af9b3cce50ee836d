"""What the statuses of a finding are called and drawn as, the same everywhere."""

from __future__ import annotations

from handbook.model.readiness import Status

WORDS: dict[Status, tuple[str, str]] = {
    "pass": ("met", "good"),
    "warn": ("could be better", "warn"),
    "fail": ("not met", "bad"),
    "na": ("does not apply", ""),
    "manual": ("attested", "good"),
    "exempt": ("exempt", "warn"),
    "error": ("could not be judged", "bad"),
}
"""Of each status: what it is called, and the tone of its badge."""

MARKS: dict[Status, tuple[str, str]] = {
    "pass": ("", "●"),
    "warn": ("i", "△"),
    "fail": ("b", "×"),
    "error": ("s", "!"),
    "exempt": ("u", "◇"),
    "manual": ("", "◆"),
    "na": ("", "·"),
}
"""Of each status: the element that gives its sign a hue ("" for none, as a matrix has a cell for
each pair of service and rule), and the sign. Signs differ in shape, not in hue alone.
"""
