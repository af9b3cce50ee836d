"""Ask every rule about one service. A rule that fails shows as such and hides nothing."""

from __future__ import annotations

import hashlib
import logging
import traceback
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from pathlib import PurePath
from typing import Any

from msgspec.structs import replace

from handbook.check.rule import Rule, Verdict
from handbook.model.facts import Absent, Broken, Fact
from handbook.model.readiness import Evidence, Exemption, Finding, Report, Status

_EVIDENCE = 50  # places kept of one finding: more are counted in its message
_SEARCHED = 20
_MESSAGE = 1_000  # characters

_UNMET: frozenset[Status] = frozenset({"fail", "error", "na"})

_log = logging.getLogger(__name__)


def judge(
    facts: Mapping[str, Fact[Any]],
    rules: Iterable[type[Rule]],
    exemptions: Mapping[str, Exemption],
    today: str,
) -> Report:
    """Return a finding of every rule.

    Args:
        facts: By name; those a rule asks for and that are not there are absent.
        rules: In the order of the report, each after those it requires.
        exemptions: By code of the rule.
        today: YYYY-MM-DD.
    """
    findings: dict[str, Finding] = {}
    for rule in rules:
        verdict = _required(rule, findings) or _ask(rule, facts, today)
        finding = _finding(rule, _bounded(verdict))
        findings[rule.code] = _exempt(finding, exemptions.get(rule.code), today)
    return Report(tuple(findings.values()), today)


def _required(rule: type[Rule], findings: Mapping[str, Finding]) -> Verdict | None:
    for code in rule.requires:
        # An exemption lets off the rule it names; what builds on it is still not there.
        if code in findings and (findings[code].was or findings[code].status) in _UNMET:
            return Verdict("na", f"It builds on {code}, which is not met.")
    return None


def _ask(rule: type[Rule], facts: Mapping[str, Fact[Any]], today: str) -> Verdict:
    wanted: dict[str, Any] = {}
    for name in rule.wants():
        fact = today if name == "today" else facts.get(name, Absent(()))
        if isinstance(fact, Broken):
            origin = fact.problem.origin
            return Verdict(
                "error",
                f"What it needs could not be read: {fact.problem.message}",
                (Evidence(origin.path, origin.line),) if origin.path else (),
                fix=fact.problem.hint or "Mend the file.",
            )
        wanted[name] = fact
    try:
        return rule().check(**wanted)
    except (MemoryError, KeyboardInterrupt):
        raise
    except Exception as exc:  # noqa: BLE001 - whatever a service's files make of a rule
        return _crashed(rule, exc)


def _crashed(rule: type[Rule], exc: Exception) -> Verdict:
    _log.warning("rule %s failed", rule.code, exc_info=True)
    last = traceback.extract_tb(exc.__traceback__)[-1]
    place = f"{PurePath(last.filename).name}:{last.lineno}"
    return Verdict(
        "error",
        f"The rule itself failed: {type(exc).__name__} at {place}: {exc}",
        fix="This is a bug of the rule: please report it with the file that causes it.",
    )


def _bounded(verdict: Verdict) -> Verdict:
    """Keep as much as a page can show: a repo may have a million places that break a rule."""
    more = len(verdict.evidence) - _EVIDENCE
    tail = f" ({more:,} more places are not listed.)" if more > 0 else ""
    return replace(
        verdict,
        message=verdict.message[:_MESSAGE] + tail,
        evidence=verdict.evidence[:_EVIDENCE],
        searched=verdict.searched[:_SEARCHED],
    )


def _finding(rule: type[Rule], verdict: Verdict) -> Finding:
    return Finding(
        code=rule.code,
        title=rule.title(),
        version=rule.version,
        level=rule.level,
        status=verdict.status,
        message=verdict.message,
        evidence=verdict.evidence,
        searched=verdict.searched,
        fix=verdict.fix,
        counts_from=rule.counts_from,
        until=verdict.until,
        fingerprint=_fingerprint(rule, verdict),
    )


def _fingerprint(rule: type[Rule], verdict: Verdict) -> str:
    """Name the finding by rule and object, not by line: a line above it changes nothing."""
    objects = sorted({f"{place.path}\0{place.snippet}" for place in verdict.evidence})
    text = "\0\0".join((rule.code, verdict.status, *objects))
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def _exempt(finding: Finding, exemption: Exemption | None, today: str) -> Finding:
    if exemption is None or finding.status not in ("warn", "fail"):
        return finding
    if exemption.until < today:
        tail = f" The exemption of {exemption.who} ended on {exemption.until}."
        return replace(finding, message=finding.message + tail, exemption=exemption)
    ends = (date.fromisoformat(exemption.until) + timedelta(days=1)).isoformat()
    until = min(day for day in (finding.until, ends) if day)
    return replace(finding, status="exempt", was=finding.status, exemption=exemption, until=until)
