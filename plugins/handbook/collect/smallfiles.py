"""Small files that people write by hand: which are near the service's folder, and their text."""

from __future__ import annotations

from collections.abc import Iterator

from handbook.errors import TreeError
from handbook.model.facts import Problem
from handbook.model.limits import Limits
from handbook.model.service import Service
from handbook.tree import RepoTree


def files_near(tree: RepoTree, service: Service, depth: int) -> Iterator[str]:
    """Give the paths of files in the service's folder and ``depth`` folders below it."""
    above = len(service.path.split("/")) if service.path else 0
    for entry in tree.under(service.path):
        if entry.kind in ("file", "executable") and entry.path.count("/") - above <= depth:
            yield entry.path


def read_text(tree: RepoTree, path: str, limits: Limits) -> str | Problem:
    """Read a file, or say why that cannot be done."""
    try:
        return tree.text(path, limits.manifest)
    except TreeError as exc:
        return Problem(
            f"{path} is not read: {exc}",
            tree.origin(path),
            "warning",
            f"Keep it below {limits.manifest // 1024} KB and inside the repo.",
        )
