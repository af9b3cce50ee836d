"""Old addresses lead on: what ``moved.yml`` may say, and what the site then has."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.publish.conftest import SiteProject

from handbook.errors import SettingsError
from handbook.publish.csp import meta_content
from handbook.publish.moved import read_moved

CASES = yaml.safe_load(Path(__file__).with_name("moved_cases.yml").read_text("utf-8"))
PAGES = {
    "": frozenset({"top"}),
    "a/": frozenset({"one", "two"}),
    "b/": frozenset({"three"}),
}


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_what_the_file_may_say(case: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "moved.yml"
    file.write_text(yaml.safe_dump(case["moved"]), encoding="utf-8")
    if refused := case.get("refused"):
        with pytest.raises(SettingsError, match=re.escape(refused)):
            read_moved(file)
        return
    moved = read_moved(file)
    assert [f"{old}: {why}" for old, why in moved.mistakes(PAGES)] == case.get("warns", [])
    if "leads" in case:
        assert {str(old): str(new) for old, new in moved.to.items()} == case["leads"]


@pytest.mark.parametrize("text", ["", "# nothing yet\n"])
def test_nothing_need_have_moved(text: str, tmp_path: Path) -> None:
    assert read_moved(tmp_path / "none.yml").to == {}
    (tmp_path / "moved.yml").write_text(text, encoding="utf-8")
    assert read_moved(tmp_path / "moved.yml").to == {}


def test_a_file_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    (tmp_path / "moved.yml").write_text("a: [", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"moved\.yml: cannot be read"):
        read_moved(tmp_path / "moved.yml")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, project_type: type[SiteProject]) -> SiteProject:
    project = project_type(tmp_path_factory.mktemp("moved"))
    project.write("catalog.yml", "services: []\n")
    project.write("docs/index.md", "# Home\n\nSee [old](handbook:deep/old/#gone).\n")
    project.write(
        "moved.yml",
        "deep/old/: practices/\n'deep/old/#gone': 'practices/#alerts'\npractices/#was: ./\n",
    )
    said = project.build()
    assert "WARNING" not in said
    return project


def test_a_page_that_is_gone_sends_on_without_a_script(built: SiteProject) -> None:
    text = built.page("deep/old")
    assert '<meta http-equiv="refresh" content="0; url=../../practices/">' in text
    assert '<link rel="canonical" href="https://handbook.example/practices/">' in text
    assert '<meta name="robots" content="noindex">' in text
    assert '<a href="../../practices/">practices/</a>' in text
    assert meta_content() in text
    scripts = re.findall(r"<script([^>]*)>([^<]*)", text)
    assert [inline for _, inline in scripts] == [""]
    assert 'src="../../assets/handbook/moved.js"' in scripts[0][0]
    assert (built.site / "assets/handbook/moved.js").is_file()


def test_it_is_in_no_list_of_pages(built: SiteProject) -> None:
    assert "deep/old" not in (built.site / "sitemap.xml").read_text("utf-8")


def test_a_part_that_is_gone_leaves_a_mark_and_links_to_it_are_valid(built: SiteProject) -> None:
    assert re.search(
        r'<p class="hb-moved" id="was">[^<]*<a href="\.\./">the front page</a></p>',
        built.page("practices"),
    )
    assert 'href="deep/old/#gone"' in built.page("")


def test_what_cannot_be_served_stops_a_strict_build(project: Any) -> None:
    made = project()
    made.write("catalog.yml", "services: []\n")
    made.write("docs/index.md", "# Home\n")
    made.write("moved.yml", "old/: nowhere/\nolder/: services/gone/\n")
    assert "moved.yml: old/: nowhere/ is no page of this site" in made.build()
    assert not (made.site / "old").exists()
    done = made.run("mkdocs", "build", "--strict", check=False)
    assert done.returncode
    made.write("moved.yml", "older/: services/gone/\n")
    made.run("mkdocs", "build", "--strict")
