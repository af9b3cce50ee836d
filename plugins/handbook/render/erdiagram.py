"""Tables as an entity relationship diagram in Mermaid, as large as can be read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from msgspec import Struct

from handbook.model.database import Column, Table

_TABLES = 30
_COLUMNS = 14  # of one table
_LINKS = 100
_NAME = 40
_ODD = re.compile(r"[^A-Za-z0-9_]+")


class Diagram(Struct, frozen=True):
    """Mermaid's text, "" for nothing to draw, and the names of tables that are not in it."""

    text: str
    left_out: tuple[str, ...] = ()


def diagram(tables: Sequence[Table]) -> Diagram:
    """Draw the tables that most others are linked with; keys and links before other columns."""
    links = _links(tables)
    weight = Counter(name for pair in links for name in pair[:2])
    ranked = sorted(tables, key=lambda table: (-weight[table.name], table.name))
    shown = {table.name for table in ranked[:_TABLES]}
    if not shown:
        return Diagram("")
    lines = ["erDiagram"]
    for table in tables:
        if table.name in shown:
            lines += _entity(table)
    drawn = [link for link in links if link[0] in shown and link[1] in shown][:_LINKS]
    for source, target, label, optional in drawn:
        one = "|o" if optional else "||"
        lines.append(f"  {_id(target)} {one}--o{{ {_id(source)} : {_id(label)}")
    left = tuple(table.name for table in tables if table.name not in shown)
    return Diagram("\n".join(lines), left)


def _links(tables: Sequence[Table]) -> list[tuple[str, str, str, bool]]:
    names = {table.name.lower(): table.name for table in tables}
    return [
        (table.name, names[column.refers.lower()], column.name, column.nullable is not False)
        for table in tables
        for column in table.columns
        if column.refers and column.refers.lower() in names
    ]


def _entity(table: Table) -> list[str]:
    ranked = sorted(table.columns, key=lambda c: (not c.key, not c.refers))
    kept = {column.name for column in ranked[:_COLUMNS]}
    rows = [f"    {_attribute(column)}" for column in table.columns if column.name in kept]
    more = len(table.columns) - len(kept)
    if more > 0:
        rows.append(f"    more columns_{more}")
    return [f"  {_id(table.name)} {{", *rows, "  }"]


def _attribute(column: Column) -> str:
    keys = [
        word
        for word, is_so in (("PK", column.key), ("FK", column.refers), ("UK", column.unique))
        if is_so
    ]
    return " ".join(
        [_word(column.type).lower() or "unknown", _word(column.name) or "unnamed", ", ".join(keys)]
    ).rstrip()


def _word(text: str) -> str:
    """Keep what Mermaid takes as a word: letters, digits and underscores, a letter first."""
    plain = _ODD.sub("_", text).strip("_")[:_NAME]
    if plain.upper() in ("PK", "FK", "UK"):
        return f"{plain}_"  # these mark keys
    return plain if not plain or plain[0].isalpha() else f"c_{plain}"


def _id(name: str) -> str:
    """Name an entity so that it is none of Mermaid's own words."""
    return f'"{_ODD.sub("_", name)[:60] or "unnamed"}"'
