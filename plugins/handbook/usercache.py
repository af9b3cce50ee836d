"""Files that the user's own runs keep for the next one, below ``$XDG_CACHE_HOME/handbook``.

A cache is never needed: what is missing, damaged, of another format or owned by somebody else is
read as not there, and what cannot be written is not kept. Files are written aside and renamed in,
so that runs at the same time see whole ones.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

_MARK = b"handbook 1\n"
_DIGEST = 32  # hexadecimal characters
_ENTRY = 256 * 1024 * 1024  # bytes of one file
_TOTAL = 1024 * 1024 * 1024  # bytes of all
_KEPT = 30 * 24 * 3600  # seconds since it was last used
_ASIDE = ".writing-"
_ASIDE_KEPT = 3600  # seconds: an older one was left by a run that was killed


def default_folder(environment: Mapping[str, str]) -> Path | None:
    """Return where the user's caches are; None where the environment does not say."""
    named = environment.get("XDG_CACHE_HOME", "")
    if named and Path(named).is_absolute():  # others are to be ignored, says the standard
        return Path(named) / "handbook"
    home = environment.get("HOME") or environment.get("USERPROFILE") or ""
    return Path(home, ".cache", "handbook") if home and Path(home).is_absolute() else None


class UserCache:
    """Named pieces of bytes in one folder; without a folder it keeps nothing."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder if folder and _made(folder) else None

    def read(self, name: str) -> bytes | None:
        """Return what was kept under a name; None if there is nothing that can be trusted."""
        if self._folder is None:
            return None
        path = self._folder / name
        try:
            data = _read(path)
        except OSError:
            return None
        head = len(_MARK) + _DIGEST
        if data is None or data[: len(_MARK)] != _MARK:
            return None
        body = data[head:]
        if data[len(_MARK) : head] != _digest(body):
            return None
        with contextlib.suppress(OSError):
            os.utime(path)  # it is in use
        return body

    def write(self, name: str, body: bytes) -> None:
        """Keep a piece in the place of what had the name before."""
        if self._folder is None or len(body) > _ENTRY:
            return
        with contextlib.suppress(OSError):
            number, aside = tempfile.mkstemp(prefix=_ASIDE, dir=self._folder)
            try:
                with os.fdopen(number, "wb") as out:
                    out.write(_MARK + _digest(body))
                    out.write(body)
                Path(aside).replace(self._folder / name)
            except BaseException:
                Path(aside).unlink(missing_ok=True)
                raise

    def sweep(self) -> None:
        """Remove what nobody used for a month, and the oldest beyond the bound."""
        if self._folder is None:
            return
        now, left = time.time(), _TOTAL
        for path, found in sorted(self._files(), key=lambda item: -item[1].st_mtime):
            left -= found.st_size
            most = _ASIDE_KEPT if path.name.startswith(_ASIDE) else _KEPT
            if left < 0 or now - found.st_mtime > most:
                with contextlib.suppress(OSError):
                    path.unlink()

    def _files(self) -> list[tuple[Path, os.stat_result]]:
        found = []
        with contextlib.suppress(OSError), os.scandir(self._folder) as entries:
            for entry in entries:
                if entry.is_file(follow_symlinks=False):
                    found.append((Path(entry.path), entry.stat(follow_symlinks=False)))
        return found


def _made(folder: Path) -> bool:
    """Make the folder if need be; tell whether nobody else can write to it."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and _ours(found)


def _read(path: Path) -> bytes | None:
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    with os.fdopen(os.open(path, flags | getattr(os, "O_BINARY", 0)), "rb") as file:
        found = os.fstat(file.fileno())
        most = _ENTRY + len(_MARK) + _DIGEST
        if not stat.S_ISREG(found.st_mode) or found.st_size > most or not _ours(found):
            return None
        return file.read(most)


def _ours(found: os.stat_result) -> bool:
    if not hasattr(os, "geteuid"):  # no such rights on this system
        return True
    return found.st_uid == os.geteuid() and not found.st_mode & 0o022


def _digest(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=_DIGEST // 2).hexdigest().encode()
