"""What the benchmarks have in common: a section of measured lines, and the tables made of them.

A module that measures has a function ``measure(quick: bool) -> Section``, and ``run.py`` shows all
of them. A number of one machine on one day says little, so each line also has its ratio to a bare
version of the same thing, measured in the same run: the ratios are what the service claims.
"""

from __future__ import annotations

import os
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil


@dataclass(frozen=True)
class Line:
    """One case.

    Attributes:
        case: What was measured: ``REST, 32 clients``.
        value: How much.
        unit: Of what: ``requests/s``, ``jobs/s``, ``ms``.
        ratios: By what this is a multiple of which other thing: ``{"null handler": 0.61}``.
        notes: Further numbers of the case: ``{"p50": "1.9 ms", "p99": "4.0 ms"}``.
    """

    case: str
    value: float
    unit: str
    ratios: Mapping[str, float] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Section:
    """All cases of one subject.

    Attributes:
        title: Of the section.
        about: What was measured and against what, in a few sentences for the page.
        lines: The cases; none when it was skipped.
        skipped: Why nothing could be measured here; "" when it was.
    """

    title: str
    about: str
    lines: Sequence[Line] = ()
    skipped: str = ""


def plain(section: Section) -> str:
    """Return a section as text for a terminal."""
    if section.skipped:
        return f"{section.title}\n  skipped: {section.skipped}"
    rows = _rows(section)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    text = ["  " + "  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    return "\n".join([section.title, *text])


def markdown(section: Section) -> str:
    """Return a section for a page."""
    head = f"## {section.title}\n\n{section.about}\n"
    if section.skipped:
        return f"{head}\nNot measured: {section.skipped}\n"
    first, *rest = (f"| {' | '.join(row)} |" for row in _rows(section))
    rule = f"|{'--|' * len(_rows(section)[0])}"
    return "\n".join([head, first, rule, *rest, ""])


def page(sections: Sequence[Section]) -> str:
    """Return ``docs/benchmarks.md``."""
    return (
        "# Benchmarks\n\n"
        "<!-- Written by `make bench ARGS=--write`. Change benchmarks/ instead. -->\n\n"
        "What to rely on are the columns of ratios: each divides by a bare version of the same "
        "thing, measured in the same run on the same machine. The absolute numbers are those of "
        f"one run on {os.cpu_count()} cores, which clients, service and database shared.\n\n"
        + "\n".join(map(markdown, sections))
        + "\n## Measure again\n\n"
        "`make bench` prints these tables, `make bench ARGS=--quick` rougher ones within a minute "
        "or two, and `make bench ARGS=--write` renews this page.\n"
    )


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value that so large a share of the values does not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, ceil(share * len(ordered)) - 1)]


def middle(values: Sequence[float]) -> float:
    """Return the median: one round that something else disturbed does not count."""
    return statistics.median(values)


def _rows(section: Section) -> list[tuple[str, ...]]:
    ratios = list(dict.fromkeys(name for line in section.lines for name in line.ratios))
    notes = list(dict.fromkeys(name for line in section.lines for name in line.notes))
    head = ("case", "measured", *notes, *(f"× {name}" for name in ratios))  # noqa: RUF001
    return [head, *(_row(line, notes, ratios) for line in section.lines)]


def _row(line: Line, notes: Sequence[str], ratios: Sequence[str]) -> tuple[str, ...]:
    return (
        line.case,
        f"{_short(line.value)} {line.unit}",
        *(line.notes.get(name, "") for name in notes),
        *(_short(line.ratios[name]) if name in line.ratios else "" for name in ratios),
    )


def _short(number: float) -> str:
    """Three significant digits, without an exponent: more would be noise."""
    if number >= 100:
        return f"{number:,.0f}"
    return f"{number:.3g}"
