"""Every hand-written page is in the menu, once."""

from __future__ import annotations

import re
from collections import Counter

from tests.pages.reading import ROOT, listed

MENU = (
    (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:\n")[2].partition("\n\n")[0]
)
NAMED = re.findall(r"([\w./-]+\.md)$", MENU, re.MULTILINE)


def test_no_page_is_left_out() -> None:
    written = {path.removeprefix("docs/") for path in listed("docs/*.md") if "/_" not in path}
    assert sorted(written - set(NAMED)) == []


def test_no_page_is_there_twice() -> None:
    assert [name for name, times in Counter(NAMED).items() if times > 1] == []
