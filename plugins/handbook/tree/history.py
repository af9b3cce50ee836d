"""Commits, tags and dates of files, from ``git log`` and ``git for-each-ref``."""

from __future__ import annotations

import hashlib
import posixpath
import secrets
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from io import BufferedReader
from threading import Timer
from typing import cast

from handbook.errors import TreeError
from handbook.tree.names import plain
from handbook.tree.objects import Objects, damaged, is_oid, reading_environment, start
from handbook.tree.records import Commit, Tag

_FIELDS = "%x00".join(["%H", "%aI", "%cI", "%aN", "%aE", "%s"])
_EPOCH = "1970-01-01T00:00:00+00:00"
_CHUNK = 1 << 20
_WALK_BYTES = 512 * 1024 * 1024  # of git's output; a hostile history names all files in each commit
_RECORD_BYTES = 32 * 1024 * 1024  # one commit
_WALK_SECONDS = 120  # wall time
_TEXT = 500  # characters of a name or subject


def commits(objects: Objects, commit: str, folder: str, limit: int) -> tuple[Commit, ...]:
    """Return the latest commits that touch ``folder`` ("" for all), newest first."""
    pathspec = [folder] if folder else []
    return tuple(found for found, _ in _log(objects, commit, [f"-n{limit}"], pathspec))


def file_dates(
    objects: Objects, commit: str, paths: Iterable[str], limit: int
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
    for entry, names in _log(objects, commit, options, [folder] if folder else []):
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
    command = [
        "for-each-ref",
        f"--merged={commit}",
        "--sort=-refname",
        "--sort=-creatordate",
        f"--format={form}",
        "refs/tags/",
    ]
    with start(command, git_dir, reading_environment(git_dir)) as process:
        output, _ = process.communicate()
        _check(process, git_dir)
    rows = (line.split("\0") for line in output.decode("utf-8", "replace").splitlines())
    return tuple(
        Tag(plain(name), peeled or direct, _date(date)) for name, direct, peeled, date in rows
    )


def tag_names(git_dir: str) -> bytes:
    """Return all tags with what they lead to, as git prints them."""
    command = ["for-each-ref", "--format=%(refname) %(objectname)", "refs/tags/"]
    with start(command, git_dir, reading_environment(git_dir)) as process:
        output, _ = process.communicate()
        _check(process, git_dir)
    return output


def _log(
    objects: Objects, commit: str, options: list[str], pathspec: list[str]
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
    for record in _records(_stream(objects, command), mark.encode()):
        yield _commit(record[:6]), [name.lstrip(b"\n") for name in record[6:] if name]


def _records(chunks: Iterable[bytes], mark: bytes) -> Iterator[list[bytes]]:
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(mark + b"\0")
        yield from (record.split(b"\0") for record in whole if record.strip(b"\0\n"))
        if len(rest) > _RECORD_BYTES:
            break
    if rest.strip(b"\0\n"):
        yield rest.split(b"\0")


def _commit(fields: list[bytes]) -> Commit:
    sha, authored, committed, author, address, subject = (
        field.decode("utf-8", "replace") for field in fields
    )
    if not is_oid(sha):
        raise TreeError(f"git log gave {sha!r} where a commit was expected.")
    if author == "%aN":  # what git leaves where a commit has no readable author
        author = ""
    key = hashlib.sha256(address.strip().lower().encode()).hexdigest()[:16]
    return Commit(sha, _date(authored), _date(committed), _text(author), key, _text(subject))


def _text(text: str) -> str:
    return plain(text[:_TEXT])


def _date(text: str) -> str:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return _EPOCH
    return text


def _stream(objects: Objects, command: list[str]) -> Iterator[bytes]:
    left = _WALK_BYTES
    with objects.start(*command) as process:
        pipe = cast(BufferedReader, process.stdout)
        watchdog = Timer(_WALK_SECONDS, process.kill)
        watchdog.start()
        try:
            while left > 0:
                chunk = pipe.read1(_CHUNK)
                if not chunk:
                    _check(process, objects.git_dir)
                    return
                left -= len(chunk)
                yield chunk
        finally:
            watchdog.cancel()
            process.kill()  # for a reader that stopped early; of no effect at the end


def _check(process: subprocess.Popen[bytes], git_dir: str) -> None:
    if process.wait():
        raise damaged(git_dir, f"the history cannot be read in {_WALK_SECONDS} seconds, or at all")
