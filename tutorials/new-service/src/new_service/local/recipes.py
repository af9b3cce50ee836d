"""How each part of the service is started on one machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from new_service.local.guard import Program
from new_service.local.part import PartError, Recipe

SERVING_IMAGE = "tensorflow/serving:2.20.0"
"""What ``MODEL_SERVER=docker`` runs, as production does."""

STAND_IN = Path("sample_service", "src")
"""Where a clone of the handbook has ``local_model_server``, which serves without Docker."""

_HOMES = ("KERAS_HOME", "MPLCONFIGDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")
"""Where TensorFlow's and MLflow's libraries keep settings that nobody asked for."""


def away_from_home(folder: Path) -> dict[str, str]:
    """Return settings that keep what libraries write into one's home in another folder."""
    return dict.fromkeys(_HOMES, str(folder.resolve() / ".home"))


def chosen_model_server(environment: Mapping[str, str]) -> str:
    """Choose the model server: what ``MODEL_SERVER`` says, else what this machine has.

    Returns:
        ``local``, ``docker``, or an address.

    Raises:
        PartError: There is none; the message says how to get one.
    """
    chosen = environment.get("MODEL_SERVER", "")
    if chosen.startswith(("http://", "https://")):
        return chosen
    if chosen not in ("", "local", "docker"):
        raise PartError(f"MODEL_SERVER={chosen}: expected local, docker, or an http:// address")
    handbook = environment.get("HANDBOOK", "")
    if chosen == "docker" or (not chosen and not handbook and _docker_runs()):
        return "docker"
    if handbook and (Path(handbook) / STAND_IN / "local_model_server").is_dir():
        return "local"
    reason = (
        f"HANDBOOK={handbook} has no {STAND_IN}/local_model_server" if handbook else "no Docker"
    )
    raise PartError(
        f"no model server ({reason}). Either start Docker and set MODEL_SERVER=docker,\n"
        "or set HANDBOOK to a clone of the handbook: its stand-in serves without Docker"
    )


def _docker_runs() -> bool:
    if not shutil.which("docker"):
        return False
    return not subprocess.run(["docker", "info"], check=False, capture_output=True).returncode


@dataclass(frozen=True)
class Plan:
    """What to start.

    Attributes:
        folder: Where logs and the database lie; made if missing, kept afterwards.
        models: Folder of released models: ``<name>/<version>/``.
        model_server: ``local``, ``docker``, or the address of one that runs already.
        model_config: Folder with ``models.config`` and ``monitoring.config`` for the model server;
            without one it serves the newest version.
        database_url: A Postgres that runs already; "" for one of the stack's own.
        prepared: Whether its tables, and the model's reference in them, are there already.
        port: The API's port; 0 for any free one.
        workers: How many workers.
        trainer: Whether to run the trainer.
        drift_seconds: Pause between two runs of the drift job; 0 for no run.
        supervise: Whether a part that dies is started again, as a cluster would.
        environment: Further settings of every part (``NEW_SERVICE_...``).
    """

    folder: Path
    models: Path
    model_server: str = field(default_factory=lambda: chosen_model_server(os.environ))
    model_config: Path | None = None
    database_url: str = ""
    prepared: bool = False
    port: int = 0
    workers: int = 1
    trainer: bool = True
    drift_seconds: float = 0
    supervise: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def model_name(self) -> str:
        """Name of the model that is served."""
        return self.environment.get("NEW_SERVICE_MODEL_NAME", "new_service")

    @property
    def starts_model_server(self) -> bool:
        """Whether there is a model server to start."""
        return self.model_server in ("local", "docker")


