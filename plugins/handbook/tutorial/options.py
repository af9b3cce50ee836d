"""What the comment before a block says of it: ``<!-- step: id=predict timeout=20 -->``."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from typing import Any

from msgspec import Struct

BACKENDS = ("process", "docker", "kind")
TIMEOUT = 60.0
"""Seconds that a step may take which does not say."""

_COMMENT = re.compile(r"\s*<!--\s*step:(?P<options>.*?)-->\s*", re.DOTALL)
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_GIVEN = re.compile(r"step-[0-9]+")
_PROGRAM = re.compile(r"[A-Za-z0-9][\w.+-]*")
_LONGEST = 3600.0


class Options(Struct, frozen=True, omit_defaults=True):
    """What a page asks for one step.

    ``timeout``: seconds. ``exit``: the code it must end with. ``skip``: why it is never run.
    ``only``: the backends it is for, all if empty. ``needs``: programs it cannot do without.
    ``always``: run also before the step that a resumed run begins with.
    ``cleanup``: after it, nothing that the run started may be alive.
    """

    id: str = ""
    timeout: float = TIMEOUT
    exit: int = 0
    skip: str = ""
    only: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    always: bool = False
    cleanup: bool = False


ONLY_OF_COMMANDS = ("timeout", "exit", "cleanup")
"""Options that say nothing of a file that is created."""


def is_options(comment: str) -> bool:
    """Whether HTML speaks of a step, well or badly written."""
    return re.match(r"\s*<!--\s*steps?\b\s*:?", comment) is not None


def read_options(comment: str) -> tuple[Options, tuple[str, ...], tuple[str, ...]]:
    """Return what a comment says, the names it gives, and every mistake in it."""
    match = _COMMENT.fullmatch(comment)
    if not match:
        return Options(), (), ("expected a comment of its own: <!-- step: id=NAME -->",)
    try:
        words = shlex.split(match["options"])
    except ValueError as error:
        return Options(), (), (f"cannot be read ({error}); a value with blanks needs quotes",)
    values: dict[str, Any] = {}
    problems = []
    for word in words:
        name, equals, text = word.partition("=")
        if name in values:
            problems.append(f"{name} is given twice")
            continue
        try:
            values[name] = _value(name, text if equals else None)
        except ValueError as error:
            problems.append(str(error))
    if not words:
        problems.append("says nothing; expected for instance <!-- step: id=NAME -->")
    return Options(**values), tuple(values), tuple(problems)


def _value(name: str, text: str | None) -> Any:
    reader = _READERS.get(name)
    if reader is None:
        raise ValueError(f"no option is called {name!r}; there are {', '.join(_READERS)}")
    if text is None and reader is not _flag:
        raise ValueError(f"{name} needs a value: {name}=...")
    if text is not None and reader is _flag:
        raise ValueError(f"{name} takes no value: write only {name}")
    try:
        return reader(text or "")
    except ValueError as error:
        raise ValueError(f"{name}={text}: {error}") from error


def _flag(_: str) -> bool:
    return True


def _id(text: str) -> str:
    if _GIVEN.fullmatch(text):
        raise ValueError("names like step-3 are those of steps without an id")
    if not _ID.fullmatch(text):
        raise ValueError("expected small letters, digits and single dashes, as in run-locally")
    return text


def _timeout(text: str) -> float:
    expected = f"expected seconds, above 0 and up to {_LONGEST:g}"
    try:
        seconds = float(text)
    except ValueError:
        raise ValueError(expected) from None
    if not 0 < seconds <= _LONGEST:
        raise ValueError(expected)
    return seconds


def _exit(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= 255):
        raise ValueError("expected an exit code, 0 to 255")
    return int(text)


def _reason(text: str) -> str:
    if not text.strip():
        raise ValueError('expected the reason, as in skip="needs an account"')
    return text.strip()


def _only(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    if not set(names) <= set(BACKENDS):
        raise ValueError(f"expected backends joined by commas: {', '.join(BACKENDS)}")
    return names


def _programs(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    if not all(_PROGRAM.fullmatch(name) for name in names):
        raise ValueError("expected names of programs joined by commas, as in prometheus,promtool")
    return names


_READERS: dict[str, Callable[[str], Any]] = {
    "id": _id,
    "timeout": _timeout,
    "exit": _exit,
    "skip": _reason,
    "only": _only,
    "needs": _programs,
    "always": _flag,
    "cleanup": _flag,
}
