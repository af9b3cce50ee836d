"""Fill in the parts of pages that are generated from the code, so that they cannot be wrong."""

from pathlib import Path
from typing import Annotated, get_args, get_origin, get_type_hints

import mkdocs_gen_files

from handbook.check import rules
from handbook.check.rule import Rule
from handbook.check.statements import SOURCES, STATEMENTS
from handbook.model.limits import Limits

DOCS = Path(__file__).parent


def limits_table() -> str:
    """Return all limits as a Markdown table."""
    rows = ["| limit | default | of what |", "|--|--:|--|"]
    for name, hint in get_type_hints(Limits, include_extras=True).items():
        if get_origin(hint) is not Annotated:
            raise TypeError(f"Limits.{name}: write Annotated[int, Meta(description=...)]")
        description = get_args(hint)[1].description
        rows.append(f"| `{name}` | {getattr(Limits(), name):,} | {description} |")
    return "\n".join(rows)


def statements_tables() -> str:
    """Return every statement of the sources with the rule that holds to it, and the page."""
    known = rules().values()
    parts = []
    for who, numbers in SOURCES:
        rows = [f"## {who}", "", "| | statement | rule | page |", "|--:|--|--|--|"]
        for number in numbers:
            of = [rule for rule in known if number in rule.statements]
            pages = dict.fromkeys(rule.page for rule in of)
            cells = ", ".join(_rule(rule) for rule in of), ", ".join(map(_page, pages))
            rows.append(f"| {number} | {STATEMENTS[number]} | {cells[0]} | {cells[1]} |")
        parts.append("\n".join(rows))
    more = [rule for rule in known if not rule.statements]
    rows = [f"- {_rule(rule)}: {rule.title().rstrip('.')} ({_page(rule.page)})" for rule in more]
    parts.append("\n".join(["## Beyond the sources", "", *rows]))
    return "\n\n".join(parts)


def _rule(rule: type[Rule]) -> str:
    return f"[{rule.code}](../services/readiness/{rule.code.lower()}/index.md)" + (
        f'{{ #{rule.code.lower()} title="{rule.title()}" }}'
    )


def _page(uri: str) -> str:
    """Link a page by its title; ``uri`` as rules have it: "run/deploy/#steps"."""
    path, _, anchor = uri.partition("#")
    file = next(
        f for f in (f"{path.rstrip('/')}.md", f"{path}index.md") if DOCS.joinpath(f).is_file()
    )
    lines = DOCS.joinpath(file).read_text(encoding="utf-8").splitlines()
    title = next(line for line in lines if line.startswith("# ")).removeprefix("# ")
    return f"[{title}](../{file}{f'#{anchor}' if anchor else ''})"


PARTS = {
    "reference/options.md": ("<!-- generated: limits -->", limits_table),
    "start/sources.md": ("<!-- generated: statements -->", statements_tables),
}

for name, (marker, made) in PARTS.items():
    with mkdocs_gen_files.open(name, "r") as page:
        text = page.read()
    with mkdocs_gen_files.open(name, "w") as page:
        page.write(text.replace(marker, made()))
