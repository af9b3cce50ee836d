"""``handbook check`` and ``handbook explain``: the rules in a service's own repo."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import click

from handbook.errors import HandbookError

if TYPE_CHECKING:
    from handbook.model.readiness import Level, Report

_FORMATS = ("text", "json", "markdown", "sarif", "badge")
_CODES = "CODE[,CODE…]"


@click.command()
@click.argument(
    "folder", default=".", type=click.Path(exists=True, file_okay=False, path_type=Path)
)
@click.option(
    "--ref",
    default="",
    metavar="NAME",
    help="Judge a commit, branch or tag instead of the files on disk.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(_FORMATS),
    default="text",
    show_default=True,
    help="Report for people, for programs, as a pull request's comment, for the code scanning of a"
    " forge, or as a drawing of the level for the README.",
)
@click.option(
    "--select", default="", metavar=_CODES, help="Only these rules (DOC03) or families (DOC)."
)
@click.option(
    "--ignore", default="", metavar=_CODES, help="Not these rules (DOC03) or families (DOC)."
)
@click.option("--all", "everything", is_flag=True, help="Also show what is met.")
@click.option(
    "--baseline",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Findings that are known already: shown as a number, and no reason to fail. A finding is"
    " known by its rule and object, so that lines may move.",
)
@click.option(
    "--write-baseline", is_flag=True, help="Write today's findings to the file of --baseline."
)
@click.option(
    "--level",
    type=click.Choice(("bronze", "silver", "gold")),
    default="gold",
    show_default=True,
    help="Fail only for rules up to this level.",
)
@click.option(
    "--cache",
    metavar="FOLDER",
    default="",
    help="Keep here what the next run can use; 'off': nowhere. It may be deleted at any time."
    "  [default: handbook/ in XDG_CACHE_HOME or ~/.cache]",
)
def check(  # noqa: PLR0913, PLR0917 - options of a command
    folder: Path,
    ref: str,
    form: str,
    select: str,
    ignore: str,
    everything: bool,
    baseline: Path | None,
    write_baseline: bool,
    level: Level,
    cache: str,
) -> None:
    """Judge a service's repo by the handbook's rules, where it lies, without a handbook.

    FOLDER is the repo, or the service's folder in a monorepo. Files are read as they are on
    disk, edits that are not committed included; nothing of them is run.

    Exit codes: 0 when nothing is lacking, 1 when a rule is not met, 2 when the command could
    not judge.

    \b
    Examples:
      handbook check
      handbook check --level bronze services/checkout
      handbook check --select DOC,MON02 --all
      handbook check --ref main --format json
    """
    from handbook.check import rules  # noqa: PLC0415
    from handbook.checkfolder import check_folder  # noqa: PLC0415
    from handbook.render import reports  # noqa: PLC0415

    today = datetime.now(UTC).date().isoformat()
    try:
        chosen = _chosen(select, ignore, list(rules()))
        judged = check_folder(folder, ref, today, chosen, _cache(cache))
    except HandbookError as exc:
        raise click.UsageError(str(exc)) from exc
    snapshot, report = judged.snapshot, judged.report
    for problem in judged.problems:
        # An exemption that lacks something is none: whoever wrote it must know.
        path, line = problem.origin.path, problem.origin.line
        said = problem.message.removeprefix(f"{path}: ")
        click.echo(f"{path}:{line}: {said} {problem.hint}".strip(), err=True)
    known = _known(baseline, write_baseline, report)
    name, commit = snapshot.service.name, snapshot.commit
    if form == "text":
        click.echo(reports.as_text(report, name, everything=everything, known=known), nl=False)
    elif form == "json":
        click.echo(reports.as_json(report, name, commit), nl=False)
    elif form == "markdown":
        click.echo(reports.as_markdown(report, name), nl=False)
    elif form == "badge":
        click.echo(reports.badge(report), nl=False)
    else:
        infos = [rule.info() for rule in rules().values()]
        version = metadata.version("mkdocs-handbook")
        click.echo(reports.as_sarif(report, infos, snapshot.service, version), nl=False)
    if any(f.fingerprint not in known for f in report.blocking(level)):
        raise SystemExit(1)


@click.command()
@click.argument("code")
def explain(code: str) -> None:
    """Explain a rule: what it looks for, why, how to meet it, and what counts as equivalent.

    CODE is the rule's code as findings show it, such as DOC03. Without a known code, all rules
    there are get listed with their titles. The rule's page on the site says the same.

    Exit codes: 0 when it was explained, 2 when there is no such rule.

    \b
    Examples:
      handbook explain DOC03
    """
    from handbook.check import rules  # noqa: PLC0415
    from handbook.render import reports  # noqa: PLC0415

    try:
        known = rules()
    except HandbookError as exc:
        raise click.UsageError(str(exc)) from exc
    found = known.get(code.upper())
    if found is None:
        listed = "\n".join(f"  {rule.code:8} {rule.title()}" for rule in known.values())
        raise click.UsageError(f"there is no rule {code!r}. There are:\n{listed}")
    click.echo(reports.explain(found.info()), nl=False)


def _chosen(select: str, ignore: str, codes: list[str]) -> frozenset[str]:
    """Return the codes that are asked for; a family's letters stand for all of its rules."""

    def matching(text: str) -> frozenset[str]:
        found: set[str] = set()
        for part in filter(None, (item.strip().upper() for item in text.split(","))):
            of_part = {code for code in codes if code == part or code.rstrip("0123456789") == part}
            if not of_part:
                raise click.UsageError(
                    f"there is no rule or family {part!r}. There are: {', '.join(codes)}"
                )
            found |= of_part
        return frozenset(found)

    return (matching(select) or frozenset(codes)) - matching(ignore)


def _cache(named: str) -> Path | None:
    """Return the folder that keeps what the next run can use; None for none."""
    from handbook.usercache import default_folder  # noqa: PLC0415

    if named == "off":
        return None
    return Path(named).absolute() if named else default_folder(os.environ)


def _known(baseline: Path | None, write: bool, report: Report) -> frozenset[str]:
    if baseline is None:
        if write:
            raise click.UsageError("--write-baseline needs --baseline FILE.")
        return frozenset()
    if write:
        lacking = [f for f in report.findings if f.status in ("fail", "warn", "error")]
        lines = {f.fingerprint: f"{f.code} {f.status}" for f in lacking}
        baseline.write_text(json.dumps(lines, indent=2) + "\n", encoding="utf-8")
    try:
        known = json.loads(baseline.read_text(encoding="utf-8"))
    except (OSError, ValueError) as exc:
        raise click.UsageError(
            f"{baseline}: no baseline could be read: {exc}. Make one with --write-baseline."
        ) from exc
    if not isinstance(known, dict):
        raise click.UsageError(f"{baseline}: expected an object of fingerprints.")
    return frozenset(known)
