"""Read a service's database: its migrations, models, and the statements that write to it.

Migrations in Python are read by their syntax tree, those in SQL by a parser; nothing is run.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from handbook.collect.database.answers import answered, named, said_of_tables
from handbook.collect.database.lines import Lines
from handbook.collect.database.ormmodels import creates_of, models_of
from handbook.collect.database.prisma import prisma_models
from handbook.collect.database.writes import bounded, writes_in_files, writes_in_source
from handbook.collect.scope import own_files
from handbook.errors import TreeError
from handbook.model.database import Database, Model
from handbook.model.facts import Absent, Fact, Found
from handbook.model.limits import Limits
from handbook.model.service import Service
from handbook.model.source import Source, Spot
from handbook.tree import RepoTree

__all__ = ["database_collector"]

SEARCHED = (
    "**/versions/*.py",
    "**/migrations/*.py",
    "**/migrations/*.sql",
    "**/V*__*.sql",
    "**/*.up.sql",
    "**/schema.prisma",
    "**/schema.sql",
)
_FOREIGN = {
    "Liquibase": re.compile(r"(?:^|/)(?:db[.-])?change-?log[^/]*\.(?:xml|ya?ml|json|sql)$", re.I),
    "Rails": re.compile(r"(?:^|/)db/migrate/\d+_[^/]+\.rb$"),
    "Ecto": re.compile(r"(?:^|/)repo/migrations/\d+_[^/]+\.exs$"),
    "Laravel": re.compile(r"(?:^|/)database/migrations/\d[^/]+\.php$"),
    "Entity Framework": re.compile(r"(?:^|/)Migrations/\d+_[^/.]+\.cs$"),
    "JavaScript": re.compile(r"(?:^|/)migrations?/[^/]*\d{6,}[^/]*\.(?:js|ts|mjs|cjs)$", re.I),
    "Go": re.compile(r"(?:^|/)migrations?/\d+_[^/]+\.go$"),
}


_IN_PYTHON = {
    "peewee-migrate": "peewee_migrate",
    "Peewee": "playhouse.migrate",
    "yoyo": "yoyo",
    "Aerich": "tortoise",
}
_FOLDER = re.compile(r"(?:^|/)migrations?/(?:[^/]+/)?[^/]*\d[^/]*\.py$")


def database_collector(
    source: Fact[Source],
) -> Callable[[RepoTree, Service, Limits], Fact[Database]]:
    """Return the collector, given the service's Python: for its models and its writes."""

    def collect_database(tree: RepoTree, service: Service, limits: Limits) -> Fact[Database]:
        return _read(tree, service, limits, source)

    return collect_database


def _read(tree: RepoTree, service: Service, limits: Limits, source: Fact[Source]) -> Fact[Database]:
    """Read all of it; absent where nothing speaks of a database."""
    own = own_files(tree, service, limits)
    paths = [entry.path for entry in tree.under(service.path) if entry.kind in _FILES]
    paths = [path for path in paths if own(path)]
    lines = Lines(tree, service, limits, paths)
    schemas = lines.read()
    skip = frozenset(lines.used)
    python = source.value if isinstance(source, Found) else Source()
    foreign = (*_foreign(paths, skip), *_foreign_python(python, skip))
    forms = [_FOREIGN.get(item.framework, _FOLDER) for item in foreign]
    skip |= {path for path in paths if any(form.search(path) for form in forms)}
    models = [*models_of(python, skip), *_prisma(tree, paths, limits)]
    creates = tuple(creates_of(python))
    if not (schemas or models or foreign):
        return Absent(SEARCHED)
    rest = [path for path in paths if path not in skip]
    prisma = any(model.framework == "Prisma" for model in models)
    writes = bounded(
        [
            *writes_in_source(python, skip),
            *writes_in_files(tree, rest, own, limits, prisma=prisma),
        ]
    )
    writes = [*named(writes, schemas, models)]
    said = said_of_tables(_docs(tree, service), schemas, writes, tree)
    database = Database(
        schemas=tuple(schemas),
        models=tuple(models),
        creates=creates,
        writes=tuple(answered(writes, said)),
        foreign=foreign,
    )
    first = schemas[0].folder if schemas else (*models, *foreign)[0].spot.path
    return Found(database, tree.origin(first), tuple(lines.problems))


_FILES = ("file", "executable")


def _docs(tree: RepoTree, service: Service) -> list[str]:
    return [
        entry.path
        for entry in tree.under(service.path)
        if entry.kind in _FILES and entry.path.lower().endswith((".md", ".rst"))
    ]


def _prisma(tree: RepoTree, paths: list[str], limits: Limits) -> list[Model]:
    found: list[Model] = []
    for path in [path for path in paths if path.endswith(".prisma")][:100]:
        try:
            found += prisma_models(path, tree.text(path, limits.blob))
        except TreeError:
            continue
    return found


def _foreign(paths: list[str], skip: frozenset[str]) -> list[Model]:
    found: dict[str, Model] = {}
    for path in paths:
        for tool, pattern in _FOREIGN.items():
            if tool not in found and path not in skip and pattern.search(path):
                found[tool] = Model(path.rpartition("/")[2], tool, Spot(path, 0))
    return list(found.values())


def _foreign_python(source: Source, skip: frozenset[str]) -> list[Model]:
    """Give the tools whose migrations are in Python and are not read: the first file of each."""
    found: dict[str, Model] = {}
    for tool, module in _IN_PYTHON.items():
        for item in source.imported(module):
            path = item.spot.path
            if path not in skip and _FOLDER.search(path):
                found.setdefault(tool, Model(path.rpartition("/")[2], tool, item.spot))
    return list(found.values())
