"""Bring a mirror up to what its remote offers."""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct

from handbook.model.limits import Limits
from handbook.model.repo import is_local
from handbook.sync.explain import failure
from handbook.sync.mirror import Fetched, Mirror, Record
from handbook.sync.options import BEARABLE, REMOTE, git_options
from handbook.sync.process import Done, GitFailed, Runner
from handbook.sync.remote import Remote, Target, parse_refs
from handbook.sync.store import Store

_MANY_PACKS = 30
_NOT_OFFERED = ("unadvertised object", "not our ref", "couldn't find remote ref")
_ODD = re.compile(r"error: object [0-9a-f]+: (\w+):")
_FETCH = (
    "fetch",
    "--quiet",
    "--no-tags",
    "--no-write-fetch-head",
    "--no-auto-maintenance",
    "--no-recurse-submodules",
    "--refmap=",
)

Outcome = Mapping[str, Fetched | str]  # by ref; text is what went wrong


class Batch(Struct, frozen=True):
    """What to fetch into which repo; ``partial``: without the blobs too large to be shown."""

    path: Path
    partial: bool
    remote: Remote
    targets: Mapping[str, Target]


class Fetcher(Struct, frozen=True):
    """The work on one repo, until ``deadline`` (of ``time.monotonic``)."""

    mirror: Mirror
    runner: Runner
    limits: Limits
    deadline: float

    def list_refs(self) -> Remote:
        """Ask the remote what it has: the one question that an unchanged repo costs.

        Raises:
            GitFailed: the remote did not answer, or not in time.
        """
        folder = self.mirror.folder
        options = git_options(self.mirror.repo, self.limits, partial=False)
        patterns = ["HEAD", "refs/heads/*", "refs/tags/*"]
        done = self.runner.run(
            [*options, "ls-remote", "--symref", "--", REMOTE, *patterns],
            folder=str(folder),
            deadline=self.deadline,
        )
        if done.code:
            raise failure(done.errors, "Asking the remote for its branches")
        return parse_refs(done.output)

    def update(self, remote: Remote, targets: Mapping[str, Target], *, verify: bool) -> Outcome:
        """Fetch the targets (by ref of the catalogue) and the tags in their history.

        ``verify``: read the whole mirror first, and make it anew if it is damaged.

        Raises:
            GitFailed: the mirror is as it was, as far as a reader can tell.
            SyncError: another sync holds the mirror.
        """
        with self.mirror.locked(self.deadline):
            self.mirror.sweep()
            record = self.mirror.record()
            anew = not _same_format(record, targets)
            if not anew and (verify or self.mirror.is_doubtful(record)):
                anew = self._store().is_damaged()
                if not anew:
                    self.mirror.clear_doubt()
            if not anew and self._is_current(record, remote, targets):
                return self._note(self.mirror.path, record, remote, targets)
            return self._update(record, remote, targets, anew=anew)

    def has(self, commit: str) -> bool:
        """Whether the mirror has this commit."""
        if not self.mirror.path.is_dir():
            return False
        return self._store().describe([commit]).get(commit, ("", 0))[0] == "commit"

    def _is_current(self, record: Record, remote: Remote, targets: Mapping[str, Target]) -> bool:
        cut = _shallow_file(self.mirror.path)
        if record.tags != remote.digest() or (cut and cut != self._source_cut()):
            return False
        return all(
            (known := record.refs.get(ref)) is not None
            and (known.commit, known.branch) == (target.oid, target.branch)
            for ref, target in targets.items()
        )

    def _update(
        self, record: Record, remote: Remote, targets: Mapping[str, Target], *, anew: bool
    ) -> Outcome:
        """Fetch into the mirror; if that cannot work, make a new one; at last, a whole one."""
        cut = bool(_shallow_file(self.mirror.path) or self._source_cut())
        if not anew:
            try:
                return self._fetch(Batch(self.mirror.path, not cut, remote, targets), record)
            except GitFailed as error:
                if error.transient or not (error.partial or self._store().is_damaged()):
                    raise
        if not cut:
            try:
                return self._rebuild(remote, targets, partial=True)
            except GitFailed as error:
                if not error.partial:
                    raise
        return self._rebuild(remote, targets, partial=False)

    def _rebuild(self, remote: Remote, targets: Mapping[str, Target], *, partial: bool) -> Outcome:
        oid = next(iter(targets.values())).oid
        with self.mirror.aside() as path:
            self._store(path).make("sha256" if len(oid) == 64 else "sha1")
            outcome = self._fetch(Batch(path, partial, remote, targets), Record())
            if any(isinstance(fetched, Fetched) for fetched in outcome.values()):
                self.mirror.replace(path)
            return outcome

    def _fetch(self, batch: Batch, record: Record) -> Outcome:
        path, targets = batch.path, batch.targets
        self._bring(batch, {target.oid for target in targets.values() if target.advertised})
        for target in targets.values():
            if not target.advertised:
                self._bring_commit(batch, target.oid)
        store = self._store(path)
        here = store.describe(target.oid for target in targets.values())
        problems: dict[str, Fetched | str] = {
            ref: _not_a_commit(target.oid, here.get(target.oid, ("", 0))[0])
            for ref, target in targets.items()
            if here.get(target.oid, ("", 0))[0] != "commit"
        }
        good = {ref: target for ref, target in targets.items() if ref not in problems}
        tags = self._bring_tags(batch)
        kept = {ref: fetched.commit for ref, fetched in record.refs.items()}
        kept |= {ref: target.oid for ref, target in good.items()}
        # Flat names for branches: "d" that becomes "d/e" is no clash.
        refs = {f"refs/handbook/{_short(ref)}": oid for ref, oid in kept.items()}
        store.write_refs(refs | {f"refs/tags/{name}": oid for name, oid in tags.items()})
        if sum(name.endswith(".pack") for name in self.mirror.packs(path)) > _MANY_PACKS:
            store.repack(*git_options(self.mirror.repo, self.limits, partial=batch.partial))
        return problems | dict(self._note(path, record, batch.remote, good))

    def _note(
        self, path: Path, record: Record, remote: Remote, targets: Mapping[str, Target]
    ) -> Outcome:
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        outcome: dict[str, Fetched] = {}
        for ref, target in targets.items():
            old = record.refs.get(ref)
            since = old.time if old and old.commit == target.oid else now
            outcome[ref] = Fetched(target.oid, target.branch, since, now)
        refs = {**record.refs, **outcome}
        self.mirror.write_record(Record(remote.digest(), self.mirror.packs(path), refs), path)
        return outcome

    def _bring(self, batch: Batch, oids: Iterable[str]) -> None:
        if wanted := sorted(oids):
            done = self._fetch_objects(batch, wanted)
            if done.code:
                raise failure(done.errors, "Fetching")

    def _bring_commit(self, batch: Batch, oid: str) -> None:
        if oid in self._store(batch.path).describe([oid]):
            return
        done = self._fetch_objects(batch, [oid])
        if done.code == 0:
            return
        if not any(words in done.errors for words in _NOT_OFFERED):
            raise failure(done.errors, "Fetching")
        # The server gives out only what it lists: take all it lists, and look again.
        listed = {own for own, _ in batch.remote.tags.values()}
        self._bring(batch, {*batch.remote.branches.values(), *listed})

    def _bring_tags(self, batch: Batch) -> dict[str, str]:
        """Fetch the tags whose commit is here; return their objects by name."""
        tags = batch.remote.tags
        here = self._store(batch.path).describe(oid for pair in tags.values() for oid in pair)
        wanted = {name: own for name, (own, end) in tags.items() if end in here}
        self._bring(batch, {own for own in wanted.values() if own not in here})
        return wanted

    def _fetch_objects(self, batch: Batch, oids: list[str]) -> Done:
        before = self.mirror.packs(batch.path)
        try:
            return self._fetch_checked(batch, oids, _total(before))
        except GitFailed:
            with contextlib.suppress(OSError):
                for name in self.mirror.packs(batch.path).keys() - before.keys():
                    (batch.path / "objects" / "pack" / name).unlink(missing_ok=True)
            raise

    def _fetch_checked(self, batch: Batch, oids: list[str], had: int) -> Done:
        options = git_options(self.mirror.repo, self.limits, partial=batch.partial)
        done = self._run_fetch(batch, options, oids, had)
        odd = _ODD.search(done.errors)
        if not (done.code and odd and odd[1] in BEARABLE):
            return done
        # Before 2.45, git forgets our severities in a partial fetch: check afterwards.
        done = self._run_fetch(batch, [*options, "-c", "fetch.fsckObjects=false"], oids, had)
        self._store(batch.path).check_objects(*options)
        return done

    def _run_fetch(self, batch: Batch, options: list[str], oids: list[str], had: int) -> Done:
        path, allowed = batch.path, self.limits.fetch_bytes

        def check() -> str:
            if _total(self.mirror.packs(path)) - had <= allowed:
                return ""
            return f"The repo is too large: more than {allowed:,} bytes (limits.fetch_bytes) came."

        history = "--unshallow" if _shallow_file(path) else "--update-shallow"
        return self.runner.run(
            [*options, *_FETCH, history, "--stdin", REMOTE],
            folder=str(path),
            git_dir=str(path),
            deadline=self.deadline,
            data="".join(f"{oid}\n" for oid in oids).encode(),
            check=check,
        )

    def _source_cut(self) -> bytes:
        """Return where the history of a local source is cut off (a shallow clone)."""
        if not is_local(self.mirror.repo):
            return b""
        source = Path(self.mirror.repo)
        return _shallow_file(source / ".git") or _shallow_file(source)

    def _store(self, path: Path | None = None) -> Store:
        return Store(path or self.mirror.path, self.runner, self.deadline)


def _not_a_commit(oid: str, kind: str) -> str:
    if kind:
        return f"The ref leads to a {kind}, not to a commit. Mend `ref` in the catalogue."
    return (
        f"The repo has no commit {oid}, or does not give it out because no branch or tag leads"
        " to it. Mend `ref` in the catalogue."
    )


def _same_format(record: Record, targets: Mapping[str, Target]) -> bool:
    """Whether there is a mirror, with objects named as the remote names them."""
    known = {len(fetched.commit) for fetched in record.refs.values()}
    return known == {len(target.oid) for target in targets.values()}


def _shallow_file(path: Path) -> bytes:
    try:
        return (path / "shallow").read_bytes()
    except OSError:
        return b""


def _short(ref: str) -> str:
    return hashlib.sha256(ref.encode()).hexdigest()[:16]


def _total(packs: Mapping[str, tuple[int, int]]) -> int:
    return sum(size for size, _ in packs.values())
