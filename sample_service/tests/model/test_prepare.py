"""Features from files and from the live database: the same rows, the same digest."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import psycopg
import pytest
from tests.fixtures_model import Trained, run_stage

from fraud_features import FEATURES
from fraud_model import database, prepare
from fraud_model.config import Config, load
from fraud_model.dataset import Dataset
from fraud_model.errors import DataError


@pytest.fixture
def of_live(live: str, small: Config, monkeypatch: pytest.MonkeyPatch) -> Config:
    monkeypatch.setenv("DATABASE_URL", live)
    return replace(small, source=replace(small.source, kind="live"))


def test_live_database_gives_what_the_files_give(of_live: Config, dataset: Dataset) -> None:
    assert prepare.read(of_live).digest == dataset.digest


def test_data_set_keeps_its_promises(dataset: Dataset, small: Config) -> None:
    assert dataset.origin == prepare.origin(small)
    assert (np.diff(dataset.time) >= 0).all()
    assert np.isfinite(dataset.numeric).all()
    assert dataset.descriptor.shape == (len(dataset), 32)
    lengths = np.linalg.norm(dataset.vectors.astype(np.float64), axis=1)
    assert lengths == pytest.approx(np.ones(len(lengths)), abs=1e-6)
    flags = [FEATURES.index(name) for name in ("foreign_merchant", "night", "risky_category")]
    assert set(np.unique(dataset.numeric[:, flags])) == {0.0, 1.0}


def test_label_reported_later_is_not_seen(of_live: Config, dataset: Dataset) -> None:
    as_of = datetime(2026, 4, 1, tzinfo=UTC)
    source = replace(of_live.source, as_of=as_of.isoformat(), label_delay_days=0)
    early = prepare.read(replace(of_live, source=source))
    assert early.time.max() < as_of.timestamp() * 1e6
    known = dataset.rows(np.s_[: len(early)])
    assert np.array_equal(known.numeric, early.numeric)
    assert 0 < early.fraud.sum() < known.fraud.sum()


def test_recent_payments_wait_for_their_labels(of_live: Config) -> None:
    as_of = datetime(2026, 4, 1, tzinfo=UTC)
    source = replace(of_live.source, as_of=as_of.isoformat(), label_delay_days=30)
    latest = prepare.read(replace(of_live, source=source)).time.max() / 1e6
    assert latest < (as_of - timedelta(days=30)).timestamp()


def test_too_few_payments_are_refused_with_what_to_do(of_live: Config) -> None:
    source = replace(of_live.source, minimum_frauds=10_000)
    with pytest.raises(DataError, match="are too few to train on: 1000 with 10000 are needed"):
        prepare.read(replace(of_live, source=source))


def test_training_cannot_write_into_the_live_database(of_live: Config) -> None:
    with (
        database.live() as connection,
        pytest.raises(psycopg.errors.ReadOnlySqlTransaction),
    ):
        connection.execute("DELETE FROM labels")


def test_files_go_into_tables_of_the_session_only(
    live: str, small: Config, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", live)
    with psycopg.connect(live) as connection:
        before = connection.execute("SELECT count(*) FROM payments").fetchone()
        assert prepare.read(small).digest == dataset.digest
        assert connection.execute("SELECT count(*) FROM payments").fetchone() == before


@pytest.mark.parametrize(
    ("url", "said"),
    [("", "needs DATABASE_URL"), ("postgresql://127.0.0.1:1/none", "does not answer")],
)
def test_database_that_is_not_there(
    of_live: Config, monkeypatch: pytest.MonkeyPatch, url: str, said: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    with pytest.raises(DataError, match=said):
        prepare.read(of_live)


def test_empty_database(of_live: Config, database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", database)
    with pytest.raises(DataError, match="there are no payments to train on"):
        prepare.read(of_live)


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("payments.csv", None, "no such file"),
        ("labels.csv", None, "no such file"),
        ("payments.csv", "transaction_id,colour\n", "colour"),
        ("labels.csv", "transaction_id,is_fraud,reported_at\na,perhaps,2026-01-01\n", "line 2"),
        ("labels.csv", "transaction_id,is_fraud,reported_at\na,true\n", "line 2"),
    ],
)
def test_bad_file_is_named(
    postgres: str,
    here: Path,
    monkeypatch: pytest.MonkeyPatch,
    file: str,
    content: str | None,
    said: str,
) -> None:
    monkeypatch.setenv("DATABASE_URL", postgres)
    header = "transaction_id,card_id,amount_eur_cents,occurred_at,merchant_category,"
    header += "merchant_descriptor,card_country,merchant_country,device_age_days\n"
    contents = {"payments.csv": header, "labels.csv": "transaction_id,is_fraud,reported_at\n"}
    (here / "data").mkdir()
    for name, text in {**contents, file: content}.items():
        if text is not None:
            (here / "data" / name).write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=f"data/{file}: ") as caught:
        prepare.read(load())
    assert said in str(caught.value)


def test_postgres_is_lent_where_none_is_given(trained_model: Trained, tmp_path: Path) -> None:
    data = trained_model.folder / "data"
    for name in ("payments.csv", "labels.csv"):
        (tmp_path / name).symlink_to(data / name)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # as root, Postgres runs as somebody else
        overrides = (f"paths.data={tmp_path}", "data=small")
        ran = run_stage("prepare", tmp_path, *overrides, DATABASE_URL="", TMPDIR=folder)
        assert (ran.returncode, ran.stderr) == (0, "")
        assert list(Path(folder).iterdir()) == []
    assert (tmp_path / "dataset.npz").read_bytes() == (data / "dataset.npz").read_bytes()
    left = {"payments.csv", "labels.csv", "dataset.npz"}
    assert {path.name for path in tmp_path.iterdir()} == left
