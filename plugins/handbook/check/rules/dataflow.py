"""DATA02, DATA03, DATA04: where data is when code works on it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import ClassVar

from handbook.check.rule import Rule, Verdict
from handbook.check.rules.shared import at
from handbook.model.facts import Fact, Found
from handbook.model.profile import Profile
from handbook.model.readiness import Evidence, Level
from handbook.model.requestpath import RequestPath
from handbook.model.source import Call, Source

_DATABASES = (
    "sqlalchemy", "psycopg", "psycopg2", "asyncpg", "sqlmodel", "django.db", "peewee", "pymysql",
    "mysql.connector", "MySQLdb", "aiomysql", "sqlite3", "aiosqlite", "cx_Oracle", "oracledb",
    "pyodbc", "google.cloud.bigquery", "snowflake", "clickhouse_driver", "clickhouse_connect",
    "duckdb", "ibis", "redshift_connector", "databricks.sql", "tortoise", "databases",
)  # fmt: skip
_WHOLE = re.compile(r"\s*select\s+\*\s+from\s+[\w.\"`\[\]]{1,120}\s*;?\s*$", re.IGNORECASE)
_COPY = re.compile(
    r"\s*copy\s+(?:[\w.\"]{1,120}|\(.{1,2000}?\))\s*(?:\([^()]{0,500}\))?"
    r"\s*\bto\s+(?:'|stdout\b|program\b|[%:$@])",
    re.IGNORECASE | re.DOTALL,
)
_COMPUTES = re.compile(
    r"\bgroup\s+by\b|\bover\s*\(|\b(?:avg|sum|stddev\w*|corr|percentile_\w+|regr_\w+)\s*\(",
    re.IGNORECASE,
)
_READS_SQL = ("pandas.read_sql", "polars.read_database", "awswrangler.athena.read_sql")
_FILES_OUT = frozenset({"to_csv", "to_parquet", "to_feather", "to_pickle", "write_csv"} | {
    "write_parquet", "to_excel"})  # fmt: skip
_WRITES = _FILES_OUT | frozenset({"write_text", "write_bytes", "imwrite"})
_WRITE_CALLS = frozenset(
    {"joblib.dump", "pickle.dump", "numpy.save", "torch.save", "cv2.imwrite", "soundfile.write"}
)
_READS = frozenset({"read_text", "read_bytes"})
_READ_CALLS = frozenset(
    {"joblib.load", "pickle.load", "numpy.load", "torch.load", "cv2.imread", "PIL.Image.open"}
    | {"soundfile.read", "librosa.load", "tensorflow.io.read_file"}
)
_TABLE_READ = re.compile(r"^(?:pandas|polars|pyarrow\.\w+|dask\.dataframe)\.(?:read|scan)_\w+$")
_BUFFERS = frozenset({"io.StringIO", "io.BytesIO"})
_TABLE = re.compile(r"\.(?:csv|tsv|parquet|feather|arrow|xlsx?|jsonl|ndjson)(?:\.gz)?$")
_NO_REQUESTS = "No handler of requests is found in its Python."


class CodeToData(Rule):
    """Code goes to the data, not data to the code.

    ## What it does
    Looks for whole tables that are read out of a database (`SELECT *` into a data frame, `COPY …
    TO`, a query whose result becomes a file), and for work that is done where the rows are.

    ## Why
    A query that returns ten numbers beats an export of ten million rows, and there is no copy to
    protect, to keep fresh, or to forget.

    ## How to fix
    Write the statistics as SQL: `GROUP BY`, window functions, a view. Ask for the columns and rows
    that are needed.

    ## Equivalents
    Database functions and extensions (PL/Python, PL/R, PostgresML), DuckDB beside the files, Ibis,
    dbt, Spark.
    """

    code = "DATA02"
    level: ClassVar[Level] = "gold"
    statements = (41,)
    page = "data/code-to-data/#dont-move"

    def check(self, source: Fact[Source]) -> Verdict:
        """Warn for whole tables that leave the database."""
        if not isinstance(source, Found):
            return Verdict("na", "It has no Python source of its own.")
        code = source.value
        database = next(code.imported(*_DATABASES), None)
        if database is None and not code.sql and not code.queries:
            return Verdict("na", "It works with no database, as far as its Python shows.")
        if exports := tuple(dict.fromkeys(_exports(code))):
            fix = "Let the database compute it: ask for numbers, or for the rows that are needed."
            return Verdict(
                "warn", "Rows leave the database as they are, or as files.", exports, fix=fix
            )
        inside = [at(one.spot) for one in (*code.sql, *code.queries) if _COMPUTES.search(one.text)]
        inside += [at(call.spot) for call in code.called("sqlalchemy.func.")]
        computes = " Statistics are computed in it." if inside else ""
        searched = ("SQL in Python and in *.sql", "calls that write files of tables")
        message = f"No whole table leaves the database.{computes}"
        return Verdict("pass", message, tuple(inside[:5]), searched)


class InMemory(Rule):
    """Requests are answered from memory.

    ## What it does
    Follows the calls from each handler of requests, as far as names tell, and looks for functions
    that write a file and read one back.

    ## Why
    A round trip to the disk costs more than most models, fills the disk of the pod, and two
    requests at once may read each other's file.

    ## How to fix
    Hand the bytes or the data frame on as an object: `io.BytesIO` takes the place of a file in
    almost every library.

    ## Equivalents
    Buffers, shared memory, a cache such as Redis. What a request leaves behind for good (an
    upload, a report) is no round trip.
    """

    code = "DATA03"
    level: ClassVar[Level] = "gold"
    statements = (42,)
    page = "data/code-to-data/#in-memory"

    def check(self, source: Fact[Source], profile: Found[Profile]) -> Verdict:
        """Warn for functions on the request path that write a file and read one."""
        if not profile.value.runs or not isinstance(source, Found):
            return Verdict("na", _NO_REQUESTS)
        paths = source.value.request_path
        if not paths.handlers:
            return Verdict("na", _NO_REQUESTS)
        trips = [trip for place in sorted(paths.reached) if (trip := _trip(paths.calls_of(place)))]
        if not trips:
            searched = (f"{len(paths.reached)} functions that handlers reach",)
            return Verdict("pass", "No request goes through a file.", (), searched)
        places = tuple(dict.fromkeys(at(call.spot) for trip in trips for call in trip))
        fix = "Hand the content on in memory: `io.BytesIO` takes the place of the file."
        return Verdict("warn", "A request writes a file and reads it back.", places, fix=fix)


class LiveData(Rule):
    """Serving code works on live data.

    ## What it does
    Looks for committed tables (CSV, Parquet and the like) that the functions which answer
    requests, or the modules they are in, read by name.

    ## Why
    A table in the image was true on the day of the build. Nobody notices when it no longer is: the
    service still answers.

    ## How to fix
    Read from the live table, or from a store that is fed by it, and measure how old its values
    are. Training takes a versioned snapshot (DATA01): another matter.

    ## Equivalents
    A database, a feature store, a cache with an age, a file that is fetched and renewed.
    """

    code = "DATA04"
    level: ClassVar[Level] = "gold"
    statements = (43,)
    page = "data/code-to-data/#live-data"

    def check(self, source: Fact[Source], profile: Found[Profile]) -> Verdict:
        """Warn when a committed table is read on the request path."""
        if not profile.value.runs or not isinstance(source, Found):
            return Verdict("na", _NO_REQUESTS)
        paths = source.value.request_path
        if not paths.handlers:
            return Verdict("na", _NO_REQUESTS)
        read = list(_committed(source.value, paths))
        if not read:
            searched = (f"{len(paths.files)} files that handlers reach",)
            return Verdict("pass", "No committed table is read to answer requests.", (), searched)
        fix = "Read the live table, or a store that is fed by it."
        places = tuple(dict.fromkeys(read))
        return Verdict("warn", "Requests are answered from a committed table.", places, fix=fix)


def _exports(source: Source) -> Iterator[Evidence]:
    reading = {(one.spot.path, one.function) for one in source.sql if _WHOLE.match(one.text)}
    for call in source.calls:
        if not call.name.startswith(_READS_SQL):
            continue
        reading.add((call.spot.path, call.function))
        if call.name.endswith("_table") or any(_WHOLE.match(text) for text in call.texts):
            yield at(call.spot)
    for call in source.calls:
        last = call.name.rpartition(".")[2]
        if last in _FILES_OUT and (call.spot.path, call.function) in reading:
            yield at(call.spot)
    for statement in (*source.sql, *source.queries):
        if statement.verb == "copy" and _COPY.match(statement.text):
            yield at(statement.spot)


def _trip(calls: list[Call]) -> tuple[Call, Call] | None:
    """Return a call that writes a file and a later one that reads one, in one function."""
    if any(call.name in _BUFFERS for call in calls):
        return None
    ordered = sorted(calls, key=lambda call: call.spot.line)
    wrote = next((call for call in ordered if _writes(call)), None)
    if wrote is None:
        return None
    later = (call for call in ordered if call.spot.line > wrote.spot.line and _reads(call))
    read = next(later, None)
    return (wrote, read) if read else None


def _writes(call: Call) -> bool:
    if call.name == "open":
        return any(re.fullmatch(r"[wxa][bt+]{0,2}", text) for text in call.texts)
    last = call.name.rpartition(".")[2]
    return call.name in _WRITE_CALLS or (call.name.startswith("?.") and last in _WRITES)


def _reads(call: Call) -> bool:
    if call.name == "open":
        return not _writes(call)
    if call.name in _READ_CALLS or _TABLE_READ.match(call.name):
        return True
    return call.name.startswith("?.") and call.name[2:] in _READS


def _committed(source: Source, paths: RequestPath) -> Iterator[Evidence]:
    for call in source.calls:
        last = call.name.rpartition(".")[2]
        if last in _FILES_OUT or call.spot.path not in paths.files:
            continue
        on_the_way = not call.function or (call.spot.path, call.function) in paths.reached
        if on_the_way and any(_is_committed(text, source.data) for text in call.texts):
            yield at(call.spot)


def _is_committed(text: str, data: tuple[str, ...]) -> bool:
    if not _TABLE.search(text) or "://" in text:
        return False
    wanted = posixpath.normpath(text).lstrip("./")
    return any(path == wanted or path.endswith(f"/{wanted}") for path in data)
