"""The history of readiness: a file of one line for each day and state, to which builds append.

A line holds what had changed since the lines before it, so that the file grows with what
happens and not with the number of builds. Nothing in it is ever changed: a line that cannot be
read is passed over aloud, and what it held is written again by the next build if it still holds.
"""

from __future__ import annotations

import fcntl
import os
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import IO

import msgspec
from msgspec import Struct

from handbook.model.readiness import LEVELS
from handbook.model.summary import ServiceSummary
from handbook.model.trend import Entry, Mark, Point, Trend
from handbook.render.templates import short_name

_MOST = 64 * 1024 * 1024  # bytes that are read, from the end: of a large fleet, many years
_TOLD = 5  # damaged lines that are named

Marks = Mapping[str, Mark | None]


class History(Struct, frozen=True):
    """What was read: entries in the order of days, the last state, what could not be read."""

    entries: tuple[Entry, ...] = ()
    state: dict[str, Mark] = {}
    notices: tuple[str, ...] = ()


def read_history(path: Path) -> History:
    """Read the file; one that is not there is an empty history."""
    try:
        with path.open("rb") as file:
            return _read(file)
    except FileNotFoundError:
        return History()
    except OSError as exc:
        return History(notices=(f"{path}: cannot be read: {exc.strerror}",))


def changes(history: History, summaries: Iterable[ServiceSummary]) -> dict[str, Mark | None]:
    """Return what is not yet in the history: by slug how it stands now, None for one gone."""
    there, now = set[str](), dict[str, Mark]()
    for item in summaries:
        there.add(item.slug)
        if line := item.readiness:
            now[item.slug] = Mark(line.level, line.met, line.applicable, short_name(item.owner))
    changed: dict[str, Mark | None] = {
        slug: mark for slug, mark in now.items() if history.state.get(slug) != mark
    }
    return changed | {slug: None for slug in history.state if slug not in there}


def record(path: Path, summaries: Iterable[ServiceSummary], day: str) -> bool:
    """Append what has changed, if anything has; return whether a line was written.

    A build as of a day before the last entry is one of an old state, and writes nothing.

    Raises:
        OSError: the file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # another build may be at the same place
        file.seek(0)
        history = _read(file)
        changed = changes(history, summaries)
        if not changed or (history.entries and day < history.entries[-1].day):
            return False
        line = msgspec.json.encode(Entry(day, dict(sorted(changed.items()))))
        file.write(_break_before(file) + line + b"\n")
        file.flush()
        os.fsync(file.fileno())
    return True


def trend_of(history: History, changed: Marks, day: str) -> Trend:
    """Return how the fleet, its teams and its services came to where they are on ``day``."""
    tally = _Tally()
    today = Entry(day, dict(changed))
    for entry in (*(e for e in history.entries if e.day <= day), today):
        tally.take(entry)
    return tally.trend()


class _Tally:
    """Counts services by level, fleet-wide and for each team, as entries come in."""

    def __init__(self) -> None:
        self._state: dict[str, Mark] = {}
        self._levels: dict[str, Counter[str]] = {}
        self._points: dict[str, dict[str, Counter[str]]] = {}
        self._services: dict[str, dict[str, Mark]] = {}
        self._fleet: Counter[str] = Counter()
        self._days: dict[str, Counter[str]] = {}

    def take(self, entry: Entry) -> None:
        touched = set[str]()
        for slug, mark in entry.services.items():
            for known, by in ((self._state.pop(slug, None), -1), (mark, 1)):
                if known:
                    self._fleet[known.level] += by
                    self._levels.setdefault(known.team, Counter())[known.level] += by
                    touched.add(known.team)
            if mark:
                self._state[slug] = mark
                self._services.setdefault(slug, {})[entry.day] = mark
        self._days[entry.day] = +self._fleet
        for team in touched:
            self._points.setdefault(team, {})[entry.day] = +self._levels[team]

    def trend(self) -> Trend:
        return Trend(
            _points(self._days),
            {team: _points(days) for team, days in self._points.items()},
            {slug: tuple(days.items()) for slug, days in self._services.items()},
        )


def _points(days: dict[str, Counter[str]]) -> tuple[Point, ...]:
    return tuple(Point(day, levels) for day, levels in days.items())


def _read(file: IO[bytes]) -> History:
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _MOST))
    cut = size > _MOST
    entries, damaged = [], list[int]()
    decode = msgspec.json.Decoder(Entry).decode
    for number, line in enumerate(file.read().splitlines()[int(cut) :], 1):
        if not line.strip():
            continue
        try:
            entries.append(_checked(decode(line)))
        except (ValueError, msgspec.DecodeError):
            damaged.append(number)
    entries.sort(key=lambda entry: entry.day)  # a merge of two branches may mix them
    state: dict[str, Mark | None] = {}
    for entry in entries:
        state |= entry.services
    known = {slug: mark for slug, mark in state.items() if mark}
    return History(tuple(entries), known, _notices(str(file.name), damaged, cut))


def _checked(entry: Entry) -> Entry:
    if date.fromisoformat(entry.day).isoformat() != entry.day:
        raise ValueError(entry.day)
    if any(mark and mark.level not in {"", *LEVELS} for mark in entry.services.values()):
        raise ValueError("level")
    return entry


def _notices(name: str, damaged: list[int], cut: bool) -> tuple[str, ...]:
    found = [f"{name}: only its last {_MOST:,} bytes are read"] if cut else []
    found += [f"{name}:{n}: the line is damaged; it is passed over" for n in damaged[:_TOLD]]
    if len(damaged) > _TOLD:
        found.append(f"{name}: {len(damaged) - _TOLD:,} more damaged lines are passed over")
    return tuple(found)


def _break_before(file: IO[bytes]) -> bytes:
    """Return a line break where the last line has none: its writer was killed."""
    size = file.seek(0, os.SEEK_END)
    if not size:
        return b""
    file.seek(size - 1)
    return b"" if file.read(1) == b"\n" else b"\n"
