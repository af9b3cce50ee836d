"""What a service's repo says of itself to the handbook, in ``.handbook.yml``."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from handbook.model.facts import Origin
from handbook.model.readiness import Exemption

Kind = Literal["service", "job", "library", "model", "site"]
Style = Literal["sync", "async", "batch"]


class Attestation(Struct, frozen=True):
    """What files cannot show, said by the repo itself.

    Descriptions of fields are what the page on the file says of them, here as below.
    """

    code: Annotated[str, Meta(description="code of the rule that asks for it")]
    statement: Annotated[str, Meta(description="what is so, in a sentence")]
    link: Annotated[str, Meta(description="where it can be seen")]
    who: Annotated[str, Meta(description="the team or person who says it")]
    until: Annotated[str, Meta(description="last day on which it holds, YYYY-MM-DD")]
    origin: Origin


class DashboardLink(Struct, frozen=True):
    """A dashboard on the web, for ``handbook screenshot`` and the Monitoring page."""

    title: Annotated[str, Meta(description="its name; pictures of it are called after it")]
    url: Annotated[
        str, Meta(description="its address, `https://` or `http://`, without user and password")
    ]
    origin: Origin


class Declared(Struct, frozen=True):
    """All that is declared; "" and 0 mean "not said"."""

    kind: Annotated[
        Kind | Literal[""],
        Meta(description="what it is; else what `handbook/kind` says, or what its files look like"),
    ] = ""
    style: Annotated[
        Style | Literal[""],
        Meta(description="how it answers; else what `handbook/style` says"),
    ] = ""
    planned_weeks: Annotated[
        int, Meta(description="how many weeks building it was planned to take; 0 for not said")
    ] = 0
    ignore: Annotated[
        tuple[str, ...],
        Meta(description="patterns of paths that rules leave out, from the service's folder"),
    ] = ()
    exemptions: Annotated[
        tuple[Exemption, ...],
        Meta(description="rules that it asks to be let off, each with a reason and a last day"),
    ] = ()
    attestations: Annotated[
        tuple[Attestation, ...], Meta(description="what rules ask for and files cannot show")
    ] = ()
    dashboards: Annotated[
        tuple[DashboardLink, ...],
        Meta(description="for [`handbook screenshot`](commands.md#handbook-screenshot)"),
    ] = ()
