"""The service's programs, each test with a database of its own."""

from __future__ import annotations

import fcntl
import importlib.util
import itertools
import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Protocol

import pytest
from tests.service.program import Program, clean

from new_service.contract import definition as read_definition
from new_service.contract import resolved
from new_service.local.guard import Guard
from new_service.local.part import Part, PartError
from new_service.local.recipes import Plan, Recipes, chosen_model_server

ROOT = Path(__file__).parents[2]
NOWHERE = "http://127.0.0.1:9"
"""Port 9 is reserved for what throws everything away; nobody answers there."""


class Start(Protocol):
    """Starts a program on a database with settings; it is ended after the test."""

    def __call__(self, command: str, database: str, **settings: object) -> Program: ...


@pytest.fixture(scope="session")
def definition() -> dict[str, Any]:
    """The definition, with each reference replaced by what it points to."""
    document = read_definition()
    found: dict[str, Any] = resolved(document, document)
    return found


@pytest.fixture(scope="session")
def example(definition: dict[str, Any]) -> dict[str, Any]:
    """The first delivery that the definition shows."""
    body = definition["paths"]["/v1/scores"]["post"]["requestBody"]
    given = body["content"]["application/json"]["examples"]
    return next(dict(one["value"]) for one in given.values())


@pytest.fixture
def delivery(example: dict[str, Any]) -> Callable[..., dict[str, Any]]:
    """Make deliveries, each with an id of its own unless the test says otherwise."""

    def make(**fields: object) -> dict[str, Any]:
        return {**example, "delivery_id": f"d-{uuid.uuid4()}", **fields}

    return make


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start programs on free ports."""
    numbers = itertools.count()
    with ExitStack() as running:

        def begin(command: str, database: str, **settings: object) -> Program:
            environment = {
                "DATABASE_URL": database,
                "NEW_SERVICE_PORT": "0",
                "NEW_SERVICE_WORKER_PORT": "0",
                "NEW_SERVICE_MODEL_URL": NOWHERE,
                **{name: str(value) for name, value in settings.items()},
            }
            log = tmp_path / f"{command}-{next(numbers)}.log"
            return running.enter_context(Program((command,), log, environment))

        yield begin


@pytest.fixture
def api(start: Start, database: str) -> Program:
    """A running API."""
    return start("api", database)


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the tiny model; made by whichever process of the session is first."""
    if importlib.util.find_spec("tensorflow") is None:
        pytest.skip("TensorFlow is not installed: make .venv/dev.stamp")
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "tiny-model"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "new_service" / "1").exists():
            command = [sys.executable, "-m", "tests.service.tiny_model", str(folder)]
            env = {
                **clean(),
                "PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT))),
                "TF_CPP_MIN_LOG_LEVEL": "3",
            }
            subprocess.run(command, cwd=ROOT, env=env, check=True, capture_output=True, timeout=120)
    return folder


@pytest.fixture(scope="session")
def model_url(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Address of a model server that serves the tiny model."""
    try:
        chosen_model_server(os.environ)
    except PartError as exc:
        pytest.skip(str(exc))
    # Only now: the model takes seconds to make.
    plan = Plan(tmp_path_factory.mktemp("server"), request.getfixturevalue("models"))
    with Guard() as guard:
        server = Part(Recipes(plan).model_server(), guard)
        server.start()
        yield server.url
