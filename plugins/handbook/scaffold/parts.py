"""What a new service is made of: files of the sample service, and an overlay of its own.

What the sample has proven is taken from it as it is, so that the two cannot grow apart. The overlay
is a service called ``new-service``, written as plain code. Here the names in both become marks that
copier fills in.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import yaml
from msgspec import Struct

from handbook.errors import ScaffoldError

SAMPLE, OVERLAY, LIST = "sample_service", "tutorials/new-service", "tutorials/new-service.yml"
"""Where the parts lie in a clone of the handbook."""

_PACKAGE, _NAME, _CONSTANT = "{@ package @}", "{@ name @}", "{@ constant @}"
_TITLE, _OWNER, _ORGANISATION = "{@ title @}", "{@ owner @}", "{@ organisation @}"
FROM_SAMPLE = {
    "fraud_features": f"{_PACKAGE}_features",
    "fraud_model": f"{_PACKAGE}_model",
    "fraud_score": _PACKAGE,
    "fraud-score": _NAME,
    "FRAUD_SCORE": _CONSTANT,
    "Fraud score": _TITLE,
    "team-risk": _OWNER,
    "acme": _ORGANISATION,
}
"""Names in the sample, and what they become; the longer before what they begin with."""

FROM_OVERLAY = {
    "new_service": _PACKAGE,
    "team-new-service": _OWNER,
    "new-service": _NAME,
    "NEW_SERVICE": _CONSTANT,
    "New service": _TITLE,
    "acme": _ORGANISATION,
    "9999-12-31": "{@ in_a_year @}",
}
"""The same for the overlay, and the last day of what its owner attests."""

_MARKS = ("{@", "@}", "{%@", "@%}", "{#@", "@#}")


class Part(Struct, frozen=True):
    """One file of a new service.

    Attributes:
        source: Where it is now.
        path: Where it goes, from the service's folder, with names as they are in the source.
        names: What is replaced in it, and in its path.
    """

    source: Path
    path: str
    names: dict[str, str]


def home() -> Path:
    """Return the clone of the handbook that this package runs from.

    Raises:
        ScaffoldError: It was installed without its clone, so the parts are not there.
    """
    root = Path(__file__).resolve().parents[3]
    if (root / LIST).is_file() and (root / SAMPLE).is_dir():
        return root
    raise ScaffoldError(
        "`handbook new` takes its files from a clone of the handbook, and this handbook was "
        "installed without one.\nClone it, run `make .venv/site.stamp` there, and use the clone's "
        ".venv/bin/handbook."
    )


def parts(root: Path) -> tuple[Part, ...]:
    """Return the files of a new service, sorted by path.

    Raises:
        ScaffoldError: The list names a file that is not there, or one that the overlay has too.
    """
    overlay = [Part(root / OVERLAY / path, path, FROM_OVERLAY) for path in _files(root / OVERLAY)]
    taken = [Part(root / SAMPLE / path, path, FROM_SAMPLE) for path in taken_paths(root / LIST)]
    problems = [f"{LIST}: {part.path} is not in {SAMPLE}/" for part in taken if not _inside(part)]
    by_target: dict[str, Part] = {}
    for part in (*overlay, *taken):
        other = by_target.setdefault(renamed(part.path, part.names), part)
        if other is not part:
            problems.append(f"{LIST}: {part.path} is in {OVERLAY}/ as well; keep one of the two")
    if problems:
        raise ScaffoldError("\n".join(problems))
    return tuple(by_target[target] for target in sorted(by_target))


def taken_paths(file: Path) -> tuple[str, ...]:
    """Read which files of the sample are taken as they are.

    Raises:
        ScaffoldError: The file is not a list of paths below ``take:``.
    """
    try:
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
    except yaml.MarkedYAMLError as exc:
        line = exc.problem_mark.line + 1 if exc.problem_mark else 1
        raise ScaffoldError(f"{file}:{line}: {exc.problem}") from exc
    paths = document.get("take") if isinstance(document, dict) else None
    if not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
        raise ScaffoldError(f"{file}: expected a key `take` with a list of paths")
    return tuple(paths)


def compose(wanted: tuple[Part, ...], folder: Path) -> None:
    """Write a template for copier: the parts with marks for names, and the questions.

    Raises:
        ScaffoldError: A part has one of the marks in its text already, or is no text.
    """
    shutil.copyfile(Path(__file__).with_name("copier.yml"), folder / "copier.yml")
    for part in wanted:
        target = folder / "service" / PurePosixPath(renamed(part.path, part.names))
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(_text(part), encoding="utf-8", newline="")
        shutil.copymode(part.source, target)


def renamed(text: str, names: dict[str, str]) -> str:
    """Return a text with the names of its source replaced by marks."""
    for name, mark in names.items():
        text = text.replace(name, mark)
    return text


def _text(part: Part) -> str:
    try:
        with part.source.open(encoding="utf-8", newline="") as file:
            text = file.read()
    except UnicodeDecodeError as exc:
        raise ScaffoldError(f"{part.source}: not a text, so it cannot be a part") from exc
    if mark := next((mark for mark in _MARKS if mark in text), ""):
        raise ScaffoldError(f"{part.source}: has {mark!r} in it, which would be filled in")
    return renamed(text, part.names)


def _inside(part: Part) -> bool:
    plain = part.source.is_file() and not part.source.is_symlink()
    return plain and ".." not in PurePosixPath(part.path).parts


def _files(folder: Path) -> Iterator[str]:
    """Find what belongs to a folder: what git would commit, or all of it where there is no git."""
    command = ["git", "-C", str(folder), "ls-files", "-z", "--cached", "--others"]
    listed = subprocess.run(
        [*command, "--exclude-standard", "--", "."], capture_output=True, text=True, check=False
    )
    found = listed.stdout.split("\0") if listed.returncode == 0 else []
    paths = found or [
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    ]
    return (path for path in sorted(set(paths)) if path and (folder / path).is_file())
