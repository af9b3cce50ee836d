"""Dockerfiles: what the image that ships runs, which ports it opens, how its health is checked."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from handbook.collect.deploy.files import Files
from handbook.model.deploy import Build, Probe
from handbook.model.source import Spot

_NAME = re.compile(r"^(?:Dockerfile|Containerfile)(?:[.-][\w.-]+)?$|^[\w.-]+\.[Dd]ockerfile$")
_WORD = re.compile(r"^\s*(?P<word>[A-Za-z]{3,12})\s+(?P<rest>.*)$", re.DOTALL)
_STAGE = re.compile(r"^(?:--\S+\s+)*(?P<image>\S+)(?:\s+AS\s+(?P<name>\S+))?", re.IGNORECASE)
_MOST = 60
_LINES = 500
_TEXT = 500


def read_builds(files: Files) -> Iterator[Build]:
    """Give the Dockerfiles."""
    paths = [path for path in files.paths if _NAME.match(posixpath.basename(path))]
    for path in paths[:_MOST]:
        if build := _build(path, files.text(path)):
            yield build


class _Stage:
    """What one stage says, on top of the stage it is built from."""

    def __init__(self, base: _Stage | None) -> None:
        self.command: dict[str, tuple[str, Spot]] = dict(base.command) if base else {}
        self.ports: list[str] = list(base.ports) if base else []
        self.healthcheck: Probe | None = base.healthcheck if base else None

    def take(self, word: str, rest: str, spot: Spot) -> None:
        match word:
            case "CMD" | "ENTRYPOINT":
                self.command[word] = (rest, spot)
                if word == "ENTRYPOINT":
                    self.command.pop("CMD", None)
            case "EXPOSE":
                self.ports += [port.partition("/")[0] for port in rest.split()][:20]
            case "HEALTHCHECK":
                none = rest.strip().upper() == "NONE"
                said = rest.partition("CMD")[2].strip()
                probe = Probe("healthcheck", "exec", said[:_TEXT], spot)
                self.healthcheck = None if none else probe


def _build(path: str, text: str) -> Build | None:
    stages: dict[str, _Stage] = {}
    last: _Stage | None = None
    runs: list[Spot] = []
    copies: list[Spot] = []
    for number, word, rest in _instructions(text):
        spot = Spot(path, number, f"{word} {rest}"[:_TEXT])
        if word == "FROM":
            hit = _STAGE.match(rest)
            last = _Stage(stages.get(hit["image"].lower()) if hit else None)
            if hit and hit["name"]:
                stages[hit["name"].lower()] = last
        elif word == "RUN" and len(runs) < _LINES:
            runs.append(spot)
        elif word in ("COPY", "ADD") and len(copies) < _LINES:
            copies.append(spot)
        elif last:
            last.take(word, rest, spot)
    if last is None:
        return None
    said = [last.command[word] for word in ("ENTRYPOINT", "CMD") if word in last.command]
    return Build(
        path=path,
        command=tuple(rest[:_TEXT] for rest, _ in said),
        command_spot=said[-1][1] if said else None,
        ports=tuple(dict.fromkeys(last.ports)),
        healthcheck=last.healthcheck,
        runs=tuple(runs),
        copies=tuple(copies),
    )


def _instructions(text: str) -> Iterator[tuple[int, str, str]]:
    """Give line, word and rest of each instruction; lines that go on are one."""
    held: list[str] = []
    start = 0
    for number, line in enumerate(text.split("\n"), start=1):
        if line.lstrip().startswith("#") or (held and not line.strip()):
            continue
        if not held:
            start = number
        held.append(line.rstrip().removesuffix("\\")[:_TEXT])
        if line.rstrip().endswith("\\") and len(held) < _LINES:
            continue
        if hit := _WORD.match(" ".join(held)):
            yield start, hit["word"].upper(), hit["rest"].strip()
        held = []
