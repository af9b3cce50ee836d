"""Know, without loading MkDocs, that nothing a build reads has changed since the last one.

The last build leaves a note: the files and folders it read, their state, and the state of the
site it wrote. Files are compared by size and time of change, as make does.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import msgspec
from msgspec import Struct

from handbook.cache import digest_of
from handbook.extensions import installed

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig

_WATCHED_ENV = ("HANDBOOK_SITE_URL", "SOURCE_DATE_EPOCH")


class Note(Struct, frozen=True):
    """What the last build read (``inputs``, absolute paths), and digests of all states.

    ``until`` is the first day (YYYY-MM-DD) on which the site may say something else though
    nothing was changed, "" for never.
    """

    inputs: tuple[str, ...]
    read: str
    site_dir: str
    wrote: str
    until: str = ""


@runtime_checkable
class Reads(Protocol):
    """A plugin that reads more than MkDocs knows of."""

    def reads(self) -> Iterable[str]:
        """Files and folders read by the last build, as absolute paths."""


def today() -> str:
    """Return the day as of which a build judges, in UTC: YYYY-MM-DD.

    ``SOURCE_DATE_EPOCH`` gives another one, for builds that can be repeated.
    """
    given = os.environ.get("SOURCE_DATE_EPOCH")
    moment = datetime.fromtimestamp(int(given), UTC) if given else datetime.now(UTC)
    return moment.date().isoformat()


def is_current(config_file: Path, site_dir: str | None) -> bool:
    """Whether the published site is what a build would write now."""
    try:
        note = msgspec.json.decode(_note_path(config_file).read_bytes(), type=Note)
    except (OSError, msgspec.DecodeError):
        return False
    if site_dir and str(Path(site_dir).resolve()) != note.site_dir:
        return False
    if note.until and today() >= note.until:
        return False
    return note.read == _state(note.inputs) and note.wrote == _state([note.site_dir])


def remember(config: MkDocsConfig, inputs: Iterable[str], until: str = "") -> None:
    """Leave the note for the next build. ``inputs``: what was read beside the docs folder."""
    config_file = Path(str(config.config_file_path))
    site = str(Path(config.site_dir).resolve())
    theme = [config.theme.custom_dir] if config.theme.custom_dir else []
    package = str(Path(__file__).parents[1])
    of_plugins = (
        path
        for plugin in config.plugins.values()
        if isinstance(plugin, Reads)
        for path in plugin.reads()
    )
    read = (str(config_file), str(Path(config.docs_dir)), package, *theme, *inputs, *of_plugins)
    path = _note_path(config_file)
    path.parent.mkdir(parents=True, exist_ok=True)
    note = Note(read, _state(read), site, _state([site]), until)
    aside = path.with_suffix(".new")
    aside.write_bytes(msgspec.json.encode(note))
    aside.replace(path)


def forget(config_file: Path) -> None:
    """Make the next build a real one."""
    _note_path(config_file).unlink(missing_ok=True)


def _note_path(config_file: Path) -> Path:
    where = config_file.resolve()
    return where.parent / ".handbook" / f"built-{where.name}.json"


def _state(paths: Iterable[str]) -> str:
    parts = [sys.version, *(os.environ.get(name, "") for name in _WATCHED_ENV), _installed()]
    for path in paths:
        parts += sorted(_walk(path))
    return digest_of("\n".join(parts).encode("utf-8", "surrogateescape"))


def _walk(path: str) -> Iterator[str]:
    try:
        info = Path(path).stat()
    except OSError:
        yield f"{path} absent"
        return
    if not Path(path).is_dir():
        yield f"{path} {info.st_size} {info.st_mtime_ns}"
        return
    with os.scandir(path) as entries:
        for entry in entries:
            if entry.name == "__pycache__":
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _walk(entry.path)
                continue
            info = entry.stat(follow_symlinks=False)
            yield f"{entry.path} {info.st_size} {info.st_mtime_ns}"


def _installed() -> str:
    versions = [f"{name} {metadata.version(name)}" for name in ("mkdocs", "mkdocs-material")]
    return " ".join((*versions, *installed()))
