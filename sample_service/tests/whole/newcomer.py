"""Commands as a newcomer runs them: in a copy of the folder, with nothing at home."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from fraud_score.local._watch import wait_until

ROOT = Path(__file__).parents[2]
SEGMENTS = Path("/proc/sysvipc/shm")


class Newcomer:
    """Somebody who has only the folder.

    Attributes:
        home: The home folder.
        temporary: TMPDIR.
    """

    def __init__(self, folder: Path) -> None:
        self._mark = f"newcomer-{uuid.uuid4().hex}"
        self._seen: set[int] = set()
        self._copy = folder / "sample"
        self.home = folder / "home"
        # A user's own place for temporary files; others may pass, as Postgres's user has to.
        self.temporary = folder / "tmp"
        for new in (self.home, self.temporary):
            new.mkdir()
            new.chmod(0o711)
        made = shutil.ignore_patterns(".*", "__pycache__", "*.egg-info", "target", "build")
        shutil.copytree(ROOT, self._copy, ignore=made)
        self._files = set(self._copy.rglob("*"))

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command of ``fraud-score``; what it prints can be read from it."""
        kept = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH")
        environment = {name: os.environ[name] for name in kept if name in os.environ}
        return subprocess.Popen(
            [sys.executable, "-m", "fraud_score", *arguments],
            cwd=self._copy,
            env={
                **environment,
                "HOME": str(self.home),
                "TMPDIR": str(self.temporary),
                "PYTHONPATH": str(self._copy / "src"),
                "PYTHONDONTWRITEBYTECODE": "1",
                "NEWCOMER": self._mark,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def processes(self) -> list[psutil.Process]:
        """All processes that inherited the newcomer's environment, zombies aside."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get("NEWCOMER") == self._mark:
                    found.append(process)
            except psutil.Error:  # ended meanwhile, or a zombie, or nobody's business
                continue
        self._seen |= {process.pid for process in found}
        return found

    def left(self) -> list[str]:
        """What is left of all that was started: processes, files, shared memory."""
        processes = [f"process {one.pid}: {one.cmdline()}" for one in self.processes()]
        files = [str(path) for path in self.temporary.rglob("*")]
        files += [str(path) for path in set(self._copy.rglob("*")) - self._files]
        return processes + files + self._segments()

    def _segments(self) -> list[str]:
        """System V segments made by processes of this newcomer."""
        if not SEGMENTS.exists():
            return []
        rows = [line.split() for line in SEGMENTS.read_text(encoding="ascii").splitlines()[1:]]
        return [f"shared memory {row[1]}" for row in rows if int(row[4]) in self._seen]

    def wait_until_nothing_is_left(self, seconds: float = 40) -> None:
        """Wait, and fail with what is left after all."""
        wait_until(lambda: not self.left(), seconds)
        assert not self.left()


@contextmanager
def newcomer() -> Iterator[Newcomer]:
    """Lend a newcomer with folders of its own; whatever is left of it is ended and removed."""
    # Not the test's own folder: that is deep, and only its owner may pass.
    with tempfile.TemporaryDirectory(prefix="newcomer-") as folder:
        Path(folder).chmod(0o711)
        somebody = Newcomer(Path(folder))
        try:
            yield somebody
        finally:
            for process in somebody.processes():
                process.kill()
