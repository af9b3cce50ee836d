"""From deliveries and labels to a data set: features by the statement that also serves.

``python -m new_service_model.prepare`` reads the files of the ``generate`` stage and writes
``dataset.npz``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, fields
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from new_service_features import training_sql
from new_service_model import database
from new_service_model.config import Config, Paths, Source, command
from new_service_model.dataset import Dataset, from_rows
from new_service_model.errors import DataError
from new_service_model.generate import Delivery, Label

_TYPES = {"str": "text", "int": "bigint", "float": "float8", "bool": "boolean"}


def run(config: Config) -> None:
    """Write ``paths.data/dataset.npz`` and say what is in it."""
    dataset = read(config)
    dataset.save(config.paths.dataset)
    print(
        f"{config.paths.dataset}: {len(dataset)} labelled deliveries, {dataset.late.mean():.1%} "
        f"late, {dataset.digest}"
    )


def read(config: Config) -> Dataset:
    """Compute the features of all deliveries whose label is known.

    Raises:
        DataError: Files or database are missing, or there are too few deliveries, or late ones.
    """
    source = config.source
    with database.live() if source.kind == "live" else _staged(config.paths) as connection:
        dataset = _select(connection, source, origin(config))
    few = (len(dataset) < source.minimum_deliveries, dataset.late.sum() < source.minimum_late)
    if any(few):
        raise DataError(
            f"{len(dataset)} deliveries, {dataset.late.sum()} of them late, are too few to train "
            f"on: {source.minimum_deliveries} with {source.minimum_late} are needed. Wait for more "
            "labels, or set source.history_days, source.label_delay_days, "
            "source.minimum_deliveries or source.minimum_late."
        )
    return dataset


def origin(config: Config) -> str:
    """Return the parameters that a data set depends on, as text."""
    simulated = {} if config.source.kind == "live" else {"data": asdict(config.data)}
    return json.dumps({"source": asdict(config.source), **simulated})


def _select(connection: psycopg.Connection, source: Source, made_with: str) -> Dataset:
    with connection.cursor(row_factory=dict_row) as cursor:
        parameters = {
            "as_of": _as_of(connection, source),
            "history_days": source.history_days,
            "label_delay_days": source.label_delay_days,
        }
        return from_rows(cursor.execute(training_sql(), parameters).fetchall(), made_with)


def _as_of(connection: psycopg.Connection, source: Source) -> datetime:
    if source.as_of == "now":
        return datetime.now(UTC)
    if source.as_of != "latest":
        return datetime.fromisoformat(source.as_of)
    row = connection.execute("SELECT max(planned_at) FROM deliveries").fetchone()
    if row is None or row[0] is None:
        raise DataError("there are no deliveries to train on")
    latest: datetime = row[0]
    return latest + timedelta(days=source.label_delay_days, microseconds=1)


def stage(connection: psycopg.Connection, paths: Paths) -> None:
    """Make the files temporary tables, named as in the service.

    So the statements that serve run on them unchanged, and nobody else's tables are touched.

    Raises:
        DataError: A file is missing, or is none of those.
    """
    for path in (paths.deliveries, paths.labels):
        if not path.is_file():
            raise DataError(
                f"{path}: no such file. Make it with 'dvc repro', or get it with 'dvc pull'."
            )
    _copy(connection, "deliveries", Delivery, paths.deliveries)
    _copy(connection, "labels", Label, paths.labels)
    connection.execute(files("new_service_model").joinpath("staged.sql").read_bytes())


@contextmanager
def _staged(paths: Paths) -> Iterator[psycopg.Connection]:
    with database.scratch() as connection:
        stage(connection, paths)
        yield connection


def _copy(
    connection: psycopg.Connection, table: str, kind: type[Delivery | Label], path: Path
) -> None:
    """Make a temporary table with a column per field, the first being the key, and fill it."""
    columns = [
        sql.SQL("{} {} NOT NULL").format(sql.Identifier(item.name), sql.SQL(_TYPES[str(item.type)]))
        for item in fields(kind)
    ]
    create = sql.SQL("CREATE TEMPORARY TABLE {} ({}, PRIMARY KEY ({}))")
    name, key = sql.Identifier(table), sql.Identifier(fields(kind)[0].name)
    connection.execute(create.format(name, sql.SQL(", ").join(columns), key))
    statement = sql.SQL("COPY {} FROM STDIN (FORMAT csv, HEADER match)").format(name)
    try:
        with connection.cursor().copy(statement) as copy:
            copy.write(path.read_bytes())
    except (psycopg.DataError, psycopg.IntegrityError) as exc:
        raise DataError(f"{path}: {exc}") from exc


main = command(run)

if __name__ == "__main__":
    main()
