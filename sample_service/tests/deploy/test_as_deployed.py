"""What prod is given, run for real: the model server's files, the settings, the smoke test."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest
from tests.conftest import scratch_database
from tests.deploy.manifests import ROOT, render, tool
from tests.deploy.queries import OTHERS
from tests.service.program import Program, clean, until

from fraud_score.local.part import free_port

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("as-deployed")]
TOKEN = "what only callers know"


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model volume with two versions."""
    folder = tmp_path_factory.mktemp("volume")
    subprocess.run(
        [sys.executable, ROOT / "tests/deploy/two_versions.py", folder],
        env={**clean(), "TF_CPP_MIN_LOG_LEVEL": "3"},
        check=True,
        capture_output=True,
        timeout=300,
    )
    return folder


def _configuration() -> tuple[list[str], dict[str, str], dict[str, str]]:
    """Arguments and files of prod's model server, and prod's settings."""
    objects = render("prod")
    container = objects.get("Deployment", "fraud-score-model-server")["spec"]["template"]["spec"][
        "containers"
    ][0]
    maps = [one["data"] for one in objects.of("ConfigMap")]
    files = next(data for data in maps if "models.config" in data)
    settings = next(data for data in maps if "FRAUD_SCORE_HOST" in data)
    return container["args"], files, settings


@contextmanager
def _model_server(volume: Path, folder: Path) -> Iterator[str]:
    """Prod's command line and files, with this machine's folders and ports, and a canary."""
    arguments, files, _ = _configuration()
    canary = files["models.config"].replace("versions: 1 ", "versions: 1 versions: 2 ")
    canary = canary.replace('"canary" value: 1', '"canary" value: 2')
    assert "versions: 2" in canary
    assert "value: 2" in canary
    for name, text in {**files, "models.config": canary}.items():
        (folder / name).write_text(text.replace("/models/", f"{volume}/"), encoding="utf-8")
    ports = {"8500": str(free_port()), "8501": str(free_port())}
    command = [argument.replace("/etc/model-server", str(folder)) for argument in arguments]
    for usual, port in ports.items():
        command = [argument.replace(f"port={usual}", f"port={port}") for argument in command]
    log = folder / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "local_model_server", *command],
            env={**clean(), "TF_CPP_MIN_LOG_LEVEL": "3"},
            stdout=out,
            stderr=out,
        )
    url = f"http://127.0.0.1:{ports['8501']}"

    def ready() -> bool:
        assert process.poll() is None, log.read_text(encoding="utf-8")
        try:
            answers = [
                httpx.get(f"{url}/v1/models/fraud/labels/{label}/metadata", trust_env=False)
                for label in ("stable", "canary")
            ]
        except httpx.HTTPError:
            return False
        return all(answer.is_success for answer in answers)

    try:
        until(ready, "both versions loaded", 300)
        yield url
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def model_server(versions: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the model server."""
    with _model_server(versions, tmp_path_factory.mktemp("config")) as url:
        yield url


@contextmanager
def _service(database: str, model_server: str, folder: Path, label: str) -> Iterator[Program]:
    environment = {
        **_configuration()[2],
        "DATABASE_URL": database,
        "FRAUD_SCORE_TOKEN": TOKEN,
        "FRAUD_SCORE_HOST": "127.0.0.1",
        "FRAUD_SCORE_PORT": "0",
        "FRAUD_SCORE_WORKER_PORT": "0",
        "FRAUD_SCORE_MODEL_URL": model_server,
        "FRAUD_SCORE_MODEL_LABEL": label,
    }
    environment.pop("OTEL_EXPORTER_OTLP_ENDPOINT")
    with ExitStack() as running:
        running.enter_context(Program(("worker",), folder / "worker.log", environment))
        yield running.enter_context(Program(("api",), folder / "api.log", environment))


def _smoke(url: str, token: str = TOKEN) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, ROOT / "deploy/smoke.py", "--seconds", "60", url],
        env={**clean(), "FRAUD_SCORE_TOKEN": token},
        check=False,
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="module")
def api(
    postgres: str, migrated: str, model_server: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Program]:
    """The API, with a worker, as prod is set up."""
    folder = tmp_path_factory.mktemp("prod")
    with (
        scratch_database(postgres, migrated) as database,
        _service(
            database, model_server, folder, _configuration()[2]["FRAUD_SCORE_MODEL_LABEL"]
        ) as one,
    ):
        yield one


def test_prod_gets_the_version_called_stable(api: Program) -> None:
    done = _smoke(api.url)
    assert done.returncode == 0, done.stderr
    assert "'version': 1" in done.stdout


def test_workers_that_ask_for_the_canary_get_it(
    database: str, model_server: str, tmp_path: Path
) -> None:
    with _service(database, model_server, tmp_path, "canary") as other:
        done = _smoke(other.url)
    assert done.returncode == 0, done.stderr
    assert "'version': 2" in done.stdout


def test_a_release_that_scores_is_proven_and_kept(api: Program, tmp_path: Path) -> None:
    kubectl = tmp_path / "kubectl"
    kubectl.write_text(f'#!/bin/sh\nexec {sys.executable} {ROOT}/tests/deploy/cluster.py "$@"\n')
    kubectl.chmod(0o755)
    done = subprocess.run(
        [ROOT / "deploy/deploy.sh", "prod", "a" * 40],
        env={
            **os.environ,
            "KUBECTL": str(kubectl),
            "REAL_KUBECTL": tool("kubectl", "it comes with requirements/dev.lock"),
            "CLUSTER": str(tmp_path),
            "API_PORT": api.url.rpartition(":")[2],
            "TOKEN": TOKEN,
        },
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    proven = (tmp_path / "proven.yaml").read_text(encoding="utf-8")
    assert f"image: ghcr.io/acme/fraud-score:{'a' * 40}" in proven
    assert f"image: ghcr.io/acme/fraud-score-trainer:{'a' * 40}" in proven


def test_a_smoke_test_without_the_token_says_so(api: Program) -> None:
    done = _smoke(api.url, token="another")
    assert done.returncode == 1
    assert "POST /v1/scores: expected 202, got 401" in done.stderr


def test_the_model_server_has_the_numbers_that_alerts_ask_for(
    api: Program, model_server: str
) -> None:
    assert _smoke(api.url).returncode == 0
    text = httpx.get(f"{model_server}/monitoring/prometheus/metrics", trust_env=False).text
    assert {name for name in OTHERS if name.startswith(":") and name not in text} == set()
