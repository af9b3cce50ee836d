"""A report for people at a terminal: what is lacking, where, and what to do."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

import click

from handbook.model.readiness import MEETS, Evidence, Finding, Report, RuleInfo
from handbook.render.statuses import WORDS
from handbook.tree import visible

_SIGNS = {
    "pass": ("✓", "green"),
    "warn": ("!", "yellow"),
    "fail": ("✗", "red"),
    "na": ("-", None),
    "manual": ("✓", "green"),
    "exempt": ("~", "yellow"),
    "error": ("✗", "red"),
}
_PLACES = 5
_WIDTH = 96
_SNIPPET = 90


def as_text(
    report: Report, name: str, *, everything: bool = False, known: frozenset[str] = frozenset()
) -> str:
    """Return the report as lines; with ``everything``, also what is met or does not apply.

    ``known`` are fingerprints of findings that a baseline accepts: counted, not shown.
    """
    shown = [
        finding
        for finding in report.findings
        if finding.fingerprint not in known
        and (everything or finding.status not in ("pass", "na", "manual"))
    ]
    lines = [_head(report, name), ""]
    for finding in shown:
        lines += [*_finding(finding, report), ""]
    lines += _tail(report, len(report.findings) - len(shown), known, everything)
    return "\n".join(lines) + "\n"


def explain(rule: RuleInfo) -> str:
    """Return a rule's advice as text."""
    lines = [click.style(f"{rule.code}: {rule.title}", bold=True)]
    lines.append(f"Asked for from {rule.level} on. More: {rule.page or 'nowhere yet'}")
    for heading, text in rule.advice:
        lines += ["", click.style(heading, bold=True), text]
    return "\n".join(lines) + "\n"


def _head(report: Report, name: str) -> str:
    applicable = [finding for finding in report.counted() if finding.status != "na"]
    met = sum(finding.status in MEETS for finding in applicable)
    level = report.level or "no level yet"
    exempt = f" with {len(report.exempted)} exempt" if report.exempted else ""
    title = click.style(f"{_safe(name)}: {level}{exempt}", bold=True)
    return f"{title}. {met} of {len(applicable)} applicable rules are met."


def _finding(finding: Finding, report: Report) -> Iterator[str]:
    sign, color = _SIGNS[finding.status]
    later = f", counts from {finding.counts_from}" if finding.counts_from > report.day else ""
    mark = click.style(f"{sign} {finding.code}", fg=color, bold=True)
    yield f"{mark}  {finding.title} ({WORDS[finding.status][0]}; {finding.level}{later})"
    yield from _wrapped(finding.message)
    for place in finding.evidence[:_PLACES]:
        where = click.style(_where(place), fg="cyan")
        yield f"    {where}  {_safe(place.snippet)[:_SNIPPET]}".rstrip()
    if more := len(finding.evidence) - _PLACES:
        yield from [f"    … and {more} more places"] if more > 0 else []
    if finding.searched and finding.status in ("fail", "warn"):
        yield from _wrapped(f"Searched {', '.join(finding.searched)}.")
    if finding.exemption and finding.status == "exempt":
        item = finding.exemption
        yield from _wrapped(f"Exempt until {item.until} ({item.who}): {item.reason}")
    elif finding.fix and finding.status not in ("pass", "na"):
        yield from _wrapped(f"Do: {finding.fix}")


def _tail(report: Report, hidden: int, known: frozenset[str], everything: bool) -> Iterator[str]:
    old = sum(finding.fingerprint in known for finding in report.findings)
    if old:
        yield f"{old} known from the baseline."
    if hidden - old > 0 and not everything:
        yield f"{hidden - old} met or not applicable (show them with --all)."
    target = report.next_level
    if target:
        codes = [finding.code for finding in report.blocking(target)]
        yield f"What keeps it from {target}: {', '.join(codes)}."
        yield f"Why, and how others do it: handbook explain {codes[0]}"


def _where(place: Evidence) -> str:
    return _safe(f"{place.path}:{place.line}" if place.line else place.path)


def _safe(text: str) -> str:
    """Leave no control character of a repo for the terminal to act on."""
    return visible(text)


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(_safe(text), _WIDTH, initial_indent="  ", subsequent_indent="  ")
