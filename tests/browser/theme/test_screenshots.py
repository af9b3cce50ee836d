"""Pictures for people to look at, taken of two small pages: each look has its size."""

from __future__ import annotations

import shutil
import struct
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from benchmarks import screenshots

pytestmark = pytest.mark.browser

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>A page</title>
<meta name="color-scheme" content="light dark">
<style>* { margin: 0 } body { height: 3000px }</style>
<h1>A page</h1></html>
"""


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a site of two pages, which is what is asked for here: the demo takes a minute."""
    monkeypatch.setattr(screenshots, "PAGES", {"practice": "", "tab": "plan/"})
    site = tmp_path / "site"
    (site / "plan").mkdir(parents=True)
    for folder in (site, site / "plan"):
        (folder / "index.html").write_text(PAGE, encoding="utf-8")
    return site


def test_each_look_has_its_size(chromium: Browser, small: Path, tmp_path: Path) -> None:
    with screenshots.served(small) as address:
        names = screenshots.take(chromium, address, tmp_path)
    sizes = {name: size(tmp_path / name) for name in names}
    assert len(names) == 2 * len(screenshots.LOOKS) + 1
    for look, (_, width, height) in screenshots.LOOKS.items():
        assert sizes[f"practice-{look}.png"] == sizes[f"tab-{look}.png"] == (width, height)
    assert sizes["practice-print.png"] == (794, 3000), "on paper, a page is shown whole"
    assert (tmp_path / "tab-light.png").read_bytes() != (tmp_path / "tab-dark.png").read_bytes()


def test_a_page_that_is_gone_is_no_picture(chromium: Browser, small: Path, tmp_path: Path) -> None:
    shutil.rmtree(small / "plan")
    with screenshots.served(small) as address, pytest.raises(SystemExit, match="plan/ is no page"):
        screenshots.take(chromium, address, tmp_path)


def size(picture: Path) -> tuple[int, int]:
    width, height = struct.unpack(">II", picture.read_bytes()[16:24])
    return width, height
