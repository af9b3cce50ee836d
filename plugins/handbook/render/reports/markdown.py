"""A report as Markdown, for the comment of a pull request."""

from __future__ import annotations

import re

from handbook.model.readiness import Finding, Report
from handbook.render.statuses import WORDS

_PLACES = 3
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+!|~@-])")


def as_markdown(report: Report, name: str) -> str:
    """Return the report with one row for each finding that needs work."""
    level = report.level or "no level yet"
    lines = [f"## Readiness of {_text(name)}: {level}", ""]
    work = [f for f in report.findings if f.status in ("error", "fail", "warn", "exempt")]
    if not work:
        return "\n".join([*lines, "Every applicable rule is met.", ""])
    lines += ["| Rule | State | What | Where | What to do |", "|--|--|--|--|--|"]
    lines += [_row(finding) for finding in work]
    if target := report.next_level:
        codes = ", ".join(finding.code for finding in report.blocking(target))
        lines += ["", f"What keeps it from {target}: {codes}."]
    return "\n".join([*lines, ""])


def _row(finding: Finding) -> str:
    places = [f"`{_code(f'{p.path}:{p.line}')}`" for p in finding.evidence[:_PLACES]]
    more = len(finding.evidence) - _PLACES
    tail = f" and {more} more" if more > 0 else ""
    cells = (
        f"{finding.code} {_text(finding.title)}",
        WORDS[finding.status][0],
        _text(finding.message),
        ", ".join(places) + tail,
        _text(finding.fix),
    )
    return f"| {' | '.join(cells)} |"


def _text(text: str) -> str:
    """Write what a repo says as text: no markup, no mention of anybody, one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def _code(text: str) -> str:
    return text.replace("`", "'").replace("|", "\\|")
