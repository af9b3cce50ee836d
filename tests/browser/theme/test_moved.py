"""Whoever comes to an old address arrives, with and without scripts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from mkdocs.config import load_config
from playwright.sync_api import Page, expect

from handbook.publish.frame import dress
from handbook.publish.moved import read_moved, write_redirects
from handbook.publish.vendor import own_files

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("theme")]

SOURCE = Path(__file__).parent / "site/mkdocs.yml"
MOVED = """\
old/deep/: new/
"old/deep/#split": "other/#part"
"old/deep/#über": "other/#über"
fixed/: "other/#part"
"""
PAGES = {"new/": frozenset({"same"}), "other/": frozenset({"part", "über"})}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, serve: Any) -> Iterator[Any]:
    """Two pages, and what is left where others were."""
    root = tmp_path_factory.mktemp("moved")
    folder = root / "served" / "handbook"
    (root / "moved.yml").write_text(MOVED, encoding="utf-8")
    for uri in PAGES:
        page = folder / uri / "index.html"
        page.parent.mkdir(parents=True)
        page.write_text(f"<!doctype html><link rel=icon href=data:,><h1>{uri}</h1>", "utf-8")
    with serve(folder) as site:
        config = load_config(config_file=str(SOURCE), site_url=site.address)
        dress(config)
        icon = folder / str(config.theme["favicon"])
        icon.parent.mkdir(parents=True)
        icon.write_text('<svg xmlns="http://www.w3.org/2000/svg"/>', encoding="utf-8")
        write_redirects(read_moved(root / "moved.yml"), PAGES, folder, config)
        own_files(folder)
        yield site


# An old address, where it leads, and where it leads without scripts.
LEADS = [
    ("old/deep/", "new/", "new/"),
    ("old/deep/#same", "new/#same", "new/"),
    ("old/deep/#split", "other/#part", "new/"),
    ("old/deep/#über", "other/#%C3%BCber", "new/"),
    ("old/deep/#%", "new/#%", "new/"),
    ("old/deep/?h=word#split", "other/?h=word#part", "new/"),
    ("fixed/#unknown", "other/#part", "other/#part"),
]


@pytest.mark.parametrize("lead", LEADS, ids=[lead[0] for lead in LEADS])
@pytest.mark.parametrize("script", [True, False])
def test_an_old_address_leads_to_the_new_one(
    visit: Callable[..., Page], site: Any, lead: tuple[str, str, str], script: bool
) -> None:
    old, new, plainly = lead
    page = visit(old, script=script, settle=False)
    page.wait_for_url(site.address + (new if script else plainly))


def test_it_can_be_read_where_nothing_sends_on(visit: Callable[..., Page], site: Any) -> None:
    page = visit("new/", script=False)
    html = (site.folder / "old/deep/index.html").read_text("utf-8")
    stays = html.replace('http-equiv="refresh"', 'name="no-refresh"')
    page.route("**/old/deep/", lambda route: route.fulfill(body=stays, content_type="text/html"))
    page.goto(f"{site.address}old/deep/")
    expect(page).to_have_title("This page has moved")
    expect(page.get_by_role("heading")).to_have_text("This page has moved")
    page.get_by_role("link", name="new/").click()
    page.wait_for_url(f"{site.address}new/")
