"""An environment on one machine: a folder, and the units that run in it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from units import DeployError, Facts, Unit, read, write

IN_ORDER = ("prometheus", "release", "model-server", "database")
"""Kinds of units, in the order in which they are stopped."""

NOT_HERE = re.compile(
    r"NEW_SERVICE_(HOST|PORT|WORKER_PORT|MODEL_URL|MODEL_DIR)|OTEL_EXPORTER_OTLP_ENDPOINT"
)
"""Settings that say where things are in a container, or in a cluster."""


class Environment:
    """An environment's folder: its units, and which of them serve.

    Args:
        root: Where all environments and releases lie.
        name: ``dev``, ``stage`` or ``prod``.
    """

    def __init__(self, root: Path, name: str) -> None:
        self.root, self.name = root, name
        self.folder = root / name
        self.models = self.folder / "models"
        self.database = Unit(self.folder / "units" / "database")
        self.prometheus = Unit(self.folder / "units" / "prometheus")

    def release(self, tag: str) -> Path:
        """Return the folder of a release.

        Raises:
            DeployError: It was not built here.
        """
        folder = self.root / "releases" / tag
        if not tag or not folder.is_dir():
            raise DeployError(f"there is no release {tag}: deploy/build.sh makes one")
        return folder

    @property
    def state(self) -> Facts:
        """What serves: ``tag``, and the names of two units, ``release`` and ``model_server``."""
        return read(self.folder / "state.json")

    def serving(self, kind: str) -> Unit | None:
        """Return the unit that serves, ``release`` or ``model_server``, if it runs."""
        name = self.state.get(kind)
        unit = Unit(self.folder / "units" / name) if name else None
        return unit if unit and unit.runs else None

    def units(self) -> Iterator[Unit]:
        """All units there ever were, in the order in which they are to be stopped."""
        found = [Unit(folder) for folder in sorted((self.folder / "units").glob("*"))]
        yield from sorted(found, key=lambda unit: IN_ORDER.index(unit.kind))

    def next_unit(self, kind: str) -> Unit:
        """Return a unit that was not there before."""
        names = [unit.folder.name for unit in self.units() if unit.kind == kind]
        numbers = [int(name.rpartition("-")[2]) for name in names]
        return Unit(self.folder / "units" / f"{kind}-{max(numbers, default=0) + 1}")

    def database_url(self, tag: str) -> str:
        """Return the database's address; start it if it does not run."""
        if not self.database.runs:
            order = {"kind": "database", "data": str(self.folder / "database")}
            self.database.start(order, self.release(tag))
        return str(self.database.facts["urls"]["postgres"])

    def migrate(self, tag: str) -> None:
        """Bring the database to the release's revision, while the release before serves."""
        code = self.release(tag)
        # It needs seconds to load TensorFlow: it does meanwhile.
        if not self._model_server(code) and self._has_model:
            self.next_unit("model-server").launch(self._server_order(code), code)
        settings = {"DATABASE_URL": self.database_url(tag)}
        self._command(tag, settings, "migrate")

    def roll_out(self, tag: str, drift_seconds: float) -> None:
        """Start a release, let it serve once it is ready, and end the one before.

        Raises:
            DeployError: It does not get ready; the one before goes on.
        """
        code = self.release(tag)
        server = self._started_server(code)
        fresh = self.next_unit("release")
        order = {
            "kind": "release",
            "models": str(self.models),
            "model_url": server.facts["urls"]["model-server"],
            "database_url": self.database_url(tag),
            "drift_seconds": drift_seconds,
            "settings": settings(code / "deploy", self.name),
        }
        try:
            fresh.start(order, code)
            self._switch(tag, fresh, server)
        finally:
            self._end_others()

    def _end_others(self) -> None:
        """End releases and model servers that do not serve: the ones before, or failed ones."""
        serving = set(self.state.values())
        idle = [
            unit
            for unit in self.units()
            if unit.kind in {"release", "model-server"} and unit.folder.name not in serving
        ]
        for unit in idle:
            unit.ask_to_end()
        for unit in idle:
            unit.stop()

    @property
    def _has_model(self) -> bool:
        return any(self.models.glob("*/[0-9]*"))

    def _server_order(self, code: Path) -> Facts:
        """The model server as a release wants it."""
        config = {}
        for folder in (code / "deploy/base/model-server", code / "deploy/overlays" / self.name):
            config |= {p.name: p.read_text(encoding="utf-8") for p in folder.glob("*.config")}
        return {"kind": "model-server", "models": str(self.models), "config": config}

    def _model_server(self, code: Path) -> Unit | None:
        """Return the model server that runs, or starts, if it is as the release wants it."""
        order = self._server_order(code)
        found = (unit for unit in self.units() if unit.kind == "model-server" and unit.runs)
        return next((unit for unit in found if unit.order == order), None)

    def _started_server(self, code: Path) -> Unit:
        server = self._model_server(code)
        if not server and not self._has_model:
            raise DeployError(
                f"there is no model in {self.name} yet: deploy/publish-model.sh {self.name} "
                "models/new_service/1"
            )
        if not server:
            server = self.next_unit("model-server")
            server.launch(self._server_order(code), code)
        server.wait()
        return server

    def _switch(self, tag: str, release: Unit, server: Unit) -> None:
        urls = release.facts["urls"]
        state = {"tag": tag, "release": release.folder.name, "model_server": server.folder.name}
        write(self.folder / "targets.json", json.dumps(self._targets(urls, server.facts["urls"])))
        write(self.folder / "state.json", json.dumps(state, indent=2))
        write(self.folder / "url", urls["api"] + "\n")
        logs = self.folder / "logs"
        logs.unlink(missing_ok=True)
        logs.symlink_to(release.folder.relative_to(self.folder))

    def _targets(self, urls: dict[str, str], server: dict[str, str]) -> list[Facts]:
        """What Prometheus reads here, as its file-based discovery wants it."""
        paths = {name: "/metrics" for name in urls if name != "drift"}
        paths |= dict.fromkeys(server, "/monitoring/prometheus/metrics")
        return [
            {
                "targets": [({**urls, **server})[name].removeprefix("http://")],
                "labels": {
                    "namespace": f"new-service-{self.name}",
                    "component": re.sub(r"-\d+$", "", name),
                    "__metrics_path__": path,
                },
            }
            for name, path in paths.items()
        ]

    def run(self, command: list[str]) -> None:
        """Run a command of the service here, with the settings of what serves.

        Raises:
            DeployError: Nothing serves here.
        """
        release = self.serving("release")
        if not release:
            raise DeployError(f"{self.name} does not run: deploy/deploy.sh {self.name} TAG")
        self._command(self.state["tag"], release.facts["settings"], *command)

    def _command(self, tag: str, settings: dict[str, str], *command: str) -> None:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("NEW_SERVICE_")}
        python_path = {"PYTHONPATH": str(self.release(tag) / "lib")}
        program = [sys.executable, *command]
        if command[0] != "-":
            program = [sys.executable, "-m", "new_service", *command]
        sys.stdout.flush()
        done = subprocess.run(program, env={**inherited, **settings, **python_path}, check=False)
        if done.returncode:
            raise DeployError(f"`new-service {' '.join(command)}` failed in {self.name}")

    def watch(self, interval: int, *, hurry: bool = False) -> str:
        """Start a Prometheus that watches this environment, and return its address.

        Args:
            interval: Seconds between two looks.
            hurry: Whether what an alert waits for counts in seconds instead of minutes.

        Raises:
            DeployError: Nothing serves here, or there is no Prometheus.
        """
        release = self.serving("release")
        if not release:
            raise DeployError(f"{self.name} does not run: deploy/deploy.sh {self.name} TAG")
        if not self.prometheus.runs:
            code = self.release(self.state["tag"])
            order = {
                "kind": "prometheus",
                "alerts": str(code / "monitoring/alerts.yaml"),
                "targets": str(self.folder / "targets.json"),
                "interval": interval,
                "hurry": hurry,
            }
            self.prometheus.start(order, code)
        return str(self.prometheus.facts["urls"]["prometheus"])

    def condition(self) -> str:
        """Say in a word or two how it is."""
        release = self.serving("release")
        if not release:
            return "stopped" if self.state else "never deployed"
        if not self.database.runs or not self.serving("model_server"):
            return "broken: its database or model server is gone; deploy again"
        return "ready" if _ready(release.facts["urls"]["api"]) else "not ready"

    def down(self) -> None:
        """End everything that runs here; data, models and logs stay."""
        units = list(self.units())
        for unit in units:
            if unit.kind != "database":
                unit.ask_to_end()
        for unit in units:
            unit.stop()
        (self.folder / "url").unlink(missing_ok=True)


def settings(deploy: Path, environment: str) -> dict[str, str]:
    """Read an environment's settings: the base's, then its own."""
    found = {}
    for file in (deploy / "base/settings.env", deploy / f"overlays/{environment}/settings.env"):
        for line in file.read_text(encoding="utf-8").splitlines():
            name, equals, value = line.partition("=")
            if equals and not line.startswith("#") and not NOT_HERE.fullmatch(name):
                found[name] = value
    return found


def _ready(url: str) -> bool:
    # A proxy of the environment has no business between the parts of one machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{url}/health/ready", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
