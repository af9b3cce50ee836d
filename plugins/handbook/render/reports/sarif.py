"""A report as SARIF 2.1.0, which forges show beside the lines of a pull request.

Only what a change of files can mend is in it. Source: OASIS, "Static Analysis Results
Interchange Format (SARIF) Version 2.1.0".
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

import msgspec

from handbook.model.readiness import Evidence, Finding, Report, RuleInfo
from handbook.model.service import Service

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {"fail": "error", "warn": "warning", "error": "warning", "exempt": "note"}


def as_sarif(report: Report, rules: Iterable[RuleInfo], service: Service, version: str) -> str:
    """Return the report as a SARIF log with one run; ``version`` is that of this package.

    Runs of several services of one repo stand side by side: each has an id of its own.
    """
    shown = [finding for finding in report.findings if finding.status in _LEVELS]
    infos = {rule.code: rule for rule in rules}
    codes = [code for code in infos if any(finding.code == code for finding in shown)]
    driver = {
        "name": "handbook",
        "version": version,
        "rules": [_rule(infos[code]) for code in codes],
    }
    run = {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"handbook/{service.slug}/"},
        "columnKind": "utf16CodeUnits",
        "results": [
            _result(finding, codes.index(finding.code), service.inside("README.md"))
            for finding in shown
        ],
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return msgspec.json.format(msgspec.json.encode(log)).decode() + "\n"


def _rule(rule: RuleInfo) -> dict[str, Any]:
    advice = "\n\n".join(f"## {heading}\n\n{text}" for heading, text in rule.advice)
    return {
        "id": rule.code,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": dict(rule.advice).get("What it does", rule.title)},
        "help": {"text": advice or rule.title, "markdown": advice or rule.title},
        "properties": {"level": rule.level},
    }


def _result(finding: Finding, index: int, readme: str) -> dict[str, Any]:
    # A forge wants a place: what is missing altogether is shown at the README.
    places = finding.evidence or (Evidence(readme),)
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": index,
        "level": _LEVELS[finding.status],
        "message": {"text": f"{finding.message} {finding.fix}".strip()},
        "locations": [_location(place) for place in places],
        "partialFingerprints": {"handbook/v1": finding.fingerprint},
    }
    if finding.exemption and finding.status == "exempt":
        reason = f"{finding.exemption.reason} ({finding.exemption.who})"
        result["suppressions"] = [{"kind": "external", "justification": reason}]
    return result


def _location(place: Evidence) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": {"uri": quote(place.path)}}
    if place.line:
        physical["region"] = {"startLine": place.line}
    return {"physicalLocation": physical}
