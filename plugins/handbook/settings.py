"""Settings of one build. Values only: nothing here reads a file or the environment."""

from __future__ import annotations

from msgspec import Struct, field

from handbook.model.limits import Limits
from handbook.model.service import Visibility

OFF = "off"


class Settings(Struct, frozen=True):
    """What a build needs to know; paths are absolute.

    ``jobs``: worker processes, 0 for one per core. ``publish``: the visibilities that this
    site may show; services of another visibility are left out altogether (default deny).
    ``rules``: by code the day from which a rule counts (YYYY-MM-DD), or "off".
    ``history``: the file that keeps the trend of readiness, "" for none.
    """

    catalog: str
    lock: str
    state: str  # mirrors, cache, working files
    site_url: str = ""
    publish: tuple[Visibility, ...] = ("public", "internal")
    strict: bool = False
    jobs: int = 0
    show_committers: bool = True
    rules: dict[str, str] = {}
    history: str = ""
    limits: Limits = field(default_factory=Limits)

    @property
    def rules_off(self) -> frozenset[str]:
        """Codes of the rules that this handbook does not ask for."""
        return frozenset(code for code, said in self.rules.items() if said == OFF)

    @property
    def rules_from(self) -> dict[str, str]:
        """By code of a rule, the day from which it counts, where the handbook sets one."""
        return {code: said for code, said in self.rules.items() if said != OFF}

    @property
    def mirrors(self) -> str:
        """Folder of the bare mirrors."""
        return f"{self.state}/mirrors"

    @property
    def cache(self) -> str:
        """Folder of the content-addressed cache."""
        return f"{self.state}/cache"
