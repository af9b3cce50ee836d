"""What was made of a repo's files, kept from one run to the next.

A file counts as the same by its path and content. In a work tree its times tell that it was not
touched, so that it need not even be read.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from itertools import islice

import msgspec
from msgspec import Struct

from handbook.errors import TreeError
from handbook.tree import RepoTree, Work
from handbook.usercache import UserCache
from handbook.workers import Batch, Item, Workers, WorkOnAll

_MANY = 150  # files: below that, another process costs more than it helps
_AHEAD = 64  # chunks that are read ahead, of a megabyte at most
_WHOLE = 64 * 1024 * 1024  # bytes that are worked on together in another process
_NAMES = 200_000


class Kept(Struct):
    """One run's memory: blobs by version of a file, and by a key what was made of a file."""

    blobs: dict[str, str] = {}
    made: dict[str, dict[str, bytes]] = {}


class FolderMemo:
    """The memo of one repo, in a file of the cache. ``salt`` names the code that makes things.

    Use it as a context manager: it holds processes.
    """

    def __init__(self, cache: UserCache, name: str, salt: str, jobs: int) -> None:
        self._cache = cache
        self._name = f"facts-{hashlib.sha256(f'{salt} {name}'.encode()).hexdigest()[:32]}"
        self._workers = Workers(jobs)
        self._begun: dict[str, _Derived] = {}
        self._wholes: dict[str, tuple[list[tuple[str, bytes]], Future[bytes]]] = {}
        self._before = self._load()
        self._now = Kept()
        self._new = False

    def __enter__(self) -> FolderMemo:
        return self

    def __exit__(self, *_: object) -> None:
        self._workers.close()

    def _load(self) -> Kept:
        try:
            return msgspec.msgpack.decode(self._cache.read(self._name) or b"", type=Kept)
        except (msgspec.DecodeError, RecursionError):
            return Kept()

    def save(self) -> None:
        """Keep what was used or made in this run, and what this run did not ask for."""
        if not self._new:
            return
        made = {**self._before.made, **self._now.made}
        blobs = {**self._before.blobs, **self._now.blobs}
        if len(blobs) > max(len(self._now.blobs) * 2, 1000):
            blobs = self._now.blobs
        kept = Kept(dict(islice(blobs.items(), _NAMES)), made)
        self._cache.write(self._name, msgspec.msgpack.encode(kept))
        self._cache.sweep()

    def begin(
        self, tree: RepoTree, kind: str, paths: Iterable[str], limit: int, work: Work
    ) -> None:
        """Begin with what :meth:`derive` will ask for, while the caller does other things."""
        derived = _Derived(self, tree, kind, list(paths))
        if len(derived.todo) >= _MANY and self._workers.jobs > 1:
            derived.batch = Batch(self._workers, work, derived.unseen(limit))
            derived.batch.fill(_AHEAD)
            self._begun[kind] = derived

    def derive(
        self, tree: RepoTree, kind: str, paths: Iterable[str], limit: int, work: Work
    ) -> Iterator[tuple[str, bytes]]:
        """Give each path with what ``work`` makes of the file, in the order of ``paths``."""
        wanted = list(paths)
        derived = self._begun.pop(kind, None)
        if derived is None or derived.paths != wanted:
            derived = _Derived(self, tree, kind, wanted)
        for path, key, made in derived.work(limit, work, self._workers):
            self._new = True
            derived.made[path] = made
            if key and made:
                derived.kept[key] = made
        for path in wanted:
            yield path, derived.made.get(path, b"")

    def begin_whole(
        self, tree: RepoTree, kind: str, paths: Iterable[str], limit: int, work: WorkOnAll
    ) -> None:
        """Begin with what :meth:`whole` will ask for, while the caller does other things."""
        every = list(paths)
        key = self._keys(tree, every)
        size = sum(tree.entries()[path].size for path in every if path in tree.entries())
        if len(every) < _MANY or size > _WHOLE or (key and key in self.known(kind)):
            return
        files = _read(tree, every, limit)
        if future := self._workers.submit_all(work, files):
            self._wholes[kind] = (files, future)

    def whole(
        self, tree: RepoTree, kind: str, paths: Iterable[str], limit: int, work: WorkOnAll
    ) -> bytes:
        """Give what ``work`` makes of all files together."""
        every = list(paths)
        key = self._keys(tree, every)
        made = self.known(kind).get(key) if key else None
        if made is None:
            self._new = True
            files, future = self._wholes.pop(kind, ([], None))
            if future is None or not {path for path, _ in files} <= set(every):
                files, future = _read(tree, every, limit), None
            made = future.result() if future else work(files)
            blobs = [self.key(tree, path, data) for path, data in files]
            key = _key("", "".join(blobs)) if len(blobs) == len(every) else ""
        if key:
            self.kept(kind)[key] = made
        return made

    def _keys(self, tree: RepoTree, paths: list[str]) -> str:
        """Return one key for all files; "" where one of them has to be read for that."""
        keys = [self.key(tree, path) for path in paths]
        return _key("", "".join(keys)) if all(keys) else ""

    def known(self, kind: str) -> dict[str, bytes]:
        """Return what was made before, by key."""
        return self._before.made.get(kind, {})

    def kept(self, kind: str) -> dict[str, bytes]:
        """Return what this run keeps, by key."""
        return self._now.made.setdefault(kind, {})

    def key(self, tree: RepoTree, path: str, data: bytes | None = None) -> str:
        """Return the key of a file; without its content, "" where that would be needed."""
        entry = tree.entries().get(path)
        if entry is not None and entry.kind != "symlink":
            if tree.named_by_content:
                return _key(path, entry.oid)
            if data is None:
                blob = self._before.blobs.get(entry.oid, "")
            else:
                blob = hashlib.sha256(data).hexdigest()
            if blob:
                self._now.blobs[entry.oid] = blob
            return _key(path, blob) if blob else ""
        return "" if data is None else _key(path, hashlib.sha256(data).hexdigest())