@dataclass(frozen=True)
class Recipes:
    """Makes the recipe of each part.

    Attributes:
        plan: What was asked for.
        database_url: Where the database answers.
        model_url: Where the model server answers.
    """

    plan: Plan
    database_url: str = ""
    model_url: str = ""

    def model_server(self) -> Recipe:
        """The model server: REST on its port, gRPC on the one after it."""
        # Answers only while a version is available; without "metadata" also after it ended.
        ready = f"/v1/models/{self.plan.model_name}/metadata"
        make = self._docker if self.plan.model_server == "docker" else self._local_server
        return Recipe("model-server", make, ready)

    def api(self) -> Recipe:
        """The API."""
        return Recipe(
            "api",
            lambda port: self.service("api", "api", NEW_SERVICE_PORT=str(port)),
            "/health/ready",
            self.plan.port,
        )

    def worker(self, name: str) -> Recipe:
        """A worker."""
        return Recipe(
            name,
            lambda port: self.service(name, "worker", NEW_SERVICE_WORKER_PORT=str(port)),
            "/health/ready",
        )

    def trainer(self) -> Recipe:
        """What trains anew when the drift job asks for it."""
        return Recipe(
            "trainer",
            lambda port: self.service("trainer", "trainer", NEW_SERVICE_WORKER_PORT=str(port)),
            "/health/ready",
        )

    def drift(self) -> Recipe:
        """The drift job, again and again."""
        pause = f"{self.plan.drift_seconds:g}"
        return Recipe("drift", lambda _: self.service("drift", "drift", "--every", pause))

    def service(self, name: str, *command: str, **settings: str) -> Program:
        """A command of ``new-service`` with its settings, those of this shell left out."""
        inherited = {key: v for key, v in os.environ.items() if not key.startswith("NEW_SERVICE_")}
        environment = {
            **inherited,
            **away_from_home(self.plan.folder),
            "DATABASE_URL": self.database_url,
            "NEW_SERVICE_HOST": "127.0.0.1",
            "NEW_SERVICE_MODEL_URL": self.model_url,
            "NEW_SERVICE_MODEL_NAME": self.plan.model_name,
            "NEW_SERVICE_MODEL_DIR": str(self.plan.models.resolve()),
            "OTEL_SERVICE_NAME": f"new-service-{name}",
            **self.plan.environment,
            **settings,
        }
        return Program(
            [sys.executable, "-m", "new_service", *command], self._log(name), environment
        )

    def _local_server(self, port: int) -> Program:
        command = [
            *(sys.executable, "-m", "local_model_server"),
            f"--rest_api_port={port}",
            f"--port={port + 1}",
            # Versions are complete when they get their names: one that fails once is broken.
            "--max_num_load_retries=0",
            *self._which_models(self.plan.models.resolve(), self.plan.model_config),
        ]
        handbook = os.environ.get("HANDBOOK", "")
        environment = {
            # TensorFlow's notices about this machine's processor say nothing about this service.
            "TF_CPP_MIN_LOG_LEVEL": "2",
            **os.environ,
            **away_from_home(self.plan.folder),
            "PYTHONPATH": str(Path(handbook).resolve() / STAND_IN),
        }
        return Program(command, self._log("model-server"), environment)

    def _docker(self, port: int) -> Program:
        command = [
            *("docker", "run", "--rm", "--init", "--name", f"model-server-{os.getpid()}-{port}"),
            *("--publish", f"127.0.0.1:{port}:8501", "--publish", f"127.0.0.1:{port + 1}:8500"),
            *("--volume", f"{self.plan.models.resolve()}:/models:ro"),
        ]
        config = self.plan.model_config
        if config:
            command += ["--volume", f"{config.resolve()}:/etc/model-server:ro"]
        command += [
            *("--entrypoint", "tensorflow_model_server", SERVING_IMAGE),
            *("--port=8500", "--rest_api_port=8501", "--max_num_load_retries=0"),
            *self._which_models(Path("/models"), config and Path("/etc/model-server")),
        ]
        return Program(command, self._log("model-server"))

    def _which_models(self, models: Path, config: Path | None) -> list[str]:
        if config:
            return [
                f"--model_config_file={config / 'models.config'}",
                "--allow_version_labels_for_unavailable_models=true",
                f"--monitoring_config_file={config / 'monitoring.config'}",
            ]
        name = self.plan.model_name
        return [f"--model_name={name}", f"--model_base_path={models / name}"]

    def _log(self, name: str) -> Path:
        return self.plan.folder.resolve() / f"{name}.log"
