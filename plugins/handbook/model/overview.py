"""What a service's front page says beside its README."""

from __future__ import annotations

from msgspec import Struct

from handbook.model.history import History
from handbook.model.package import PackageInfo
from handbook.model.people import Owners
from handbook.model.summary import ApiLine, Counts, ReadinessLine


class OverviewFacts(Struct, frozen=True):
    """The facts of the panel; what is None or empty is left out of it.

    Name, system, lifecycle, description and tags are those of the service itself. ``sections``
    are titles and uris of the service's other pages, to link to. ``readiness`` is None where
    the service was not judged.
    """

    owners: Owners | None = None
    history: History | None = None
    package: PackageInfo | None = None
    apis: tuple[ApiLine, ...] = ()
    counts: Counts = Counts()
    sections: tuple[tuple[str, str], ...] = ()
    readiness: ReadinessLine | None = None
