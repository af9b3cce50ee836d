"""The browser files of the site: our own, and third-party ones from installed packages.

Nothing third-party is in this repo. Each comes from a pinned wheel, keeps its licence beside
it, and is served from the site's own origin:

- fonts from ``fontpkg-inter`` and ``fontpkg-jetbrains-mono`` (see :mod:`handbook.publish.fonts`),
- Swagger UI from ``mkdocs-swagger-ui-tag``,
- Mermaid from ``mermaidx``, taken only if it is, byte for byte, the file that Mermaid released.

What is not installed is missing aloud: :class:`Manifest` says so, the site does without it
(system fonts, diagrams as readable code, API pages without the interactive viewer).
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from msgspec import Struct

from handbook.publish.fonts import CUTS, web_font

ASSETS = "assets/handbook"
_HERE = Path(__file__).parent / "assets"

# dist/mermaid.min.js of the npm package "mermaid" 11.16.0.
MERMAID_SHA256 = "74d7c46dabca328c2294733910a8aa1ed0c37451776e8d5295da38a2b758fb9b"

_SWAGGER = "mkdocs_swagger_ui_tag/swagger-ui"
# distribution, file in it, uri below ASSETS
_COPIES = (
    ("fontpkg-inter", "fontpkg_inter/LICENSE", "fonts/LICENSE-Inter.txt"),
    ("fontpkg-jetbrains-mono", "fontpkg_jetbrains_mono/LICENSE", "fonts/LICENSE-JetBrainsMono.txt"),
    (
        "mkdocs-swagger-ui-tag",
        f"{_SWAGGER}/javascripts/swagger-ui-bundle.js",
        "vendor/swagger-ui/swagger-ui-bundle.js",
    ),
    (
        "mkdocs-swagger-ui-tag",
        f"{_SWAGGER}/stylesheets/swagger-ui.css",
        "vendor/swagger-ui/swagger-ui.css",
    ),
    ("mkdocs-swagger-ui-tag", f"{_SWAGGER}/LICENSE", "vendor/swagger-ui/LICENSE.txt"),
    ("mkdocs-swagger-ui-tag", f"{_SWAGGER}/NOTICE", "vendor/swagger-ui/NOTICE.txt"),
    ("mermaidx", "mermaidx/assets/mermaid.js", "vendor/mermaid/mermaid.min.js"),
)
# The names that our scripts ask for (assets/js/vendored.js), and what they are.
_NAMES = {
    "mermaid": "vendor/mermaid/mermaid.min.js",
    "swagger-ui": "vendor/swagger-ui/swagger-ui-bundle.js",
    "swagger-ui-style": "vendor/swagger-ui/swagger-ui.css",
}
_DIGESTS = {"vendor/mermaid/mermaid.min.js": MERMAID_SHA256}


class VendorFile(Struct, frozen=True):
    """A file put into the site: ``uri`` from the site's root, ``size`` in bytes, ``source``."""

    uri: str
    size: int
    source: str


class Manifest(Struct, frozen=True):
    """What was put into the site, and in words what could not be and what follows."""

    files: tuple[VendorFile, ...]
    missing: tuple[str, ...] = ()


def machine_cache() -> Path:
    """Folder where what is made from installed packages is kept for all sites of this user.

    Cutting the fonts takes some seconds, and gives the same bytes for every site.
    """
    given = os.environ.get("XDG_CACHE_HOME")
    return (Path(given) if given else Path.home() / ".cache") / "mkdocs-handbook"


def own_files(target: Path) -> tuple[VendorFile, ...]:
    """Write our style sheet and scripts below ``target``, the site's folder.

    The parts of ``assets/css`` are joined in the order of their names: many files to read,
    one to load. What Material brings for its own search, and its source maps, are taken out:
    no page loads them, and they are two thirds of the theme's bytes.
    """
    folder = target / ASSETS
    _drop_unused(target)
    folder.mkdir(parents=True, exist_ok=True)
    sheets = sorted((_HERE / "css").glob("*.css"))
    style = folder / "handbook.css"
    _write(style, "\n".join(sheet.read_text("utf-8") for sheet in sheets).encode())
    written = [style]
    for script in sorted((_HERE / "js").glob("*.js")):
        _write(folder / script.name, script.read_bytes())
        written.append(folder / script.name)
    return tuple(_entry(path, target, "mkdocs-handbook") for path in written)


