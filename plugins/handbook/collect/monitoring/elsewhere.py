"""Alerts that come along with what others wrote: charts and modules whose files are not here."""

from __future__ import annotations

import re
from collections.abc import Iterator

from handbook.collect.monitoring.hcl import blocks_of
from handbook.collect.monitoring.place import Place, line_in
from handbook.errors import YamlError
from handbook.model.limits import Limits
from handbook.model.source import Spot
from handbook.yamlnodes import Mapping, Sequence, iter_documents

_ABOUT = re.compile(r"(?i)alert|alarm|monitor|prometheus-?rules?|\bslos?\b")


def charts_in(place: Place, limits: Limits) -> Iterator[Spot]:
    """Give the charts that a Helm chart builds on and that are about alerts by their name."""
    try:
        document = next(iter_documents(place.text, limits), None)
    except YamlError:
        return
    listed = document.get("dependencies") if isinstance(document, Mapping) else None
    for item in listed.items if isinstance(listed, Sequence) else ():
        name = item.scalar("name") if isinstance(item, Mapping) else None
        if name and _ABOUT.search(name.text):
            yield line_in(place, name.line)


def modules_in(place: Place) -> Iterator[Spot]:
    """Give the Terraform modules from elsewhere that are about alerts by their name or source."""
    for block in blocks_of(place.text):
        source = block.text("source")
        if block.kind != "module" or not block.labels or source.startswith("."):
            continue
        if _ABOUT.search(f"{block.labels[0]} {source}"):
            yield line_in(place, block.line)
