"""Settings in a folder of the test, a git configuration of the test, servers on this machine."""

from __future__ import annotations

import os
import shutil
import ssl
import subprocess
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from handbook.model.limits import Limits
from handbook.settings import Settings


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder of the test's own; ``.gitconfig`` in it is the user's configuration."""
    folder = tmp_path / "home"
    folder.mkdir()
    for name in [name for name in os.environ if name.startswith(("GIT_", "SSH_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder / "config"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    return folder


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return make_settings(tmp_path)


@pytest.fixture
def settings_with(tmp_path: Path) -> Callable[..., Settings]:
    """Settings with other limits: ``settings_with(fetch_seconds=1)``."""
    return lambda **limits: make_settings(tmp_path, **limits)


def make_settings(folder: Path, **limits: int) -> Settings:
    return Settings(
        catalog=str(folder / "site" / "catalog.yml"),
        lock=str(folder / "site" / "handbook.lock"),
        state=str(folder / "site" / ".handbook"),
        limits=Limits(**{"fetch_seconds": 30, **limits}),
    )


SSH = """\
#!/bin/sh
# Stands in for ssh: runs the command it is given on this machine.
echo "$*" >> "{log}"
for command in "$@"; do :; done
{body}
"""


class FakeSsh:
    """``ssh://host/path`` urls that lead to repos of this machine; ``log`` has each call."""

    serve = 'eval "$command"'
    old_server = 'unset GIT_PROTOCOL; eval "$command"'  # protocol 0: no unadvertised objects

    def __init__(self, folder: Path) -> None:
        self.script = folder / "fake-ssh"
        self.log = folder / "fake-ssh.log"
        self.behave(self.serve)

    def behave(self, body: str) -> None:
        """Run this shell code at each connection; ``$command`` is what git wants run."""
        self.log.write_text("")
        self.script.write_text(SSH.format(log=self.log, body=body))
        self.script.chmod(0o755)

    def calls(self) -> int:
        """How many connections there were since ``behave``."""
        return len(self.log.read_text().splitlines())

    def url(self, repo: Any) -> str:
        return f"ssh://git@git.example.org{repo.path}"


@pytest.fixture
def fake_ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeSsh:
    ssh = FakeSsh(tmp_path)
    monkeypatch.setenv("GIT_SSH_COMMAND", str(ssh.script))
    monkeypatch.setenv("GIT_SSH_VARIANT", "ssh")
    return ssh


class GitServer(ThreadingHTTPServer):
    """Repos below ``root`` over https with a login, on 127.0.0.1."""

    daemon_threads = True
    root = ""
    login = ""
    requests_seen: list[str]

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: GitServer

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: Any) -> None:
        self.server.requests_seen.append(format % args)

    def _answer(self) -> None:
        basic = "Basic " + b64encode(self.server.login.encode()).decode()
        if self.headers.get("Authorization") != basic:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="git"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        parts = urlsplit(self.path)
        data = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        environment = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": self.server.root,
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": parts.path,
            "QUERY_STRING": parts.query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(data)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
        }
        done = subprocess.run(
            ["git", "http-backend"], input=data, env=environment, capture_output=True, check=False
        )
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        fields = dict(line.split(": ", 1) for line in head.decode().splitlines())
        self.send_response(int(fields.pop("Status", "200").split()[0]))
        for name, value in fields.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and certificate for 127.0.0.1, in one file, made for this run."""
    if not shutil.which("openssl"):
        pytest.skip("needs openssl to make a certificate")
    folder = tmp_path_factory.mktemp("tls")
    command = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    subprocess.run(["openssl", *command.split(), *names, *files], check=True, capture_output=True)
    both = folder / "both.pem"
    both.write_bytes((folder / "key.pem").read_bytes() + (folder / "cert.pem").read_bytes())
    return both


@pytest.fixture
def https(tmp_path: Path, home: Path, certificate: Path) -> Iterator[GitServer]:
    """An https server for the repos that ``git_repo`` makes; the user trusts its certificate."""
    server = GitServer(("127.0.0.1", 0), Handler)
    server.root, server.login, server.requests_seen = str(tmp_path / "repos"), "reader:x", []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    (home / ".gitconfig").write_text(f"[http]\nsslCAInfo = {certificate}\n")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()
