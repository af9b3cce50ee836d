"""Take pictures of the site for people to look at: ``make screenshots``.

The site is that of the demo fleet. Pages of each kind are taken in light, in dark, on a phone and
one on paper, into ``build/screenshots/``, with a contact sheet ``index.html``. With ``--readme``
the README's two pictures, which are committed, are renewed too.
"""

from __future__ import annotations

import argparse
import functools
import shutil
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from html import escape
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[1]
if __name__ == "__main__":
    # Run as a file, Python looks for "benchmarks" beside it instead of above it.
    sys.path.insert(0, str(ROOT))

from benchmarks import demo  # noqa: E402

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
PAGES = {
    "home": "",
    "tab": "plan/",
    "practice": "run/deploy/",
    "template": "forms/postmortem/",
    "catalogue": "services/",
    "service": "services/fraud-score/",
    "readiness": "services/readiness/",
    "tutorial": "tutorial/dev/",
    "search": "run/monitoring/",
    "not-found": "404.html",
}
SEARCHED = "drift"
# Name: dark, width, height.
LOOKS = {"light": (False, 1366, 900), "dark": (True, 1366, 900), "phone": (False, 390, 844)}
README = {"screenshot": False, "screenshot-dark": True}
README_SIZE = (1360, 850)
STILL = """() => Promise.all([document.fonts.ready, ...[...document.images].map(image =>
  image.decode().catch(() => 0))]).then(() => new Promise(done =>
  requestAnimationFrame(() => requestAnimationFrame(done))))"""
# Near the top: what is further down is drawn only when it is looked at.
DRAWN = """() => [...document.querySelectorAll("pre.hb-mermaid:not([hidden])")].every(code =>
  code.getBoundingClientRect().top > innerHeight)"""
SHEET = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Screenshots</title>
<style>body { font: 15px sans-serif; margin: 2rem } td, th { padding: .5rem; vertical-align: top;
text-align: left } img { height: 22rem; width: auto; border: 1px solid #999 }</style>
<h1>Screenshots</h1><table>%s</table></html>
"""


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder on a free port of this machine; gives the address, ending in "/"."""
    handler = functools.partial(_Quiet, directory=str(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def take(browser: Browser, address: str, target: Path) -> list[str]:
    """Take all pictures into ``target``; returns the files' names."""
    taken = []
    for look, (dark, width, height) in LOOKS.items():
        page = _window(browser, dark, width, height)
        for name, uri in PAGES.items():
            _open(page, address + uri)
            if name == "search":
                _search(page)
            taken.append(f"{name}-{look}.png")
            page.screenshot(path=target / taken[-1])
        page.context.close()
    page = _window(browser, False, 794, 1123)
    _open(page, address + PAGES["practice"])
    page.emulate_media(media="print")
    taken.append("practice-print.png")
    page.screenshot(path=target / taken[-1], full_page=True)
    page.context.close()
    return taken


def take_for_readme(browser: Browser, address: str, target: Path) -> None:
    """Take the README's pictures of the catalogue."""
    for name, dark in README.items():
        page = _window(browser, dark, *README_SIZE)
        _open(page, address + PAGES["catalogue"])
        page.screenshot(path=target / f"{name}.png")
        page.context.close()


def sheet(names: Sequence[str]) -> str:
    """Return the contact sheet: a row for each page, a picture for each look."""
    rows: dict[str, list[str]] = {}
    for name in names:
        page, _, look = name.removesuffix(".png").rpartition("-")
        alt = escape(f"{page}, {look}", quote=True)
        cell = f'<td><a href="{escape(name, quote=True)}"><img src="{name}" alt="{alt}"></a>'
        rows.setdefault(page, []).append(cell)
    return SHEET % "".join(f"<tr><th>{escape(page)}{''.join(r)}" for page, r in rows.items())


def _window(browser: Browser, dark: bool, width: int, height: int) -> Page:
    context = browser.new_context(
        color_scheme="dark" if dark else "light",
        viewport={"width": width, "height": height},
        reduced_motion="reduce",
    )
    return context.new_page()


def _open(page: Page, url: str) -> None:
    answer = page.goto(url)
    if answer is None or not answer.ok:
        raise SystemExit(f"{url} is no page of this site: mend PAGES in {Path(__file__).name}")
    page.wait_for_load_state("networkidle")
    page.wait_for_function(DRAWN)
    page.evaluate(STILL)


def _search(page: Page) -> None:
    page.keyboard.press("/")
    page.wait_for_selector(".hb-chip")
    page.fill(".hb-search__input", SEARCHED)
    page.wait_for_selector(".hb-search__title")


def main(argv: Sequence[str] | None = None) -> int:
    """Build the demo's site, unless told where one is, and take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--site", type=Path, help="a built site, instead of the demo's")
    parser.add_argument("--to", type=Path, default=ROOT / "build" / "screenshots")
    parser.add_argument("--readme", action="store_true", help="renew the README's pictures too")
    options = parser.parse_args(argv)
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        print("no Chromium on this machine: `make programs` installs it", file=sys.stderr)
        return 2
    folder: Path = options.site or ROOT / ".handbook" / "demo" / "site"
    if not options.site and (code := demo.main(["--build"])):
        return code
    target: Path = options.to
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    with served(folder) as address, sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        names = take(browser, address, target)
        if options.readme:
            take_for_readme(browser, address, ROOT / "docs" / "assets")
        browser.close()
    (target / "index.html").write_text(sheet(names), encoding="utf-8")
    print(f"{len(names)} pictures: {target / 'index.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
