"""Remember how a catalogue was expanded: expanding reads a few files of every repo.

The note is worth only as much as its key: the catalogue, the commit of each repo, the limits,
and the code that expands.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

from handbook.cache import digest_of
from handbook.catalog.expand import Expanded, Trees, expand
from handbook.model.catalog import Catalog
from handbook.model.limits import Limits

_NOTE = "expanded.json"


class _Note(Struct, frozen=True):
    key: str
    expanded: Expanded


def expand_or_recall(
    catalog: Catalog,
    commits: Mapping[tuple[str, str], str],
    trees: Trees,
    limits: Limits,
    folder: Path,
) -> Expanded:
    """Expand a catalogue, or recall what it gave for the same commits.

    ``commits`` maps each (repo, ref) to its commit, "" if never fetched. The note is kept in
    ``folder`` and may be deleted at any time; one that cannot be read counts as none.
    """
    key = digest_of(msgspec.json.encode([catalog, sorted(commits.items()), limits, _code()]))
    note = folder / _NOTE
    try:
        found = msgspec.json.decode(note.read_bytes(), type=_Note)
    except (OSError, msgspec.DecodeError):
        found = None
    if found and found.key == key:
        return found.expanded
    expanded = expand(catalog, trees, limits)
    folder.mkdir(parents=True, exist_ok=True)
    aside = note.with_suffix(".new")
    aside.write_bytes(msgspec.json.encode(_Note(key, expanded)))
    aside.replace(note)
    return expanded


def _code() -> str:
    """Digest of this package's code: a few dozen files, read in a millisecond or two."""
    root = Path(__file__).parents[1]
    parts = [*root.glob("*.py"), *(root / "catalog").glob("*.py"), *(root / "model").glob("*.py")]
    return digest_of(b"\0".join(path.read_bytes() for path in sorted(parts)))
