"""What is said of a service's readiness: findings, the evidence for them, the level reached."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from msgspec import Meta, Struct

from handbook.model.facts import Origin

Status = Literal["pass", "warn", "fail", "na", "manual", "exempt", "error"]
"""How a rule judges a service.

``na``: it does not apply, the message says why. ``manual``: files cannot show it, the repo attests
it with a link and an expiry. ``exempt``: the repo asks to be let off, with a reason, until a day.
``error``: the rule itself failed.
"""

Level = Literal["bronze", "silver", "gold"]
LEVELS: tuple[Level, ...] = ("bronze", "silver", "gold")

CODE = re.compile(r"[A-Z]{2,8}[0-9]{2,3}")
"""The form of a rule's code: the letters of its family, and a number."""

MEETS: frozenset[Status] = frozenset({"pass", "warn", "na", "manual", "exempt"})
"""What does not keep a service from a level. A level with exemptions is always shown with them."""


class Evidence(Struct, frozen=True):
    """A place in the repo that shows it: path from the repo's root, line from 1 (0: whole file)."""

    path: str
    line: int = 0
    snippet: str = ""


class Exemption(Struct, frozen=True):
    """A service's own request to be let off one rule."""

    code: Annotated[str, Meta(description="code of the rule")]
    reason: Annotated[str, Meta(description="why it cannot be met yet; shown beside the level")]
    who: Annotated[str, Meta(description="the team or person who answers for it")]
    until: Annotated[str, Meta(description="last day on which it counts, YYYY-MM-DD")]
    origin: Origin


class Finding(Struct, frozen=True):
    """One rule's judgement of one service.

    ``fingerprint`` stays the same when lines move. ``searched``: where was looked, in words of
    paths. ``was``: the status that an exemption covers. ``counts_from``: the day from which the
    rule counts for levels, "" for now. ``until``: the first day on which the judgement may be
    another without a change in the repo, "" for never.
    """

    code: str
    title: str
    version: int
    level: Level
    status: Status
    message: str
    evidence: tuple[Evidence, ...] = ()
    searched: tuple[str, ...] = ()
    fix: str = ""
    exemption: Exemption | None = None
    was: Status | None = None
    counts_from: str = ""
    until: str = ""
    fingerprint: str = ""


class RuleInfo(Struct, frozen=True):
    """A rule as its own page shows it.

    ``statements`` are numbers of the sources' statements; ``page`` is where the handbook says
    more; ``advice`` are the sections of its docstring: heading, Markdown. ``off``: this handbook
    does not ask for it.
    """

    code: str
    title: str
    level: Level
    statements: tuple[int, ...] = ()
    page: str = ""
    counts_from: str = ""
    advice: tuple[tuple[str, str], ...] = ()
    off: bool = False


class Report(Struct, frozen=True):
    """Every finding on one service, in the rules' order, and the day it was made for."""

    findings: tuple[Finding, ...]
    day: str

    def counted(self) -> tuple[Finding, ...]:
        """Return the findings that count for levels on this day."""
        return tuple(finding for finding in self.findings if finding.counts_from <= self.day)

    def blocking(self, level: Level) -> tuple[Finding, ...]:
        """Return what keeps the service from a level: levels are cumulative."""
        below = LEVELS[: LEVELS.index(level) + 1]
        return tuple(
            finding
            for finding in self.counted()
            if finding.level in below and finding.status not in MEETS
        )

    @property
    def level(self) -> Level | None:
        """The highest level that nothing keeps the service from; None without any finding."""
        if not self.findings:
            return None
        reached = [level for level in LEVELS if not self.blocking(level)]
        return reached[-1] if reached else None

    @property
    def next_level(self) -> Level | None:
        """The level above the one reached; None at the top."""
        level = self.level
        place = LEVELS.index(level) + 1 if level else 0
        return LEVELS[place] if place < len(LEVELS) else None

    @property
    def exempted(self) -> tuple[Finding, ...]:
        """The findings covered by an exemption: shown wherever the level is."""
        return tuple(finding for finding in self.counted() if finding.status == "exempt")

    @property
    def until(self) -> str:
        """The first day on which this report may be out of date by itself; "" for never."""
        days = [
            *(finding.until for finding in self.findings),
            *(f.counts_from for f in self.findings if f.counts_from > self.day),
        ]
        return min((day for day in days if day > self.day), default="")
