"""The command line: what it says when it cannot, tokens, ports, and an orderly end."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.service.conftest import ROOT, Start
from tests.service.program import Program, run, until

MakePayment = Callable[..., dict[str, Any]]
NO_DATABASE = "postgresql://127.0.0.1:9/none"


@pytest.mark.parametrize(
    ("command", "environment", "code", "said"),
    [
        (["api"], {}, 2, "DATABASE_URL is not set"),
        (["worker"], {"FRAUD_SCORE_BATCH": "0"}, 2, "FRAUD_SCORE_BATCH='0': must be a whole"),
        (["migrate"], {"DATABASE_URL": NO_DATABASE}, 1, "the database does not answer"),
        (["jobs", "dead"], {"DATABASE_URL": NO_DATABASE}, 1, "the database does not answer"),
        (["drift"], {"DATABASE_URL": NO_DATABASE}, 1, "the database does not answer"),
        (["drift", "--every", "0"], {}, 2, "must be more than 0"),
        (["jobs", "requeue", "x"], {}, 2, "invalid UUID value: 'x'"),
        (["serve"], {}, 2, "invalid choice: 'serve'"),
        ([], {}, 2, "required: COMMAND"),
    ],
)
def test_it_says_why_it_cannot(
    command: list[str], environment: dict[str, str], code: int, said: str
) -> None:
    done = run(*command, **environment)
    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_help_lists_every_command() -> None:
    said = run("--help").stdout
    for name in ("migrate", "api", "worker", "trainer", "drift", "reference", "jobs", "local"):
        assert name in said


def test_a_port_in_use_is_named(database: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = run("api", DATABASE_URL=database, FRAUD_SCORE_PORT=port)
    assert done.returncode == 2
    assert f"cannot listen on 127.0.0.1:{port}: address already in use" in done.stderr.lower()


def test_a_token_is_asked_for_where_one_is_set(
    start: Start, database: str, payment: MakePayment
) -> None:
    api = start("api", database, FRAUD_SCORE_TOKEN="s3cret")
    for given in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic s3cret"}):
        refused = api.http.post("/v1/scores", json=payment(), headers=given)
        assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert api.http.get("/v1/jobs/none", headers=given).status_code == 401
    right = {"Authorization": "bearer s3cret"}
    assert api.http.post("/v1/scores", json=payment(), headers=right).status_code == 202
    for path in ("/health/live", "/health/ready", "/metrics"):
        assert api.http.get(path).status_code == 200, "probes carry no token"
    assert "s3cret" not in api.text()


def test_a_full_queue_answers_503_until_there_is_room(
    start: Start, database: str, payment: MakePayment
) -> None:
    api = start("api", database, FRAUD_SCORE_QUEUE_LIMIT=2)
    answers = [api.http.post("/v1/scores", json=payment()) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [202, 202, 503]
    assert answers[2].headers["Retry-After"] == "1"
    assert answers[2].json()["detail"] == "2 jobs are waiting already"
    assert api.http.get("/health/ready").status_code == 200, "jobs can still be fetched"


def test_sigterm_lets_a_request_under_way_be_answered(api: Program) -> None:
    """The head of a request has come, its body has not, when the end is announced."""
    body = b'{"transaction_id": "tx-1"}'
    host, port = api.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as line:
        line.sendall(
            b"POST /v1/scores HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b"Content-Length: %d\r\n\r\n" % len(body)
        )
        until(lambda: api.http.get("/health/live").is_success, "the request has come")
        ended = threading.Thread(target=api.terminate)
        ended.start()
        until(lambda: not listens(host, int(port)), "it takes no new connections")
        line.sendall(body)
        assert line.recv(4_096).startswith(b"HTTP/1.1 422")
    ended.join()
    assert api.process.returncode == 0


def listens(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True


@pytest.mark.slow
def test_an_installed_package_has_its_definition_statements_and_revisions(tmp_path: Path) -> None:
    tree = tmp_path / "tree"  # a build leaves folders behind
    shutil.copytree(ROOT / "src", tree / "src")
    for name in ("pyproject.toml", "README.md", "openapi.yaml"):
        shutil.copy(ROOT / name, tree)
    command = [
        *(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"),
        *("--wheel-dir", str(tmp_path / "wheels"), str(tree)),
    ]
    subprocess.run(command, check=True, cwd=tmp_path, timeout=120)
    (wheel,) = (tmp_path / "wheels").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert any(name.endswith("data/share/fraud-score/openapi.yaml") for name in names)
    source = ROOT / "src" / "fraud_score"
    data = [*source.glob("sql/*.sql"), *source.glob("migrations/**/*.py")]
    expected = {str(path.relative_to(source.parent)) for path in data}
    assert expected <= set(names)
