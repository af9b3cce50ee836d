"""Take a picture of a web page in headless Chromium, through Playwright.

Playwright is not among the package's dependencies: only ``handbook screenshot`` needs it.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from msgspec import Struct

from handbook.errors import HandbookError
from handbook.tree import single_line

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

_PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_TALLEST = 16_000  # pixels; Chromium draws no taller picture
_LOGIN = re.compile(r"(?i)(?:^|[/.])(?:log-?in|sign-?in|sso|oauth2?|saml|authorize)(?:[/?.]|$)")
_INSTALL = (
    "Install it with `pip install playwright`, then Chromium with `playwright install chromium`."
)


class ScreenshotError(HandbookError):
    """A picture could not be taken; the text says why and what to do."""


class View(Struct, frozen=True):
    """How a page is looked at: the window in pixels, times in seconds.

    ``timeout`` is how long a page may take to load; ``settle`` how long to wait after that, for
    what it fetches itself. ``token`` is sent as bearer token to the page's own origin, "" for none.
    """

    width: int = 1600
    height: int = 1200
    timeout: float = 30.0
    settle: float = 3.0
    token: str = ""


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Start Chromium: Playwright's own, else one that is installed on this machine.

    Raises:
        ScreenshotError: Playwright or Chromium is missing, or does not start.
    """
    try:
        from playwright.sync_api import Error, sync_playwright  # noqa: PLC0415
    except ImportError as exc:
        raise ScreenshotError(f"Playwright is not installed. {_INSTALL}") from exc
    with sync_playwright() as playwright:
        program = next(filter(None, map(shutil.which, _PROGRAMS)), None)
        own = playwright.chromium.executable_path
        # Chromium's sandbox does not work for root, as whom programs in containers often run.
        sandbox = hasattr(os, "geteuid") and os.geteuid() != 0
        try:
            browser = playwright.chromium.launch(
                executable_path=None if os.path.exists(own) else program,  # noqa: PTH110
                chromium_sandbox=sandbox,
            )
        except Error as exc:
            if not program and "Executable doesn't exist" in exc.message:
                raise ScreenshotError(f"There is no Chromium on this machine. {_INSTALL}") from exc
            raise ScreenshotError(f"Chromium does not start: {_first_line(exc.message)}") from exc
        try:
            yield browser
        finally:
            browser.close()


def take(browser: Browser, url: str, view: View) -> bytes:
    """Return a page as PNG, as tall as the page is.

    Raises:
        ScreenshotError: it is not there, is too slow, or asks for a login.
    """
    from playwright.sync_api import Error, TimeoutError  # noqa: PLC0415

    page: Page | None = None
    try:
        page = browser.new_page(
            viewport={"width": view.width, "height": view.height},
            accept_downloads=False,
            service_workers="block",
        )
        page.set_default_timeout(view.timeout * 1000)
        if view.token:
            page.route("**/*", lambda route: _with_token(route, url, view.token))
        answer = page.goto(url, wait_until="load")
        status = answer.status if answer else 0
        if status >= 400:
            raise ScreenshotError(_refused(status))
        if _LOGIN.search(urlsplit(page.url).path) and not _LOGIN.search(urlsplit(url).path):
            raise ScreenshotError(f"it leads to a login, {single_line(page.url, 120)}. {_ACCESS}")
        _settle(page, view.settle)
        return _picture(page)
    except TimeoutError as exc:
        reason = f"no answer within {view.timeout:g} s. Try again with a longer --timeout."
        raise ScreenshotError(reason) from exc
    except Error as exc:
        raise ScreenshotError(_first_line(exc.message)) from exc
    finally:
        if page is not None and browser.is_connected():
            page.close()


_ACCESS = "Name a variable with a token by --token-env, or share the dashboard as public."


def _refused(status: int) -> str:
    return f"the server answers {status}. {_ACCESS if status in (401, 403) else 'Mend the url.'}"


def _with_token(route: Route, url: str, token: str) -> None:
    """Send the token to the dashboard's own origin, and to nobody that its page asks besides."""
    if _origin(route.request.url) == _origin(url):
        route.continue_(headers={**route.request.headers, "authorization": f"Bearer {token}"})
    else:
        route.continue_()


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.lower()


def _settle(page: Page, seconds: float) -> None:
    """Give the page time to fetch and draw; a dashboard that never rests is taken as it is."""
    page.wait_for_timeout(seconds * 1000)


def _picture(page: Page) -> bytes:
    height = page.evaluate("document.documentElement.scrollHeight")
    return page.screenshot(full_page=isinstance(height, int) and height <= _TALLEST)


def _first_line(message: str) -> str:
    """Return what Playwright says without its log of the call."""
    line = next((line for line in message.splitlines() if line.strip()), "it failed")
    return single_line(line, 200).removeprefix("Page.goto: ") + "."
