"""A fleet of any size to measure with: plain services of so many pages, as real git repos."""

from __future__ import annotations

import random
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from benchmarks.gitrepo import Author, Change, append, write_repo

_BEGIN = datetime(2025, 3, 3, 9, tzinfo=UTC)
_TEAMS = tuple(Author(f"Team {n}", f"team-{n}@example.invalid") for n in range(1, 13))
# fmt: off
_NOUNS = (
    "batch", "cache", "caller", "cluster", "column", "commit", "consumer", "dataset",
    "deadline", "deployment", "drift", "event", "feature", "gateway", "index", "job", "label",
    "latency", "metric", "migration", "model", "node", "partition", "pipeline", "queue",
    "replica", "request", "result", "schema", "score", "service", "shard", "snapshot", "stream",
    "table", "threshold", "token", "version",
)
_VERBS = (
    "checks", "collects", "compares", "copies", "counts", "delays", "drops", "expects",
    "filters", "groups", "keeps", "limits", "marks", "moves", "needs", "orders", "reads",
    "rejects", "repeats", "replaces", "returns", "sends", "skips", "splits", "stores", "writes",
)
_HOW = (
    "again", "at most once", "before the next release", "by default", "for each tenant",
    "in order", "later", "only once", "per region", "twice a day", "when it must",
    "without a restart",
)
# fmt: on


class BenchFleet(msgspec.Struct, frozen=True):
    """Where a fleet lies and what is in it: repos ``folder/repos/NAME``, ``folder/catalog.yml``."""

    folder: str
    services: tuple[str, ...]
    pages: int

    def repo(self, name: str) -> Path:
        """Return the repo of a service."""
        return Path(self.folder) / "repos" / name

    @property
    def catalog(self) -> Path:
        """The catalogue that lists all of them."""
        return Path(self.folder) / "catalog.yml"


def make_bench_fleet(folder: Path, services: int, pages: int = 10) -> BenchFleet:
    """Make ``services`` repos of ``pages`` pages each (README included) below ``folder``.

    The same bytes each time. What was there is replaced.
    """
    shutil.rmtree(folder, ignore_errors=True)
    names = tuple(f"{_NOUNS[n * 7 % len(_NOUNS)]}-service-{n + 1:04d}" for n in range(services))
    fleet = BenchFleet(str(folder), names, pages)
    for number, name in enumerate(names):
        write_repo(fleet.repo(name), _history(name, number, pages))
    lines = "".join(f"  - {{repo: repos/{name}, name: {name}}}\n" for name in names)
    fleet.catalog.write_text(f"services:\n{lines}", encoding="utf-8")
    return fleet


def page_files(name: str, pages: int) -> dict[str, bytes]:
    """Return the pages of a service: ``README.md`` and ``docs/page-01.md`` and on."""
    files = {"README.md": _page(name, 0, pages)}
    for number in range(1, pages):
        files[f"docs/page-{number:02d}.md"] = _page(name, number, pages)
    return files


def change(fleet: BenchFleet, name: str, stamp: int) -> tuple[str, bytes]:
    """Commit a change of one page; ``stamp`` makes it another change each time.

    Returns:
        The page's path and new content.
    """
    path, number = f"docs/page-{fleet.pages // 2:02d}.md", fleet.pages // 2
    content = _page(name, number, fleet.pages) + f"\nChanged for the {stamp}. time.\n".encode()
    moment = _BEGIN + timedelta(days=500, minutes=stamp)
    append(fleet.repo(name), [Change(moment, _TEAMS[0], f"Change {path}", {path: content})])
    return path, content


def _history(name: str, number: int, pages: int) -> list[Change]:
    files = page_files(name, pages)
    team, day = _TEAMS[number % len(_TEAMS)], _BEGIN + timedelta(days=number % 300)
    owners = {".github/CODEOWNERS": f"* @acme/team-{number % len(_TEAMS) + 1}\n".encode()}
    half = dict(list(files.items())[: pages // 2 + 1])
    rest = {path: content for path, content in files.items() if path not in half}
    return [
        Change(day, team, "Begin", {**half, **owners}, "v0.1.0"),
        Change(day + timedelta(days=40), team, "Write the rest of the pages", rest, "v0.2.0"),
    ]


def _page(name: str, number: int, pages: int) -> bytes:
    draw = random.Random(f"{name}/{number}")
    title = name.replace("-", " ").capitalize() if number == 0 else _heading(draw)
    parts = [f"# {title}", _paragraph(draw)]
    for kind in ("python", "bash", "yaml"):
        parts += [f"## {_heading(draw)}", _paragraph(draw), _code(draw, kind), _paragraph(draw)]
    parts += [f"## {_heading(draw)}", _table(draw)]
    parts += ["\n".join(f"- {_sentence(draw)}" for _ in range(4))]
    if number and pages > 2:
        other = draw.randrange(1, pages)
        parts.append(f"See also [another page](page-{other:02d}.md).")
    return ("\n\n".join(parts) + "\n").encode()


def _heading(draw: random.Random) -> str:
    return f"How the {draw.choice(_NOUNS)} {draw.choice(_VERBS)} the {draw.choice(_NOUNS)}"


def _sentence(draw: random.Random) -> str:
    first, second = draw.sample(_NOUNS, 2)
    return f"The {first} {draw.choice(_VERBS)} the {second} {draw.choice(_HOW)}."


def _paragraph(draw: random.Random) -> str:
    sentences = [_sentence(draw) for _ in range(draw.randrange(3, 7))]
    return " ".join([*sentences, f"Set `{draw.choice(_NOUNS)}` first."])


def _code(draw: random.Random, kind: str) -> str:
    names = draw.sample(_NOUNS, 4)
    number = draw.randrange(100)
    lines = {
        "python": [
            f"def {names[0]}_of({names[1]}: str, limit: int = {number}) -> list[str]:",
            f'    """Return what the {names[2]} holds."""',
            f'    found = [item for item in {names[1]}.split(",") if item != "{names[3]}"]',
            "    return sorted(found)[:limit]",
        ],
        "bash": [
            f"{names[0]} list --all | grep {names[1]}",
            f"{names[0]} move {names[2]} --to {names[3]} --limit {number}",
        ],
        "yaml": [
            f"{names[0]}:",
            f"  {names[1]}: {number}",
            f"  {names[2]}: [a, b]",
            f"  {names[3]}: true",
        ],
    }
    body = "\n".join(lines[kind])
    return f"```{kind}\n{body}\n```"


def _table(draw: random.Random) -> str:
    rows = "\n".join(
        f"| {draw.choice(_NOUNS)} | {draw.randrange(1000)} | {draw.choice(_HOW)} |"
        for _ in range(5)
    )
    return f"| Name | Count | When |\n|------|------:|------|\n{rows}"
