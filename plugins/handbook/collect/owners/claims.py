"""What one owners file says, before the files are put together."""

from __future__ import annotations

from msgspec import Struct

from handbook.collect.owners.names import Named
from handbook.errors import TreeError
from handbook.model.facts import Problem
from handbook.model.limits import Limits
from handbook.model.people import Mention
from handbook.tree import RepoTree


class Claim(Struct, frozen=True):
    """One name at one place."""

    named: Named
    mention: Mention


class Claims(Struct, frozen=True):
    """All names of one source in their order, and what was odd about it.

    ``searched`` are the paths that were looked for, whether they were there or not.
    """

    claims: tuple[Claim, ...] = ()
    problems: tuple[Problem, ...] = ()
    searched: tuple[str, ...] = ()


def read_text(tree: RepoTree, path: str, limits: Limits) -> str | Problem:
    """Read a small file that people write by hand, or say why that cannot be done."""
    try:
        return tree.text(path, limits.manifest)
    except TreeError as exc:
        return Problem(
            f"{path} is not read: {exc}",
            tree.origin(path),
            "warning",
            f"Keep it below {limits.manifest // 1024} KB and inside the repo.",
        )
