"""``handbook template``: the handbook's templates, to list, print, write and compare with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handbook.model.forms import Form

_LARGEST = 1024 * 1024


@click.command()
@click.argument("name", required=False)
@click.option(
    "--write",
    is_flag=True,
    help="Write the blank to its place in the repo; nothing is overwritten.",
)
@click.option(
    "--into",
    "folder",
    default=None,
    metavar="FOLDER",
    type=click.Path(file_okay=False, path_type=Path),
    help="The service's folder that --write writes below.  [default: .]",
)
@click.option(
    "--check",
    "document",
    default=None,
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Say what of this document is still to be filled in.",
)
def template(name: str | None, write: bool, folder: Path | None, document: Path | None) -> None:
    """Print a template of the handbook, write it into a repo, or check what is made from it.

    NAME is the template's name, such as runbook. Alone, it prints the blank. Without it, all
    templates are listed with the place where each goes, and --check asks the document.

    A document keeps the first line of its template: by that line, `handbook check` finds it and
    asks for what is missing.

    \b
    Examples:
      handbook template
      handbook template runbook --write
      handbook template --check docs/runbook.md

    Exit codes: 0 when it is done and nothing is missing, 1 when --check found something to fill
    in or --write found a file that is there already, 2 when the command could not be understood.
    """
    from handbook.forms import forms  # noqa: PLC0415 - other commands need none

    known = forms()
    if name is None and document and not write:
        name = _named_in(document, known)
    if name is None:
        if write or folder:
            raise click.UsageError(f"name a template. There are:\n{_listed(known)}")
        click.echo(_listed(known))
        return
    form = known.get(name.lower())
    if form is None:
        raise click.UsageError(f"there is no template {name!r}. There are:\n{_listed(known)}")
    if document and write:
        raise click.UsageError("--write and --check are two commands.")
    if folder and not write:
        raise click.UsageError("--into needs --write.")
    if document:
        _check(form, document)
    elif write:
        _write(form, folder or Path())
    else:
        click.echo(form.blank, nl=False)


def _listed(known: Mapping[str, Form]) -> str:
    wide = max(map(len, known))
    places = max(len(form.path) for form in known.values())
    return "\n".join(f"{f.name:{wide}}  {f.path:{places}}  {f.title}" for f in known.values())


def _named_in(document: Path, known: Mapping[str, Form]) -> str:
    """Return the template that a document says it is made from."""
    from handbook.forms import marker_of  # noqa: PLC0415

    marker = marker_of(_read(document))
    if marker is None:
        raise click.UsageError(
            f"{document} does not say which template it is made from, by a line such as"
            f" <!-- template: runbook -->: name one. There are:\n{_listed(known)}"
        )
    return marker.name


def _write(form: Form, folder: Path) -> None:
    place = folder / form.path
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("x", encoding="utf-8", newline="\n") as file:
            file.write(form.blank)
    except FileExistsError as exc:
        raise click.ClickException(
            f"{place} is there already: nothing was written. Print the template with"
            f" `handbook template {form.name}`, or write it --into another folder."
        ) from exc
    except OSError as exc:
        raise click.ClickException(f"{place} cannot be written: {exc.strerror}.") from exc
    click.echo(f"wrote {place}")
    click.echo(f"next: fill it in, then `handbook template --check {place}`")


def _check(form: Form, document: Path) -> None:
    from handbook.forms import marker_of, state_of  # noqa: PLC0415

    text = _read(document)
    marker = marker_of(text)
    if marker is None:
        click.echo(
            f"note: {document} has no line <!-- template: {form.name} --> at its beginning, so"
            " `handbook check` does not look at it.",
            err=True,
        )
    elif marker.name != form.name:
        click.echo(f"note: {document} says that it is made from {marker.name!r}.", err=True)
    state = state_of(form, text)
    for gap in state.gaps:
        click.echo(f"{document}:{gap.line}: {gap.said}")
    if state.gaps:
        click.echo(
            f"{state.filled} of {state.fields} fields are filled in; `handbook template"
            f" {form.name}` prints what each asks for.",
            err=True,
        )
        raise SystemExit(1)
    click.echo(f"{document}: all {state.filled} fields are filled in")


def _read(document: Path) -> str:
    from handbook.tree import as_text  # noqa: PLC0415

    try:
        with document.open("rb") as file:
            data = file.read(_LARGEST + 1)
    except OSError as exc:
        raise click.ClickException(f"{document} cannot be read: {exc.strerror}.") from exc
    if len(data) > _LARGEST:
        raise click.ClickException(f"{document} is larger than {_LARGEST // 1024} KB.")
    return as_text(data)
