"""What a rule is: a class with a code, whose docstring is the advice it gives."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any, ClassVar

from msgspec import Struct

from handbook.errors import RuleError
from handbook.model.readiness import CODE, LEVELS, Evidence, Level, RuleInfo, Status

SECTIONS = ("What it does", "Why", "How to fix", "Equivalents")
"""Headings that a rule's docstring has, below its title; ``handbook explain`` prints them."""


class Verdict(Struct, frozen=True):
    """What a rule's ``check`` returns; fields as in :class:`~handbook.model.readiness.Finding`."""

    status: Status
    message: str
    evidence: tuple[Evidence, ...] = ()
    searched: tuple[str, ...] = ()
    fix: str = ""
    until: str = ""


class Rule:
    """Base of all rules. Subclasses have a docstring, the attributes, and a method ``check``.

    The parameters of ``check`` are names of facts (fields of
    :class:`~handbook.model.collected.ServiceFacts`, or of a company's own collectors); each is
    given as ``Found`` or ``Absent``. A fact that is ``Broken`` makes the finding an ``error``
    without asking the rule. ``today`` gives the day, YYYY-MM-DD.

    Attributes:
        code: Letters of the family and a number, never used twice.
        level: The first level that asks for it.
        statements: Numbers of the sources' statements that it holds services to.
        page: Page of the handbook, with the anchor, that says more.
        version: Grows when the rule judges otherwise than before.
        requires: Codes of rules without which this one says nothing.
        counts_from: Day from which it counts, "" for now: announced before it is enforced.
        never: Statuses that it cannot have; tests ask for a case of each other one.
    """

    code: ClassVar[str]
    level: ClassVar[Level]
    statements: ClassVar[tuple[int, ...]] = ()
    page: ClassVar[str] = ""
    version: ClassVar[int] = 1
    requires: ClassVar[tuple[str, ...]] = ()
    counts_from: ClassVar[str] = ""
    never: ClassVar[tuple[Status, ...]] = ()

    check: Callable[..., Verdict]

    @classmethod
    def title(cls) -> str:
        """The docstring's first line."""
        return (inspect.getdoc(cls) or "").partition("\n")[0].strip()

    @classmethod
    def advice(cls) -> dict[str, str]:
        """The docstring's sections by heading, each in Markdown."""
        text = inspect.getdoc(cls) or ""
        parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
        return {
            name.strip(): body.strip() for name, body in zip(parts[1::2], parts[2::2], strict=True)
        }

    @classmethod
    def info(cls) -> RuleInfo:
        """What is shown of the rule."""
        return RuleInfo(
            code=cls.code,
            title=cls.title(),
            level=cls.level,
            statements=cls.statements,
            page=cls.page,
            counts_from=cls.counts_from,
            advice=tuple(cls.advice().items()),
        )

    @classmethod
    def wants(cls) -> tuple[str, ...]:
        """Names of the facts that ``check`` asks for."""
        return tuple(name for name in inspect.signature(cls.check).parameters if name != "self")


def mistakes_of(rule: type[Rule], known: frozenset[str]) -> tuple[str, ...]:
    """Say what is wrong with a rule's class; ``known`` are the names of facts there are."""
    name = f"{rule.__module__}.{rule.__qualname__}"
    found = []
    if not CODE.fullmatch(getattr(rule, "code", "")):
        found.append(f"{name}: 'code' must be letters and a number, such as DOC01")
    if getattr(rule, "level", "") not in LEVELS:
        found.append(f"{name}: 'level' must be one of {', '.join(LEVELS)}")
    missing = [heading for heading in SECTIONS if heading not in rule.advice()]
    if missing:
        found.append(f"{name}: its docstring has no section '## {missing[0]}'")
    if not callable(getattr(rule, "check", None)):
        return (*found, f"{name}: it has no method 'check'")
    unknown = [fact for fact in rule.wants() if fact not in known]
    if unknown:
        found.append(
            f"{name}: check() asks for '{unknown[0]}', which no collector gives. "
            f"Known: {', '.join(sorted(known))}"
        )
    return tuple(found)


def registry(rules: list[type[Rule]], known: frozenset[str]) -> dict[str, type[Rule]]:
    """Return the rules by code, in order, each after those it requires.

    Raises:
        RuleError: a class is wrong, a code is used twice, or a required rule is not there or
            comes later; all mistakes are named at once.
    """
    by_code: dict[str, type[Rule]] = {}
    found: list[str] = []
    for rule in rules:
        wrong = mistakes_of(rule, known)
        found += wrong
        if wrong:
            continue
        if rule.code in by_code:
            other: Any = by_code[rule.code]
            found.append(f"{rule.code} is the code of two rules: {other.__name__}, {rule.__name__}")
        found += [
            f"{rule.code} requires {code}, which does not come before it"
            for code in rule.requires
            if code not in by_code
        ]
        by_code[rule.code] = rule
    if found:
        raise RuleError("\n".join(found))
    return by_code
