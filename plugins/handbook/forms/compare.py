"""Compare a document with the template it is made from: what is still to be filled in, and where.

A field is filled in when something stands below its heading that is not the template's own text:
no comment, no label, no head of a table, nothing that is to be replaced. Of a field without which
the document is whole ("optional") only what is left to be replaced counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct

from handbook.forms.placeholders import normal, placeholder_in
from handbook.forms.sections import Section, same_title, sections_of
from handbook.model.forms import Field, Form, FormState, Gap

_GAPS = 60
_EACH = 5  # of one field: whoever has these knows
_SHOWN = 60  # characters of what is to be replaced
_SAID = re.compile(r"\w")
_UNDER = re.compile(r"^\s*\|?\s*:?-{2,}:?\s*(?:\|\s*:?-{2,}:?\s*)*\|?\s*$")


class _Left(Struct, frozen=True):
    """Something to be replaced: what, in which line, and whether the template's own line is it."""

    found: str
    line: int
    own: bool


class _Read(Struct, frozen=True):
    """What a section says beside the template: anything at all, and what is left of it."""

    section: Section
    says: bool
    left: tuple[_Left, ...]


def state_of(form: Form, text: str) -> FormState:
    """Say what of a form is filled in, and name each gap with its line, in the order of lines."""
    printed = frozenset(
        normal(line.text) for section in sections_of(form.blank) for _, line in section.lines
    )
    read = [_read(section, printed) for section in sections_of(text)]
    titles = [same_title(one.section.title) for one in read]
    names = {same_title(field.title) for field in form.fields}
    gaps: list[Gap] = []
    filled, last, taken = 0, 1, set[int]()
    for field in form.fields:
        places = [n for n, title in enumerate(titles) if title == same_title(field.title)]
        if not places:
            if not field.optional:
                gaps.append(Gap("missing", field.title, last))
            continue
        below = {place: _below(read, place, titles, names) for place in places}
        best = next((p for p in places if any(read[n].says for n in below[p])), places[0])
        of = [read[n] for n in below[best]]
        taken |= set(below[best])
        last = of[0].section.line
        filled += any(one.says for one in of)
        gaps += _gaps_of(field, of)
    for number, one in enumerate(read):  # the title, and what the writer has added
        if number not in taken:
            title = "" if placeholder_in(one.section.heading) else one.section.title
            gaps += [_gap(title, left) for left in one.left[:_EACH]]
    gaps.sort(key=lambda gap: gap.line)
    return FormState(tuple(gaps[:_GAPS]), len(form.fields), filled)


def _below(
    read: Sequence[_Read], place: int, titles: Sequence[str], names: set[str]
) -> tuple[int, ...]:
    """Return the numbers of a section and those deeper ones below it that are no other field."""
    found, level = [place], read[place].section.level
    skip = 99  # level of another field below this one: what is deeper belongs to it
    for number in range(place + 1, len(read)):
        deep = read[number].section.level
        if deep <= level:
            break
        if deep <= skip:
            skip = deep if titles[number] in names else 99
        if skip == 99:
            found.append(number)
    return tuple(found)


def _gaps_of(field: Field, of: Sequence[_Read]) -> Iterator[Gap]:
    left = [left for one in of for left in one.left]
    if any(one.says for one in of):
        yield from (_gap(field.title, item) for item in left[:_EACH])
        return
    if field.optional and all(item.own for item in left):
        return
    if left:
        yield _gap(field.title, left[0])
        return
    hinted = any(one.section.comments for one in of)
    yield Gap("hint" if hinted else "empty", field.title, of[0].section.line)


def _gap(title: str, left: _Left) -> Gap:
    found = left.found if len(left.found) <= _SHOWN else f"{left.found[: _SHOWN - 1]}…"
    return Gap("placeholder", title, left.line, found)


def _read(section: Section, printed: frozenset[str]) -> _Read:
    left: list[_Left] = []
    if found := placeholder_in(section.heading):
        left.append(_Left(found, section.line, own=False))
    says = False
    lines = section.lines
    for at, (number, line) in enumerate(lines):
        own = normal(line.text) in printed
        if line.kind == "code":
            says = says or (not own and bool(_SAID.search(_without_fence(line.text))))
            continue
        if found := placeholder_in(line.text):
            left.append(_Left(found, number, own))
            continue
        following = lines[at + 1][1].text if at + 1 < len(lines) else ""
        head = "|" in line.text and _UNDER.match(following)
        says = says or (not own and not head and bool(_SAID.search(line.text)))
    return _Read(section, says, tuple(left))


def _without_fence(line: str) -> str:
    return "" if line.lstrip().startswith(("```", "~~~")) else line
