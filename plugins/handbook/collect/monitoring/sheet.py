"""Monitoring sheets and objectives that stand in documents: tables and sections of Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator

from handbook.collect.monitoring.classify import kind_of
from handbook.collect.monitoring.place import Place, line_in
from handbook.model.monitoring import Objective, SheetRow

_ROWS = 300
_TEXT = 300
_RULE = re.compile(r"^\s*\|?\s*:?-{2,}:?\s*(?:\|\s*:?-{2,}:?\s*)*\|?\s*$")
_WORKLOAD = re.compile(
    r"(?i)^(?:what|part|(?:micro)?services?|workloads?|components?|jobs?|process(?:es)?|systems?|applications?|apps?|deployments?)\b"
)
_PARAMETERS = re.compile(
    r"(?i)\b(?:parameters?|metrics?|signals?|indicators?|monitored|watched|measured"
    r"|what (?:is|we) (?:monitor|watch|measure)\w*)\b"
)
_OWNER = re.compile(r"(?i)\bowners?\b|\bteam\b")
_LINK = re.compile(r"\[([^\[\]]*)\]\([^()]*\)")
_HEADING = re.compile(r"^(#{1,6})\s+(.+?)\s*#*\s*$")
_SLO = re.compile(r"(?i)\bSLOs?\b|service[- ]level (?:objectives?|agreements?|targets?)|\bSLAs?\b")
_TARGET = re.compile(r"(?<![\w.])(\d{2,3}(?:\.\d{1,4})?)\s?%")
_CELL = re.compile(r"(?<!\\)\|")


def rows_in(place: Place) -> Iterator[SheetRow]:
    """Give the rows of tables that list workloads with what is watched on each."""
    lines = place.lines
    count = 0
    for at in range(1, len(lines)):
        if "-" not in lines[at] or "|" not in lines[at] or not _is_rule(lines[at]):
            continue
        head = _cells(lines[at - 1])
        who = next((n for n, cell in enumerate(head) if _WORKLOAD.search(cell)), -1)
        what = next((n for n, cell in enumerate(head) if n != who and _PARAMETERS.search(cell)), -1)
        if min(who, what) < 0 or who > 1:
            continue
        owner = next((n for n, cell in enumerate(head) if _OWNER.search(cell)), -1)
        for number in range(at + 1, len(lines)):
            cells = _cells(lines[number])
            if "|" not in lines[number] or len(cells) <= max(who, what) or count >= _ROWS:
                break
            if cells[who] and cells[what]:
                count += 1
                said = cells[owner] if 0 <= owner < len(cells) else ""
                yield SheetRow(cells[who], cells[what], line_in(place, number + 1), said)


def objectives_in_text(place: Place) -> Iterator[Objective]:
    """Give the objectives below a heading that calls them so: lines with a share to reach."""
    level = 0
    fenced = False
    for number, line in enumerate(place.lines, start=1):
        if line.lstrip().startswith(("```", "~~~")):
            fenced = not fenced
        heading = None if fenced else _HEADING.match(line[:500])
        if heading:
            if _SLO.search(heading[2]):
                level = len(heading[1])
            elif len(heading[1]) <= level:
                level = 0
        elif level and not fenced and (target := _TARGET.search(line[:2_000])):
            cells = _cells(line) if "|" in line else [_plain(line)]
            words = re.sub(r"^\W*(?:[-*+]|\d+\.)\s+", "", cells[0]) or cells[-1]
            yield Objective(
                name=words[:80],
                form="document",
                spot=line_in(place, number),
                kind=kind_of(line[:500]),
                target=f"{target[1]} %",
                signal=" · ".join(cells[1:])[:_TEXT],
                written=True,
            )


def _is_rule(line: str) -> bool:
    return len(line) < 1_000 and _RULE.match(line) is not None


def _cells(line: str) -> list[str]:
    parts = _CELL.split(line[:4_000].strip().removeprefix("|").removesuffix("|"))
    return [_plain(part) for part in parts]


def _plain(text: str) -> str:
    text = _LINK.sub(r"\1", text[:2_000])
    return " ".join(text.replace("**", "").replace("`", "").replace("\\|", "|").split())[:_TEXT]
