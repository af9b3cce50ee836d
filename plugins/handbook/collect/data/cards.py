"""Model cards and data cards: which topics their headings cover; where versions are explained."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Literal

from handbook.collect.data.reader import Reader, spot_in
from handbook.forms import is_empty
from handbook.model.data import Card, Topic
from handbook.model.keydocs import Document, KeyDocs
from handbook.model.source import Spot

_PAGES = 300
_PARTS = 60
_HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]+([^\n]{1,200})$", re.MULTILINE)
_TOPICS: dict[Topic, re.Pattern[str]] = {
    "intended use": re.compile(
        r"\b(?:intended|uses?|usage|purpose|out[- ]of[- ]scope|tasks?|what it is)\b", re.I
    ),
    "data": re.compile(
        r"\b(?:data|dataset|datasets|columns|fields|features|schema|composition|corpus)\b", re.I
    ),
    "metrics": re.compile(
        r"\b(?:metrics?|evaluations?|performance|results?|accuracy|how good|quality|benchmarks?)\b",
        re.I,
    ),
    "limits": re.compile(
        r"\b(?:limits?|limitations?|bias|biases|risks?|caveats?|ethical|gaps|considerations)\b",
        re.I,
    ),
    "versions": re.compile(r"\bversion(?:s|ing|ed)?\b", re.I),
}
_DATA_CARD = re.compile(r"data[-_ ]?(?:card|sheet)|datasheet", re.I)
_SCHEME = re.compile(
    r"\bmodels?\b.{0,40}\bversion(?:s|ing|ed)?\b|\bversion(?:s|ing|ed)?\b.{0,40}\bmodels?\b", re.I
)

_REGISTRY = re.compile(
    r"\bmodel[- ]registry\b.{0,120}\bversion|\bversion.{0,120}\bmodel[- ]registry\b"
    r"|\bmodel versions? (?:is|are|follows?)\b",
    re.I,
)
_OPERATION = re.compile(r"(?:get|list|create|delete|update|fetch|load|download|upload)\b", re.I)
"""Headings of an API's operations: they say what can be asked, not what a version is."""


def cards_of(docs: KeyDocs) -> tuple[Card, ...]:
    """Return both kinds, as their outlines show them."""
    models = [_card("model", item) for item in docs.model_cards]
    return (*models, *(_card("data", item) for item in docs.data_cards))


def _card(kind: Literal["model", "data"], document: Document) -> Card:
    parts = tuple((part.title, part.line) for part in document.parts if part.title)[:_PARTS]
    words = [title for title, _ in parts[1:] or parts]
    if kind == "model" and any(_DATA_CARD.search(link) for p in document.parts for link in p.links):
        words.append("data")
    titles = "\n".join(words)
    covered = tuple(topic for topic, pattern in _TOPICS.items() if pattern.search(titles))
    return Card(kind, document.path, document.title, parts, covered)


def scheme_of(reader: Reader, docs: KeyDocs) -> tuple[Spot, ...]:
    """Find the headings under which it is written how models are versioned."""
    found = [
        Spot(card.path, part.line, part.title)
        for card in docs.model_cards
        for part in card.parts
        if part.words >= 5 and _TOPICS["versions"].search(part.title)
    ]
    for path in _pages(reader):
        text = reader.text(path)
        if is_empty(text):
            continue
        for heading in _HEADING.finditer(text):
            if _SCHEME.search(heading[1]) and not _OPERATION.match(heading[1]):
                line = text.count("\n", 0, heading.start()) + 1
                found.append(Spot(path, line, heading[1].strip()))
        said = _REGISTRY.search(text)
        if said and not any(spot.path == path for spot in found):
            line = text.count("\n", 0, said.start()) + 1
            found.append(spot_in(text, path, line))
    return tuple(dict.fromkeys(found))[:20]


def _pages(reader: Reader) -> Iterator[str]:
    """Give the texts at the service's top and in its ``docs/``."""
    top = {reader.service.inside(name) for name in ("README.md", "MODELS.md", "MLOPS.md")}
    yield from sorted(path for path in top if reader.tree.exists(path))
    for count, entry in enumerate(reader.tree.under(reader.service.inside("docs"))):
        if count >= _PAGES:
            return
        name = posixpath.basename(entry.path).lower()
        if name.endswith(".md") and "changelog" not in name and entry.size < reader.limits.blob:
            yield entry.path
