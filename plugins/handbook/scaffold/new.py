"""``handbook new``: put parts together, fill in names, lay the repo down whole or not at all."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from handbook.errors import ScaffoldError
from handbook.scaffold.answers import Answers, check
from handbook.scaffold.parts import compose, home, parts

if TYPE_CHECKING:
    from collections.abc import Mapping


def create(
    answers: Answers, folder: Path, *, ask: bool = False, root: Path | None = None
) -> tuple[Path, int]:
    """Write a new service.

    Args:
        answers: What it is called, and whose it is.
        folder: Where its folder is made.
        ask: Whether to ask on the terminal for what was not answered.
        root: Clone of the handbook that the parts are in; by default, this package's own.

    Returns:
        The service's folder, and how many files are in it.

    Raises:
        ScaffoldError: An answer is of no use, or there is something of that name. Nothing is
            written then.
    """
    check(answers)
    target = folder / answers.name
    if target.exists() or target.is_symlink():
        raise ScaffoldError(
            f"{target}: there is something of that name already, and it is left as it is.\n"
            "Choose another name or folder, or move it away first."
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Beside the target, so that laying it down is one rename.
        with tempfile.TemporaryDirectory(prefix=f".{answers.name}.", dir=folder) as work:
            made = _made(answers, Path(work), root or home(), ask)
            made.rename(target)
    except OSError as exc:
        raise ScaffoldError(
            f"{exc.filename or target}: could not be written: {exc.strerror}"
        ) from exc
    return target, sum(path.is_file() for path in target.rglob("*"))


def _made(answers: Answers, work: Path, root: Path, ask: bool) -> Path:
    template, made = work / "template", work / "made"
    template.mkdir()
    compose(parts(root), template)
    final = _fill(template, made, answers.given(), ask)
    check(final)
    _format(made)
    return made


def _fill(template: Path, made: Path, given: Mapping[str, str], ask: bool) -> Answers:
    # What is attested on the first day is asked for again after a year.
    in_a_year = (datetime.now(UTC) + timedelta(days=365)).date().isoformat()
    import copier  # noqa: PLC0415 - half a second, for this command alone
    from copier.errors import CopierError  # noqa: PLC0415

    try:
        worker = copier.run_copy(
            str(template),
            made,
            data={**given, "in_a_year": in_a_year},
            defaults=not ask,
            quiet=True,
            unsafe=False,
        )
    except CopierError as exc:
        raise ScaffoldError(f"the service could not be written: {exc}") from exc
    combined = worker.answers.combined
    return Answers(*(str(combined[key]) for key in ("name", "owner", "organisation")))


def _format(made: Path) -> None:
    """Lay lines out anew: names are longer or shorter now, and sort otherwise."""
    ruff = [sys.executable, "-m", "ruff"]
    for command in (["check", "--select", "I", "--fix"], ["format"]):
        done = subprocess.run(
            [*ruff, *command, "--quiet", "--no-cache", "."],
            cwd=made,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise ScaffoldError(f"ruff could not lay out the new code:\n{done.stdout}{done.stderr}")
