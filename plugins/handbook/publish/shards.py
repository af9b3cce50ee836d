"""Bring every service's pages up to date: from the cache, or built in a worker."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from handbook.cache import Cache, Entry, digest_of
from handbook.errors import CacheError
from handbook.extensions import installed
from handbook.model.built import Record
from handbook.model.service import Snapshot
from handbook.pipeline import Fleet
from handbook.publish.frame import SiteFrame
from handbook.publish.pool import Bounds, Failure, Pool
from handbook.publish.work import Task, build
from handbook.settings import Settings

_RENDERERS = (
    "docutils",
    "griffelib",
    "jinja2",
    "markdown",
    "markdown-it-py",
    "mdit-py-plugins",
    "mkdocs",
    "mkdocs-autorefs",
    "mkdocs-material",
    "mkdocstrings",
    "mkdocstrings-python",
    "nh3",
    "pygments",
    "pymdown-extensions",
)
_KEEP = 14 * 24 * 3600.0  # seconds: a branch looked at now and then is not built each time
_PRELOAD = (
    "handbook.publish.work",
    "handbook.collect",
    "handbook.render.service",
    "material",
    "mkdocs.commands.build",
)

Kind = Literal["cached", "built", "last-good", "unavailable"]


class Lasting(Struct, frozen=True):
    """The one field of a record that is needed before the whole of it is read."""

    until: str = ""


class Outcome(Struct, frozen=True):
    """One service's part of the site: which cache entry holds it, and how that came about.

    ``trouble`` is shown on its pages: "" when they are the latest and whole.
    """

    snapshot: Snapshot
    kind: Kind
    entry: Entry
    record: Record
    trouble: str = ""


class Progress(Struct, frozen=True):
    """Told after each service: how many are done of how many, and which one."""

    done: int
    total: int
    slug: str
    kind: Kind


class ShardBuilder:
    """Builds what changed and knows the last good state of each service."""

    def __init__(self, settings: Settings, frame: SiteFrame, look: str, today: str) -> None:
        """``look`` is a digest of everything in the site's configuration that pages show.

        ``today`` (YYYY-MM-DD) is the day as of which is judged.
        """
        self.settings = settings
        self.today = today
        self.frame = frame
        self.cache = Cache(Path(settings.cache) / "services")
        self.last = Path(settings.cache) / "last"
        self.warnings: list[str] = []
        self._base = digest_of(
            msgspec.json.encode(
                [
                    look,
                    frame,
                    settings.limits,
                    settings.show_committers,
                    settings.rules,
                    _code(),
                ]
            )
        )

    def update(
        self, fleet: Fleet, report: Callable[[Progress], None] | None = None
    ) -> tuple[Outcome, ...]:
        """Return an outcome for every service, in the fleet's order."""
        alone = self._round({snapshot: {} for snapshot in fleet.snapshots}, report)
        linked = {
            outcome.snapshot: inventories
            for outcome in alone.values()
            if (inventories := _inventories(outcome, alone.values()))
        }
        alone |= self._round(linked, report) if linked else {}
        outcomes = tuple(alone[snapshot.service.slug] for snapshot in fleet.snapshots)
        for outcome in outcomes:
            self.cache.touch(outcome.entry.key)
        self._sweep({outcome.entry.key for outcome in outcomes})
        return outcomes

    def _sweep(self, shown: set[str]) -> None:
        """Remove what no build has shown for a while; each service's last good state stays."""
        notes = self.last.iterdir() if self.last.is_dir() else ()
        good = {note.read_text(encoding="ascii", errors="replace") for note in notes}
        self.cache.sweep(shown | good, _KEEP)

    def _round(
        self,
        wanted: Mapping[Snapshot, dict[str, bytes]],
        report: Callable[[Progress], None] | None,
    ) -> dict[str, Outcome]:
        outcomes: dict[str, Outcome] = {}
        tasks = []
        for snapshot, inventories in wanted.items():
            key, entry = self._current(self._key(snapshot, inventories))
            if entry:
                outcomes[snapshot.service.slug] = _outcome(snapshot, "cached", entry)
                continue
            staged = str(self.cache.stage())
            tasks.append(self._task(key, staged, _calm(snapshot), inventories))
        snapshots = {snapshot.service.slug: snapshot for snapshot in wanted}
        for task, result in self._run(tasks):
            snapshot = snapshots[task.snapshot.service.slug]
            outcome = self._settle(snapshot, task, result)
            outcomes[snapshot.service.slug] = outcome
            if report:
                report(Progress(len(outcomes), len(wanted), snapshot.service.slug, outcome.kind))
        return outcomes

    def _run(self, tasks: list[Task]) -> Iterable[tuple[Task, Record | Failure]]:
        if not tasks:
            return
        limits = self.settings.limits
        bounds = Bounds(limits.service_seconds, limits.worker_memory, limits.service_seconds * 3)
        with Pool(build, jobs=self.settings.jobs, bounds=bounds, preload=_PRELOAD) as pool:
            yield from pool.run(tasks)

    def _settle(self, snapshot: Snapshot, task: Task, result: Record | Failure) -> Outcome:
        staged = Path(task.staged)
        slug = snapshot.service.slug
        if isinstance(result, Record):
            entry = self.cache.adopt(task.key, staged, result)
            if snapshot.commit:
                self._remember(slug, task.key)
            return _outcome(snapshot, "built", entry)
        shutil.rmtree(staged, ignore_errors=True)
        reason = f"These pages could not be built from the latest commit: {result.reason}."
        self.warnings.append(f"{slug}: {reason}")
        if last := self._last_good(slug):
            return _outcome(snapshot, "last-good", last, reason)
        return self._unavailable(snapshot, reason)

    def _unavailable(self, snapshot: Snapshot, reason: str) -> Outcome:
        """One page that says what is wrong, in place of a service that was never built."""
        bare = replace(snapshot, commit="", problem=reason)
        key = self._key(bare, {})
        entry = self._cached(key)
        if entry is None:
            staged = self.cache.stage()
            record = build(self._task(key, str(staged), bare, {}))
            entry = self.cache.adopt(key, staged, record)
        return _outcome(snapshot, "unavailable", entry, reason)

    def _task(
        self, key: str, staged: str, snapshot: Snapshot, inventories: dict[str, bytes]
    ) -> Task:
        return Task(key, staged, snapshot, self.settings, self.frame, inventories, self.today)

    def _current(self, key: str) -> tuple[str, Entry | None]:
        """Follow the entries that ran out, each on its day, to the one that holds today."""
        while entry := self._cached(key):
            until = msgspec.json.decode(entry.record, type=Lasting).until
            if not until or self.today < until:
                return key, entry
            key = digest_of(f"{key} {until}".encode())
        return key, None

    def _cached(self, key: str) -> Entry | None:
        try:
            return self.cache.get(key)
        except CacheError as exc:
            self.warnings.append(str(exc))
            return None

    def _remember(self, slug: str, key: str) -> None:
        self.last.mkdir(parents=True, exist_ok=True)
        aside = self.last / f".{slug}.new"
        aside.write_text(key, encoding="ascii")
        aside.replace(self.last / slug)

    def _last_good(self, slug: str) -> Entry | None:
        try:
            return self._cached((self.last / slug).read_text(encoding="ascii"))
        except OSError:
            return None

    def _key(self, snapshot: Snapshot, inventories: dict[str, bytes]) -> str:
        return digest_of(
            msgspec.json.encode(
                [self._base, replace(_calm(snapshot), git_dir=""), sorted(inventories.items())]
            )
        )


