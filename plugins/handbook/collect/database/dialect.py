"""Tell which database a service uses, from its migrations and from what it depends on."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from handbook.collect.scope import aside
from handbook.collect.smallfiles import files_near, read_text
from handbook.model.facts import Problem
from handbook.model.limits import Limits
from handbook.model.service import Service
from handbook.tree import RepoTree

_IN_SQL = {
    "postgres": re.compile(
        r"\b(?:timestamptz|jsonb|bigserial|serial|bytea|tsvector|plpgsql|gen_random_uuid|pg_\w+"
        r"|concurrently|uuid_generate_v4|postgresql|create\s+extension|create\s+type)\b|\$\$|::\w",
        re.I,
    ),
    "mysql": re.compile(
        r"\bauto_increment\b|\bengine\s*=\s*innodb|`|\bunsigned\b|\bmediumtext\b", re.I
    ),
    "sqlite": re.compile(r"\bautoincrement\b|\bpragma\b|\bwithout\s+rowid\b", re.I),
    "clickhouse": re.compile(
        r"\bengine\s*=\s*\w*mergetree|\bon\s+cluster\b|\blowcardinality\b", re.I
    ),
    "tsql": re.compile(
        r"\bnvarchar\b|\buniqueidentifier\b|\bidentity\s*\(\s*1|^go\s*$", re.I | re.M
    ),
}
_IN_PYTHON = {
    "postgres": re.compile(r"\bpostgresql|contrib\.postgres|\bJSONB\b|Concurrently\b", re.I),
    "mysql": re.compile(r"dialects import mysql|\bmysql[._]"),
    "sqlite": re.compile(r"dialects import sqlite|\bsqlite_"),
}
_NEEDED = {
    "postgres": re.compile(
        r"\bpsycopg2?\b|\basyncpg\b|postgresql|postgres:|\bpgx\b|lib/pq|tokio-postgres|\bpg8000\b"
        r"|\"pg\"|pgvector|django\.db\.backends\.postgresql|image:\s*['\"]?[\w./-]*postg",
        re.I,
    ),
    "mysql": re.compile(r"\bmysqlclient\b|\bpymysql\b|\baiomysql\b|mysql2?\b|mariadb", re.I),
    "sqlite": re.compile(r"\baiosqlite\b|sqlite3?\b", re.I),
}
_FILES = re.compile(
    r"(?:^|/)(?:pyproject\.toml|setup\.(?:py|cfg)|requirements[^/]*\.(?:txt|in)|Pipfile|go\.mod|package\.json"
    r"|Cargo\.toml|pom\.xml|build\.gradle(?:\.kts)?|docker-compose[^/]*\.ya?ml|compose[^/]*\.ya?ml|alembic\.ini"
    r"|settings\.py|\.env\.(?:example|sample|template))$"
)
_NAMES = {"postgres": "PostgreSQL", "mysql": "MySQL", "sqlite": "SQLite", "tsql": "SQL Server",
          "clickhouse": "ClickHouse", "oracle": "Oracle", "snowflake": "Snowflake",
          "bigquery": "BigQuery"}  # fmt: skip
_DEPTH = 3
_MOST = 60
_TEXT = 200_000


def dialect_of(texts: Iterable[str], *, python: bool) -> str:
    """Return the database whose words are used most in migrations; "" if none is."""
    known = _IN_PYTHON if python else _IN_SQL
    seen: Counter[str] = Counter()
    for text in texts:
        for name, words in known.items():
            seen[name] += len(words.findall(text[:_TEXT]))
    best = seen.most_common(1)
    return best[0][0] if best and best[0][1] else ""


def dialect_needed(tree: RepoTree, service: Service, limits: Limits) -> str:
    """Return the one database that manifests name; "" if they name none or several.

    SQLite counts only where there is no other: many use it in tests alone.
    """
    seen: set[str] = set()
    prefix = service.inside("")
    paths = [p for p in files_near(tree, service, _DEPTH) if _FILES.search(p)]
    for path in [p for p in paths if not aside(p.removeprefix(prefix).lstrip("/"))][:_MOST]:
        text = read_text(tree, path, limits)
        if not isinstance(text, Problem):
            seen |= {name for name, words in _NEEDED.items() if words.search(text)}
    servers = seen - {"sqlite"}
    if len(servers) == 1:
        return servers.pop()
    return "sqlite" if seen == {"sqlite"} else ""


def shown(dialect: str) -> str:
    """Return a database's name as people write it."""
    return _NAMES.get(dialect, dialect)
