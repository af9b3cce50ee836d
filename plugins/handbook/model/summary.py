"""One service in a few lines: what the fleet pages (catalogue, owners, ...) are made from."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from handbook.model.facts import Problem
from handbook.model.people import OwnerKind
from handbook.model.readiness import Status
from handbook.model.service import Visibility

State = Literal["fresh", "stale", "unavailable"]


class OwnerLine(Struct, frozen=True):
    """An owner of a service: plain-text name, kind, address of the profile ("" if none)."""

    name: str
    kind: OwnerKind
    url: str = ""


class ApiLine(Struct, frozen=True):
    """An API definition of a service; ``uri`` is relative to the service's folder ("api/")."""

    title: str
    version: str
    operations: int
    uri: str


class ChangeLine(Struct, frozen=True):
    """A recent commit; ``date`` is ISO 8601 with offset, ``url`` its page on the forge or ""."""

    sha: str
    date: str
    subject: str
    author: str
    url: str = ""
    release: str = ""


class Counts(Struct, frozen=True):
    """How much of each kind a service has; problems are counted after rendering."""

    docs: int = 0
    operations: int = 0
    modules: int = 0
    problems: int = 0


class ReadinessLine(Struct, frozen=True):
    """How a service stands against the rules: ``statuses`` by code, of all rules asked.

    ``level`` is "" where none is reached; ``target`` is the level above, "" at the top;
    ``blocking`` are the codes of the rules that keep it from there.
    """

    level: str
    target: str
    met: int
    applicable: int
    exempted: int
    statuses: dict[str, Status]
    blocking: tuple[str, ...] = ()


class ServiceSummary(Struct, frozen=True):
    """What the fleet pages show of one service. All texts are plain, not escaped.

    ``owners`` answer for the service (the first one is shown in the catalogue), ``maintainers``
    are all people and teams it names. ``repo`` is the url or path of the catalogue, ``web`` its
    page on the forge ("" if none). ``updated`` is the ISO date of the last change, ``fetched``
    that of the last fetch. ``problem`` says why the service is stale or unavailable.
    ``notices`` are at most a hundred problems of its pages, ``counts.problems`` is how many
    there are.
    """

    slug: str
    name: str
    description: str = ""
    owners: tuple[OwnerLine, ...] = ()
    system: str = ""
    lifecycle: str = ""
    language: str = ""
    tags: tuple[str, ...] = ()
    repo: str = ""
    web: str = ""
    path: str = ""
    branch: str = ""
    commit: str = ""
    updated: str = ""
    fetched: str = ""
    stale: bool = False
    problem: str = ""
    counts: Counts = Counts()
    apis: tuple[ApiLine, ...] = ()
    maintainers: tuple[OwnerLine, ...] = ()
    recent: tuple[ChangeLine, ...] = ()
    notices: tuple[Problem, ...] = ()
    visibility: Visibility = "internal"
    declared: str = ""
    readiness: ReadinessLine | None = None

    @property
    def state(self) -> State:
        """Fresh, stale (last good copy shown) or unavailable (never fetched)."""
        if not self.commit:
            return "unavailable"
        return "stale" if self.stale else "fresh"

    @property
    def owner(self) -> str:
        """Name of the first owner, "" if nobody is named."""
        return self.owners[0].name if self.owners else ""
