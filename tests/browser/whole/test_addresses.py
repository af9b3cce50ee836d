"""No address that was published leads nowhere: see ``tests/pages/addresses.py``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.pages.addresses import addresses, published

from handbook.publish.moved import Place, read_moved

# One worker builds the site for all of them.
pytestmark = pytest.mark.xdist_group("whole")

MOVED = Path(__file__).parents[3] / "moved.yml"


def test_every_published_address_still_leads_somewhere(site: Any) -> None:
    moved = read_moved(MOVED)
    leading = {*addresses(site.folder), *map(str, moved.to)}
    # A page that moved as a whole takes its parts along.
    leading |= {a for a in published() if Place(a.partition("#")[0]) in moved.to}
    gone = [address for address in published() if address not in leading]
    assert gone == [], "say in moved.yml where these went"


def test_a_part_that_moved_has_left_a_mark_for_who_comes_for_it(site: Any) -> None:
    for old, new in read_moved(MOVED).to.items():
        page = site.folder / old.uri / "index.html"
        assert page.is_file(), f"nothing is at {old}"
        text = page.read_text(encoding="utf-8")
        assert f'id="{old.anchor}">This part has moved' in text if old.anchor else new.uri in text


def test_the_list_only_grows_in_order() -> None:
    listed = published()
    assert listed == sorted(set(listed))
    assert "run/deploy/" in listed
