"""What a page of practice says by itself: the rules that lead to it, and how services stand."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

import markdown
from markupsafe import Markup
from msgspec import Struct

from handbook.model.readiness import MEETS, RuleInfo, Status
from handbook.model.summary import ServiceSummary
from handbook.render.context import relative_url
from handbook.render.readiness import RULES, rule_uri
from handbook.render.sanitize import clean
from handbook.render.statuses import WORDS
from handbook.render.templates import environment

_NAMED = 5  # services that lack a rule: the matrix has all of them
_ORDER: tuple[Status, ...] = ("pass", "manual", "warn", "exempt", "fail", "error")
_FIRST_PARAGRAPH = re.compile(r"\n\s*\n")


class Part(Struct, frozen=True):
    """The services of one status, on a bar that is as long as there are services."""

    status: Status
    start: int
    count: int


class Held(Struct, frozen=True):
    """A rule that holds services to a page, and how those stand that it applies to.

    ``parts`` are of each status that occurs, best first; ``lacking`` are the first services
    that do not meet it, ``more`` is how many others there are.
    """

    rule: RuleInfo
    url: str
    looks: Markup
    parts: tuple[Part, ...]
    met: int
    applicable: int
    lacking: tuple[ServiceSummary, ...]
    more: int

    @property
    def said(self) -> str:
        """The counts in words: "2 met, 1 not met"."""
        return ", ".join(f"{part.count} {WORDS[part.status][0]}" for part in self.parts)


def held_to(
    rules: Sequence[RuleInfo], summaries: Sequence[ServiceSummary], page: str
) -> tuple[Held, ...]:
    """Return the rules whose page this is, in their order; ``page`` is its uri."""
    asked = [rule for rule in rules if rule.page.partition("#")[0] == page]
    return tuple(_held(rule, summaries, page) for rule in asked)


def codes(held: Sequence[Held]) -> str:
    """The line below a page's title that names its rules."""
    return _render("practice_codes.html.j2", held=held)


def box(held: Sequence[Held]) -> str:
    """The box below the title of a page that has no place of its own for what follows."""
    return _render("practice_box.html.j2", held=held)


def checked(held: Sequence[Held]) -> str:
    """What is looked at, rule by rule."""
    return _render("practice_checked.html.j2", held=held)


def standing(held: Sequence[Held], page: str, services: int) -> str:
    """How the catalogue's services stand today; ``services`` is how many were judged."""
    return _render(
        "practice_standing.html.j2",
        held=held,
        page=page,
        services=services,
        words=WORDS,
        matrix=relative_url(RULES, page),
    )


def _held(rule: RuleInfo, summaries: Sequence[ServiceSummary], page: str) -> Held:
    judged = [
        (item, item.readiness.statuses.get(rule.code, "na")) for item in summaries if item.readiness
    ]
    counts: Counter[Status] = Counter(status for _, status in judged if status != "na")
    lacking = [item for item, status in judged if status not in MEETS]
    lacking.sort(key=lambda item: (item.name.casefold(), item.slug))
    return Held(
        rule=rule,
        url=relative_url(rule_uri(rule.code), page),
        looks=_looks(rule),
        parts=tuple(_parts(counts)),
        met=sum(count for status, count in counts.items() if status in MEETS),
        applicable=counts.total(),
        lacking=tuple(lacking[:_NAMED]),
        more=len(lacking[_NAMED:]),
    )


def _parts(counts: Counter[Status]) -> Iterator[Part]:
    start = 0
    for status in _ORDER:
        if counts[status]:
            yield Part(status, start, counts[status])
            start += counts[status]


def _looks(rule: RuleInfo) -> Markup:
    """The first paragraph of what a rule says that it does."""
    text = _FIRST_PARAGRAPH.split(dict(rule.advice).get("What it does", ""), maxsplit=1)[0]
    html = markdown.markdown(text).removeprefix("<p>").removesuffix("</p>")
    return Markup(clean(html))  # noqa: S704 - cleaned


def _render(template: str, **values: object) -> str:
    return environment().get_template(template).render(**values)
