"""The tools that look after a repo's code: on each commit, by their settings, and by bots."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from handbook.model.source import Spot

Task = Literal["format", "imports", "lint", "types"]
TASKS: tuple[Task, ...] = ("format", "imports", "lint", "types")


class Tool(Struct, frozen=True):
    """A tool that does these tasks, and where it is named."""

    name: str
    tasks: tuple[Task, ...]
    spot: Spot


class Tooling(Struct, frozen=True):
    """``hooks`` run on each commit; ``configured`` have settings but no hook was seen.

    ``runner`` is what runs the hooks: "pre-commit", "lefthook", "husky", "" for none.
    ``updates`` are bots that propose newer dependencies; ``locks`` are lock files.
    """

    runner: str = ""
    hooks: tuple[Tool, ...] = ()
    configured: tuple[Tool, ...] = ()
    updates: tuple[Tool, ...] = ()
    locks: tuple[str, ...] = ()

    def hook_for(self, task: Task) -> Tool | None:
        """Return the first hook that does a task."""
        return next((tool for tool in self.hooks if task in tool.tasks), None)

    def setting_for(self, task: Task) -> Tool | None:
        """Return the first configured tool that does a task."""
        return next((tool for tool in self.configured if task in tool.tasks), None)
