"""Find classes that stand for tables, and calls that make tables from them as they are."""

from __future__ import annotations

from collections.abc import Iterator

from handbook.model.database import Model
from handbook.model.source import Call, Source, Spot

_MOST = 2_000


def models_of(source: Source, skip: frozenset[str]) -> list[Model]:
    """Return the models of Django, SQLAlchemy, SQLModel, Peewee and Tortoise."""
    alchemy = any(source.imported("sqlalchemy", "flask_sqlalchemy"))
    functions = {(item.spot.path, item.name) for item in source.functions}
    found: dict[tuple[str, str], Model] = {}
    for call in source.calls_where(_may_be_a_column):
        if not call.function or call.spot.path in skip:
            continue
        framework = _framework(call, alchemy=alchemy)
        key = (call.spot.path, call.function)
        if framework and key not in found and key not in functions:
            found[key] = Model(call.function, framework, call.spot)
    return list(found.values())[:_MOST]


def _may_be_a_column(name: str) -> bool:
    return name.endswith(("Field", "ForeignKey", "Column", "mapped_column"))


def _framework(call: Call, *, alchemy: bool) -> str:
    name = call.name
    last = name.rpartition(".")[2]
    if name.startswith("django.db.models.") and last.endswith(("Field", "ForeignKey")):
        return "Django"
    if name in ("sqlmodel.Field", "sqlmodel.main.Field") and "primary_key" in call.keywords:
        return "SQLModel"
    if alchemy and last in ("Column", "mapped_column") and "primary_key" in call.keywords:
        return "SQLAlchemy"
    if name.startswith(("peewee.", "tortoise.fields.")) and last.endswith("Field"):
        return "Peewee" if name.startswith("peewee") else "Tortoise"
    return ""


def creates_of(source: Source) -> Iterator[Spot]:
    """Give the calls that make tables from the models as they are now."""
    known = any(source.imported("sqlalchemy", "sqlmodel", "flask_sqlalchemy", "peewee", "tortoise"))
    makes = ("create_all", "create_tables", "generate_schemas")
    if known:
        calls = source.calls_where(lambda name: name.rpartition(".")[2] in makes)
        yield from (call.spot for call in calls)
