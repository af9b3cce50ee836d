"""What was made of a repo's files, kept from one run to the next; what is new, by all cores.

A file counts as the same by its path and content. In a work tree its times tell that it was not
touched, so that it need not even be read.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice

import msgspec
from msgspec import Struct

from handbook.errors import TreeError
from handbook.tree import RepoTree, Work
from handbook.usercache import UserCache

_MANY = 150  # files: below that, another process costs more than it helps
_CHUNK = 40  # files
_CHUNK_BYTES = 1024 * 1024
_WAITING = 4  # chunks for each process: what is read waits in memory
_CRASHES = 3  # of processes, until what is left is done without
_NAMES = 200_000


class Kept(Struct):
    """One run's memory: blobs by version of a file, and by a key what was made of a file."""

    blobs: dict[str, str] = {}
    made: dict[str, dict[str, bytes]] = {}


class FolderMemo:
    """The memo of one repo, in a file of the cache. ``salt`` names the code that makes things."""

    def __init__(self, cache: UserCache, name: str, salt: str, jobs: int) -> None:
        self._cache = cache
        self._name = f"facts-{hashlib.sha256(f'{salt} {name}'.encode()).hexdigest()[:32]}"
        self._jobs = jobs if sys.platform == "linux" else 1  # where fork is cheap and sound
        self._before = self._load()
        self._now = Kept()
        self._new = False

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

    def derive(
        self, tree: RepoTree, kind: str, paths: Iterable[str], limit: int, work: Work
    ) -> Iterator[tuple[str, bytes]]:
        """Give each path with what ``work`` makes of the file, in the order of ``paths``."""
        known = self._before.made.get(kind, {})
        kept = self._now.made.setdefault(kind, {})
        keys: dict[str, str] = {}
        todo: list[str] = []
        wanted = list(paths)
        for path in wanted:
            keys[path] = key = self._key(tree, path)
            if key in known:
                kept[key] = known[key]
            else:
                todo.append(path)
        fresh: dict[str, bytes] = {}
        for path, key, made in self._work(tree, todo, limit, work, known):
            self._new = True
            fresh[path] = made
            if key and made:
                kept[key] = made
        for path in wanted:
            yield path, fresh[path] if path in fresh else kept[keys[path]]

    def _key(self, tree: RepoTree, path: str) -> str:
        """Return the key of a file without reading it; "" where it has to be read for that."""
        entry = tree.entries().get(path)
        if entry is None or entry.kind == "symlink":
            return ""
        if tree.named_by_content:
            return _key(path, entry.oid)
        blob = self._before.blobs.get(entry.oid, "")
        if blob:
            self._now.blobs[entry.oid] = blob
        return _key(path, blob) if blob else ""

    def _work(
        self,
        tree: RepoTree,
        paths: list[str],
        limit: int,
        work: Work,
        known: dict[str, bytes],
    ) -> Iterator[tuple[str, str, bytes]]:
        """Give path, key and what was made. ``known`` is what content may have been seen before."""

        def read() -> Iterator[tuple[str, str, bytes]]:
            for path in paths:
                try:
                    data = tree.read(path, limit)
                except TreeError:
                    yield path, "", b""
                    continue
                yield path, self._noted(tree, path, data), data

        seen: list[tuple[str, str, bytes]] = []

        def unseen() -> Iterator[tuple[str, str, bytes]]:
            for path, key, data in read():
                if not key or key in known:
                    seen.append((path, key, known.get(key, b"")))
                else:
                    yield path, key, data

        jobs = self._jobs if len(paths) >= _MANY else 1
        yield from _in_processes(unseen(), work, jobs) if jobs > 1 else _here(unseen(), work)
        yield from seen

    def _noted(self, tree: RepoTree, path: str, data: bytes) -> str:
        blob = hashlib.sha256(data).hexdigest()
        entry = tree.entries().get(path)
        if entry is None or entry.kind == "symlink":
            return _key(path, blob)
        if tree.named_by_content:
            return _key(path, entry.oid)
        self._now.blobs[entry.oid] = blob
        return _key(path, blob)


def _key(path: str, blob: str) -> str:
    return hashlib.blake2b(f"{path}\0{blob}".encode(), digest_size=16).hexdigest()


Item = tuple[str, str, bytes]
"""Path, key and content; or path, key and what was made of it."""


def _here(items: Iterable[Item], work: Work) -> Iterator[Item]:
    return ((path, key, work(path, data)) for path, key, data in items)


def _in_processes(items: Iterable[Item], work: Work, jobs: int) -> Iterator[Item]:
    """Work in processes of their own. A file that ends one costs the chunk that it is in."""
    chunks = _chunks(items)
    crashes = 0
    while crashes <= _CRASHES:
        waiting: list[tuple[list[Item], Future[list[bytes]]]] = []
        handed: list[Item] = []
        context = multiprocessing.get_context("fork")
        with ProcessPoolExecutor(jobs, mp_context=context) as pool:
            try:
                for handed in chunks:
                    future = pool.submit(_chunk, work, _contents(handed))
                    waiting.append((handed, future))
                    if len(waiting) >= jobs * _WAITING:
                        yield from _done(waiting)
                while waiting:
                    yield from _done(waiting)
            except BrokenProcessPool:
                crashes += 1
                others = [items for items, _ in waiting if items is not handed]
                lost = [item for items in (*others, handed) for item in items]
                yield from ((path, "", b"") for path, _, _ in lost)
                continue
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        return
    yield from ((path, "", b"") for chunk in chunks for path, _, _ in chunk)


def _done(waiting: list[tuple[list[Item], Future[list[bytes]]]]) -> Iterator[Item]:
    chunk, future = waiting[0]
    made = future.result()
    del waiting[0]
    for (path, key, _), result in zip(chunk, made, strict=True):
        yield path, key, result


def _contents(chunk: list[Item]) -> list[tuple[str, bytes]]:
    return [(path, data) for path, _, data in chunk]


def _chunk(work: Work, files: list[tuple[str, bytes]]) -> list[bytes]:
    return [work(path, data) for path, data in files]


def _chunks(items: Iterable[Item]) -> Iterator[list[Item]]:
    chunk: list[Item] = []
    size = 0
    for item in items:
        chunk.append(item)
        size += len(item[2])
        if len(chunk) >= _CHUNK or size >= _CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk
