"""DOC: what is written down about a service, and who answers for it."""

from __future__ import annotations

from typing import ClassVar

from handbook.check.rule import Rule, Verdict
from handbook.model.facts import Absent, Fact, Found
from handbook.model.people import Owner, Owners
from handbook.model.readiness import Evidence, Level

_WRITE = (
    "Add a CODEOWNERS file with a line for the whole service, such as "
    "'* @acme/risk-backend @acme/risk-ml'."
)


class MaintainersListed(Rule):
    """Maintainers and owners are listed.

    ## What it does
    Looks for who answers for the service, and whether there is more than one of them.

    ## Why
    Whoever finds a fault at night must know whom to ask, and one name alone is on holiday some
    day. A list in the repo changes with the code, in the same review.

    ## How to fix
    Add a CODEOWNERS file with a line for the whole service that names its team and at least one
    more team or person.

    ## Equivalents
    CODEOWNERS of any forge, OWNERS (Kubernetes or Chromium), MAINTAINERS in any form, the owner
    in `catalog-info.yaml`. The author of a package is not taken for its maintainer.
    """

    code = "DOC03"
    level: ClassVar[Level] = "bronze"
    statements = (10,)
    page = "build/ownership/"
    never = ("na",)

    def check(self, owners: Fact[Owners]) -> Verdict:
        """Pass with two names or more for the whole service, warn with one."""
        if not isinstance(owners, Found):
            searched = owners.searched if isinstance(owners, Absent) else ()
            return Verdict("fail", "Nobody is named.", searched=searched, fix=_WRITE)
        answering = [owner for owner in owners.value.owners if owner.answers]
        whole = [owner for owner in answering if owner.whole]
        places = tuple(_place(owner) for owner in (whole or answering))
        searched = owners.value.searched
        if not answering:
            message = "Nobody is named who answers for it, only authors or committers."
            return Verdict("fail", message, searched=searched, fix=_WRITE)
        if not whole:
            message = f"{_names(answering)} answer for parts; nobody for the whole service."
            return Verdict("warn", message, places, fix=_WRITE)
        if len(answering) < 2:
            fix = "Name a second team or person beside it."
            return Verdict("warn", f"Only {_names(answering)} is named.", places, fix=fix)
        return Verdict("pass", f"{_names(answering)} answer for it.", places)


def _place(owner: Owner) -> Evidence:
    mention = next((m for m in owner.mentions if m.whole), owner.mentions[0])
    return Evidence(mention.origin.path, mention.origin.line, owner.handle or owner.name)


def _names(owners: list[Owner]) -> str:
    shown = [owner.handle or owner.name for owner in owners[:4]]
    more = f" and {len(owners) - 4} more" if len(owners) > 4 else ""
    return ", ".join(shown) + more
