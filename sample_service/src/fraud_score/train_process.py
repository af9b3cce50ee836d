"""The training as a process: start it, log what it prints, end it when it takes too long.

It needs TensorFlow; nothing of the service does. So it is another program, and whatever happens to
it happens to it alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import re
import sys
from collections import deque
from collections.abc import AsyncIterator
from pathlib import Path

from fraud_score.settings import Settings

END_SECONDS = 10.0
"""How long the training may take to end once it is asked to; then it is killed."""

NOT_GOOD_ENOUGH = 3
"""Exit code of a training whose model is worse than it may be: trying again will not help."""

_VERSION = re.compile(r"(?P<folder>.+): version \d+ of .+")
_LONGEST_LINE = 10_000

_log = logging.getLogger(__name__)


class TrainingError(RuntimeError):
    """The training ended without a new version.

    Attributes:
        final: Whether it would end so again.
    """

    def __init__(self, message: str, *, final: bool = False) -> None:
        self.final = final
        super().__init__(message)


def command(settings: Settings) -> list[str]:
    """Return the training's program and arguments; the database goes by ``DATABASE_URL``."""
    return [
        *(sys.executable, "-m", "fraud_model.train"),
        "source=live",
        f"paths.models={_quoted(str(settings.model_dir.resolve()))}",
        f"export.name={_quoted(settings.model_name)}",
        *settings.train_overrides,
    ]


# --8<-- [start:train]
async def train(settings: Settings) -> Path:
    """Run the training to its end; cancelled, it ends the training.

    Returns:
        Folder of the new version.

    Raises:
        TrainingError: It failed, took too long, or exported nothing.
    """
    lines: deque[str] = deque(maxlen=20)
    async with _running(settings) as process:
        try:
            async with asyncio.timeout(settings.train_seconds):
                await _log_output(process, lines)
                code = await process.wait()
        except TimeoutError as exc:
            raise TrainingError(f"ended after {settings.train_seconds:g} s: too long") from exc
    if code:
        last = lines[-1] if lines else "it printed nothing"
        raise TrainingError(f"exit code {code}: {last}", final=code == NOT_GOOD_ENOUGH)
    found = [match["folder"] for line in lines if (match := _VERSION.fullmatch(line))]
    if not found:
        raise TrainingError("it succeeded but named no new version; is export.enabled false?")
    return Path(found[-1])


# --8<-- [end:train]


@contextlib.asynccontextmanager
async def _running(settings: Settings) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        *command(settings),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        # Unbuffered, its lines are logged as they come. And should this process be killed, there
        # is nobody to read them: the training fails at its next line, before it exports.
        env={
            **os.environ,
            "DATABASE_URL": settings.database_url,
            "PYTHONUNBUFFERED": "1",
            # The last line is then the error itself, and the rest says where.
            "HYDRA_FULL_ERROR": "1",
            "TF_CPP_MIN_LOG_LEVEL": "2",
        },
    )
    try:
        yield process
    finally:
        await _end(process)


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(END_SECONDS):
            await process.wait()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _log_output(process: asyncio.subprocess.Process, lines: deque[str]) -> None:
    assert process.stdout is not None  # noqa: S101 (asked for when it was started)
    pending = b""
    while chunk := await process.stdout.read(65_536):
        *complete, pending = (pending + chunk).split(b"\n")
        for line in complete:
            _note(line, lines)
        pending = pending[-_LONGEST_LINE:]
    _note(pending, lines)


def _note(line: bytes, lines: deque[str]) -> None:
    # A progress bar overwrites its line; what counts is what it showed last.
    text = line.decode(errors="replace").rstrip("\r").rpartition("\r")[2].strip()
    if text:
        lines.append(text[:_LONGEST_LINE])
        _log.info("%s", text)


def _quoted(value: str) -> str:
    """Write a value as Hydra reads it, whatever characters it has."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
