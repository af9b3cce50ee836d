"""``handbook screenshot`` with a real browser against a server on this machine."""

from __future__ import annotations

import os
import re
import shutil
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner

from handbook.cli import main

_PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
browser = pytest.mark.skipif(
    not any(map(shutil.which, _PROGRAMS)),
    reason="no Chromium on this machine: `make programs` installs it",
)
PAGE = b"<!doctype html><title>D</title><body style='margin:0;background:#0a0;height:1500px'>"


class Dashboards(BaseHTTPRequestHandler):
    """Answers by the path: a page, an error, nothing, a login."""

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self.server.seen.append((self.path, self.headers.get("Authorization")))  # type: ignore[attr-defined]
        if self.path == "/never":
            time.sleep(3)
        if self.path == "/private":
            self.send_response(302)
            self.send_header("Location", "/login?next=private")
            self.end_headers()
            return
        status = {"/gone": 404, "/secret": 401}.get(self.path, 200)
        if self.path == "/secret" and self.headers.get("Authorization") == "Bearer abc":
            status = 200
        self.send_response(status)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(PAGE)


class Served:
    def __init__(self, server: ThreadingHTTPServer) -> None:
        self.address = f"http://127.0.0.1:{server.server_port}"
        self.seen: list[tuple[str, str | None]] = []
        server.seen = self.seen  # type: ignore[attr-defined]


@pytest.fixture
def served() -> Iterator[Served]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Dashboards)
    server.daemon_threads = True
    found = Served(server)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield found
    server.shutdown()
    server.server_close()
    thread.join()


def named(folder: Path, *dashboards: tuple[str, str]) -> Path:
    lines = ["dashboards:"]
    for title, url in dashboards:
        lines += [f"  - title: '{title}'", f"    url: {url}"]
    (folder / ".handbook.yml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder / "monitoring" / "screenshots"


class Done(NamedTuple):
    exit_code: int
    output: str


def run(folder: Path, *options: str, **environment: str) -> Done:
    """Run the command in a process of its own: Playwright starts once in a thread."""
    quick = ["--settle", "0.1", "--width", "800", "--height", "600"]
    ended = subprocess.run(
        [Path(sys.executable).parent / "handbook", "screenshot", folder, *quick, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=120,
        env={**os.environ, **environment},
    )
    return Done(ended.returncode, ended.stdout)


def today() -> str:
    return datetime.now(UTC).date().isoformat()


@browser
@pytest.mark.browser
def test_each_dashboard_is_stored_with_todays_date(tmp_path: Path, served: Served) -> None:
    pictures = named(tmp_path, ("API: latency", f"{served.address}/a"), ("Queue", served.address))
    pictures.mkdir(parents=True)
    earlier = pictures / "queue-2026-01-02.png"
    earlier.write_bytes(b"an earlier day's")
    done = run(tmp_path)
    assert done.exit_code == 0, done.output
    stored = {path.name for path in pictures.iterdir()}
    assert stored == {f"api-latency-{today()}.png", f"queue-{today()}.png", earlier.name}
    assert earlier.read_bytes() == b"an earlier day's"
    data = (pictures / f"queue-{today()}.png").read_bytes()
    assert data.startswith(b"\x89PNG")
    assert struct.unpack(">II", data[16:24]) == (800, 1500), "the whole page, as tall as it is"
    assert f"wrote   {pictures / f'queue-{today()}.png'}" in done.output


@browser
@pytest.mark.browser
def test_what_fails_says_why_and_hinders_nothing_else(tmp_path: Path, served: Served) -> None:
    pictures = named(
        tmp_path,
        ("Gone", f"{served.address}/gone"),
        ("Secret", f"{served.address}/secret"),
        ("Private", f"{served.address}/private"),
        ("Never", f"{served.address}/never"),
        ("Nobody", "http://127.0.0.1:9/"),
        ("Good", f"{served.address}/good"),
    )
    done = run(tmp_path, "--timeout", "1.5")
    assert done.exit_code == 1
    assert [path.name for path in pictures.iterdir()] == [f"good-{today()}.png"]
    said = done.output
    assert re.search(r"FAILED  Gone .*answers 404", said)
    assert re.search(r"FAILED  Secret .*answers 401.*--token-env", said)
    assert re.search(r"FAILED  Private .*leads to a login", said)
    assert re.search(r"FAILED  Never .*no answer within 1.5 s", said)
    assert re.search(r"FAILED  Nobody .*ERR_", said)


@browser
@pytest.mark.browser
def test_a_token_goes_to_the_dashboard(
    tmp_path: Path, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRAFANA_TOKEN", "abc")
    pictures = named(tmp_path, ("Secret", f"{served.address}/secret"))
    done = run(tmp_path, "--token-env", "GRAFANA_TOKEN")
    assert done.exit_code == 0, done.output
    assert len(list(pictures.iterdir())) == 1
    assert ("/secret", "Bearer abc") in served.seen


@browser
@pytest.mark.browser
def test_two_of_one_title_and_a_second_run(tmp_path: Path, served: Served) -> None:
    pictures = named(tmp_path, ("API", f"{served.address}/a"), ("api", f"{served.address}/b"))
    assert run(tmp_path).exit_code == 0
    assert run(tmp_path).exit_code == 0
    assert {p.name for p in pictures.iterdir()} == {f"api-{today()}.png", f"api-2-{today()}.png"}


def test_without_dashboards_it_shows_how_to_name_them(tmp_path: Path) -> None:
    done = run(tmp_path)
    assert done.exit_code == 2
    assert "- title: Production" in done.output


@pytest.mark.parametrize("url", ["file:///etc/passwd", "javascript:alert(1)", "https://u:p@x.y/"])
def test_an_address_that_is_none_of_the_web_is_refused_with_its_line(
    tmp_path: Path, url: str
) -> None:
    named(tmp_path, ("Bad", url))
    done = run(tmp_path)
    assert done.exit_code == 2
    assert ".handbook.yml:2: " in done.output
    assert "https://" in done.output


def test_a_variable_that_is_not_set_is_said(tmp_path: Path) -> None:
    named(tmp_path, ("A", "https://grafana.example/"))
    done = run(tmp_path, "--token-env", "NO_SUCH_VARIABLE_HERE")
    assert done.exit_code == 2
    assert "NO_SUCH_VARIABLE_HERE" in done.output


def test_without_playwright_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "playwright.sync_api", None)
    named(tmp_path, ("A", "https://grafana.example/"))
    done = CliRunner().invoke(main, ["screenshot", str(tmp_path)])
    assert done.exit_code == 2
    assert "pip install playwright" in done.output
    assert "playwright install chromium" in done.output


def test_without_chromium_it_says_what_to_install(tmp_path: Path) -> None:
    pytest.importorskip("playwright.sync_api")
    named(tmp_path, ("A", "https://grafana.example/"))
    nowhere = str(tmp_path / "none")
    done = run(tmp_path, PATH=nowhere, PLAYWRIGHT_BROWSERS_PATH=nowhere)
    assert done.exit_code == 2
    assert "There is no Chromium on this machine." in done.output
    assert "playwright install chromium" in done.output
