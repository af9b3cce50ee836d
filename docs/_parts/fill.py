"""Which parts of which pages are generated, and what makes each."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from _parts.commands import command_parts
from _parts.python_api import module_list
from _parts.rules import rules_table
from _parts.settings import catalog_parts, declared_parts, option_parts
from _parts.sources import statements_tables

Parts = Mapping[str, Callable[[], str]]

_MARKER = re.compile(r"^<!-- generated: ([^>]+?) -->$", re.MULTILINE)

PAGES: Mapping[str, Parts] = {
    "reference/commands.md": command_parts(),
    "reference/catalog.md": catalog_parts(),
    "reference/handbook-yml.md": declared_parts(),
    "reference/options.md": option_parts(),
    "reference/python.md": {"modules": module_list},
    "reference/rules.md": {"rules": rules_table},
    "start/sources.md": {"statements": statements_tables},
}
"""By path of a page below ``docs/``: its parts by name, as the markers on the page have them."""


def fill(name: str, text: str) -> str:
    """Return a page's text with what is made in place of its markers.

    Raises:
        ValueError: the page has a marker that nothing is made for, or lacks one.
    """
    parts = PAGES[name]
    marked = _MARKER.findall(text)
    if sorted(marked) != sorted(parts):
        odd = ", ".join(sorted(set(marked) ^ set(parts))) or "one twice"
        raise ValueError(f"docs/{name}: markers and generated parts differ: {odd}")
    return _MARKER.sub(lambda found: parts[found[1]](), text)
