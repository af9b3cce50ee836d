"""Write whole git repos in one go, the same bytes each time.

A repo's history is given as data and piped into one ``git fast-import``: commit ids depend on
nothing but that data, and a repo of a hundred commits takes a few milliseconds.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True)
class Author:
    """Who made a commit."""

    name: str
    email: str


@dataclass(frozen=True)
class Change:
    """One commit: files to write (``None`` removes), relative to the repo's root.

    ``tag`` names an annotated tag on it; "" for none.
    """

    date: datetime
    author: Author
    message: str
    files: Mapping[str, bytes | None] = field(default_factory=dict)
    tag: str = ""


def write_repo(
    folder: Path, changes: Iterable[Change], branch: str = "main", object_format: str = "sha1"
) -> None:
    """Make a bare repo at ``folder`` with ``changes`` on ``branch``; none makes an empty repo."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    _git("init", "--quiet", "--bare", f"--object-format={object_format}", "-b", branch, str(folder))
    # Forges allow partial clones; a local repo must be told to.
    _git("--git-dir", str(folder), "config", "uploadpack.allowFilter", "true")
    # A pack of many small repos beats loose files, whatever git thinks of its size.
    _git("--git-dir", str(folder), "config", "fastimport.unpackLimit", "0")
    append(folder, changes, branch, new=True)


def append(
    folder: Path, changes: Iterable[Change], branch: str = "main", *, new: bool = False
) -> None:
    """Add ``changes`` to a repo that :func:`write_repo` made."""
    stream = b"".join(_stream(changes, branch, new=new))
    if stream:
        _git("--git-dir", str(folder), "fast-import", "--quiet", stdin=stream)


def _stream(changes: Iterable[Change], branch: str, *, new: bool) -> Iterator[bytes]:
    for index, change in enumerate(changes):
        person = f"{change.author.name} <{change.author.email}> {_when(change.date)}".encode()
        ref = f"refs/heads/{branch}"
        yield b"commit %s\nmark :%d\n" % (ref.encode(), index + 1)
        yield b"author %s\ncommitter %s\n%s" % (person, person, _data(change.message.encode()))
        if index == 0 and not new:
            yield b"from %s^0\n" % ref.encode()
        for path, content in change.files.items():
            if content is None:
                yield b"D %s\n" % path.encode()
            else:
                yield b"M 100644 inline %s\n%s" % (path.encode(), _data(content))
        yield b"\n"
        if change.tag:
            note = _data(f"Release {change.tag}\n".encode())
            yield b"tag %s\nfrom :%d\ntagger %s\n%s" % (
                change.tag.encode(),
                index + 1,
                person,
                note,
            )


def _when(date: datetime) -> str:
    return f"{int(date.timestamp())} {date.strftime('%z') or '+0000'}"


def _data(content: bytes) -> bytes:
    return b"data %d\n%s\n" % (len(content), content)


def _git(*arguments: str, stdin: bytes = b"") -> None:
    # The user's own git settings (signing, templates, hooks) must not change a byte.
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    quiet = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(["git", *arguments], input=stdin, env={**clean, **quiet}, check=True)
