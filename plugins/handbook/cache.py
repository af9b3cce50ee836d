"""A content-addressed store of folders: each entry is written once, aside, and renamed in.

Only the parent process writes; workers fill a staging folder that the parent then adopts.
An entry is ``<root>/<key>/`` with ``entry.json`` (the record, and size and digest of each
file) and ``files/``. What was changed since it was written is noticed on reading.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

import msgspec
from msgspec import Struct

from handbook.errors import CacheError

_STAGING_PREFIX = "staging-"
_STAGING_MAX_AGE = 24 * 3600  # seconds; older ones were left by a build that was killed


class FileInfo(Struct, frozen=True):
    """Size in bytes and BLAKE2b digest (hex, 128 bits) of one file."""

    size: int
    digest: str


class Entry(Struct, frozen=True):
    """One entry: ``record`` is the owner's own JSON, ``files`` maps relative paths to content."""

    key: str
    record: msgspec.Raw
    files: dict[str, FileInfo]


class Cache:
    """Entries under ``root``. Methods that write may be called by one process at a time."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._verified: dict[str, Entry] = {}

    def get(self, key: str) -> Entry | None:
        """Return the entry, or None if there is none.

        Raises:
            CacheError: the entry is torn or was changed; it has been moved out of the way.
        """
        if key in self._verified:
            return self._verified[key]
        try:
            blob = (self.root / key / "entry.json").read_bytes()
        except FileNotFoundError:
            return None
        digest, _, body = blob.partition(b"\n")
        if digest.decode("ascii", "replace") != digest_of(body):
            self.drop(key)
            raise CacheError(f"cache entry {key} is torn; it is built again")
        entry = msgspec.json.decode(body, type=Entry)
        try:
            self._verify(entry)
        except CacheError:
            self.drop(key)
            raise
        self._verified[key] = entry
        return entry

    def folder(self, key: str) -> Path:
        """Folder that holds the entry's files."""
        return self.root / key / "files"

    def stage(self) -> Path:
        """Return a new empty folder on the same file system, to be filled and adopted."""
        self.root.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=_STAGING_PREFIX, dir=self.root))

    def adopt(self, key: str, staged: Path, record: object) -> Entry:
        """Make the staged folder (its ``files/`` part) the entry ``key``, in one rename."""
        files = staged / "files"
        files.mkdir(exist_ok=True)
        found = {
            path.relative_to(files).as_posix(): _info(path)
            for path in sorted(files.rglob("*"))
            if path.is_file()
        }
        entry = Entry(key, msgspec.Raw(msgspec.json.encode(record)), found)
        body = msgspec.json.encode(entry)
        target = staged / "entry.json"
        with target.open("wb") as out:
            out.write(digest_of(body).encode() + b"\n" + body)
            out.flush()
            os.fsync(out.fileno())
        self.drop(key)
        staged.rename(self.root / key)
        self._verified[key] = entry
        return entry

    def drop(self, key: str) -> None:
        """Remove an entry, if it is there."""
        self._verified.pop(key, None)
        shutil.rmtree(self.root / key, ignore_errors=True)

    def sweep(self, keep: Iterable[str], max_age: float) -> int:
        """Remove entries not in ``keep`` and unused for ``max_age`` seconds; return how many."""
        wanted, removed, now = set(keep), 0, time.time()
        for path in self.root.iterdir() if self.root.is_dir() else ():
            limit = _STAGING_MAX_AGE if path.name.startswith(_STAGING_PREFIX) else max_age
            if path.name in wanted or now - path.stat().st_mtime < limit:
                continue
            shutil.rmtree(path, ignore_errors=True)
            removed += 1
        return removed

    def touch(self, key: str) -> None:
        """Note that the entry is in use, for :meth:`sweep`."""
        os.utime(self.root / key)

    def _verify(self, entry: Entry) -> None:
        folder = self.folder(entry.key)
        for path, info in entry.files.items():
            try:
                same = _info(folder / path) == info
            except OSError as exc:
                raise CacheError(f"cache entry {entry.key} lacks {path}") from exc
            if not same:
                raise CacheError(f"cache entry {entry.key}: {path} was changed; it is built again")


def digest_of(data: bytes) -> str:
    """BLAKE2b digest, 128 bits, as hex."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def _info(path: Path) -> FileInfo:
    data = path.read_bytes()
    return FileInfo(len(data), digest_of(data))


def link_or_copy(source: Path, target: Path) -> None:
    """Hard-link ``source`` to ``target``; copy where the file systems differ."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
