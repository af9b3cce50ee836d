"""How each part of the service is started on one machine."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from fraud_score.local.guard import Program
from fraud_score.local.part import Recipe

SERVING_IMAGE = "tensorflow/serving:2.20.0"
"""What ``MODEL_SERVER=docker`` runs, as production does."""

_HOMES = ("KERAS_HOME", "MPLCONFIGDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")
"""Where TensorFlow's and MLflow's libraries keep settings that nobody asked for."""


def away_from_home(folder: Path) -> dict[str, str]:
    """Return settings that keep what libraries write into one's home in another folder."""
    return dict.fromkeys(_HOMES, str(folder.resolve() / ".home"))


@dataclass(frozen=True)
class Plan:
    """What to start.

    Attributes:
        folder: Where logs and the database lie; made if missing, kept afterwards.
        models: Folder of released models: ``<name>/<version>/``.
        model_server: ``local``, ``docker``, or the address of one that runs already.
        database_url: A Postgres that runs already; "" for one of the stack's own.
        prepared: Whether its tables, and the model's reference in them, are there already.
        port: The API's port; 0 for any free one.
        workers: How many workers.
        trainer: Whether to run the trainer.
        drift_seconds: Pause between two runs of the drift job; 0 for no run.
        supervise: Whether a part that dies is started again, as a cluster would.
        environment: Further settings of every part (``FRAUD_SCORE_...``).
    """

    folder: Path
    models: Path
    model_server: str = field(default_factory=lambda: os.environ.get("MODEL_SERVER", "local"))
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
        return self.environment.get("FRAUD_SCORE_MODEL_NAME", "fraud")

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
        # Answers only while a version is available; ".../fraud" alone also does after it ended.
        ready = f"/v1/models/{self.plan.model_name}/metadata"
        make = self._docker if self.plan.model_server == "docker" else self._local_server
        return Recipe("model-server", make, ready)

    def api(self) -> Recipe:
        """The API."""
        return Recipe(
            "api",
            lambda port: self.service("api", "api", FRAUD_SCORE_PORT=str(port)),
            "/health/ready",
            self.plan.port,
        )

    def worker(self, name: str) -> Recipe:
        """A worker."""
        return Recipe(
            name,
            lambda port: self.service(name, "worker", FRAUD_SCORE_WORKER_PORT=str(port)),
            "/health/ready",
        )

    def trainer(self) -> Recipe:
        """What trains anew when the drift job asks for it."""
        return Recipe(
            "trainer",
            lambda port: self.service("trainer", "trainer", FRAUD_SCORE_WORKER_PORT=str(port)),
            "/health/ready",
        )

    def drift(self) -> Recipe:
        """The drift job, again and again."""
        pause = f"{self.plan.drift_seconds:g}"
        return Recipe("drift", lambda _: self.service("drift", "drift", "--every", pause))

    def service(self, name: str, *command: str, **settings: str) -> Program:
        """A command of ``fraud-score`` with its settings, those of this shell left out."""
        inherited = {key: v for key, v in os.environ.items() if not key.startswith("FRAUD_SCORE_")}
        environment = {
            **inherited,
            **away_from_home(self.plan.folder),
            "DATABASE_URL": self.database_url,
            "FRAUD_SCORE_HOST": "127.0.0.1",
            "FRAUD_SCORE_MODEL_URL": self.model_url,
            "FRAUD_SCORE_MODEL_NAME": self.plan.model_name,
            "FRAUD_SCORE_MODEL_DIR": str(self.plan.models.resolve()),
            "OTEL_SERVICE_NAME": f"fraud-score-{name}",
            **self.plan.environment,
            **settings,
        }
        return Program(
            [sys.executable, "-m", "fraud_score", *command], self._log(name), environment
        )

    def _local_server(self, port: int) -> Program:
        command = [
            *(sys.executable, "-m", "local_model_server"),
            f"--rest_api_port={port}",
            f"--port={port + 1}",
            # Versions are complete when they get their names: one that fails once is broken.
            "--max_num_load_retries=0",
            f"--model_name={self.plan.model_name}",
            f"--model_base_path={self.plan.models.resolve() / self.plan.model_name}",
        ]
        # TensorFlow's own notices about this machine's processor say nothing about this service.
        environment = {
            "TF_CPP_MIN_LOG_LEVEL": "2",
            **os.environ,
            **away_from_home(self.plan.folder),
        }
        return Program(command, self._log("model-server"), environment)

    def _docker(self, port: int) -> Program:
        models = self.plan.models.resolve() / self.plan.model_name
        command = [
            *("docker", "run", "--rm", "--init", "--name", f"model-server-{os.getpid()}-{port}"),
            *("--publish", f"127.0.0.1:{port}:8501", "--publish", f"127.0.0.1:{port + 1}:8500"),
            *("--volume", f"{models}:/models/{self.plan.model_name}:ro"),
            *("--env", f"MODEL_NAME={self.plan.model_name}", SERVING_IMAGE),
            "--max_num_load_retries=0",
        ]
        return Program(command, self._log("model-server"))

    def _log(self, name: str) -> Path:
        return self.plan.folder.resolve() / f"{name}.log"