class _Derived:
    """What is made of some files: what is known of them, and which are to be worked on."""

    def __init__(self, memo: FolderMemo, tree: RepoTree, kind: str, paths: list[str]) -> None:
        self.paths = paths
        self.made: dict[str, bytes] = {}
        self.kept = memo.kept(kind)
        self.batch: Batch | None = None
        self.todo: list[str] = []
        self._memo = memo
        self._tree = tree
        self._known = memo.known(kind)
        for path in paths:
            key = memo.key(tree, path)
            if key in self._known:
                self._take(path, key)
            else:
                self.todo.append(path)

    def _take(self, path: str, key: str) -> None:
        self.made[path] = self.kept[key] = self._known[key]

    def work(self, limit: int, work: Work, workers: Workers) -> Iterator[Item]:
        """Give path, key and what was made of each file that is to be worked on."""
        if self.batch is None and (len(self.todo) < _MANY or workers.jobs < 2):
            return ((path, key, work(path, data)) for path, key, data in self.unseen(limit))
        return (self.batch or Batch(workers, work, self.unseen(limit))).results()

    def unseen(self, limit: int) -> Iterator[Item]:
        """Read the files; those whose content was seen before are taken from there."""
        for path in self.todo:
            try:
                data = self._tree.read(path, limit)
            except TreeError:
                continue
            key = self._memo.key(self._tree, path, data)
            if key in self._known:
                self._take(path, key)
            else:
                yield path, key, data


def _read(tree: RepoTree, paths: list[str], limit: int) -> list[tuple[str, bytes]]:
    files = []
    for path in paths:
        with contextlib.suppress(TreeError):
            files.append((path, tree.read(path, limit)))
    return files


def _key(path: str, blob: str) -> str:
    return hashlib.blake2b(f"{path}\0{blob}".encode(), digest_size=16).hexdigest()
