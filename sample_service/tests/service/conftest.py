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
from tests.service.serving import model_server

from fraud_score.contract import definition as read_definition
from fraud_score.contract import resolved

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
def examples(definition: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Payments of the definition by name."""
    body = definition["paths"]["/v1/scores"]["post"]["requestBody"]
    given = body["content"]["application/json"]["examples"]
    return {name: example["value"] for name, example in given.items()}


@pytest.fixture
def payment(examples: dict[str, dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Make payments, each with an id of its own unless the test says otherwise."""

    def make(**fields: object) -> dict[str, Any]:
        return {**examples["everyday"], "transaction_id": f"tx-{uuid.uuid4()}", **fields}

    return make


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start programs on free ports."""
    numbers = itertools.count()
    with ExitStack() as running:

        def begin(command: str, database: str, **settings: object) -> Program:
            environment = {
                "DATABASE_URL": database,
                "FRAUD_SCORE_PORT": "0",
                "FRAUD_SCORE_WORKER_PORT": "0",
                "FRAUD_SCORE_MODEL_URL": NOWHERE,
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
    """Folder of the tiny models; made by whichever process of the session is first."""
    if importlib.util.find_spec("tensorflow") is None:
        pytest.skip("TensorFlow is not installed: pip install -e .[model-server]")
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "tiny-model"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "wrong" / "1").exists():
            command = [sys.executable, "-m", "tests.service.tiny_model", str(folder)]
            env = {**clean(), "TF_CPP_MIN_LOG_LEVEL": "3"}
            subprocess.run(command, cwd=ROOT, env=env, check=True, capture_output=True, timeout=120)
    return folder


@pytest.fixture(scope="session")
def model_url(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a model server that serves the tiny models."""
    with model_server(models, tmp_path_factory.mktemp("server") / "log") as url:
        yield url
