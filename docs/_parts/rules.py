"""The page of rules: one table of all of them, made from the rules' own classes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import mkdocs_gen_files
from msgspec import Struct

from _parts.pages import page_title
from _parts.sources import load_sources
from handbook.check import rules
from handbook.check.rule import Rule
from handbook.model.readiness import LEVELS, Level
from handbook.publish.config import read_settings
from handbook.render.templates import environment
from handbook.settings import OFF

FAMILIES = {
    "PLAN": "Planning",
    "SHIP": "Shipping",
    "DOC": "Documentation",
    "DB": "Database",
    "MON": "Monitoring",
    "RUN": "Running",
    "ML": "Models",
    "CODE": "Code",
    "TEST": "Tests",
    "PERF": "Performance",
    "ASYNC": "Calls and queues",
    "DATA": "Data",
    "EXP": "Experiments",
    "TEAM": "Teams",
    "DEP": "Dependencies",
}
"""What the letters of a code stand for; a company's own families are shown by their letters."""

# The end of a sentence: a stop before a space, but not that of "e.g.".
_SENTENCE = re.compile(r"(?<=[.?])(?<!e\.g\.)(?<!i\.e\.)\s")
_TEMPLATE = Path(__file__).with_name("rules.html.j2")


class Row(Struct, frozen=True):
    """One rule as the table shows it."""

    code: str
    family: str
    title: str
    looks: str
    level: Level
    height: int
    url: str
    page: str
    page_url: str
    statements: tuple[int, ...]
    sources: tuple[str, ...]
    counts_from: str
    off: bool


def rules_table() -> str:
    """Return the table for the site that is being built, with the days that it sets."""
    config = mkdocs_gen_files.config.config_file_path
    settings = read_settings(Path(str(config)), strict=None)
    return table_of(rules(), settings.rules if settings else {})


def table_of(known: Mapping[str, type[Rule]], asked: Mapping[str, str]) -> str:
    """Return the table; ``asked``: by code a day from which a rule counts, or "off"."""
    sources = load_sources()
    order = list(dict.fromkeys(family_of(code) for code in known))
    rows = sorted(
        (_row(rule, asked.get(code, ""), sources) for code, rule in known.items()),
        key=lambda row: (order.index(row.family), row.code),
    )
    return (
        environment()
        .from_string(_TEMPLATE.read_text(encoding="utf-8"))
        .render(
            rows=rows,
            families=order,
            words=FAMILIES,
            levels=LEVELS,
            pages=list(dict.fromkeys(row.page for row in rows if row.page)),
            sources=list(sources),
            said={n: said["says"] for of in sources.values() for n, said in of.items()},
        )
    )


def family_of(code: str) -> str:
    """Return the letters of a code."""
    return code.rstrip("0123456789")


def looks_at(rule: type[Rule]) -> str:
    """Return the first sentence of what a rule does, on one line."""
    said = " ".join(rule.advice()["What it does"].replace("``", "`").split())
    return _SENTENCE.split(said, maxsplit=1)[0]


def _row(rule: type[Rule], asked: str, sources: Mapping[str, Mapping[int, object]]) -> Row:
    who = tuple(who for who, of in sources.items() if set(of) & set(rule.statements))
    return Row(
        code=rule.code,
        family=family_of(rule.code),
        title=rule.title().replace("``", "`"),
        looks=looks_at(rule),
        level=rule.level,
        height=LEVELS.index(rule.level),
        url=f"../../services/readiness/{rule.code.lower()}/",
        page=page_title(rule.page),
        page_url=f"../../{rule.page}",
        statements=rule.statements,
        sources=who,
        counts_from=rule.counts_from if asked in ("", OFF) else asked,
        off=asked == OFF,
    )
