"""A browser, and a way to serve a folder on this machine and to visit its pages."""

from __future__ import annotations

import functools
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, sync_playwright


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and notes what was asked for."""

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def end_headers(self) -> None:
        """Have the browser ask for what it has already: `asked` is then the whole truth."""
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

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


Serve = Callable[[Path], AbstractContextManager[Site]]
Open = Callable[..., Page]


@pytest.fixture(scope="session")
def serve() -> Serve:
    """Serve a folder that may still be empty: ``with serve(folder) as site``.

    The address has the folder's own name in it, as on a host that serves several sites. It is
    needed to build the site: instant navigation finds it, with its port, in the sitemap.
    """

    @contextmanager
    def served(folder: Path) -> Iterator[Site]:
        handler = functools.partial(Quiet, directory=str(folder.parent))
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        asked: list[str] = []
        server.asked = asked  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield Site(folder, f"http://127.0.0.1:{server.server_port}/{folder.name}/", asked)
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

    return served


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    names = ("chromium", "chromium-browser", "google-chrome")
    executable = next(filter(None, map(shutil.which, names)), None)
    if executable is None:
        pytest.skip("no Chromium on this machine: `make programs` installs it")
    with sync_playwright() as playwright:
        # No process for a graphics card that is not there: pages load in half the time.
        still = ["--disable-gpu", "--disable-software-rasterizer", "--in-process-gpu"]
        browser = playwright.chromium.launch(
            executable_path=executable, args=["--no-sandbox", *still]
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def contexts(chromium: Browser) -> Callable[..., BrowserContext]:
    """Give the one context with these settings: a new one compiles all scripts again."""

    @functools.cache
    def context(dark: bool, width: int, script: bool) -> BrowserContext:
        made = chromium.new_context(
            color_scheme="dark" if dark else "light",
            viewport={"width": width, "height": 900},
            reduced_motion="reduce",
            java_script_enabled=script,
        )
        made.set_default_timeout(15_000)
        return made

    return context


@pytest.fixture
def visit(contexts: Callable[..., BrowserContext], site: Site) -> Iterator[Open]:
    """Open a page of the site; afterwards fail on anything the console or network shows.

    ``visit(path, dark=False, width=1366, script=True, settle=True)``; ``settle`` waits until
    nothing more is loaded.
    """
    pages, mistakes = list[Page](), list[str]()

    def opened(
        path: str,
        *,
        dark: bool = False,
        width: int = 1366,
        script: bool = True,
        settle: bool = True,
    ) -> Page:
        page = contexts(dark, width, script).new_page()
        pages.append(page)
        _watch(page, site.address, mistakes)
        page.goto(site.address + path)
        if settle:
            page.wait_for_load_state("networkidle")
        return page

    yield opened
    for page in pages:
        try:
            page.evaluate("localStorage.clear()")
            page.context.clear_permissions()
            page.close()
        except Error as error:
            mistakes.append(str(error))
    assert mistakes == []


def _watch(page: Page, address: str, mistakes: list[str]) -> None:
    """Note errors of the console (refusals of the policy are such) and wrong requests."""

    def note(text: str) -> None:
        mistakes.append(f"{page.url.removeprefix(address)}: {text}")

    def asked(url: str) -> None:
        if not url.startswith((address, "data:", "blob:null")):
            note(f"asked for {url}")

    page.on("console", lambda m: note(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: note(str(error)))
    page.on("request", lambda request: asked(request.url))
    page.on("response", lambda r: note(f"{r.status} for {r.url}") if r.status >= 400 else None)
