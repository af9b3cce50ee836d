"""The sample service passes its own tests, with its own settings, as a repo of its own would."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

SERVICE = Path(__file__).parents[2] / "sample_service"


def test_its_own_tests_pass() -> None:
    # Its own settings, not those of the run this test is part of (workers, timeouts, plugins).
    clean = {name: v for name, v in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"],
        cwd=SERVICE,
        env=clean,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^\d+ passed", done.stdout, re.MULTILINE)


@pytest.mark.parametrize(
    "page", sorted(SERVICE.rglob("*.md")), ids=lambda page: str(page.relative_to(SERVICE))
)
def test_relative_links_lead_to_a_file(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#\s]*)", page.read_text(encoding="utf-8"))
    missing = [link for link in links if link and not (page.parent / link).is_file()]
    assert missing == []


def test_the_navigation_lists_every_page() -> None:
    settings = yaml.safe_load((SERVICE / "mkdocs.yml").read_text(encoding="utf-8"))
    pages = {str(path.relative_to(SERVICE / "docs")) for path in SERVICE.glob("docs/**/*.md")}
    assert set(_pages(settings["nav"])) == pages


def _pages(nav: object) -> list[str]:
    if isinstance(nav, str):
        return [nav]
    items = nav.values() if isinstance(nav, dict) else nav if isinstance(nav, list) else ()
    return [page for item in items for page in _pages(item)]
