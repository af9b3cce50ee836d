"""Lines of a service's repo, as its pages show them."""

from __future__ import annotations

import posixpath

from msgspec import Struct

from handbook.model.source import Spot
from handbook.render.context import RenderContext


class Place(Struct, frozen=True):
    """A line of the repo: as it is shown, its web page, its text."""

    shown: str
    url: str
    text: str


def place_of(spot: Spot, ctx: RenderContext) -> Place:
    """Return a spot as a page shows it: its path from the service's folder."""
    path = short_path(spot.path, ctx)
    shown = f"{path}:{spot.line}" if spot.line else path
    return Place(shown, ctx.view_url(spot.path, spot.line), spot.text)


def short_path(path: str, ctx: RenderContext) -> str:
    """Write a path from the service's folder; those outside it as they are."""
    folder = ctx.service.path
    return posixpath.relpath(path, folder) if folder and path.startswith(f"{folder}/") else path
