"""The folder of a run: its workspace, and what a later run needs to go on from one of its steps."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO

import msgspec
from msgspec import Struct

from handbook.errors import TutorialError
from handbook.tutorial.records import Page, Step
from handbook.tutorial.runner.machine import new_folder

_STATE = "run.json"


class _State(Struct):
    """Of the steps that need not be run again, by page and id: digest, folder before it."""

    port: int = 0
    done: dict[str, dict[str, str]] = {}
    folders: dict[str, dict[str, str]] = {}


class Kept:
    """Holds a run's folder; nobody else uses it until it is closed.

    Args:
        folder: a folder to keep; None for one that is deleted in the end.
        again: go on from what is in it, instead of beginning anew.

    Raises:
        TutorialError: it is another run's at the moment, or holds other things.
    """

    def __init__(self, folder: Path | None, *, again: bool = False) -> None:
        self.folder = folder.resolve() if folder else new_folder()
        self._passing = folder is None
        self.folder.mkdir(parents=True, exist_ok=True)
        self._refuse_what_is_not_ours(again)
        self._lock = _locked(self.folder / "lock")
        self.workspace = self.folder / "workspace"
        self._state = self._read() if again else self._begin()
        self.workspace.mkdir(exist_ok=True)

    @property
    def port(self) -> int:
        """The port of the run before, 0 if there was none."""
        return self._state.port

    def took(self, port: int) -> None:
        """Remember the port that the pages were given."""
        self._state.port = port
        self._write()

    def is_done(self, page: Page, step: Step) -> bool:
        """Whether this step, as it is now, was dealt with in the run before."""
        return self._state.done.get(page.path, {}).get(step.id) == step.digest

    def done(self, page: Page, step: Step) -> None:
        """Remember that a later run may begin after this step."""
        self._state.done.setdefault(page.path, {})[step.id] = step.digest
        self._write()

    def forget_all_but(self, steps: Iterable[tuple[Page, Step]]) -> None:
        """Take only these steps for done: the others are about to be run again."""
        self._state.done = {}
        for page, step in steps:
            self._state.done.setdefault(page.path, {})[step.id] = step.digest
        self._write()

    def remember(self, page: Page, step: Step, folder: Path) -> None:
        """Note the folder that a step began in."""
        self._state.folders.setdefault(page.path, {})[step.id] = str(folder)
        self._write()

    def folder_of(self, page: Page, step: Step) -> Path:
        """Return the folder that a step began in, in the run before."""
        return Path(self._state.folders.get(page.path, {}).get(step.id, self.workspace))

    def snapshot(self, page: Page, step: Step) -> Path:
        """Return where the shell's state after this step is, or will be."""
        path = self.folder / "steps" / page.name / f"{step.id}.sh"
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def close(self) -> None:
        """Give the folder back: deleted, unless it was asked for by name."""
        self._lock.close()
        if self._passing:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _refuse_what_is_not_ours(self, again: bool) -> None:
        ours = (self.folder / _STATE).is_file()
        if again and not ours:
            raise TutorialError(
                f"{self.folder}: no run was kept here, so there is none to go on from"
            )
        if not ours and any(self.folder.iterdir()):
            raise TutorialError(f"{self.folder}: holds other things; give an empty or a new folder")

    def _begin(self) -> _State:
        for name in ("workspace", "steps"):
            if (self.folder / name).exists():
                shutil.rmtree(self.folder / name)
        (self.folder / _STATE).write_bytes(b"{}")
        return _State()

    def _read(self) -> _State:
        try:
            return msgspec.json.decode((self.folder / _STATE).read_bytes(), type=_State)
        except msgspec.DecodeError as error:
            raise TutorialError(f"{self.folder / _STATE}: {error}; begin a new run") from error

    def _write(self) -> None:
        half = self.folder / f"{_STATE}.half"
        half.write_bytes(msgspec.json.encode(self._state))
        half.replace(self.folder / _STATE)


def before(pages: Sequence[Page], name: str) -> tuple[tuple[Page, Step], ...]:
    """Return all steps before the one of this id, in the order of pages.

    ``name`` is a step's id; where two pages have it, ``PAGE:ID`` as in ``02-dev:run``.

    Raises:
        TutorialError: there is no such step, or more than one.
    """
    steps = [(page, step) for page in pages for step in page.steps]
    wanted = [
        at for at, (page, step) in enumerate(steps) if name in (step.id, f"{page.name}:{step.id}")
    ]
    if not wanted:
        there = ", ".join(step.id for _, step in steps)
        raise TutorialError(f"--from-step {name}: no step has this id; there are {there}")
    if len(wanted) > 1:
        which = " or ".join(f"{steps[at][0].name}:{name}" for at in wanted)
        raise TutorialError(f"--from-step {name}: two pages have such a step; write {which}")
    return tuple(steps[: wanted[0]])


def _locked(path: Path) -> IO[str]:
    file = path.open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise TutorialError(f"{path.parent}: another run is using this folder") from error
    return file
