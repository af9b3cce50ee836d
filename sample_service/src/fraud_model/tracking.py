"""Write each training to MLflow, and each version to its registry: local files, no network.

The store is ``MLFLOW_TRACKING_URI`` where that is set, else a SQLite file under ``paths.mlflow``.
"""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

from fraud_model.config import Config


class Run(Protocol):
    """What a training says about itself."""

    def note(self, metrics: Mapping[str, float], tags: Mapping[str, str]) -> None:
        """Write figures and short texts."""

    def keep(self, path: Path, folder: str) -> None:
        """Keep a copy of a file, or of all in a folder, under a name."""

    def register(self, name: str) -> dict[str, str | int]:
        """Register the model of this run as a candidate; return where it is registered."""

    def promote(self, name: str, registered: Mapping[str, str | int], version: int) -> None:
        """Note which exported version the registered one is, and that it is in service."""


class _Untracked:
    """Writes nothing: ``tracking.enabled=false``."""

    def note(self, metrics: Mapping[str, float], tags: Mapping[str, str]) -> None:
        pass

    def keep(self, path: Path, folder: str) -> None:
        pass

    def register(self, name: str) -> dict[str, str | int]:
        return {}

    def promote(self, name: str, registered: Mapping[str, str | int], version: int) -> None:
        pass


class _Tracked:
    """Writes to MLflow."""

    def __init__(self, client: Any, run_id: str) -> None:
        self._client = client
        self._run_id = run_id

    def note(self, metrics: Mapping[str, float], tags: Mapping[str, str]) -> None:
        from mlflow.entities import Metric, RunTag  # noqa: PLC0415

        now = int(time.time() * 1000)
        self._client.log_batch(
            self._run_id,
            metrics=[Metric(name, value, now, 0) for name, value in metrics.items()],
            tags=[RunTag(name, text) for name, text in tags.items()],
        )

    def keep(self, path: Path, folder: str) -> None:
        write = self._client.log_artifacts if path.is_dir() else self._client.log_artifact
        write(self._run_id, str(path), folder)

    def register(self, name: str) -> dict[str, str | int]:
        known = {model.name for model in self._client.search_registered_models()}
        if name not in known:
            self._client.create_registered_model(name)
        source = f"{self._client.get_run(self._run_id).info.artifact_uri}/model"
        version = self._client.create_model_version(name, source, self._run_id).version
        self._client.set_registered_model_alias(name, "candidate", version)
        place = (self._run_id, name, int(version))
        return dict(zip(("run_id", "registered_model", "registered_version"), place, strict=True))

    def promote(self, name: str, registered: Mapping[str, str | int], version: int) -> None:
        number = str(registered["registered_version"])
        self._client.set_model_version_tag(name, number, "export_version", str(version))
        self._client.set_registered_model_alias(name, "champion", number)
        self._client.set_tag(self._run_id, "export_version", str(version))


@contextmanager
def run(config: Config) -> Iterator[Run]:
    """Track what the block does; a block that fails is a failed run."""
    if not config.tracking.enabled:
        yield _Untracked()
        return
    client = _client(config)
    experiment = _experiment(client, config)
    info = client.create_run(experiment, tags=_origin()).info
    _note_parameters(client, info.run_id, config)
    try:
        yield _Tracked(client, info.run_id)
    except BaseException:
        client.set_terminated(info.run_id, "FAILED")
        raise
    client.set_terminated(info.run_id, "FINISHED")


def _client(config: Config) -> Any:  # MLflow has no types
    # Both are read when MLflow is imported, hence here and not above.
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
    import mlflow  # noqa: PLC0415

    logging.getLogger("mlflow").setLevel(logging.WARNING)
    folder = Path(config.paths.mlflow).resolve()
    uri = os.environ.get("MLFLOW_TRACKING_URI")
    if not uri:
        folder.mkdir(parents=True, exist_ok=True)
        uri = f"sqlite:///{folder / 'mlflow.db'}"
    return mlflow.MlflowClient(tracking_uri=uri, registry_uri=uri)


def _experiment(client: Any, config: Config) -> str:
    name = config.tracking.experiment
    if known := client.get_experiment_by_name(name):
        return str(known.experiment_id)
    if os.environ.get("MLFLOW_TRACKING_URI"):
        return str(client.create_experiment(name))
    artifacts = Path(config.paths.mlflow).resolve() / "artifacts"
    return str(client.create_experiment(name, artifact_location=artifacts.as_uri()))


def _note_parameters(client: Any, run_id: str, config: Config) -> None:
    from mlflow.entities import Param  # noqa: PLC0415

    flat = _flat(asdict(config)).items()
    client.log_batch(run_id, params=[Param(name, str(value)) for name, value in flat])


def _origin() -> dict[str, str]:
    if not shutil.which("git"):  # as in the trainer's image
        return {}
    asked = subprocess.run(
        ["git", "rev-parse", "HEAD"], check=False, capture_output=True, text=True
    )
    return {"mlflow.source.git.commit": asked.stdout.strip()} if asked.returncode == 0 else {}


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in values.items():
        inner = _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else None
        flat.update(inner if inner is not None else {f"{prefix}{name}": value})
    return flat
