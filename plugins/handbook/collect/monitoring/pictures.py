"""Dated pictures of dashboards: the day is in the name, in the folder, or in a note beside them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date

from handbook.collect.scope import aside
from handbook.collect.smallfiles import read_text
from handbook.model.facts import Problem
from handbook.model.limits import Limits
from handbook.model.monitoring import Screenshot
from handbook.tree import RepoTree

_PICTURE = re.compile(r"\.(?:png|jpe?g|webp|gif)$", re.IGNORECASE)
_ABOUT = re.compile(
    r"(?i)(?:^|[/_. -])(?:monitoring|monitor|dashboards?|grafana|evidence|observability"
    r"|datadog|kibana|stackdriver|cloudwatch|metrics|alerts?)(?=$|[/_. -]|\d)"
)
_DAY = re.compile(r"(?<!\d)(20\d\d)([-_.]?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])(?!\d)")
_NOTE = re.compile(
    r"(?im)^[\s\"']*(?:date|day|taken|taken_at|captured)[\"']?\s*:\s*[\"']?(20\d\d-\d\d-\d\d)"
)
_MOST = 300


def screenshots_in(
    paths: Iterable[str], inside: int, tree: RepoTree, limits: Limits
) -> Iterator[Screenshot]:
    """Give the dated pictures among these paths; ``inside`` is the length of the service's."""
    count = 0
    for path in paths:
        local = path[inside:]
        if not _PICTURE.search(path) or not _ABOUT.search(local):
            continue
        if aside(local) in ("vendored", "test") or count >= _MOST:
            continue
        day = day_of(local) or _noted(path, tree, limits)
        if day:
            count += 1
            yield Screenshot(path, day, _title(local))


def day_of(path: str) -> str:
    """Return the day in a path, that of its name before that of its folders; "" for none."""
    for part in reversed(path.split("/")):
        for year, _, month, day in _DAY.findall(part):
            try:
                return date(int(year), int(month), int(day)).isoformat()
            except ValueError:
                continue
    return ""


def _noted(path: str, tree: RepoTree, limits: Limits) -> str:
    """Read the day from ``name.yml``, ``name.json`` or the front matter of ``name.md``."""
    stem = path.rpartition(".")[0]
    for note in (f"{stem}.yml", f"{stem}.yaml", f"{stem}.json", f"{stem}.md", f"{path}.yml"):
        if tree.exists(note):
            text = read_text(tree, note, limits)
            found = None if isinstance(text, Problem) else _NOTE.search(text[:4_000])
            return day_of(found[1]) if found else ""
    return ""


def _title(path: str) -> str:
    """Return what the picture is called, without its day."""
    name = path.rpartition("/")[2].rpartition(".")[0]
    words = " ".join(re.sub(r"[-_.]+", " ", _DAY.sub(" ", name)).split())
    folder = path.rpartition("/")[0].rpartition("/")[2]
    return words or " ".join(re.sub(r"[-_.]+", " ", _DAY.sub(" ", folder)).split()) or name
