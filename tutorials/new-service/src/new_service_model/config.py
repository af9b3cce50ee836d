"""The types and limits of the configuration: what Hydra composes is held to them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import hydra
from hydra.core.config_store import ConfigStore
from omegaconf import MISSING, DictConfig, OmegaConf

from new_service_model.errors import ConfigError, ModelError


@dataclass
class Data:
    """The simulated deliveries."""

    seed: int = MISSING
    start: str = MISSING
    weeks: int = MISSING
    couriers: int = MISSING


@dataclass
class Split:
    """Shares of the deliveries, in order of time; the rest, and the first, is trained on."""

    validation: float = MISSING
    test: float = MISSING


@dataclass
class Model:
    """The additive model: width of the nets, and what pulls its weights to zero."""

    hidden: int = MISSING
    l2: float = MISSING


@dataclass
class Training:
    """How it is fitted."""

    epochs: int = MISSING
    batch: int = MISSING
    learning_rate: float = MISSING
    patience: int = MISSING


@dataclass
class Source:
    """Where the labelled deliveries come from, and up to when.

    ``as_of`` is ``now``, ``latest`` or a moment: what was reported after it is not seen.
    """

    kind: str = MISSING
    as_of: str = MISSING
    history_days: int = MISSING
    label_delay_days: int = MISSING
    minimum_deliveries: int = MISSING
    minimum_late: int = MISSING


@dataclass
class Thresholds:
    """Probabilities from which a delivery is ``at_risk``, and ``late``."""

    at_risk: float = MISSING
    late: float = MISSING


@dataclass
class Gate:
    """By how much a candidate's PR-AUC may be below that of the current version or the baseline."""

    largest_loss: float = MISSING


@dataclass
class Export:
    """Whether and under which name a version is written, and the batch sizes to warm up with."""

    enabled: bool = MISSING
    name: str = MISSING
    warmup_rows: list[int] = MISSING


@dataclass
class Tracking:
    """Whether and under which name a run is written to MLflow."""

    enabled: bool = MISSING
    experiment: str = MISSING


@dataclass
class Paths:
    """Folders, relative to the working directory."""

    data: str = MISSING
    reports: str = MISSING
    models: str = MISSING
    mlflow: str = MISSING

    @property
    def deliveries(self) -> Path:
        """The simulated deliveries."""
        return Path(self.data) / "deliveries.csv"

    @property
    def labels(self) -> Path:
        """What was reported about them."""
        return Path(self.data) / "labels.csv"

    @property
    def dataset(self) -> Path:
        """Features and labels, ready to be trained on."""
        return Path(self.data) / "dataset.npz"


@dataclass
class Config:
    """Everything."""

    seed: int = MISSING
    data: Data = field(default_factory=Data)
    split: Split = field(default_factory=Split)
    model: Model = field(default_factory=Model)
    training: Training = field(default_factory=Training)
    source: Source = field(default_factory=Source)
    thresholds: Thresholds = field(default_factory=Thresholds)
    gate: Gate = field(default_factory=Gate)
    export: Export = field(default_factory=Export)
    tracking: Tracking = field(default_factory=Tracking)
    paths: Paths = field(default_factory=Paths)


def load(overrides: list[str] | None = None) -> Config:
    """Compose the configuration without a command line, for tests and notebooks.

    Args:
        overrides: As on the command line: ``["data=small", "training.epochs=2"]``.

    Raises:
        ConfigError: A value is out of its limits.
    """
    _register()
    with hydra.initialize_config_module("new_service_model.conf", version_base="1.3"):
        return typed(hydra.compose("config", overrides=overrides or []))


def command(run: Callable[[Config], None]) -> Callable[[], None]:
    """Make a command of a function: overrides from the command line, errors as one message.

    The exit code is the error's (see :mod:`new_service_model.errors`).
    """
    _register()

    @hydra.main(
        version_base="1.3", config_path="pkg://new_service_model.conf", config_name="config"
    )
    def main(composed: DictConfig) -> None:
        try:
            run(typed(composed))
        except ModelError as exc:
            print(exc, file=sys.stderr)
            raise SystemExit(exc.exit_code) from exc

    entry: Callable[[], None] = main
    return entry


def typed(composed: DictConfig) -> Config:
    """Turn what Hydra composed into the typed configuration.

    Raises:
        ConfigError: Values are out of their limits; all of them are named.
    """
    OmegaConf.resolve(composed)
    config = OmegaConf.to_object(composed)
    if not isinstance(config, Config):
        raise TypeError(f"expected a configuration, not {type(config).__name__}")
    if mistakes := list(_mistakes(config)):
        raise ConfigError("\n".join(mistakes))
    return config


def _register() -> None:
    ConfigStore.instance().store("schema", node=Config)


def _mistakes(config: Config) -> Iterator[str]:
    for name, (value, holds, expected) in _limits(config).items():
        if not holds:
            yield f"{name}={value}: expected {expected}"


def _limits(config: Config) -> dict[str, tuple[object, bool, str]]:
    data, split, training, source = config.data, config.split, config.training, config.source
    shares = (split.validation, split.test)
    bands = (config.thresholds.at_risk, config.thresholds.late)
    known_moment = source.as_of in {"now", "latest"} or _is_moment(source.as_of)
    return {
        "data.start": (data.start, _is_day(data.start), "a day like 2026-01-05"),
        "data.weeks": (data.weeks, 1 <= data.weeks <= 104, "1 to 104"),
        "data.couriers": (data.couriers, 1 <= data.couriers <= 10**5, "1 to 100000"),
        "split": (
            shares,
            min(shares) > 0 and sum(shares) < 1,
            "two shares above 0 that leave something to train on",
        ),
        "model.hidden": (config.model.hidden, config.model.hidden >= 1, "at least 1"),
        "training.epochs": (training.epochs, training.epochs >= 1, "at least 1"),
        "training.batch": (training.batch, training.batch >= 1, "at least 1"),
        "source.kind": (source.kind, source.kind in {"files", "live"}, "files or live"),
        "source.as_of": (
            source.as_of,
            known_moment,
            "now, latest, or a moment like 2026-07-01T00:00:00+00:00",
        ),
        "source.label_delay_days": (
            source.label_delay_days,
            0 <= source.label_delay_days < source.history_days,
            "at least 0, below source.history_days",
        ),
        "thresholds": (
            bands,
            0 < bands[0] <= bands[1] < 1,
            "at_risk above 0, late at least that and below 1",
        ),
    }


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _is_moment(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
