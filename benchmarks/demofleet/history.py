"""How a demo service came to be: its files, release by release, as dated commits."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from zlib import crc32

from benchmarks.demofleet import papers
from benchmarks.demofleet.definition import definition_files
from benchmarks.demofleet.pictures import boxes, chart, daily
from benchmarks.demofleet.services import DemoService
from benchmarks.demofleet.source import source_files
from benchmarks.gitrepo import Author, Change

TODAY = datetime(2026, 10, 30, 17, tzinfo=UTC)
"""The fleet's last day. Fixed, so that the fleet is the same whenever it is made."""

BOT = Author("Platform Bot", "platform-bot@example.invalid")
GUILD = Author("Documentation Guild", "docs-guild@example.invalid")

Files = dict[str, bytes]
Changed = dict[str, bytes | None]
Part = tuple[Author, str, Changed]


def history(service: DemoService, folder: str = "") -> Iterator[Change]:
    """Yield the commits of a service, oldest first; paths are below ``folder``."""
    days = _release_days(service)
    changes: list[Change] = []
    known: Files = {}
    for number, day in enumerate(days, start=1):
        done = [(n, f"{days[n - 1]:%Y-%m-%d}") for n in range(1, number + 1)]
        files = _files(service, number, done)
        tag = f"{service.name}/v{number}.0.0" if folder else f"v{number}.0.0"
        parts = _parts(service, _difference(known, files), number)
        changes += _dated(parts, day, tag, folder)
        known = files
    if days:
        later = days[-1] + timedelta(days=3, hours=2)
        changes.append(Change(later, GUILD, "Say where to ask", _below(folder, _after(service))))
        changes += _upkeep(service, days[0], later, folder)
    yield from sorted(changes, key=lambda change: change.date)


def _upkeep(service: DemoService, begin: datetime, end: datetime, folder: str) -> Iterator[Change]:
    """Yield what happens between releases: alerts adjusted by people, versions by a bot."""
    draw = random.Random(service.name)
    pace = draw.randrange(9, 40)  # days between two commits, more or less
    day = begin + timedelta(days=draw.randrange(3, pace))
    while day < end:
        files: Changed
        if draw.random() < 0.5:
            seconds = draw.randrange(5, 60) / 10
            text = f"alerts:\n  - name: slow\n    above_seconds: {seconds}\n    for_minutes: 10\n"
            files, who = {"deploy/alerts.yaml": text.encode()}, author(service)
            message = f"Alert above {seconds} seconds"
        else:
            image = f"base-image {day:%Y.%m}.{draw.randrange(1, 9)}\n"
            files, who = {"deploy/versions.txt": image.encode()}, BOT
            message = f"Update {image.strip()}"
        yield Change(day.replace(hour=draw.randrange(7, 18)), who, message, _below(folder, files))
        day += timedelta(days=draw.randrange(2, 2 * pace), minutes=draw.randrange(60))


def author(service: DemoService, release: int = 2) -> Author:
    """Return who makes the commits of a service."""
    if service.mailmap and release == 1:
        return Author("Old Platform Team", "platform-old@example.invalid")
    name = service.team.removeprefix("team-").replace("-", " ").title().replace("Ml", "ML")
    return Author(f"{name} Team", f"{service.team}@example.invalid")


def _release_days(service: DemoService) -> list[datetime]:
    if not service.releases:
        return []
    chance = crc32(service.name.encode())
    begin = datetime.combine(service.since, time(9 + chance % 8, chance % 60), UTC)
    # The last release lies between a week and four months back.
    end = TODAY - timedelta(days=7 + chance % 113, hours=chance % 9)
    step = (end - begin) / max(1, service.releases - 1)
    return [(begin + step * n).replace(microsecond=0) for n in range(service.releases)]


def _files(service: DemoService, number: int, done: list[tuple[int, str]]) -> Files:
    return {
        service.readme_name: papers.readme(service),
        **papers.owners(service),
        **papers.docs(service, number),
        **papers.changelog(service, done),
        **_pictures(service),
        **definition_files(service, number),
        **source_files(service, number),
    }


def _pictures(service: DemoService) -> Files:
    return {
        path: chart(daily(what)) if isinstance(what, int) else boxes(what, service.title)
        for path, what in service.pictures.items()
    }


def _difference(old: Files, new: Files) -> Changed:
    changed: Changed = {path: content for path, content in new.items() if old.get(path) != content}
    return changed | dict.fromkeys(set(old) - set(new))


def _dated(parts: list[Part], day: datetime, tag: str, folder: str) -> Iterator[Change]:
    """Yield a release's commits over the days before it, the last one with its tag."""
    for index, (who, message, files) in enumerate(parts):
        left = len(parts) - 1 - index
        when = day - timedelta(days=5 * left, minutes=37 * index)
        yield Change(when, who, message, _below(folder, files), "" if left else tag)


def _parts(service: DemoService, changed: Changed, number: int) -> list[Part]:
    api = service.api.file if service.api else ""
    schemas = f"{api.rpartition('/')[0]}/" if service.api and service.api.split else api
    groups: dict[str, Changed] = {"code": {}, "api": {}, "docs": {}, "note": {}}
    for path, content in sorted(changed.items()):
        if api and path.startswith((api, schemas)):
            groups["api"][path] = content
        elif path.startswith("docs/") or path == "mkdocs.yml":
            groups["docs"][path] = content
        elif path == "CHANGELOG.md":
            groups["note"][path] = content
        else:
            groups["code"][path] = content
    team = author(service, number)
    pages = [path for path in groups["docs"] if path.endswith(".md")]
    names = [page.rpartition("/")[2].removesuffix(".md").replace("-", " ") for page in pages]
    chance = crc32(f"{service.name}{number}".encode())
    said = {
        "code": (team, "Begin" if number == 1 else _WORK[chance % len(_WORK)]),
        "api": (team, _api_message(service, number)),
        "docs": (GUILD if number > 1 else team, f"Explain {names[0] if names else 'more'}"),
        "note": (BOT, f"Release {number}.0.0"),
    }
    return [(*said[name], files) for name, files in groups.items() if files]


_WORK = (
    "Answer fast when a dependency is slow",
    "Make time-outs a setting",
    "Count what callers wait for",
    "Say which field is wrong, not only that one is",
    "Drop a dependency nobody needed",
    "Close connections at shutdown",
)


def _api_message(service: DemoService, number: int) -> str:
    resources = service.api.resources if service.api else ()
    if number == 1:
        return "Define the API before the code"
    added = [resource.plural for resource in resources if resource.since == number]
    removed = [resource.plural for resource in resources if resource.until == number - 1]
    if added:
        return f"Add {' and '.join(added)} to the API"
    return f"Remove {' and '.join(removed)} from the API" if removed else "Raise the API's version"


def _after(service: DemoService) -> Files:
    """Return the README as it was changed after the last release."""
    text = papers.readme(service).decode()
    line = f"Questions: ask {service.team} in their channel."
    return {service.readme_name: f"{text}\n{line}\n".encode()}


def _below(folder: str, files: Mapping[str, bytes | None]) -> Changed:
    return {f"{folder}/{path}" if folder else path: content for path, content in files.items()}
