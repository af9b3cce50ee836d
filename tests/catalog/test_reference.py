"""docs/reference/catalog.md says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from _parts.fill import fill
from handbook.catalog import load_catalog
from handbook.catalog.entry import KEYS
from handbook.catalog.folders import MARKERS
from handbook.model.catalog import LIFECYCLES, RESERVED_SLUGS, STYLES, VISIBILITIES

PAGE = "reference/catalog.md"
TEXT = fill(PAGE, (Path(__file__).parents[2] / "docs" / PAGE).read_text(encoding="utf-8"))
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES)
def test_examples_load(example: str, tmp_path: Path) -> None:
    file = tmp_path / "catalog.yml"
    file.write_text(example, encoding="utf-8")
    assert load_catalog(file).entries


def test_every_key_has_a_row() -> None:
    rows = set(re.findall(r"^\| `([a-z]+)` \|", TEXT, re.MULTILINE))
    assert rows == set(KEYS)


def test_every_choice_is_named() -> None:
    for word in (*LIFECYCLES, *VISIBILITIES, *STYLES):
        assert f"`{word}`" in TEXT


def test_reserved_slugs_are_listed() -> None:
    _, _, after = TEXT.partition("<!-- reserved")
    listed = set(re.findall(r"`([a-z0-9]+)`", after.partition("\n\n")[0]))
    devices = {
        slug for slug in RESERVED_SLUGS if re.fullmatch(r"(com|lpt)\d|aux|con|nul|prn", slug)
    }
    assert listed - devices == RESERVED_SLUGS - devices
    assert listed & devices


def test_every_marker_is_named() -> None:
    lowered = TEXT.lower()
    for marker in MARKERS:
        stem = marker.removesuffix("*").split(".")[0] if "*" not in marker[:1] else marker
        assert stem in lowered, marker
