"""What a repo says about itself in ``catalog-info.yaml`` (the Backstage descriptor format)."""

from __future__ import annotations

from msgspec import Struct

from handbook.model.facts import Origin


class Stated(Struct, frozen=True):
    """One value as written, and the line that says it."""

    text: str
    origin: Origin


class Component(Struct, frozen=True):
    """One ``kind: Component`` entity; a field the file leaves out is None.

    ``owner`` keeps the entity reference as written ("group:default/risk", "team-risk").
    """

    origin: Origin
    name: Stated | None = None
    title: Stated | None = None
    description: Stated | None = None
    owner: Stated | None = None
    system: Stated | None = None
    lifecycle: Stated | None = None
    kind: Stated | None = None
    tags: tuple[Stated, ...] = ()
