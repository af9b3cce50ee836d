"""The git commands on a mirror's own folder that need no remote."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from msgspec import Struct

from handbook.errors import TreeError
from handbook.sync.explain import failure
from handbook.sync.process import Done, Runner
from handbook.tree.objects import Objects

_OPTIONS = ("-c", f"core.hooksPath={os.devnull}", "-c", "gc.auto=0", "-c", "maintenance.auto=false")


class Store(Struct, frozen=True):
    """A bare repo at ``path``, to be worked on until ``deadline`` (of ``time.monotonic``)."""

    path: Path
    runner: Runner
    deadline: float

    def make(self, object_format: str) -> None:
        """Create the repo, without hooks or anything else from a template."""
        command = ["init", "--quiet", "--bare", "--template=", f"--object-format={object_format}"]
        done = self.runner.run(
            [*_OPTIONS, *command, "--", str(self.path)],
            folder=str(self.path.parent),
            deadline=self.deadline,
        )
        if done.code:
            raise failure(done.errors, "Making a mirror")

    def describe(self, oids: Iterable[str]) -> Mapping[str, tuple[str, int]]:
        """Map objects that are here to their kind and size.

        Raises:
            SyncError: the mirror is damaged.
        """
        wanted = tuple(oids)
        if not wanted:
            return {}
        try:
            with Objects(str(self.path), len(wanted[0])) as objects:
                return objects.describe(wanted)
        except TreeError as error:
            raise failure(str(error), "Reading the mirror") from error

    def write_refs(self, wanted: Mapping[str, str]) -> None:
        """Make the repo's refs those given (full name to object)."""
        found = self._git("for-each-ref", "--format=%(objectname) %(refname)").output.decode()
        present = {name: oid for oid, _, name in (row.partition(" ") for row in found.splitlines())}
        # Two steps: in one, a deleted "d" would still be in the way of a new "d/e".
        self._update_refs(f"delete {name}\0\0" for name in present.keys() - wanted.keys())
        changed = wanted.items() - present.items()
        self._update_refs(f"update {name}\0{oid}\0\0" for name, oid in sorted(changed))
        if changed:
            self._git("pack-refs", "--all")

    def repack(self, *options: str) -> None:
        """Put all packs into one; objects that nothing leads to any more are kept."""
        self._git(*options, "repack", "-a", "-d", "-k", "--quiet", "--no-write-bitmap-index")

    def check_objects(self, *options: str) -> None:
        """Check the form of every object, with the severities that ``options`` set.

        Raises:
            GitFailed: something in here is no git object.
        """
        done = self._try(*options, "fsck", "--no-dangling", "--no-reflogs", "--no-progress")
        if done.code & 1:  # 2 and more: unreachable or missing, which a fetch checks by itself
            raise failure(done.errors, "Checking what the server sent")

    def is_damaged(self) -> bool:
        """Read every object and ref; return whether any is not what its name says."""
        packs = self.path / "objects" / "pack"
        indexes = sorted(packs.glob("*.idx"))
        if {index.stem for index in indexes} != {pack.stem for pack in packs.glob("*.pack")}:
            return True
        refs = self._try("for-each-ref")
        if refs.code or refs.errors:
            return True
        return bool(indexes) and self._try("verify-pack", "--", *map(str, indexes)).code != 0

    def _update_refs(self, commands: Iterable[str]) -> None:
        if text := "".join(commands):
            self._git("update-ref", "--stdin", "-z", data=text.encode())

    def _git(self, *arguments: str, data: bytes = b"") -> Done:
        done = self._try(*arguments, data=data)
        if done.code:
            raise failure(done.errors, "Writing the mirror")
        return done

    def _try(self, *arguments: str, data: bytes = b"") -> Done:
        return self.runner.run(
            [*_OPTIONS, *arguments],
            folder=str(self.path),
            git_dir=str(self.path),
            deadline=self.deadline,
            data=data,
        )
