"""Third-party browser files come from pinned packages, with licences, or are missing aloud."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from handbook.publish import vendor
from handbook.publish.fonts import CUTS, web_font
from handbook.publish.vendor import ASSETS, own_files, vendor_files

CUT = CUTS[2]  # the smallest


@pytest.fixture(scope="module")
def cache(request: pytest.FixtureRequest) -> Path:
    folder: Path = request.config.cache.mkdir("handbook-vendor")
    return folder


def test_all_files_are_there_with_their_licences(tmp_path: Path, cache: Path) -> None:
    manifest = vendor_files(tmp_path, cache)
    assert manifest.missing == ()
    on_disk = {
        path.relative_to(tmp_path).as_posix(): path.stat().st_size
        for path in tmp_path.rglob("*")
        if path.is_file()
    }
    assert {file.uri: file.size for file in manifest.files} == {
        uri: size for uri, size in on_disk.items() if not uri.endswith("vendor.json")
    }
    folders = {uri.rsplit("/", 1)[0] for uri in on_disk if uri.endswith((".js", ".woff2"))}
    licensed = {uri.rsplit("/", 1)[0] for uri in on_disk if "LICENSE" in uri}
    assert folders == licensed
    names = json.loads((tmp_path / ASSETS / "vendor.json").read_text())
    assert names.keys() == {"mermaid", "swagger-ui", "swagger-ui-style"}
    assert all(f"{ASSETS}/{uri}" in on_disk for uri in names.values())


def test_fonts_are_small(tmp_path: Path, cache: Path) -> None:
    fonts = [file for file in vendor_files(tmp_path, cache).files if file.uri.endswith(".woff2")]
    assert len(fonts) == 3
    assert all(file.size < 40_000 for file in fonts)


def test_a_font_is_made_once(tmp_path: Path) -> None:
    source, _ = vendor._find(CUT.distribution, CUT.source)
    assert source
    made = web_font(CUT, source, tmp_path)
    first = made.read_bytes()
    assert first[:4] == b"wOF2"
    made.write_bytes(b"kept")
    assert web_font(CUT, source, tmp_path).read_bytes() == b"kept"
    made.unlink()
    assert web_font(CUT, source, tmp_path).read_bytes() == first, "the same input, the same bytes"
    assert [path.name for path in tmp_path.iterdir()] == [made.name], "nothing is left beside it"


def test_a_changed_mermaid_is_not_published(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uri = "vendor/mermaid/mermaid.min.js"
    monkeypatch.setitem(vendor._DIGESTS, uri, "0" * 64)
    manifest = vendor_files(tmp_path, cache)
    assert not (tmp_path / ASSETS / uri).exists()
    assert "mermaid" not in json.loads((tmp_path / ASSETS / "vendor.json").read_text())
    (message,) = manifest.missing
    assert "is not the released file" in message
    assert message.endswith("diagrams stay readable code")


def test_a_package_that_is_not_installed_is_named(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copies = [(f"no-such-{name}", path, uri) for name, path, uri in vendor._COPIES]
    monkeypatch.setattr(vendor, "_COPIES", tuple(copies))
    manifest = vendor_files(tmp_path, cache)
    assert json.loads((tmp_path / ASSETS / "vendor.json").read_text()) == {}
    assert any(
        "pip install no-such-mkdocs-swagger-ui-tag" in line and "no interactive viewer" in line
        for line in manifest.missing
    )


def test_running_it_again_changes_nothing(tmp_path: Path, cache: Path) -> None:
    own_files(tmp_path)
    vendor_files(tmp_path, cache)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    own_files(tmp_path)
    vendor_files(tmp_path, cache)
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_own_style_sheet_is_all_parts_in_order(tmp_path: Path) -> None:
    own_files(tmp_path)
    style = (tmp_path / ASSETS / "handbook.css").read_text()
    assert style.index("@font-face") < style.index(".hb-facts") < style.index(".hb-search {")
    assert "http" not in style.replace("http://www.w3.org", ""), "nothing from another site"


def test_the_themes_own_search_and_maps_are_taken_out(tmp_path: Path) -> None:
    names = ("bundle.js", "bundle.js.map", "lunr/tinyseg.js", "workers/search.js")
    for name in names:
        path = tmp_path / "assets/javascripts" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    own_files(tmp_path)
    assert [path.name for path in (tmp_path / "assets/javascripts").iterdir()] == ["bundle.js"]
