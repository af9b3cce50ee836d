"""The page of a service's database: what it shows, and that a repo's words stay words."""

from __future__ import annotations

from typing import Any

from handbook.collect.database import database_collector
from handbook.collect.source import collect_source
from handbook.model.database import Column, Database, Table
from handbook.model.facts import Found
from handbook.model.limits import Limits
from handbook.model.service import Service
from handbook.model.source import Spot
from handbook.render.database import render_database
from handbook.render.erdiagram import diagram
from handbook.tree import MemoryTree

FILES = {
    "migrations/V1__users.sql": (
        "create table teams (id int primary key);\n"
        "create table users (id bigserial primary key, mail text, team int references teams);"
    ),
    "migrations/V2__mail.sql": (
        "-- Sign-in looks users up by <b>mail</b>.\ncreate index users_mail on users (mail);"
    ),
    "app.py": 'db.execute("DELETE FROM users WHERE id = %s")',
}


def read(files: dict[str, str]) -> Database:
    tree = MemoryTree(files)
    service = Service("Risk", "risk", tree.repo)
    fact = database_collector(collect_source(tree, service, Limits()))(tree, service, Limits())
    assert isinstance(fact, Found)
    return fact.value


def test_changes_indexes_locks_and_writes_link_to_their_lines(context: Any, checked: Any) -> None:
    ctx = context()
    (page,) = render_database(read(FILES), ctx).pages
    html = checked(page.html)
    place = f"{ctx.service.repo}/blob/{ctx.snapshot.commit}"
    assert f"{place}/migrations/V1__users.sql#L2" in html.links
    assert f"{place}/migrations/V2__mail.sql#L2" in html.links
    assert f"{place}/app.py#L1" in html.links
    for words in (
        "add table users",
        "Sign-in looks users up by <b>mail</b>.",
        "Building the index blocks writes",
        "1 delete",
        "nobody says",
    ):
        assert words in html.words, words
    assert [item.title for item in page.toc if item.level == 2] == [
        "Tables", "Changes", "Indexes, and why", "Locks risked", "Updates and deletes",
    ]  # fmt: skip


def test_newest_changes_come_first(context: Any, checked: Any) -> None:
    (page,) = render_database(read(FILES), context()).pages
    words = checked(page.html).words
    assert words.index("add index") < words.index("add table")


def test_nothing_to_show_is_no_page(context: Any) -> None:
    assert render_database(Database(), context()).pages == ()


def test_a_diagram_holds_only_words_that_mermaid_takes() -> None:
    spot = Spot("a.sql", 1)
    odd = Table('<b>" }', (Column("pk", "int"), Column('a"b {', "enum('x')", refers="end")), spot)
    drawn = diagram([odd, Table("end", (Column("1", ""),), spot)])
    assert drawn.text.split("\n") == [
        "erDiagram",
        '  "_b_" {',
        "    int pk_",
        "    enum_x a_b FK",
        "  }",
        '  "end" {',
        "    unknown c_1",
        "  }",
        '  "end" ||--o{ "_b_" : "a_b_"'.replace("||", "|o"),
    ]


def test_a_large_schema_is_drawn_in_part() -> None:
    spot = Spot("a.sql", 1)
    columns = tuple(Column(f"c{n}", "int") for n in range(40))
    drawn = diagram([Table(f"t{n:03}", columns, spot) for n in range(200)])
    assert len(drawn.left_out) == 170
    assert drawn.text.count("{") == 30
    assert "more columns_26" in drawn.text
