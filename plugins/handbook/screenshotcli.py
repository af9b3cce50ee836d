"""``handbook screenshot``: today's pictures of a service's dashboards, into its repo."""

from __future__ import annotations

import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from handbook.errors import HandbookError

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from handbook.model.declared import DashboardLink
    from handbook.model.facts import Problem
    from handbook.screenshot import View

_FOLDER = "monitoring/screenshots"
_EXAMPLE = """\
Name the dashboards in .handbook.yml:

  dashboards:
    - title: Production
      url: https://grafana.example/d/risk?kiosk"""
_LARGEST = 5 * 1024 * 1024  # bytes of a picture that a page of the handbook shows


@click.command()
@click.argument(
    "folder", default=".", type=click.Path(exists=True, file_okay=False, path_type=Path)
)
@click.option("--timeout", default=30.0, show_default=True, help="Seconds a page may take to load.")
@click.option(
    "--settle",
    default=3.0,
    show_default=True,
    help="Seconds to wait after that, for what the page fetches itself.",
)
@click.option("--width", default=1600, show_default=True, help="Width of the window, in pixels.")
@click.option(
    "--height",
    default=1200,
    show_default=True,
    help="Height of the window, in pixels; a page that is taller is taken whole.",
)
@click.option(
    "--token-env",
    metavar="NAME",
    help="Environment variable with a token; it is sent as bearer token to each dashboard's own"
    " origin, and to nobody else.",
)
def screenshot(  # noqa: PLR0913, PLR0917 - options of a command
    folder: Path, timeout: float, settle: float, width: int, height: int, token_env: str | None
) -> None:
    """Take today's picture of each dashboard that a service names, and store it with its date.

    FOLDER is the service's repo, or its folder in a monorepo. Its .handbook.yml lists the
    dashboards by title and url; the pictures go to monitoring/screenshots/TITLE-YYYY-MM-DD.png.
    A picture of another day is never touched. Needs Playwright and Chromium.

    Exit codes: 0 when every picture was taken, 1 when one failed, 2 when none could be tried.

    \b
    Examples:
      handbook screenshot
      handbook screenshot services/checkout --token-env GRAFANA_TOKEN
    """
    from handbook.screenshot import View, open_browser  # noqa: PLC0415

    links, problems = _declared(folder)
    for problem in problems:
        place = f"{problem.origin.path}:{problem.origin.line}"
        click.echo(f"{place}: {problem.message.rstrip('.')}. {problem.hint}", err=True)
    if not links:
        raise click.UsageError(f"no dashboard to take a picture of. {_EXAMPLE}")
    view = View(width, height, timeout, settle, _token(token_env))
    day = datetime.now(UTC).date().isoformat()
    failed = len(problems)
    try:
        with open_browser() as browser:
            for link, name in zip(links, _names(links), strict=True):
                target = folder / _FOLDER / f"{name}-{day}.png"
                failed += not _store(browser, link, target, view)
    except HandbookError as exc:
        raise click.UsageError(str(exc)) from exc
    if failed:
        raise SystemExit(1)


def _declared(folder: Path) -> tuple[tuple[DashboardLink, ...], tuple[Problem, ...]]:
    """Return the dashboards that the file names, and what is wrong with others."""
    from handbook.collect.declared import collect_declared  # noqa: PLC0415
    from handbook.model.facts import Broken, Found  # noqa: PLC0415
    from handbook.model.limits import Limits  # noqa: PLC0415
    from handbook.model.service import Service  # noqa: PLC0415
    from handbook.tree import top_of, work_tree  # noqa: PLC0415

    top = top_of(folder)
    inside = folder.resolve().relative_to(top).as_posix()
    service = Service("service", "service", str(top), path="" if inside == "." else inside)
    try:
        with work_tree(top, "", Limits()) as tree:
            fact = collect_declared(tree, service, Limits())
    except HandbookError as exc:
        raise click.UsageError(str(exc)) from exc
    if isinstance(fact, Broken):
        return (), (fact.problem,)
    if not isinstance(fact, Found):
        return (), ()
    return fact.value.dashboards, fact.problems


def _token(name: str | None) -> str:
    if name is None:
        return ""
    token = os.environ.get(name, "")
    if not token:
        raise click.UsageError(f"the environment variable {name} of --token-env is not set.")
    return token


def _names(links: tuple[DashboardLink, ...]) -> list[str]:
    """Return a file name for each; of several with one title, the later ones get a number."""
    from handbook.model.catalog import slugify  # noqa: PLC0415

    names: list[str] = []
    for link in links:
        plain = slugify(link.title)[:80].strip("-") or "dashboard"
        name, count = plain, 1
        while name in names:
            count += 1
            name = f"{plain}-{count}"
        names.append(name)
    return names


def _store(browser: Browser, link: DashboardLink, target: Path, view: View) -> bool:
    """Take one picture; say what came of it. One that fails does not hinder the others."""
    from handbook.screenshot import ScreenshotError, take  # noqa: PLC0415

    try:
        picture = take(browser, link.url, view)
        _write(target, picture)
    except (ScreenshotError, OSError) as exc:
        reason = (exc.strerror or str(exc)) if isinstance(exc, OSError) else str(exc)
        click.echo(f"FAILED  {link.title} ({link.url}): {reason}", err=True)
        return False
    size = f"{max(1, len(picture) // 1024):,} KB"
    note = ", too large for a page: take it with a smaller --width" * (len(picture) > _LARGEST)
    click.echo(f"wrote   {target} ({size}{note})")
    return True


def _write(target: Path, data: bytes) -> None:
    """Write aside, then rename: what is there under the name is always whole."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{target.stem}-", suffix=".tmp", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
