"""One bare mirror on this machine: made aside, fetched into, watched for damage."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

from handbook.errors import SyncError
from handbook.tree.objects import DAMAGE_NOTE, MIRROR_RECORD

_POLL = 0.1  # seconds


class Fetched(Struct, frozen=True):
    """What a ref led to when the remote last told.

    ``time`` is when this commit came, ``seen`` when it was last confirmed (ISO 8601, UTC).
    """

    commit: str
    branch: str
    time: str
    seen: str


class Record(Struct, frozen=True):
    """What the last good sync left in a mirror.

    ``tags`` is :meth:`Remote.digest`. ``packs`` maps each file of the object database's pack
    folder to its size and time of change: another value means that something happened to it.
    """

    tags: str = ""
    packs: Mapping[str, tuple[int, int]] = {}
    refs: Mapping[str, Fetched] = {}


class Mirror:
    """The mirror of one repo below ``folder``, whatever refs of it are wanted."""

    def __init__(self, folder: str, repo: str) -> None:
        self.folder = Path(folder)
        self.repo = repo
        self.path = self.folder / f"{_name(repo)}.git"

    def record(self) -> Record:
        """Return what the last good sync noted; empty if there is no usable mirror."""
        try:
            return msgspec.json.decode((self.path / MIRROR_RECORD).read_bytes(), type=Record)
        except (OSError, msgspec.MsgspecError):
            return Record()

    def write_record(self, record: Record, path: Path | None = None) -> None:
        """Note the state of the mirror, in one step."""
        write_whole((path or self.path) / MIRROR_RECORD, msgspec.json.encode(record), durable=False)

    def packs(self, path: Path | None = None) -> dict[str, tuple[int, int]]:
        """Return size and time of change (ns) of each pack file."""
        found = {}
        folder = (path or self.path) / "objects" / "pack"
        with contextlib.suppress(FileNotFoundError):
            for entry in os.scandir(folder):
                with contextlib.suppress(FileNotFoundError):  # a file of a running git
                    status = entry.stat()
                    found[entry.name] = (status.st_size, status.st_mtime_ns)
        return found

    def is_doubtful(self, record: Record) -> bool:
        """Whether the packs are not as the last sync left them, or a reader found damage."""
        return record.packs != self.packs() or (self.path / DAMAGE_NOTE).exists()

    def clear_doubt(self) -> None:
        """Forget what readers said, once every object was looked at."""
        (self.path / DAMAGE_NOTE).unlink(missing_ok=True)

    @contextlib.contextmanager
    def locked(self, deadline: float) -> Iterator[None]:
        """Keep other syncs, of this process and others, from writing to this mirror.

        Raises:
            SyncError: another sync still holds it at ``deadline``.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.path.with_suffix(".lock").open("w") as file:
            while True:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > deadline:
                        raise SyncError("Another sync is busy with this repo.") from None
                    time.sleep(_POLL)
            yield

    def recover(self, deadline: float) -> None:
        """Undo a :meth:`replace` that was killed between its two renames."""
        if self.path.exists() or not any(self.folder.glob(f"{self.path.stem}.old-*")):
            return
        with self.locked(deadline):
            for left in self.folder.glob(f"{self.path.stem}.old-*"):
                if not self.path.exists():
                    left.rename(self.path)

    def sweep(self) -> None:
        """Remove what killed commands left behind. Only with the lock held."""
        for pattern in ("old", "new"):
            for left in self.folder.glob(f"{self.path.stem}.{pattern}-*"):
                shutil.rmtree(left, ignore_errors=True)
        for left in [*self.path.rglob("*.lock"), *self.path.glob("objects/pack/tmp_*")]:
            left.unlink(missing_ok=True)

    @contextlib.contextmanager
    def aside(self) -> Iterator[Path]:
        """Give a new path beside the mirror, which is gone afterwards unless it replaced it."""
        path = self.folder / f"{self.path.stem}.new-{secrets.token_hex(4)}"
        try:
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)

    def replace(self, new: Path) -> None:
        """Put a whole new mirror in the place of this one."""
        old = self.folder / f"{self.path.stem}.old-{secrets.token_hex(4)}"
        if self.path.exists():
            self.path.rename(old)
        new.rename(self.path)
        shutil.rmtree(old, ignore_errors=True)


def write_whole(path: Path, data: bytes, *, durable: bool = True) -> None:
    """Write a file so that a reader sees the old content or the new, nothing between.

    ``durable``: so does whoever looks after a power cut.
    """
    aside = path.with_name(f"{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with aside.open("wb") as file:
            file.write(data)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
    if not durable:
        return
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _name(repo: str) -> str:
    last = re.split(r"[/:]", repo.rstrip("/").removesuffix(".git").rstrip("/"))[-1]
    readable = re.sub(r"[^a-z0-9]+", "-", last.lower()).strip("-")[:40]
    return f"{readable or 'repo'}-{hashlib.sha256(repo.encode()).hexdigest()[:16]}"
