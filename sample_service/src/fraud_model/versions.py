"""Versions of a model in numbered folders: complete before they have their number.

The model server reads ``models/<name>/<version>/`` as soon as a folder with a number appears, on
NFS from another machine. So everything is written under another name, flushed to disk, and only
then renamed.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fraud_model.errors import ExportError


@dataclass(frozen=True)
class Version:
    """A version that is being written.

    Attributes:
        number: Its number, taken: no other export gets it.
        partial: Where it is written.
        final: Where it will be.
    """

    number: int
    partial: Path
    final: Path


# --8<-- [start:publish]
@contextmanager
def publish(folder: Path) -> Iterator[Version]:
    """Take the next free number; what the block wrote into ``partial`` gets it in one step.

    Numbers are taken by making a folder, which succeeds for one of two exports that race. When the
    block fails, nothing of it is left.

    Args:
        folder: ``models/<name>``, made if missing.

    Raises:
        ExportError: The folder cannot be written to, or the disk is full.
    """
    try:
        version = _take(folder)
    except OSError as exc:
        raise ExportError(f"{folder}: no version can be written here: {exc}") from exc
    try:
        yield version
        _flush(version.partial)
        version.partial.rename(version.final)
        _flush_one(folder)
    except OSError as exc:
        shutil.rmtree(version.partial, ignore_errors=True)
        raise ExportError(f"{version.final}: could not be written: {exc}") from exc
    except BaseException:
        shutil.rmtree(version.partial, ignore_errors=True)
        raise


# --8<-- [end:publish]


def numbers(folder: Path) -> list[int]:
    """Return the numbers of all complete versions, the oldest first."""
    if not folder.is_dir():
        return []
    return sorted(int(path.name) for path in folder.iterdir() if path.name.isdecimal())


def _take(folder: Path) -> Version:
    folder.mkdir(parents=True, exist_ok=True)
    number = max(numbers(folder), default=0) + 1
    while True:
        version = Version(number, folder / f".partial-{number}", folder / str(number))
        try:
            version.partial.mkdir()
        except FileExistsError:  # another export is writing it, or was ended while it did
            number += 1
            continue
        if not version.final.exists():
            return version
        version.partial.rmdir()  # another export has finished it since the numbers were read
        number += 1


def _flush(folder: Path) -> None:
    """Have everything in a folder on disk: a rename must not come before what it renames."""
    for path in folder.rglob("*"):
        _flush_one(path)
    _flush_one(folder)


def _flush_one(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
