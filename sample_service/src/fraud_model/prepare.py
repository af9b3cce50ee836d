"""From payments and labels to a data set: features by the statement that also serves.

``python -m fraud_model.prepare`` reads the files of the ``generate`` stage and writes
``dataset.npz``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path

import numpy as np
import psycopg
from psycopg.rows import dict_row

from fraud_features import DESCRIPTOR_BUCKETS, descriptor, training_sql
from fraud_model import database
from fraud_model.config import Config, Paths, Source, command
from fraud_model.dataset import Dataset, from_rows
from fraud_model.errors import DataError


def run(config: Config) -> None:
    """Write ``paths.data/dataset.npz`` and say what is in it."""
    dataset = read(config)
    dataset.save(config.paths.dataset)
    print(
        f"{config.paths.dataset}: {len(dataset)} labelled payments, {dataset.fraud.mean():.2%} "
        f"fraud, {dataset.digest}"
    )


def read(config: Config) -> Dataset:
    """Compute the features of all payments whose label is known.

    Raises:
        DataError: Files or database are missing, or there are too few payments or frauds.
    """
    source = config.source
    with database.live() if source.kind == "live" else _staged(config.paths) as connection:
        dataset = _select(connection, source, origin(config))
    few = (len(dataset) < source.minimum_payments, dataset.fraud.sum() < source.minimum_frauds)
    if any(few):
        raise DataError(
            f"{len(dataset)} payments with {dataset.fraud.sum()} frauds are too few to train on: "
            f"{source.minimum_payments} with {source.minimum_frauds} are needed. Wait for more "
            "labels, or set source.history_days, source.label_delay_days, "
            "source.minimum_payments or source.minimum_frauds."
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
        rows = cursor.execute(training_sql(), parameters).fetchall()
    texts = [row["merchant_descriptor"] for row in rows]
    vectors = np.frombuffer(descriptor.packed(texts), dtype=np.float32)
    return from_rows(rows, vectors.reshape(-1, DESCRIPTOR_BUCKETS), made_with)


def _as_of(connection: psycopg.Connection, source: Source) -> datetime:
    if source.as_of == "now":
        return datetime.now(UTC)
    if source.as_of != "latest":
        return datetime.fromisoformat(source.as_of)
    row = connection.execute("SELECT max(occurred_at) FROM payments").fetchone()
    if row is None or row[0] is None:
        raise DataError("there are no payments to train on")
    latest: datetime = row[0]
    return latest + timedelta(days=source.label_delay_days, microseconds=1)


@contextmanager
def _staged(paths: Paths) -> Iterator[psycopg.Connection]:
    """Connect to a database that has the files as temporary tables."""
    for path in (paths.payments, paths.labels):
        if not path.is_file():
            raise DataError(
                f"{path}: no such file. Make it with 'dvc repro', or get it with 'dvc pull'."
            )
    with database.scratch() as connection:
        connection.execute(_sql("staging.sql"))
        _copy(
            connection, "COPY staged_payments FROM STDIN (FORMAT csv, HEADER match)", paths.payments
        )
        _copy(connection, "COPY labels FROM STDIN (FORMAT csv, HEADER match)", paths.labels)
        connection.execute(_sql("staged.sql"))
        yield connection


def _copy(connection: psycopg.Connection, statement: str, path: Path) -> None:
    try:
        with connection.cursor().copy(statement) as copy:
            copy.write(path.read_bytes())
    except psycopg.DataError as exc:
        raise DataError(f"{path}: {exc}") from exc


def _sql(name: str) -> bytes:
    return files("fraud_model").joinpath(name).read_bytes()


main = command(run)

if __name__ == "__main__":
    main()