def _outcome(snapshot: Snapshot, kind: Kind, entry: Entry, trouble: str = "") -> Outcome:
    record = msgspec.json.decode(entry.record, type=Record)
    if not trouble and snapshot.stale and snapshot.commit:
        trouble = f"The repository could not be fetched: {snapshot.problem}"
    if not trouble and not snapshot.commit:
        kind, trouble = "unavailable", snapshot.problem
    return Outcome(snapshot, kind, entry, record, trouble)


def _calm(snapshot: Snapshot) -> Snapshot:
    """Leave out what does not change a page: when and how well the last fetch went."""
    problem = "" if snapshot.commit else snapshot.problem
    return replace(snapshot, fetched="", stale=False, problem=problem)


def _inventories(outcome: Outcome, outcomes: Iterable[Outcome]) -> dict[str, bytes]:
    """Inventories of the other services whose packages this one imports."""
    wanted = set(outcome.record.imports)
    return {
        other.snapshot.service.slug: other.record.inventory
        for other in outcomes
        if other.snapshot.service.slug != outcome.snapshot.service.slug
        and wanted.intersection(other.record.packages)
    }


def _code() -> str:
    """Digest of what renders: versions of the libraries, and this package's own files."""
    root = Path(__file__).parents[1]
    parts = [f"{name} {metadata.version(name)}" for name in _RENDERERS]
    parts += installed()
    for path in sorted(root.rglob("*")):
        inside = path.relative_to(root)
        if path.suffix in {".py", ".html", ".j2", ".jinja", ".json"} and inside.parts[0] not in {
            "cli.py",
            "sync",
        }:
            parts.append(f"{inside.as_posix()} {digest_of(path.read_bytes())}")
    return digest_of("\n".join(parts).encode())
