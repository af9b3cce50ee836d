"""The badge says the level to everybody: in words, with enough contrast, in plain SVG."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from handbook.cli import main
from handbook.model.readiness import Finding, Level, Report, Status
from handbook.render.reports.badge import COLOURS, badge
from handbook.render.svg import clean_svg

SVG = "{http://www.w3.org/2000/svg}"


def report(*findings: tuple[Level, Status]) -> Report:
    made = tuple(
        Finding(f"A{n:02}", "T", 1, level, status, "m")
        for n, (level, status) in enumerate(findings)
    )
    return Report(made, "2026-03-10")


@pytest.mark.parametrize(
    ("findings", "said"),
    [
        ([("bronze", "fail")], "readiness: no level yet"),
        ([("bronze", "pass"), ("silver", "fail")], "readiness: bronze"),
        (
            [("bronze", "exempt"), ("silver", "pass"), ("gold", "fail")],
            "readiness: silver, 1 exempt",
        ),
        ([("gold", "pass")], "readiness: gold"),
    ],
)
def test_it_says_the_level_in_words(findings: list[tuple[Level, Status]], said: str) -> None:
    root = ElementTree.fromstring(badge(report(*findings)))  # noqa: S314 - made here
    assert root.get("role") == "img"
    assert root.get("aria-label") == said
    title = root.find(f"{SVG}title")
    assert title is not None and title.text == said
    assert ": ".join(text.text or "" for text in root.iter(f"{SVG}text")) == said


def test_nothing_of_it_is_refused_on_the_site() -> None:
    drawing = badge(report(("gold", "pass")))
    cleaned = clean_svg(drawing.encode()).decode()
    assert cleaned.count("<text") == 2 and cleaned.count("<rect") == 2


@pytest.mark.parametrize("level", COLOURS)
def test_its_colours_can_be_read(level: str) -> None:
    back, front = (luminance(colour) for colour in COLOURS[level])
    assert (max(back, front) + 0.05) / (min(back, front) + 0.05) >= 4.5


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in parts]
    return sum(w * v for w, v in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_the_command_draws_it(tmp_path: Path) -> None:
    (tmp_path / "CODEOWNERS").write_text("* @acme/risk @acme/risk-ml\n", encoding="utf-8")
    command = ["check", str(tmp_path), "--select", "DOC03", "--format", "badge"]
    done = CliRunner().invoke(main, command)
    assert done.exit_code == 0
    assert done.output.startswith("<svg") and "<title>readiness: gold</title>" in done.output
