"""What kind of thing a service is: said by its repo, or guessed from its files."""

from __future__ import annotations

from msgspec import Struct

from handbook.model.declared import Kind, Style
from handbook.model.facts import Origin


class Profile(Struct, frozen=True):
    """Kind and style; ``because`` says in words what each was taken from.

    ``declared``: the repo itself says so. ``style`` is "" where nothing tells.
    """

    kind: Kind
    because: str
    origin: Origin
    declared: bool = False
    style: Style | str = ""

    @property
    def runs(self) -> bool:
        """Whether it is something that runs, not only something that others import or read."""
        return self.kind in ("service", "job", "model")
