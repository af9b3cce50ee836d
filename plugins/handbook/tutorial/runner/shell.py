"""One bash that keeps its variables, folder and background processes from step to step."""

from __future__ import annotations

import os
import select
import shlex
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from handbook.errors import TutorialError

_POLL = 0.05
_OWN_SECONDS = 20.0  # for what the runner itself asks of the shell
_CHANNEL = 19
"""File descriptor on which the shell answers. Commands of the page do not have it."""

# A step ends at its first command that fails, as `set -e` would have it, but the shell goes on.
# 141: a writer whose reader had enough, as in `yes | head -1`, has not failed.
_RUN = (
    "trap '__code=$?; [ $__code = 141 ] || return $__code' ERR; set -o pipefail; "
    ". {block} </dev/null >{out} 2>&1 {channel}>&-; __code=$?; trap - ERR; "
    "[ $__code != 141 ] || __code=0; "
    'printf \'%s\\0%s\\0\' "$__code" "$PWD" >&{channel}\n'
)
# What a new shell needs to go on from here. Names that bash itself has set are left out: many of
# them are read-only. `declare -px` has what is exported, with those among them.
_SNAPSHOT = r"""
{
  declare -px; declare -f
  compgen -v | LC_ALL=C sort | LC_ALL=C comm -13 NAMES - |
    while IFS= read -r name; do declare -p "$name" || :; done
  printf 'cd -- %q\n' "$PWD"
} >OUT 2>/dev/null
"""


class Done(Struct, frozen=True):
    """What a step did: its exit code (None: it took too long), and all that it printed.

    ``ended``: the shell itself is no more, as after ``exit``.
    """

    code: int | None
    output: str
    ended: bool = False


class Shell:
    """A bash in ``folder``; ``environment`` is all that it has."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self._temporary = tempfile.TemporaryDirectory(prefix="t-")
        self._own = Path(self._temporary.name)
        self._steps = 0
        self._answers, channel = os.pipe()
        try:
            self._bash = _start(folder, environment, channel)
        finally:
            os.close(channel)
        self._quietly(f"compgen -v | LC_ALL=C sort >{shlex.quote(str(self._own / 'names'))}")

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._bash.pid

    @property
    def alive(self) -> bool:
        """Whether it can be asked for more."""
        return self._bash.poll() is None

    def kill(self) -> None:
        """End it at once."""
        self._bash.kill()
        self._bash.wait()

    def run(self, source: str, seconds: float) -> Done:
        """Run commands; those that fail end the step."""
        self._steps += 1
        block, out = self._own / f"{self._steps}.sh", self._own / f"{self._steps}.out"
        block.write_text(source, encoding="utf-8")
        out.touch()
        paths = {"block": shlex.quote(str(block)), "out": shlex.quote(str(out))}
        self._say(_RUN.format(channel=_CHANNEL, **paths))
        answer = self._answer(seconds)
        output = out.read_bytes().decode("utf-8", "replace").replace("\r\n", "\n")
        if answer is None:
            code = self._bash.poll()
            return Done(code, output, ended=code is not None)
        code_text, folder = answer
        self.folder = Path(folder)
        return Done(int(code_text), output)

    def has(self, program: str) -> bool:
        """Whether a program is found the way the page would find it."""
        return self.run(f"command -v -- {shlex.quote(program)}", _OWN_SECONDS).code == 0

    def save(self, path: Path) -> None:
        """Write variables, functions and folder down, for a shell that goes on from here."""
        names = shlex.quote(str(self._own / "names"))
        self._quietly(_SNAPSHOT.replace("NAMES", names).replace("OUT", shlex.quote(str(path))))

    def restore(self, path: Path, own: Mapping[str, str]) -> None:
        """Go on from a snapshot, but with these variables: the mark and port of this run."""
        lines = "".join(f"export {name}={shlex.quote(own[name])}\n" for name in own)
        self._quietly(f". {shlex.quote(str(path))}\n{lines}")

    def go(self, folder: Path) -> None:
        """Change to a folder."""
        self._quietly(f"cd -- {shlex.quote(str(folder))}")

    def close(self) -> None:
        """Let the shell end; what it started in the background goes on."""
        if self._bash.stdin:
            self._bash.stdin.close()
        try:
            self._bash.wait(1)
        except subprocess.TimeoutExpired:
            self._bash.kill()
            self._bash.wait()
        os.close(self._answers)
        self._temporary.cleanup()

    def _quietly(self, source: str) -> None:
        done = self.run(source, _OWN_SECONDS)
        if done.code != 0:
            raise TutorialError(f"bash cannot do what the runner asks of it:\n{done.output}")

    def _say(self, line: str) -> None:
        if self._bash.stdin is None or self._bash.poll() is not None:
            return
        try:
            self._bash.stdin.write(line.encode())
            self._bash.stdin.flush()
        except BrokenPipeError:
            return  # it has ended: seen when its answer is waited for

    def _answer(self, seconds: float) -> tuple[str, str] | None:
        """Return exit code and folder; None if the time is over or the shell has ended."""
        end, got = time.monotonic() + seconds, b""
        while got.count(b"\0") < 2:
            if select.select([self._answers], [], [], _POLL)[0]:
                part = os.read(self._answers, 8192)
                got += part
                if part:
                    continue
                time.sleep(_POLL)  # the other end is closed: the shell is about to end
            if time.monotonic() > end or self._bash.poll() is not None:
                return None
        code, folder, _ = got.decode("utf-8", "surrogateescape").split("\0")
        return code, folder


def _start(folder: Path, environment: Mapping[str, str], channel: int) -> subprocess.Popen[bytes]:
    """Start bash with its answers on the channel; what it closes early is its own to close."""
    command = f"exec {_CHANNEL}>&{channel} {channel}>&-; exec bash --noprofile --norc"
    try:
        return subprocess.Popen(
            ["bash", "--noprofile", "--norc", "-c", command],
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=[channel],
            start_new_session=True,
        )
    except FileNotFoundError as error:
        raise TutorialError("tutorials are run with bash, and there is none here") from error