def _drop_unused(target: Path) -> None:
    for folder in ("lunr", "workers"):
        shutil.rmtree(target / "assets/javascripts" / folder, ignore_errors=True)
    for folder in ("javascripts", "stylesheets"):
        for source_map in (target / "assets" / folder).glob("*.map"):
            source_map.unlink()


def vendor_files(target: Path, cache: Path) -> Manifest:
    """Put the third-party files below ``target``, the site's folder.

    ``cache`` keeps what is made from them (fonts) between builds. Running it again on the
    same site changes nothing. Never raises for a package that is not there: see ``missing``.
    """
    files: list[VendorFile] = []
    missing: list[str] = []
    for cut in CUTS:
        source, reason = _find(cut.distribution, cut.source)
        if source is None:
            missing.append(f"{reason}: system fonts are used instead of {cut.name}")
            continue
        made = web_font(cut, source, cache / "fonts")
        files.append(_put(made, f"fonts/{cut.name}", target, cut.distribution))
    for name, path, uri in _COPIES:
        source, reason = _find(name, path, _DIGESTS.get(uri, ""))
        if source is None:
            missing.append(f"{reason}: {_consequence(uri)}")
            continue
        files.append(_put(source, uri, target, name))
    files += _licences(target, {file.uri for file in files})
    _write_names(target, files)
    return Manifest(tuple(files), tuple(missing))


def _find(name: str, path: str, sha256: str = "") -> tuple[Path | None, str]:
    """Find a file of an installed distribution without importing it."""
    try:
        found = distribution(name)
    except PackageNotFoundError:
        return None, f"{name} is not installed (pip install {name})"
    file = Path(str(found.locate_file(path)))
    if not file.is_file():
        return None, f"{name} {found.version} has no {path}"
    if sha256 and hashlib.sha256(file.read_bytes()).hexdigest() != sha256:
        return None, (
            f"{path} of {name} {found.version} is not the released file: expected sha256 "
            f"{sha256[:12]}…; after checking a new release against its publisher's, change "
            "MERMAID_SHA256 in publish/vendor.py"
        )
    return file, ""


def _consequence(uri: str) -> str:
    if uri.startswith("vendor/mermaid"):
        return "diagrams stay readable code"
    if uri.startswith("vendor/swagger-ui"):
        return "API pages have no interactive viewer"
    return f"{uri} is left out"


def _licences(target: Path, uris: set[str]) -> list[VendorFile]:
    """Mermaid's licence is not in the wheel that ships Mermaid; ours is its text."""
    if f"{ASSETS}/vendor/mermaid/mermaid.min.js" not in uris:
        return []
    licence = _HERE / "licences" / "mermaid.txt"
    return [_put(licence, "vendor/mermaid/LICENSE.txt", target, "mkdocs-handbook")]


def _write_names(target: Path, files: list[VendorFile]) -> None:
    """Tell our scripts what there is, so that they ask for nothing that is not."""
    uris = {file.uri.removeprefix(f"{ASSETS}/") for file in files}
    names = {name: uri for name, uri in _NAMES.items() if uri in uris}
    data = json.dumps(names, indent=1, sort_keys=True).encode()
    _write(target / ASSETS / "vendor.json", data)


def _put(source: Path, uri: str, target: Path, origin: str) -> VendorFile:
    """Copy a file into the site (no link: what writes to the site must not reach a package)."""
    place = target / ASSETS / uri
    _write(place, source.read_bytes())
    return _entry(place, target, origin)


def _write(path: Path, data: bytes) -> None:
    """Write a file unless it already is that; never through a hard link to another file."""
    if path.is_file() and path.read_bytes() == data:
        return
    path.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _entry(path: Path, target: Path, origin: str) -> VendorFile:
    return VendorFile(path.relative_to(target).as_posix(), path.stat().st_size, origin)
