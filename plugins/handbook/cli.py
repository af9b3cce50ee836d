"""The ``handbook`` command: fetch the services' repos, build the site, show it."""

from __future__ import annotations

import errno
import logging
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from handbook.checkcli import check, explain
from handbook.errors import HandbookError
from handbook.scaffoldcli import new
from handbook.screenshotcli import screenshot
from handbook.templatecli import template

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig

    from handbook.publish.plugin import ServicesPlugin
    from handbook.settings import Settings

_CONFIG = click.option(
    "-f",
    "--config-file",
    default="mkdocs.yml",
    show_default=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The site's configuration; paths in it are relative to its folder.",
)
_STRICT = click.option(
    "--strict/--no-strict",
    default=None,
    help="Fail when a repo cannot be fetched, a service cannot be built, a link is broken or MkDocs"
    " warns.  [default: `strict` of mkdocs.yml]",
)

_NOT_LISTED = "{0}: `plugins` does not list {1}. Add the line `- {1}` to it."
_ADDRESS_TAKEN = (errno.EADDRINUSE, errno.EADDRNOTAVAIL, errno.EACCES)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 88})
@click.version_option(package_name="mkdocs-handbook", message="%(package)s %(version)s")
def main() -> None:
    """One static site from your handbook and the git repos of your services.

    \b
    A first round:
      handbook sync      fetch every repo of catalog.yml (the only step that uses the network)
      handbook build     write the site into site/
      handbook serve     sync, then show the site and build again on each change
      handbook doctor    see what is missing when something does not work
      handbook check     judge a service's repo by the rules, right where it lies
      handbook new       start a service: code, tests, deployment, alerts, docs
      handbook template  print, write or check a press release, a runbook, a model card and others

    Exit codes: 0 when it is done, 1 when something was not as it should be (the last line says
    what, and what to do), 2 when the command line was not understood.
    """
    os.environ.setdefault("NO_MKDOCS_2_WARNING", "1")
    # As on Ctrl-C: git processes and workers are ended, nothing half-written is left.
    signal.signal(signal.SIGTERM, _stop)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s  %(message)s")


@main.command()
@_CONFIG
@_STRICT
@click.option(
    "--locked",
    is_flag=True,
    help="Fetch the very commits that handbook.lock names, not newer ones.",
)
@click.option("--verify", is_flag=True, help="Read every mirror whole and make damaged ones anew.")
def sync(config_file: Path, strict: bool | None, locked: bool, verify: bool) -> None:
    """Fetch the repos of all services and note their commits in handbook.lock.

    A repo that has not moved costs one question to its server. A repo that cannot be fetched
    keeps its last good copy; it is shown as out of date. Nothing is checked out or run.

    Repos that need a login use git's own credential helpers or your ssh keys: if
    `git ls-remote URL` works in your shell, so does this.

    Exit codes: 0 when the lock is written, 1 when the catalogue or the lock cannot be used, or
    with --strict when a repo could not be fetched.

    \b
    Examples:
      handbook sync
      handbook sync --strict --locked
    """
    from handbook.pipeline import fetch
    from handbook.publish.progress import sync_progress

    with _errors():
        settings = _settings(config_file, strict)
        with sync_progress() as report:
            fleet = fetch(settings, report, locked=locked, verify=verify)
        behind = [s for s in fleet.snapshots if s.problem]
        for problem in fleet.problems:
            click.echo(f"warning: {problem}", err=True)
        for snapshot in behind:
            state = "keeps its last good copy" if snapshot.commit else "is not available"
            service = snapshot.service
            where = f"{service.declared}: {service.name}"
            click.echo(f"warning: {where} {state}: {snapshot.problem}", err=True)
        count = len(fleet.snapshots)
        click.echo(f"{count} service{'' if count == 1 else 's'}, {count - len(behind)} fresh")
        if settings.strict and (behind or fleet.problems):
            raise click.ClickException("not everything could be fetched (--strict).")


@main.command()
@_CONFIG
@_STRICT
@click.option(
    "--force", is_flag=True, help="Build even if nothing has changed since the last build."
)
@click.option(
    "-d", "--site-dir", help="Folder to write the site to.  [default: `site_dir` of mkdocs.yml]"
)
def build(config_file: Path, strict: bool | None, force: bool, site_dir: str | None) -> None:
    """Build the site from the last sync, without the network.

    Only services that changed are built; when nothing changed at all, nothing is written.
    `mkdocs build` does the same, except that it always builds the hand-written part.

    Exit codes: 0 when the site is written or was up to date, 1 when it was not built: the last
    site is as it was.

    \b
    Examples:
      handbook build
      handbook build --strict --site-dir public
    """
    from handbook.publish.uptodate import is_current, remember

    with _errors():
        if not force and not strict and is_current(config_file, site_dir):
            click.echo("The site is up to date (build anyway with --force).")
            return
        from mkdocs.commands.build import build as mkdocs_build

        from handbook.publish.progress import show_log

        config = _mkdocs_config(config_file, strict, site_dir)
        show_log()
        plugin = _plugin(config, config_file)
        config.plugins.on_startup(command="build", dirty=False)
        try:
            mkdocs_build(config)
        finally:
            config.plugins.on_shutdown()
        if plugin.is_whole():
            remember(config, plugin.inputs(), plugin.until())


