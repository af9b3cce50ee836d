"""A small site in the handbook's look, served on this machine, and a browser to read it with."""

from __future__ import annotations

import functools
import os
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config
from playwright.sync_api import Browser, Error, Page, sync_playwright

from handbook.publish.frame import dress
from handbook.publish.search import MAIN, index_bucket, put_buckets
from handbook.publish.vendor import own_files, vendor_files

SOURCE = Path(__file__).parent / "site"
REPO = Path(__file__).parents[3]
NUMBERS = "<!-- handbook:numbers -->"


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and notes what was asked for."""

    asked: list[str]

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """Note the path, then serve it."""
        self.server.asked.append(self.path)  # type: ignore[attr-defined]
        super().do_GET()


class Site:
    """The served site: its folder, its address (ending in "/"), and what was asked of it."""

    def __init__(self, folder: Path, address: str, asked: list[str]) -> None:
        self.folder = folder
        self.address = address
        self.asked = asked


@pytest.fixture(scope="session")
def site(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Site]:
    root = tmp_path_factory.mktemp("theme")
    folder = root / "served" / "sub"
    handler = functools.partial(Quiet, directory=str(folder.parent))
    # First the server: instant navigation needs the address, with its port, in the sitemap.
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    asked: list[str] = []
    server.asked = asked  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{server.server_port}/sub/"
    _build(root, folder, address, Path(request.config.cache.mkdir("handbook-vendor")))
    yield Site(folder, address, asked)
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def site_folder(site: Site) -> Path:
    return site.folder


def _build(root: Path, folder: Path, address: str, cache: Path) -> None:
    os.environ.setdefault("NO_MKDOCS_2_WARNING", "1")
    shutil.copytree(SOURCE, root / "source")
    (root / "source/docs/index.md").write_text(_home(), "utf-8")
    config = load_config(
        config_file=str(root / "source/mkdocs.yml"), site_dir=str(folder), site_url=address
    )
    dress(config)
    build(config)
    own_files(folder)
    assert vendor_files(folder, cache).missing == ()
    pages = [(path.relative_to(folder).as_posix(), path) for path in folder.rglob("*.html")]
    services = [entry for entry in pages if entry[0].startswith("services/")]
    others = [entry for entry in pages if entry not in services]
    indexes = root / "search"
    buckets = [index_bucket(MAIN, others, indexes), index_bucket("services-0", services, indexes)]
    put_buckets(folder, indexes, buckets)


def _home() -> str:
    """Return the handbook's own front page, with links to pages that this small site has."""
    text = (REPO / "docs/index.md").read_text("utf-8")
    assert NUMBERS in text
    filled = text.replace(
        NUMBERS, '<dl class="hb-numbers"><div><dt>services</dt><dd>34</dd></div></dl>'
    )
    return re.sub(r"\]\([\w/.-]+\.md\)", "](guide.md)", filled)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    names = ("chromium", "chromium-browser", "google-chrome")
    executable = next(filter(None, map(shutil.which, names)), None)
    if executable is None:
        pytest.skip("no Chromium on this machine: `make browser` installs it")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        yield browser
        browser.close()


Open = Callable[..., Page]


@pytest.fixture
def visit(chromium: Browser, site: Site) -> Iterator[Open]:
    """Open a page of the site; afterwards fail on anything the console or network shows.

    ``visit(path, dark=False, width=1366, script=True)``; ``page.mistakes`` collects errors.
    """
    contexts, mistakes = [], list[str]()

    def opened(
        path: str,
        *,
        dark: bool = False,
        width: int = 1366,
        script: bool = True,
        settle: bool = True,
    ) -> Page:
        context = chromium.new_context(
            color_scheme="dark" if dark else "light",
            viewport={"width": width, "height": 900},
            reduced_motion="reduce",
            java_script_enabled=script,
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda m: mistakes.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: mistakes.append(str(error)))
        page.on("request", lambda r: _same_origin(r.url, site.address, mistakes))
        page.goto(site.address + path)
        if settle:
            page.wait_for_load_state("networkidle")
        return page

    yield opened
    for context in contexts:
        try:
            context.close()
        except Error as error:
            mistakes.append(str(error))
    assert mistakes == []


def _same_origin(url: str, address: str, mistakes: list[str]) -> None:
    if not url.startswith((address, "data:", "blob:null")):
        mistakes.append(f"asked for {url}")
