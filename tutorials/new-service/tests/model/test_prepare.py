"""Features from files and from the live database: the same rows, and nothing from the future."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import psycopg
import pytest

from new_service_features import features_sql
from new_service_model import database, prepare
from new_service_model.config import Config, load
from new_service_model.dataset import Dataset
from new_service_model.errors import DataError

AS_OF = datetime(2026, 1, 23, 11, tzinfo=UTC)


@pytest.fixture
def of_live(live: str, small: Config) -> Config:
    assert live
    return replace(small, source=replace(small.source, kind="live"))


def at(config: Config, as_of: datetime, delay: int = 0) -> Config:
    source = replace(config.source, as_of=as_of.isoformat(), label_delay_days=delay)
    return replace(config, source=source)


def test_live_database_gives_what_the_files_give(of_live: Config, dataset: Dataset) -> None:
    assert prepare.read(of_live).digest == dataset.digest
    assert (np.diff(dataset.time) >= 0).all()
    assert np.isfinite(dataset.numeric).all()


def test_what_came_in_later_changes_no_feature(live: str) -> None:
    """The features of all that was in by a moment, before and after the rest is forgotten."""
    later = "(SELECT delivery_id FROM deliveries WHERE received_at > %s)"
    with psycopg.connect(live) as connection:
        known = "SELECT delivery_id FROM deliveries WHERE received_at <= %s"
        ids = [row[0] for row in connection.execute(known, [AS_OF]).fetchall()]
        before = connection.execute(features_sql(), {"ids": ids}).fetchall()
        for table in ("labels", "deliveries"):
            connection.execute(f"DELETE FROM {table} WHERE delivery_id IN {later}", [AS_OF])
        left = connection.execute("SELECT count(*) FROM deliveries").fetchone()
        assert left == (len(ids),)
        assert len(ids) > 1000
        assert sorted(connection.execute(features_sql(), {"ids": ids})) == sorted(before)


def test_label_reported_later_is_not_seen(of_live: Config, live: str) -> None:
    early = prepare.read(at(of_live, AS_OF))
    assert early.time.max() < AS_OF.timestamp() * 1e6
    with psycopg.connect(live) as connection:
        connection.execute("UPDATE labels SET late = NOT late WHERE reported_at > %s", [AS_OF])
    assert prepare.read(at(of_live, AS_OF)).digest == early.digest


def test_recent_deliveries_wait_for_their_labels(of_live: Config) -> None:
    latest = prepare.read(at(of_live, AS_OF, delay=2)).time.max() / 1e6
    assert latest < (AS_OF - timedelta(days=2)).timestamp()


def test_too_few_deliveries_are_refused_with_what_to_do(of_live: Config) -> None:
    source = replace(of_live.source, minimum_late=100_000)
    with pytest.raises(DataError, match="too few to train on: 1000 with 100000 are needed"):
        prepare.read(replace(of_live, source=source))


def test_training_cannot_write_into_the_live_database(live: str) -> None:
    assert live
    with (
        database.live() as connection,
        pytest.raises(psycopg.errors.ReadOnlySqlTransaction),
    ):
        connection.execute("DELETE FROM labels")


@pytest.mark.parametrize(
    ("url", "said"),
    [("", "needs DATABASE_URL"), ("postgresql://127.0.0.1:1/none", "does not answer")],
)
def test_database_that_is_not_there(
    small: Config, monkeypatch: pytest.MonkeyPatch, url: str, said: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    with pytest.raises(DataError, match=said):
        prepare.read(replace(small, source=replace(small.source, kind="live")))


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("deliveries.csv", None, "no such file"),
        ("deliveries.csv", "delivery_id,colour\n", "colour"),
        ("labels.csv", "delivery_id,late,reported_at\na,perhaps,2026-01-01\n", "line 2"),
        ("labels.csv", "delivery_id,late,reported_at\na,true,x\na,true,x\n", "line 3"),
    ],
)
def test_bad_file_is_named(
    postgres: str,
    small: Config,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    file: str,
    content: str | None,
    said: str,
) -> None:
    monkeypatch.setenv("DATABASE_URL", postgres)
    for name in ("deliveries.csv", "labels.csv"):
        (tmp_path / name).symlink_to(Path(small.paths.data) / name)
    (tmp_path / file).unlink()
    if content is not None:
        (tmp_path / file).write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=f"{file}: ") as caught:
        prepare.read(load([f"paths.data={tmp_path}"]))
    assert said in str(caught.value)
