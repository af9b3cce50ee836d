"""Links lead somewhere, and every page can be found."""

from __future__ import annotations

import pytest
from tests.docs.pages import DOCS, ROOT, Page, pages, yaml_of


@pytest.mark.parametrize("page", pages(), ids=str)
def test_links_lead_to_files_and_anchors(page: Page) -> None:
    broken = [link for link in page.links if not _leads_somewhere(page, link)]
    assert broken == [], f"{page}: mend the links or the files they lead to"


def _leads_somewhere(page: Page, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = (page.path.parent / path).resolve() if path else page.path
    if not target.is_relative_to(ROOT) or not target.exists():
        return False
    return not anchor or anchor in Page(target).anchors


def test_the_navigation_lists_every_page() -> None:
    listed = _listed(yaml_of("mkdocs.yml")["nav"])
    assert sorted(listed) == sorted(str(path.relative_to(DOCS)) for path in DOCS.rglob("*.md"))


def _listed(nav: object) -> list[str]:
    if isinstance(nav, str):
        return [nav]
    items = nav.values() if isinstance(nav, dict) else nav if isinstance(nav, list) else ()
    return [path for item in items for path in _listed(item)]


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached, left = set[Page](), [Page(ROOT / "README.md")]
    while left:
        page = left.pop()
        if page in reached:
            continue
        reached.add(page)
        targets = ((page.path.parent / link.partition("#")[0]).resolve() for link in page.links)
        left += [Page(target) for target in targets if target.suffix == ".md"]
    missed = {Page(path) for path in DOCS.rglob("*.md")} - reached
    assert [str(page) for page in missed] == [], "link them from the README or docs/index.md"