@main.command()
@_CONFIG
@_STRICT
@click.option(
    "-a",
    "--dev-addr",
    metavar="IP:PORT",
    help="Address to serve on.  [default: `dev_addr` of mkdocs.yml]",
)
@click.option("--offline", is_flag=True, help="Do not fetch first: show the last sync.")
@click.option("-o", "--open", "open_", is_flag=True, help="Open the site in your browser.")
@click.pass_context
def serve(
    context: click.Context,
    config_file: Path,
    strict: bool | None,
    dev_addr: str | None,
    offline: bool,
    open_: bool,
) -> None:
    """Fetch, then show the site and build again whenever a file changes.

    An edit of a handbook page builds the hand-written part only; a commit in a local repo of
    the catalogue builds that service. The browser reloads a page when it was built anew. Stop it
    with Ctrl-C. `mkdocs serve` does the same without fetching first.

    Exit codes: 0 when it was stopped, 1 when the first build failed or the address is taken.

    \b
    Examples:
      handbook serve
      handbook serve --offline --dev-addr 127.0.0.1:8001
    """
    if not offline:
        context.invoke(sync, config_file=config_file, strict=strict, locked=False, verify=False)
    from mkdocs.commands.serve import serve as mkdocs_serve

    from handbook.publish.progress import show_log

    with _errors():
        show_log()
        try:
            mkdocs_serve(
                config_file=str(config_file),
                open_in_browser=open_,
                dev_addr=dev_addr,
                strict=strict,
            )
        except OSError as exc:
            if exc.errno not in _ADDRESS_TAKEN:
                raise
            raise click.ClickException(
                f"cannot serve at this address: {exc.strerror}."
                " Name another one, such as --dev-addr 127.0.0.1:8001."
            ) from exc


@main.command()
@_CONFIG
def doctor(config_file: Path) -> None:
    """Check what this machine and configuration can do, and say what to mend.

    Looks at Python, git, the configuration, the catalogue, the last sync, free disk space and
    optional browser files; prints one line each.

    Exit codes: 0 when nothing must be mended, 1 when something must.

    \b
    Examples:
      handbook doctor
      handbook doctor -f company/mkdocs.yml
    """
    from handbook.publish.doctor import examine

    failed = False
    for finding in examine(config_file):
        sign = {"ok": "ok     ", "notice": "notice ", "fail": "FAILED "}[finding.state]
        click.echo(sign + finding.text)
        failed |= finding.state == "fail"
    if failed:
        raise SystemExit(1)


for _command in (check, explain, new, screenshot, template):
    main.add_command(_command)


def _stop(*_: object) -> None:
    raise KeyboardInterrupt


def _settings(config_file: Path, strict: bool | None) -> Settings:
    from handbook.publish.config import PLUGIN, read_settings

    _must_exist(config_file)
    settings = read_settings(config_file, strict=strict)
    if settings is None:
        raise click.ClickException(_NOT_LISTED.format(config_file, PLUGIN))
    return settings


def _plugin(config: MkDocsConfig, config_file: Path) -> ServicesPlugin:
    from handbook.publish.plugin import ServicesPlugin

    plugin = config.plugins.get("handbook/services")
    if not isinstance(plugin, ServicesPlugin):
        raise click.ClickException(_NOT_LISTED.format(config_file, "handbook/services"))
    return plugin


def _must_exist(config_file: Path) -> None:
    if not config_file.is_file():
        raise click.ClickException(
            f"{config_file} not found. Run this in the handbook's folder, or name it with -f."
        )


def _mkdocs_config(config_file: Path, strict: bool | None, site_dir: str | None) -> MkDocsConfig:
    from mkdocs.config import load_config

    _must_exist(config_file)
    return load_config(config_file=str(config_file), strict=strict, site_dir=site_dir)


@contextmanager
def _errors() -> Iterator[None]:
    """Show our errors and MkDocs' as one line, not as a stack trace."""
    from mkdocs.exceptions import Abort, BuildError, MkDocsException

    try:
        yield
    except Abort as exc:
        if not isinstance(exc.__context__, BuildError):
            raise click.ClickException(str(exc)) from exc
        raise click.ClickException("not built, see above. The last site is as it was.") from exc
    except (HandbookError, MkDocsException) as exc:
        raise click.ClickException(str(exc)) from exc
