"""Bring a mirror up to what its remote offers."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct

from handbook.model.limits import Limits
from handbook.sync.explain import failure
from handbook.sync.mirror import Fetched, Mirror, Record
from handbook.sync.options import REMOTE, git_options
from handbook.sync.process import Done, GitFailed, Runner
from handbook.sync.remote import Remote, Target, parse_refs
from handbook.sync.store import Store

_MANY_PACKS = 30
_NOT_OFFERED = ("unadvertised object", "not our ref", "couldn't find remote ref")
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
        options = git_options(self.mirror.repo, self.limits)
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
            touched = record.packs != self.mirror.packs()
            form = {len(fetched.commit) for fetched in record.refs.values()}
            if form != {len(target.oid) for target in targets.values()}:
                return self._rebuild(remote, targets)  # not there, or SHA-1 became SHA-256
            if (verify or touched) and self._store().is_damaged():
                return self._rebuild(remote, targets)
            if not touched and self._is_current(record, remote, targets):
                return self._note(self.mirror.path, record, remote, targets)
            try:
                return self._fetch(self.mirror.path, record, remote, targets)
            except GitFailed as error:
                if error.transient or not self._store().is_damaged():
                    raise
                return self._rebuild(remote, targets)

    def has(self, commit: str) -> bool:
        """Whether the mirror has this commit."""
        if not self.mirror.path.is_dir():
            return False
        return self._store().describe([commit]).get(commit, ("", 0))[0] == "commit"

    def _is_current(self, record: Record, remote: Remote, targets: Mapping[str, Target]) -> bool:
        if record.tags != remote.digest() or _is_shallow(self.mirror.path):
            return False
        return all(
            (known := record.refs.get(ref)) is not None
            and (known.commit, known.branch) == (target.oid, target.branch)
            for ref, target in targets.items()
        )

    def _rebuild(self, remote: Remote, targets: Mapping[str, Target]) -> Outcome:
        oid = next(iter(targets.values())).oid
        with self.mirror.aside() as path:
            self._store(path).make("sha256" if len(oid) == 64 else "sha1")
            outcome = self._fetch(path, Record(), remote, targets)
            if any(isinstance(fetched, Fetched) for fetched in outcome.values()):
                self.mirror.replace(path)
            return outcome

    def _fetch(
        self, path: Path, record: Record, remote: Remote, targets: Mapping[str, Target]
    ) -> Outcome:
        self._bring(path, {target.oid for target in targets.values() if target.advertised})
        for target in targets.values():
            if not target.advertised:
                self._bring_commit(path, remote, target.oid)
        store = self._store(path)
        here = store.describe(target.oid for target in targets.values())
        problems: dict[str, Fetched | str] = {
            ref: _not_a_commit(target.oid, here.get(target.oid, ("", 0))[0])
            for ref, target in targets.items()
            if here.get(target.oid, ("", 0))[0] != "commit"
        }
        good = {ref: target for ref, target in targets.items() if ref not in problems}
        tags = self._bring_tags(path, remote)
        kept = {ref: fetched.commit for ref, fetched in record.refs.items()}
        kept |= {ref: target.oid for ref, target in good.items()}
        # Flat names for branches: "d" that becomes "d/e" is no clash.
        refs = {f"refs/handbook/{_short(ref)}": oid for ref, oid in kept.items()}
        store.write_refs(refs | {f"refs/tags/{name}": oid for name, oid in tags.items()})
        if sum(name.endswith(".pack") for name in self.mirror.packs(path)) > _MANY_PACKS:
            store.repack(*git_options(self.mirror.repo, self.limits))
        return problems | dict(self._note(path, record, remote, good))

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

    def _bring(self, path: Path, oids: Iterable[str]) -> None:
        if wanted := sorted(oids):
            done = self._fetch_objects(path, wanted)
            if done.code:
                raise failure(done.errors, "Fetching")

    def _bring_commit(self, path: Path, remote: Remote, oid: str) -> None:
        if oid in self._store(path).describe([oid]):
            return
        done = self._fetch_objects(path, [oid])
        if done.code == 0:
            return
        if not any(words in done.errors for words in _NOT_OFFERED):
            raise failure(done.errors, "Fetching")
        # The server gives out only what it lists: take all it lists, and look again.
        self._bring(path, {*remote.branches.values(), *(own for own, _ in remote.tags.values())})

    def _bring_tags(self, path: Path, remote: Remote) -> dict[str, str]:
        """Fetch the tags whose commit is here; return their objects by name."""
        here = self._store(path).describe(oid for pair in remote.tags.values() for oid in pair)
        wanted = {name: own for name, (own, end) in remote.tags.items() if end in here}
        self._bring(path, {own for own in wanted.values() if own not in here})
        return wanted

    def _fetch_objects(self, path: Path, oids: list[str]) -> Done:
        before = self.mirror.packs(path)
        limit = self.limits.fetch_bytes + _total(before)

        def check() -> str:
            if _total(self.mirror.packs(path)) <= limit:
                return ""
            allowed = f"{self.limits.fetch_bytes:,} bytes (limits.fetch_bytes)"
            return f"The repo is too large: it sent more than {allowed}."

        command = [*_FETCH, "--unshallow" if _is_shallow(path) else "--update-shallow"]
        try:
            for partial in (True, False):
                options = git_options(self.mirror.repo, self.limits, partial=partial)
                done = self.runner.run(
                    [*options, *command, "--stdin", REMOTE],
                    folder=str(path),
                    git_dir=str(path),
                    deadline=self.deadline,
                    data="".join(f"{oid}\n" for oid in oids).encode(),
                    check=check,
                )
                if done.code == 0 or "filter" not in done.errors:
                    break
        except GitFailed:
            with contextlib.suppress(OSError):
                for name in self.mirror.packs(path).keys() - before.keys():
                    (path / "objects" / "pack" / name).unlink(missing_ok=True)
            raise
        return done

    def _store(self, path: Path | None = None) -> Store:
        return Store(path or self.mirror.path, self.runner, self.deadline)


def _not_a_commit(oid: str, kind: str) -> str:
    if kind:
        return f"The ref leads to a {kind}, not to a commit. Mend `ref` in the catalogue."
    return (
        f"The repo has no commit {oid}, or does not give it out because no branch or tag leads"
        " to it. Mend `ref` in the catalogue."
    )


def _is_shallow(path: Path) -> bool:
    return (path / "shallow").is_file()


def _short(ref: str) -> str:
    return hashlib.sha256(ref.encode()).hexdigest()[:16]


def _total(packs: Mapping[str, tuple[int, int]]) -> int:
    return sum(size for size, _ in packs.values())
