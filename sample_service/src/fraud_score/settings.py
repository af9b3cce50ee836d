"""Settings, read once from the environment at the start."""

from __future__ import annotations

import math
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fraud_features import MODEL


class SettingError(ValueError):
    """Environment variables have values they cannot have; every one of them is named."""


@dataclass(frozen=True)
class Settings:
    """What the programs need to know.

    Attributes:
        database_url: The Postgres that holds everything (``DATABASE_URL``); "" when not given.
        host: Address to listen on (``FRAUD_SCORE_HOST``).
        port: The API's port, 0 for any free one (``FRAUD_SCORE_PORT``).
        token: Bearer token for ``/v1``; "" asks for none (``FRAUD_SCORE_TOKEN``).
        queue_limit: Most jobs waiting at a time (``FRAUD_SCORE_QUEUE_LIMIT``).
        model_url: REST address of the model server (``FRAUD_SCORE_MODEL_URL``).
        model_name: The model's name there (``FRAUD_SCORE_MODEL_NAME``).
        model_label: Label of the version to ask, "" for the newest (``FRAUD_SCORE_MODEL_LABEL``).
        worker_port: Port of the worker's probes and metrics (``FRAUD_SCORE_WORKER_PORT``).
        batch: Most jobs a worker takes at a time (``FRAUD_SCORE_BATCH``).
        lease_seconds: A worker silent for so long loses its jobs (``FRAUD_SCORE_LEASE_SECONDS``).
        max_attempts: Attempts before a job is given up (``FRAUD_SCORE_MAX_ATTEMPTS``).
        keep_days: Days a finished job can be fetched (``FRAUD_SCORE_KEEP_DAYS``).
        model_dir: Where model versions are released (``FRAUD_SCORE_MODEL_DIR``).
        drift_limit: Population stability index that asks for a retrain
            (``FRAUD_SCORE_DRIFT_LIMIT``).
        drift_hours: Hours of live data that are compared (``FRAUD_SCORE_DRIFT_HOURS``).
        drift_minimum: Fewer scores than that are not compared (``FRAUD_SCORE_DRIFT_MINIMUM``).
        retrain_pause_hours: Hours after a training in which drift asks for no other
            (``FRAUD_SCORE_RETRAIN_PAUSE_HOURS``).
        train_seconds: A training that takes longer is ended (``FRAUD_SCORE_TRAIN_SECONDS``).
        train_overrides: Hydra overrides of the training, written as in a shell
            (``FRAUD_SCORE_TRAIN_OVERRIDES``).
    """

    database_url: str = ""
    host: str = "127.0.0.1"
    port: int = 8080
    token: str = ""
    queue_limit: int = 1_000
    model_url: str = "http://127.0.0.1:8501"
    model_name: str = MODEL
    model_label: str = ""
    worker_port: int = 8081
    batch: int = 32
    lease_seconds: float = 30.0
    max_attempts: int = 5
    keep_days: int = 30
    model_dir: Path = Path("models")
    drift_limit: float = 0.2
    drift_hours: float = 24.0
    drift_minimum: int = 500
    retrain_pause_hours: float = 168.0
    train_seconds: float = 3_600.0
    train_overrides: tuple[str, ...] = ()

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Read the settings.

        Raises:
            SettingError: A value is malformed or out of range; all such values are listed.
        """
        read = _Reader(environment)
        settings = cls(
            database_url=read.address("DATABASE_URL", cls.database_url, _DATABASES),
            host=read.text("FRAUD_SCORE_HOST", cls.host),
            port=read.whole("FRAUD_SCORE_PORT", cls.port, 0, 65_535),
            token=read.text("FRAUD_SCORE_TOKEN", cls.token),
            queue_limit=read.whole("FRAUD_SCORE_QUEUE_LIMIT", cls.queue_limit, 1, 1_000_000),
            model_url=read.address("FRAUD_SCORE_MODEL_URL", cls.model_url, _SERVERS),
            model_name=read.text("FRAUD_SCORE_MODEL_NAME", cls.model_name),
            model_label=read.text("FRAUD_SCORE_MODEL_LABEL", cls.model_label),
            worker_port=read.whole("FRAUD_SCORE_WORKER_PORT", cls.worker_port, 0, 65_535),
            batch=read.whole("FRAUD_SCORE_BATCH", cls.batch, 1, 1_000),
            lease_seconds=read.number("FRAUD_SCORE_LEASE_SECONDS", cls.lease_seconds, 0.1, 3_600.0),
            max_attempts=read.whole("FRAUD_SCORE_MAX_ATTEMPTS", cls.max_attempts, 1, 100),
            keep_days=read.whole("FRAUD_SCORE_KEEP_DAYS", cls.keep_days, 1, 3_650),
            model_dir=Path(read.text("FRAUD_SCORE_MODEL_DIR", str(cls.model_dir))),
            drift_limit=read.number("FRAUD_SCORE_DRIFT_LIMIT", cls.drift_limit, 0.001, 100.0),
            drift_hours=read.number("FRAUD_SCORE_DRIFT_HOURS", cls.drift_hours, 0.01, 10_000.0),
            drift_minimum=read.whole("FRAUD_SCORE_DRIFT_MINIMUM", cls.drift_minimum, 1, 1_000_000),
            retrain_pause_hours=read.number(
                "FRAUD_SCORE_RETRAIN_PAUSE_HOURS", cls.retrain_pause_hours, 0.0, 10_000.0
            ),
            train_seconds=read.number(
                "FRAUD_SCORE_TRAIN_SECONDS", cls.train_seconds, 1.0, 1_000_000.0
            ),
            train_overrides=read.words("FRAUD_SCORE_TRAIN_OVERRIDES"),
        )
        if read.mistakes:
            raise SettingError("\n".join(read.mistakes))
        return settings


_DATABASES = ("postgresql://", "postgres://")
_SERVERS = ("http://", "https://")


class _Reader:
    """Reads values and collects what is wrong with them."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self.mistakes: list[str] = []

    def text(self, name: str, default: str) -> str:
        return self._environment.get(name, default)

    def words(self, name: str) -> tuple[str, ...]:
        text = self._environment.get(name, "")
        try:
            return tuple(shlex.split(text))
        except ValueError as exc:
            self.mistakes.append(f"{name}={text!r}: {exc}; must be words as in a shell")
            return ()

    def address(self, name: str, default: str, schemes: tuple[str, ...]) -> str:
        text = self._environment.get(name, "")
        if text and not text.startswith(schemes):
            # The value is not shown: an address may hold a password.
            self.mistakes.append(f"{name}: must begin with {' or '.join(schemes)}")
        return text.rstrip("/") or default

    def whole(self, name: str, default: int, low: int, high: int) -> int:
        text = self._environment.get(name, str(default))
        if text.isascii() and text.isdigit() and low <= int(text) <= high:
            return int(text)
        self.mistakes.append(f"{name}={text!r}: must be a whole number from {low} to {high}")
        return default

    def number(self, name: str, default: float, low: float, high: float) -> float:
        text = self._environment.get(name, str(default))
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if low <= value <= high:
            return value
        self.mistakes.append(f"{name}={text!r}: must be a number from {low:g} to {high:g}")
        return default
