"""Read each line of migrations: find it, tell its database, read its files, apply them."""

from __future__ import annotations

import re
import warnings
from collections import defaultdict
from collections.abc import Iterator

from handbook.collect.database.alembic import read_alembic
from handbook.collect.database.dialect import dialect_needed, dialect_of
from handbook.collect.database.django import read_django
from handbook.collect.database.draft import Draft, Unread
from handbook.collect.database.find import (
    Item,
    Line,
    dialect_in,
    is_django,
    python_candidates,
    sql_lines,
    whole_schemas,
)
from handbook.collect.database.fold import Fold
from handbook.collect.database.order import in_order
from handbook.collect.database.prisma import prisma_dialect
from handbook.collect.database.said import said_in_models
from handbook.collect.database.sqlfiles import read_sql_file, tool_of
from handbook.errors import TreeError
from handbook.model.database import Schema
from handbook.model.facts import Problem
from handbook.model.limits import Limits
from handbook.model.service import Service
from handbook.model.source import Spot
from handbook.tree import RepoTree

_REVISIONS = 3_000  # of one service
_NOTICES = 100
_BROKEN = (SyntaxError, ValueError, RecursionError, MemoryError)
_FORWARD = frozenset({"Prisma", "Flyway"})  # tools whose way back is another migration
_ALEMBIC = re.compile(r"^down_revision\b", re.M)
_DJANGO = re.compile(r"^class Migration\b", re.M)
_TABLE = re.compile(r"\bcreate\s+(?:unlogged\s+)?table\b", re.I)


class Lines:
    """All lines of migrations of a service. ``used`` are the files that they are in."""

    def __init__(self, tree: RepoTree, service: Service, limits: Limits, paths: list[str]) -> None:
        self._tree = tree
        self._service = service
        self._limits = limits
        self._paths = paths
        self._left = _REVISIONS
        self._needed: str | None = None
        self._said: dict[str, str] | None = None
        self.used: set[str] = set()
        self.problems: list[Problem] = []

    def read(self) -> list[Schema]:
        """Read all of them; of two that make the same tables, the versioned one comes first."""
        found = [*self._python(), *self._sql()]
        if not found:
            found = list(self._whole())
        self._dated(found)
        return [self._folded(*item) for item in found if item[1]]

    def _python(self) -> Iterator[tuple[Line, list[Draft], str]]:
        groups: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
        for path in python_candidates(self._paths):
            text = self._text(path)
            if _ALEMBIC.search(text):
                groups["Alembic", path.rpartition("/")[0]][path] = text
            elif is_django(path) and _DJANGO.search(text):
                groups["Django", self._service.path][path] = text
        for (tool, folder), texts in groups.items():
            dialect = dialect_of(texts.values(), python=True)
            dialect = dialect_in(folder) or self._of_manifests(dialect)
            drafts = [self._parsed(tool, path, text, dialect) for path, text in texts.items()]
            line = Line(tool, folder, [])
            yield line, in_order(draft for draft in drafts if draft), dialect

    def _of_manifests(self, seen: str) -> str:
        """Prefer what the service depends on: migrations may speak of a second database."""
        if self._needed is None:
            self._needed = dialect_needed(self._tree, self._service, self._limits)
        return self._needed or seen

    def _parsed(self, tool: str, path: str, text: str, dialect: str) -> Draft | None:
        if self._left <= 0:
            return None
        self._left -= 1
        self.used.add(path)
        read = read_alembic if tool == "Alembic" else read_django
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of other people's code
                draft = read(path, text, dialect)
        except _BROKEN as exc:
            line = getattr(exc, "lineno", 0) or 0
            self._note(Unread(Spot(path, line), f"its Python cannot be parsed: {exc}"))
            return None
        for item in draft.unread if draft else ():
            self._note(item)
        return draft

    def _sql(self) -> Iterator[tuple[Line, list[Draft], str]]:
        for line in sql_lines(path for path in self._paths if path.endswith(".sql")):
            texts = {item.path: self._text(item.path) for item in line.items[: self._left]}
            marked = next(filter(None, map(tool_of, texts.values())), "")
            if line.tool == "SQL" and not marked and not any(map(_TABLE.search, texts.values())):
                continue
            self._left -= len(texts)
            self.used |= set(texts) | {item.down for item in line.items if item.down}
            line.tool = marked or line.tool
            dialect = (
                dialect_in(line.folder)
                or self._prisma(line)
                or dialect_of(texts.values(), python=False)
            )
            dialect = dialect or self._of_manifests("")
            yield (
                line,
                [
                    self._file(line, i, texts[i.path], dialect)
                    for i in line.items
                    if i.path in texts
                ],
                dialect,
            )

    def _prisma(self, line: Line) -> str:
        if line.tool != "Prisma":
            return ""
        beside = line.folder.rpartition("/")[0]
        near = [
            path for path in self._paths if path.endswith(".prisma") and path.startswith(beside)
        ]
        return next(filter(None, (prisma_dialect(self._text(path)) for path in near)), "")

    def _file(self, line: Line, item: Item, text: str, dialect: str) -> Draft:
        undo = None if line.tool in _FORWARD else bool(item.down and self._text(item.down).strip())
        if line.tool == "SQL":
            undo = undo or None
        draft = read_sql_file(item, text, dialect, undo=undo)
        for unread in draft.unread:
            self._note(unread)
        return draft

    def _whole(self) -> Iterator[tuple[Line, list[Draft], str]]:
        """Files that make all tables at once: a schema, but no list of changes."""
        for path in whole_schemas(self._paths)[:20]:
            text = self._text(path)
            if not _TABLE.search(text):
                continue
            self.used.add(path)
            dialect = dialect_in(path) or dialect_of([text], python=False) or self._of_manifests("")
            item = Item("", path.rpartition("/")[2], path)
            line = Line("SQL", path, [item], versioned=False)
            yield line, [self._file(line, item, text, dialect)], dialect

    def _folded(self, line: Line, drafts: list[Draft], dialect: str) -> Schema:
        if self._said is None and line.tool in ("Alembic", "Django"):
            self._said = said_in_models(self._tree, self._paths, self._limits)
        fold = Fold(line.tool, line.folder, dialect, self._said or {})
        return fold.run(drafts, versioned=line.versioned)

    def _dated(self, found: list[tuple[Line, list[Draft], str]]) -> None:
        """Take dates from history for lines of which no file has one itself: it costs a walk."""
        lines = [drafts for _, drafts, _ in found if not any(draft.date for draft in drafts)]
        undated = [draft for drafts in lines for draft in drafts]
        if not undated:
            return
        dates = self._tree.file_dates([d.spot.path for d in undated], self._limits.history)
        for draft in undated:
            if draft.spot.path in dates:
                draft.date = dates[draft.spot.path][0].authored

    def _text(self, path: str) -> str:
        try:
            return self._tree.text(path, self._limits.blob)
        except TreeError as exc:
            self._note(Unread(Spot(path, 0), str(exc)))
            return ""

    def _note(self, item: Unread) -> None:
        if len(self.problems) < _NOTICES:
            message = f"A migration is not read in full: {item.why}. `{item.spot.text}`"
            origin = self._tree.origin(item.spot.path, item.spot.line)
            self.problems.append(Problem(message.removesuffix(" ``"), origin, "notice", item.hint))
