"""A report as JSON: stable keys, for programs."""

from __future__ import annotations

import msgspec

from handbook.model.readiness import Report

FORMAT = 1
"""Grows when a key changes its meaning or goes away."""


def as_json(report: Report, name: str, commit: str) -> str:
    """Return the report as indented JSON."""
    document = {
        "format": FORMAT,
        "service": name,
        "commit": commit,
        "day": report.day,
        "level": report.level,
        "next_level": report.next_level,
        "blocking": [f.code for f in report.blocking(report.next_level)]
        if report.next_level
        else [],
        "findings": [msgspec.to_builtins(finding) for finding in report.findings],
    }
    return msgspec.json.format(msgspec.json.encode(document)).decode() + "\n"
