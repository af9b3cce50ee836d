"""What a remote offers (one ``git ls-remote``), and which commit a ref of the catalogue means."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

from msgspec import Struct

from handbook.model.repo import is_ref_name
from handbook.tree import visible

_OID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SHORT_OID = re.compile(r"[0-9a-f]{7,63}")
_SHOWN = 10


class Target(Struct, frozen=True):
    """The object to fetch for a ref, and the branch it is ("" for a tag or a commit).

    ``advertised``: the remote listed it; otherwise it has to be asked for by name.
    """

    oid: str
    branch: str = ""
    advertised: bool = True


class Unresolved(Struct, frozen=True):
    """The remote has no such ref; ``problem`` says what it has instead."""

    problem: str


class Remote(Struct, frozen=True):
    """The refs of a remote: branches and tags by short name, and what HEAD means.

    A tag maps to its own object and the one it leads to (the same for a light one).
    """

    head: str
    head_branch: str
    branches: Mapping[str, str]
    tags: Mapping[str, tuple[str, str]]

    def resolve(self, ref: str) -> Target | Unresolved:
        """Find what ``ref`` means: HEAD (""), a branch, else a tag, else a full commit name."""
        if not ref:
            return self._resolve_head()
        if ref.startswith("refs/heads/"):
            return self._branch(ref.removeprefix("refs/heads/")) or self._unknown(ref)
        if ref.startswith("refs/tags/"):
            return self._tag(ref.removeprefix("refs/tags/")) or self._unknown(ref)
        if is_commit(ref):
            return self.pin(ref, "")
        return self._branch(ref) or self._tag(ref) or self._unknown(ref)

    def pin(self, commit: str, branch: str) -> Target:
        """Return the target for a commit whose name is known."""
        known = commit == self.head or commit in self.branches.values()
        return Target(commit, branch, advertised=known)

    def digest(self) -> str:
        """Return a fingerprint of all tags."""
        lines = [f"{name} {own} {end}" for name, (own, end) in sorted(self.tags.items())]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    def _resolve_head(self) -> Target | Unresolved:
        if self.head:
            return Target(self.head, self.head_branch)
        if not self.branches:
            return Unresolved("The repo is empty. Push a first commit to it.")
        return Unresolved(
            "The repo's HEAD names a branch that is not there. Set its default branch, or name"
            f" one as `ref` in the catalogue: {self._names()}."
        )

    def _branch(self, name: str) -> Target | None:
        return Target(self.branches[name], name) if name in self.branches else None

    def _tag(self, name: str) -> Target | None:
        return Target(self.tags[name][1]) if name in self.tags else None

    def _unknown(self, ref: str) -> Unresolved:
        if not self.branches:
            return Unresolved("The repo is empty. Push a first commit to it.")
        hint = " A commit must be given in full." if _SHORT_OID.fullmatch(ref) else ""
        return Unresolved(
            f"The repo has no branch or tag {visible(ref)!r}.{hint} Mend `ref` in the catalogue;"
            f" its branches are {self._names()}."
        )

    def _names(self) -> str:
        names = [visible(name) for name in sorted(self.branches)]
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        return ", ".join(names[:_SHOWN]) + more


def is_commit(ref: str) -> bool:
    """Whether ``ref`` is the full name of a commit."""
    return _OID.fullmatch(ref) is not None


def parse_refs(output: bytes) -> Remote:
    """Read the output of ``git ls-remote --symref``; refs git would not take are left out."""
    heads: dict[str, str] = {}
    branches: dict[str, str] = {}
    own: dict[str, str] = {}
    ends: dict[str, str] = {}
    for line in output.decode("utf-8", "replace").splitlines():
        value, _, name = line.partition("\t")
        if name == "HEAD":
            heads["symref" if value.startswith("ref: ") else "oid"] = value
            continue
        bare = name.removesuffix("^{}")
        if not is_commit(value) or not is_ref_name(bare) or "\ufffd" in bare:
            continue
        if bare.startswith("refs/heads/"):
            branches[bare.removeprefix("refs/heads/")] = value
        elif bare.startswith("refs/tags/"):
            (own if bare == name else ends)[bare.removeprefix("refs/tags/")] = value
    symref = heads.get("symref", "").removeprefix("ref: ")
    branch = symref.removeprefix("refs/heads/") if symref.startswith("refs/heads/") else ""
    return Remote(
        head=heads.get("oid", "") if is_commit(heads.get("oid", "")) else "",
        head_branch=branch if is_ref_name(branch) else "",
        branches=branches,
        tags={name: (oid, ends.get(name, oid)) for name, oid in own.items()},
    )
