"""Find the documents that say which template they are made from, and what they still lack."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from itertools import islice

import msgspec

from handbook.collect.scope import is_aside
from handbook.forms import forms, marker_of, state_of
from handbook.model.facts import Absent, Fact, Found
from handbook.model.forms import FormDocument
from handbook.model.limits import Limits
from handbook.model.service import Service
from handbook.tree import RepoTree, as_text

_TEXTS = (".md", ".markdown", ".mdx")
_FILES = 5_000
_MOST = 200
_BLANKS = re.compile(r"(?:^|/)(?:[-_ \w.]*templates?|blanks?|forms?)(?:/|\.[a-z]+$)", re.IGNORECASE)
"""A repo's own blanks, to be copied and filled in elsewhere: those of issues among them."""


def collect_forms(
    tree: RepoTree, service: Service, limits: Limits
) -> Fact[tuple[FormDocument, ...]]:
    """Compare each document that has a template's marker with that template."""
    found: list[FormDocument] = []
    paths = islice(_paths(tree, service), _FILES)
    for _, made in tree.derive("forms", paths, limits.markdown_page, compare):
        if made and len(found) < _MOST:
            found.append(msgspec.msgpack.decode(made, type=FormDocument))
    if not found:
        return Absent((service.inside("**/*.md"),))
    return Found(tuple(found), tree.origin(found[0].path, found[0].line))


def compare(path: str, data: bytes) -> bytes:
    """Look at one file; what it gives is a :class:`FormDocument` in MessagePack, or nothing."""
    text = as_text(data)
    marker = marker_of(text)
    if marker is None:
        return b""
    form = forms().get(marker.name)
    state = state_of(form, text) if form else None
    return msgspec.msgpack.encode(FormDocument(path, marker.line, marker.name, state))


def _paths(tree: RepoTree, service: Service) -> Iterator[str]:
    for entry in tree.under(service.path):
        if entry.kind not in ("file", "executable") or not entry.path.lower().endswith(_TEXTS):
            continue
        inside = posixpath.relpath(entry.path, service.path) if service.path else entry.path
        if not is_aside(inside, "vendored", "test", "generated") and not _BLANKS.search(inside):
            yield entry.path
