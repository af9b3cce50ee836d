"""What a service's repo says of itself to the handbook, in ``.handbook.yml``."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from handbook.model.facts import Origin
from handbook.model.readiness import Exemption

Kind = Literal["service", "job", "library", "model", "site"]
Style = Literal["sync", "async", "batch"]


class Attestation(Struct, frozen=True):
    """What files cannot show, said by the repo itself.

    ``link``: where it can be seen; ``who``: who says it; ``until``: last day, YYYY-MM-DD.
    """

    code: str
    statement: str
    link: str
    who: str
    until: str
    origin: Origin


class DashboardLink(Struct, frozen=True):
    """A dashboard on the web, for ``handbook screenshot`` and the Monitoring page."""

    title: str
    url: str
    origin: Origin


class Declared(Struct, frozen=True):
    """All that is declared; "" and 0 mean "not said".

    ``planned_weeks``: how long building it was planned to take. ``ignore``: patterns of paths
    that rules leave out, relative to the service's folder.
    """

    kind: Kind | Literal[""] = ""
    style: Style | Literal[""] = ""
    planned_weeks: int = 0
    ignore: tuple[str, ...] = ()
    exemptions: tuple[Exemption, ...] = ()
    attestations: tuple[Attestation, ...] = ()
    dashboards: tuple[DashboardLink, ...] = ()
