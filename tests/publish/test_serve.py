"""`mkdocs serve`: an edit of a handbook page builds the main part, a commit its service."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

HANDBOOK = str(Path(sys.executable).parent / "handbook")
PATIENCE = 60.0  # seconds; a build takes one or two


class Server:
    """A running `handbook serve` and what it said so far."""

    def __init__(self, folder: Path, port: int) -> None:
        self.base = f"http://127.0.0.1:{port}/"
        self.log = folder / "serve.log"
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(
                [HANDBOOK, "serve", "--dev-addr", f"127.0.0.1:{port}"],
                cwd=folder,
                stdout=out,
                stderr=subprocess.STDOUT,
                env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
            )

    def get(self, uri: str) -> str:
        """Return a page, "" if there is none."""
        try:
            with urllib.request.urlopen(self.base + uri, timeout=10) as answer:
                body: bytes = answer.read()
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return ""
        return body.decode()

    def wait_for(self, uri: str, text: str) -> None:
        """Wait until a page has a text."""
        deadline = time.monotonic() + PATIENCE
        while text not in self.get(uri):
            said = self.log.read_text()
            assert self.process.poll() is None, f"the server ended:\n{said}"
            assert time.monotonic() < deadline, f"{uri} never had {text!r}:\n{said}"
            time.sleep(0.2)

    def built(self) -> list[str]:
        """How many services each build so far has built."""
        return [
            line.split(" services, ")[1].split(" built now")[0]
            for line in self.log.read_text().splitlines()
            if " built now" in line
        ]


@pytest.fixture
def served(
    project: Callable[..., Any], git_repo: Callable[..., Any]
) -> Iterator[tuple[Server, Any, Any]]:
    alpha, beta = git_repo("alpha"), git_repo("beta")
    alpha.commit({"README.md": "# Alpha\n\nFirst words.\n\n## Set up\n"})
    beta.commit({"README.md": "# Beta\n"})
    site = project()
    site.write("docs/index.md", "# Home\n\nSee [alpha](service:alpha).\n")
    site.catalog(alpha.url, beta.url)
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Server(site.folder, port)
    yield server, site, alpha
    server.process.terminate()
    server.process.wait(20)


def test_serve_follows_edits_and_commits(served: tuple[Server, Any, Any]) -> None:
    server, site, alpha = served
    server.wait_for("services/alpha/", "First words.")
    assert 'href="services/alpha/"' in server.get("")
    assert server.built() == ["2"]

    site.write("docs/index.md", "# Home\n\nEdited while serving.\n")
    server.wait_for("", "Edited while serving.")
    assert "First words." in server.get("services/alpha/"), "services stay"
    assert server.built() == ["2", "0"], "an edit of a handbook page builds no service"

    alpha.commit({"README.md": "# Alpha\n\nSecond words.\n"})
    server.wait_for("services/alpha/", "Second words.")
    assert server.built()[-1] == "1"


def test_serve_ends_cleanly(served: tuple[Server, Any, Any]) -> None:
    server, site, _ = served
    server.wait_for("", "See")
    server.process.terminate()
    server.process.wait(20)
    assert "Traceback" not in server.log.read_text()
    assert not list(site.folder.glob(".site*"))
