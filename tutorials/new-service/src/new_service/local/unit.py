"""A piece of an environment that stays in the background: ``python -m ...local.unit FOLDER``.

``deploy/processes`` writes ``order.json`` into the folder, starts this, and waits for ``ready.json``.
The unit holds a lock on ``lock`` for as long as it lives: so whoever wants to know whether it runs
asks the kernel, which knows even after a ``kill -9``. SIGTERM ends it, and what it started.
"""

from __future__ import annotations

import fcntl
import json
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import IO, Any, NoReturn

import yaml

from new_service.local.guard import Guard, Program
from new_service.local.part import Part, PartError, Recipe
from new_service.local.postgres import Postgres, PostgresError
from new_service.local.recipes import Plan, Recipes
from new_service.local.stack import Stack

PAUSE_SECONDS = 1.0
"""Between the death of a part and its next start."""

Order = dict[str, Any]


def main(folder: Path) -> int:
    """Run what the folder's order says, until SIGTERM.

    Returns:
        0 after a clean end, 1 when it does not start.
    """
    signal.signal(signal.SIGTERM, _end)
    order: Order = json.loads((folder / "order.json").read_text(encoding="utf-8"))
    with (folder / "lock").open("w", encoding="utf-8") as lock:
        try:
            _hold(lock)
            with Guard() as guard:
                _KINDS[order["kind"]](order, folder, guard)
        except KeyboardInterrupt:
            (folder / "ready.json").unlink(missing_ok=True)
            return 0
        except BlockingIOError:
            print(f"{folder}: it runs already", file=sys.stderr)
            return 1
        except (PartError, PostgresError) as exc:
            print(exc, file=sys.stderr)
            return 1
    return 0


def _end(number: int, _: FrameType | None) -> NoReturn:
    """End once: a second request must not cut off the clean-up of the first."""
    signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _hold(lock: IO[str]) -> None:
    """Take the lock; whoever only looks whether it is taken holds it for an instant."""
    deadline = time.monotonic() + 1
    while True:
        try:
            return fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def _database(order: Order, folder: Path, guard: Guard) -> None:
    postgres = Postgres(Path(order["data"]), guard)
    postgres.open()
    _tell(folder, {"postgres": postgres})
    _keep("postgres", postgres)


def _model_server(order: Order, folder: Path, guard: Guard) -> None:
    models, config = Path(order["models"]), folder / "config"
    plan = Plan(folder, models, model_config=config)
    if not plan.starts_model_server:
        raise PartError("MODEL_SERVER: an environment has its own: say local or docker")
    config.mkdir(exist_ok=True)
    for name, text in order["config"].items():
        # In a container the volume is at /models; a process sees this machine's own folders.
        here = text.replace('"/models/', f'"{models}/') if plan.model_server == "local" else text
        (config / name).write_text(here, encoding="utf-8")
    part = Part(Recipes(plan).model_server(), guard)
    part.start()
    _tell(folder, {"model-server": part})
    _keep("model-server", part)


def _release(order: Order, folder: Path, guard: Guard) -> None:
    plan = Plan(
        folder,
        Path(order["models"]),
        model_server=order["model_url"],
        database_url=order["database_url"],
        prepared=True,
        drift_seconds=order["drift_seconds"],
        supervise=True,
        environment=order["settings"],
    )
    with Stack(plan, guard, lambda line: print(line, flush=True)) as stack:
        recipes = Recipes(plan, plan.database_url, plan.model_server)
        settings = recipes.service("command").environment or {}
        ours = {k: v for k, v in settings.items() if k.startswith(("NEW_SERVICE_", "DATABASE_"))}
        _tell(folder, stack.parts, ours)
        signal.pause()


def _prometheus(order: Order, folder: Path, guard: Guard) -> None:
    program = shutil.which("prometheus")
    if not program:
        raise PartError("there is no `prometheus` on this machine: install its package")
    rules = folder / "rules.yaml"
    document = yaml.safe_load(Path(order["alerts"]).read_text(encoding="utf-8"))
    if order["hurry"]:
        _hurry(document["spec"])
    rules.write_text(yaml.safe_dump(document["spec"]), encoding="utf-8")
    interval = f"{order['interval']}s"
    config = {
        "global": {"scrape_interval": interval, "evaluation_interval": interval},
        "rule_files": [str(rules.resolve())],
        "scrape_configs": [
            {
                "job_name": "new-service",
                # Rewritten by each roll-out: the addresses are other ones then.
                "file_sd_configs": [{"files": [order["targets"]], "refresh_interval": "2s"}],
            }
        ],
    }
    (folder / "prometheus.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")

    def command(port: int) -> Program:
        flags = [
            f"--config.file={folder / 'prometheus.yaml'}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
        ]
        return Program([program, *flags], folder / "prometheus.log")

    part = Part(Recipe("prometheus", command, "/-/ready"), guard)
    part.start()
    _tell(folder, {"prometheus": part})
    _keep("prometheus", part)


def _hurry(spec: dict[str, Any]) -> None:
    """Let alerts wait for seconds where they wait for minutes; what they look for stays."""
    for group in spec["groups"]:
        for rule in group["rules"]:
            rule["for"] = rule["for"].replace("m", "s")


_KINDS: dict[str, Callable[[Order, Path, Guard], None]] = {
    "database": _database,
    "model-server": _model_server,
    "release": _release,
    "prometheus": _prometheus,
}


def _tell(
    folder: Path, parts: dict[str, Part | Postgres], settings: dict[str, str] | None = None
) -> None:
    """Say that all is ready, and where; under its name only once it is complete."""
    facts = {
        "urls": {name: part.url for name, part in parts.items()},
        "processes": [part.pid for part in parts.values()],
        "settings": settings or {},
    }
    partial = folder / ".ready.json"
    partial.write_text(json.dumps(facts, indent=2), encoding="utf-8")
    partial.rename(folder / "ready.json")


def _keep(name: str, part: Part | Postgres) -> None:
    """Start it again whenever it dies, as a cluster would."""
    while True:
        time.sleep(0.2)
        if not part.running:
            print(f"{name} died; starting it again", flush=True)
            part.launch()
            time.sleep(PAUSE_SECONDS)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve()))
