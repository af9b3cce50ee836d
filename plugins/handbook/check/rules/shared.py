"""What several families of rules need."""

from __future__ import annotations

from handbook.model.readiness import Evidence
from handbook.model.source import Spot


def at(spot: Spot) -> Evidence:
    """Return a line of source as evidence."""
    return Evidence(spot.path, spot.line, spot.text)
