"""What several families of rules need."""

from __future__ import annotations

from datetime import date, timedelta

from handbook.check.rule import Verdict
from handbook.model.declared import Declared
from handbook.model.facts import Fact, Found
from handbook.model.readiness import Evidence
from handbook.model.source import Spot


def at(spot: Spot) -> Evidence:
    """Return a line of source as evidence."""
    return Evidence(spot.path, spot.line, spot.text)


def attested(code: str, declared: Fact[Declared], today: str) -> Verdict | None:
    """Return what ``.handbook.yml`` attests for a rule; None where it says nothing of it.

    An attestation that has ended is a warning: somebody has to look again.
    """
    items = declared.value.attestations if isinstance(declared, Found) else ()
    found = next((item for item in items if item.code == code), None)
    if found is None:
        return None
    place = Evidence(found.origin.path, found.origin.line, found.link)
    if found.until < today:
        message = f"What {found.who} attested ended on {found.until}: {found.statement}"
        fix = "Look again, and renew the entry below `attest` with link, who and until."
        return Verdict("warn", message, (place,), fix=fix)
    after = (date.fromisoformat(found.until) + timedelta(days=1)).isoformat()
    message = f"{found.who} attests it until {found.until}: {found.statement} ({found.link})"
    return Verdict("manual", message, (place,), until=after)
