"""A small site in the handbook's look, served on this machine."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config

from handbook.publish.frame import dress
from handbook.publish.search import MAIN, index_bucket, put_buckets
from handbook.publish.vendor import own_files, vendor_files

SOURCE = Path(__file__).parent / "site"
REPO = Path(__file__).parents[3]
NUMBERS = "<!-- handbook:numbers -->"


@pytest.fixture(scope="session")
def site(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest, serve: Any
) -> Iterator[Any]:
    root = tmp_path_factory.mktemp("theme")
    folder = root / "served" / "sub"
    folder.parent.mkdir()
    with serve(folder) as site:
        _build(root, folder, site.address, Path(request.config.cache.mkdir("handbook-vendor")))
        yield site


@pytest.fixture
def site_folder(site: Any) -> Path:
    folder: Path = site.folder
    return folder


def _build(root: Path, folder: Path, address: str, cache: Path) -> None:
    os.environ.setdefault("NO_MKDOCS_2_WARNING", "1")
    shutil.copytree(SOURCE, root / "source")
    (root / "source/docs/index.md").write_text(_home(), "utf-8")
    config = load_config(
        config_file=str(root / "source/mkdocs.yml"), site_dir=str(folder), site_url=address
    )
    dress(config)
    build(config)
    own_files(folder)
    assert vendor_files(folder, cache).missing == ()
    pages = [(path.relative_to(folder).as_posix(), path) for path in folder.rglob("*.html")]
    services = [entry for entry in pages if entry[0].startswith("services/")]
    others = [entry for entry in pages if entry not in services]
    indexes = root / "search"
    buckets = [index_bucket(MAIN, others, indexes), index_bucket("services-0", services, indexes)]
    put_buckets(folder, indexes, buckets)


def _home() -> str:
    """Return the handbook's own front page, with links to pages that this small site has."""
    text = (REPO / "docs/index.md").read_text("utf-8")
    assert NUMBERS in text
    filled = text.replace(
        NUMBERS, '<dl class="hb-numbers"><div><dt>services</dt><dd>34</dd></div></dl>'
    )
    return re.sub(r"\]\([\w/.-]+\.md\)", "](guide.md)", filled)
