"""Find a service's migrations by the names of their files: which tool, in which order."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

_PYTHON = re.compile(r"(?:^|/)(?:versions|migrations|alembic)/(?:[^/]+/){0,3}[^/]+\.py$")
_DJANGO = re.compile(r"(?:^|/)migrations/\w+\.py$")
_FLYWAY = re.compile(r"^(?P<kind>[VURB])(?P<version>[\d._]*)__(?P<title>.+)\.sql$")
_PAIR = re.compile(r"^(?P<version>\d+)[_.-](?P<title>.+?)\.(?P<way>up|down)\.sql$", re.I)
_OWN_FOLDER = re.compile(
    r"(?P<folder>.*?)(?:^|/)(?P<version>\d[\d_T-]*)[_-](?P<title>[^/]+)/(?P<file>up|down|migration)\.sql$"
)
_NUMBERED = re.compile(r"^(?P<version>\d[\d.]*|[vV]\d+[\d._]*)(?:[_.-]+(?P<title>[^/]*?))?\.sql$")
_RELEASE = re.compile(r"v?\d+(?:[._]\d+){0,3}", re.I)
_MIGRATIONS = re.compile(
    r"migrat|flyway|drizzle|schema[-_]?changes|db/changes|upgrades?(?:/|$)", re.I
)
_WHOLE = re.compile(
    r"(?:^|/)(?:[^/]*schema[^/]*|structure|tables|create[_-]?tables?|init(?:[_-]?db)?|ddl|database)\.sql$"
    r"|initdb(?:\.d)?/[^/]+\.sql$",
    re.I,
)
_DIALECT = re.compile(
    r"(?:^|[/_.-])(?P<name>postgres(?:ql)?|pgsql|pg|mysql|mariadb|sqlite3?|mssql|sqlserver|oracle"
    r"|clickhouse|snowflake|bigquery|h2|hsqldb|cockroach(?:db)?)(?=[/_.-]|$)",
    re.I,
)
_SQLGLOT = {
    "postgresql": "postgres", "pgsql": "postgres", "pg": "postgres", "mariadb": "mysql",
    "sqlite3": "sqlite", "mssql": "tsql", "sqlserver": "tsql", "h2": "postgres",
    "hsqldb": "postgres", "cockroach": "postgres", "cockroachdb": "postgres",
}  # fmt: skip


class Item(Struct, frozen=True):
    """One migration: where it is written, and where its way back is ("" for none seen)."""

    version: str
    title: str
    path: str
    down: str = ""


class Line(Struct):
    """Migrations that follow each other: of one tool, in one folder."""

    tool: str
    folder: str
    items: list[Item]
    versioned: bool = True


def python_candidates(paths: Iterable[str]) -> list[str]:
    """Return the files of Python that may hold a migration."""
    return [path for path in paths if _PYTHON.search(path) and not path.endswith("__init__.py")]


def is_django(path: str) -> bool:
    """Whether a file is where Django looks for migrations."""
    return bool(_DJANGO.search(path))


def sql_lines(paths: Iterable[str]) -> list[Line]:
    """Sort files of SQL into lines of migrations; files that are no migrations are left out."""
    found: dict[tuple[str, str], Line] = {}
    downs: dict[tuple[str, str, str], str] = {}
    loose: dict[str, list[Item]] = defaultdict(list)
    for path in paths:
        if placed := _placed(path):
            tool, folder, item, back = placed
            if back:
                downs[tool, folder, item.version] = path
            else:
                _line(found, (tool, folder)).items.append(item)
        elif numbered := _NUMBERED.match(path.rpartition("/")[2]):
            item = Item(numbered["version"], _words(numbered["title"] or ""), path)
            loose[path.rpartition("/")[0]].append(item)
    _add_loose(found, loose)
    for (tool, folder), line in found.items():
        line.items = [
            replace(item, down=downs.get((tool, folder, item.version), ""))
            for item in sorted(line.items, key=lambda item: (version_key(item.version), item.path))
        ]
    return list(found.values())


def _placed(path: str) -> tuple[str, str, Item, bool] | None:
    """Tell tool, folder, and whether it is a way back, of a file whose name is a tool's own."""
    folder, _, name = path.rpartition("/")
    if own := _OWN_FOLDER.match(path):
        tool = "Prisma" if own["file"] == "migration" else "Diesel"
        item = Item(own["version"], _words(own["title"]), path)
        return tool, own["folder"].rstrip("/"), item, own["file"] == "down"
    if (flyway := _FLYWAY.match(name)) and flyway["kind"] != "R":
        item = Item(flyway["version"], _words(flyway["title"]), path)
        return "Flyway", folder, item, flyway["kind"] == "U"
    if pair := _PAIR.match(name):
        item = Item(pair["version"], _words(pair["title"]), path)
        return "golang-migrate", folder, item, pair["way"].lower() == "down"
    return None


def _add_loose(found: dict[tuple[str, str], Line], loose: dict[str, list[Item]]) -> None:
    """Add numbered files in folders that by their name hold migrations."""
    for folder, items in loose.items():
        if not _MIGRATIONS.search(folder):
            continue
        above, _, last = folder.rpartition("/")
        if _RELEASE.fullmatch(last):  # a folder for each release of the program
            own = [replace(item, version=f"{last}.{item.version}") for item in items]
            _line(found, ("SQL", above)).items.extend(own)
        else:
            _line(found, ("SQL", folder)).items.extend(items)


def whole_schemas(paths: Iterable[str]) -> list[str]:
    """Return files that by their name make all tables at once."""
    return [path for path in paths if _WHOLE.search(path)]


def _line(found: dict[tuple[str, str], Line], key: tuple[str, str]) -> Line:
    return found.setdefault(key, Line(key[0], key[1], []))


def version_key(version: str) -> tuple[int, ...]:
    """Order versions as numbers: 2 before 10, 1.9 before 1.10."""
    return tuple(int(part[:30]) for part in re.findall(r"\d+", version))


def _words(name: str) -> str:
    return " ".join(re.split(r"[_\s-]+", name)).strip()[:200]


def dialect_in(path: str) -> str:
    """Return the database that a path names, the innermost if several; "" for none."""
    names = [found["name"].lower() for found in _DIALECT.finditer(path)]
    return _SQLGLOT.get(names[-1], names[-1]) if names else ""
