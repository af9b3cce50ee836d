"""``handbook new``: a repo to start a service from."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from handbook.errors import HandbookError


@click.command()
@click.argument("name")
@click.option(
    "--owner",
    default="",
    help="Team that answers for it. Asked for on a terminal.  [default: team-NAME]",
)
@click.option(
    "--organisation",
    default="",
    help="Where code and images are kept. Asked for on a terminal.  [default: acme]",
)
@click.option(
    "--into",
    "folder",
    default=".",
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder in which the service's folder is made.",
)
@click.option("-y", "--yes", is_flag=True, help="Take the defaults instead of asking.")
def new(name: str, owner: str, organisation: str, folder: Path, yes: bool) -> None:
    """Write a new service: API, queue, worker, model, deployment, alerts, tests, docs.

    NAME is the repo's name, such as late-delivery. What is not given as an option is asked
    for on a terminal. The service works as it is, on an example that you replace by yours: its
    README says where. Nothing is overwritten, and nothing of it is run: in the end either all of
    the service is there, or nothing.

    Exit codes: 0 when it is written, 1 when it could not be, 2 when the command line was not
    understood.

    \b
    Examples:
      handbook new late-delivery --owner team-logistics --organisation acme
    """
    from handbook.scaffold.answers import Answers
    from handbook.scaffold.new import create

    try:
        ask = not yes and sys.stdin.isatty() and not (owner and organisation)
        target, count = create(Answers(name, owner, organisation), folder, ask=ask)
    except HandbookError as exc:
        raise click.ClickException(str(exc)) from exc
    click.echo(f"wrote {count} files to {target}/")
    click.echo(f"next: cd {target}, git init, commit, make demo; its README says what to replace")
