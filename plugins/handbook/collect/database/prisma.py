"""Read Prisma's schema: its database, and the models in it."""

from __future__ import annotations

import re

from handbook.model.database import Model
from handbook.model.source import Spot

_MODEL = re.compile(r"^model\s+(\w{1,100})\s*\{", re.M)
_PROVIDER = re.compile(r"datasource\s+\w+\s*\{[^}]{0,2000}?provider\s*=\s*\"(\w+)\"")
_NAMES = {"postgresql": "postgres", "sqlserver": "tsql", "cockroachdb": "postgres"}


def prisma_dialect(text: str) -> str:
    """Return the database that a schema is for; "" if it doesn't say or is for another kind."""
    found = _PROVIDER.search(text)
    return _NAMES.get(found[1], found[1]) if found and found[1] != "mongodb" else ""


def prisma_models(path: str, text: str) -> list[Model]:
    """Return the models of a schema."""
    return [
        Model(found[1], "Prisma", Spot(path, text.count("\n", 0, found.start()) + 1, found[0]))
        for found in _MODEL.finditer(text)
    ]
