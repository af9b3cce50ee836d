"""Commits, tags and dates of files, from ``git log`` and ``git for-each-ref``."""

from __future__ import annotations

import hashlib
import posixpath
import secrets
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from io import BufferedReader
from typing import cast

from handbook.errors import TreeError
from handbook.tree.names import plain
from handbook.tree.objects import is_oid, reading_environment
from handbook.tree.records import Commit, Tag

_FIELDS = "%x00".join(["%H", "%aI", "%cI", "%aN", "%aE", "%s"])
_EPOCH = "1970-01-01T00:00:00+00:00"
_CHUNK = 1 << 20
_WALK_BYTES = 512 * 1024 * 1024  # of git's output; a hostile history can name a file in any commit


def commits(git_dir: str, commit: str, folder: str, limit: int) -> tuple[Commit, ...]:
    """Return the latest commits that touch ``folder`` ("" for all), newest first."""
    pathspec = [folder] if folder else []
    return tuple(found for found, _ in _log(git_dir, commit, [f"-n{limit}"], pathspec))


def file_dates(
    git_dir: str, commit: str, paths: Iterable[str], limit: int
) -> Mapping[str, tuple[Commit, Commit]]:
    """Map each path to the commits that first and last touched it, in one walk.

    A merge counts only for what it changed against all its parents.
    """
    wanted = {path.encode(): path for path in paths}
    if not wanted:
        return {}
    folder = posixpath.commonpath([posixpath.dirname(path) for path in wanted.values()])
    found: dict[str, tuple[Commit, Commit]] = {}
    options = [f"-n{limit}", "--name-only", "-c", "--no-renames"]
    for entry, names in _log(git_dir, commit, options, [folder] if folder else []):
        for name in names:
            path = wanted.get(name)
            if path is not None:
                found[path] = (entry, found[path][1] if path in found else entry)
    return found


def tags(git_dir: str, commit: str) -> tuple[Tag, ...]:
    """Return all tags whose commit is an ancestor of ``commit``, newest first."""
    form = "%00".join(
        ["%(refname:lstrip=2)", "%(objectname)", "%(*objectname)", "%(creatordate:iso-strict)"]
    )
    output = _run(
        git_dir,
        [
            "for-each-ref",
            f"--merged={commit}",
            "--sort=-refname",
            "--sort=-creatordate",
            f"--format={form}",
            "refs/tags/",
        ],
    )
    rows = (line.split("\0") for line in output.decode("utf-8", "replace").splitlines())
    return tuple(
        Tag(plain(name), peeled or direct, _date(date)) for name, direct, peeled, date in rows
    )


def _log(
    git_dir: str, commit: str, options: list[str], pathspec: list[str]
) -> Iterator[tuple[Commit, list[bytes]]]:
    """Give each commit with the names it touched (only with ``--name-only``)."""
    # A name nobody can foresee: a commit's own text cannot pass for the start of a record.
    mark = secrets.token_hex(16)
    command = [
        "-c",
        f"mailmap.blob={commit}:.mailmap",
        "log",
        "-z",
        f"--format={mark}%x00{_FIELDS}%x00",
        "--encoding=UTF-8",
        "--no-show-signature",
        "--no-ext-diff",
        "--no-textconv",
        *options,
        commit,
        "--",
        *pathspec,
    ]
    for record in _records(_stream(git_dir, command), mark.encode()):
        yield _commit(record[:6]), [name.lstrip(b"\n") for name in record[6:] if name]


def _records(chunks: Iterable[bytes], mark: bytes) -> Iterator[list[bytes]]:
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(mark + b"\0")
        yield from (record.split(b"\0") for record in whole if record.strip(b"\0\n"))
    if rest.strip(b"\0\n"):
        yield rest.split(b"\0")


def _commit(fields: list[bytes]) -> Commit:
    sha, authored, committed, author, address, subject = (
        field.decode("utf-8", "replace") for field in fields
    )
    if not is_oid(sha):
        raise TreeError(f"git log gave {sha!r} where a commit was expected.")
    key = hashlib.sha256(address.strip().lower().encode()).hexdigest()[:16]
    return Commit(sha, _date(authored), _date(committed), plain(author), key, plain(subject))


def _date(text: str) -> str:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return _EPOCH
    return text


def _stream(git_dir: str, command: list[str]) -> Iterator[bytes]:
    left = _WALK_BYTES
    with _start(git_dir, command) as process:
        pipe = cast(BufferedReader, process.stdout)
        try:
            while left > 0 and (chunk := pipe.read1(_CHUNK)):
                left -= len(chunk)
                yield chunk
        finally:
            process.kill()  # for a reader that stopped early; of no effect at the end


def _run(git_dir: str, command: list[str]) -> bytes:
    with _start(git_dir, command) as process:
        output, _ = process.communicate()
    return output


def _start(git_dir: str, command: list[str]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            ["git", *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=reading_environment(git_dir),
            cwd=git_dir,
        )
    except OSError as error:
        raise TreeError("git cannot be run. Install git 2.36 or later.") from error
