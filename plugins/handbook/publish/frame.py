"""The site around the pages: configuration, theme and tabs, the same in every build process."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import FileSystemBytecodeCache
from mkdocs.config import load_config
from mkdocs.config.config_options import ExtraScriptValue
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import Files
from mkdocs.utils.yaml import get_yaml_loader, yaml_load
from msgspec import Struct

from handbook.cache import digest_of
from handbook.publish.vendor import machine_cache

ASSETS = "assets/handbook"
THEME = Path(str(resources.files("handbook.publish"))) / "theme"


# For a site that sets none: what the style sheet is made for, light and dark as the reader has it.
_PALETTE: tuple[dict[str, Any], ...] = (
    {
        "media": "(prefers-color-scheme)",
        "toggle": {"icon": "material/theme-light-dark", "name": "Switch to light mode"},
    },
    {
        "media": "(prefers-color-scheme: light)",
        "scheme": "default",
        "toggle": {"icon": "material/weather-sunny", "name": "Switch to dark mode"},
    },
    {
        "media": "(prefers-color-scheme: dark)",
        "scheme": "slate",
        "toggle": {"icon": "material/weather-night", "name": "Follow the system"},
    },
)
_FEATURES = (
    "content.action.edit",
    "content.action.view",
    "content.code.annotate",
    "content.code.copy",
    "content.code.select",
    "content.tabs.link",
    "content.tooltips",
    "navigation.footer",
    "navigation.indexes",
    "navigation.instant",
    "navigation.instant.prefetch",
    "navigation.instant.progress",
    "navigation.path",
    "navigation.sections",
    "navigation.tabs",
    "navigation.tabs.sticky",
    "navigation.top",
    "navigation.tracking",
    "toc.follow",
)


class Tab(Struct, frozen=True):
    """A top-level entry of the site's navigation: ``url`` is relative to the site's root."""

    title: str
    url: str


class SiteFrame(Struct, frozen=True):
    """What a worker needs to put the site's theme around a service's pages.

    ``services_tab``: the title of the tab that the services are under.
    """

    config_file: str
    tabs: tuple[Tab, ...]
    services_tab: str
    banner_marker: str = "<!-- handbook:banner -->"


def load_frame_config(frame: SiteFrame) -> MkDocsConfig:
    """Load the site's own ``mkdocs.yml`` (trusted) for rendering service pages."""
    os.environ.setdefault("NO_MKDOCS_2_WARNING", "1")
    config = load_config(config_file=frame.config_file)
    dress(config)
    return config


def dress(config: MkDocsConfig) -> None:
    """Add the handbook's templates, style and script to a site's configuration.

    A site that sets no ``palette`` or no ``features`` of the theme gets the handbook's.
    """
    if not config.theme.get("palette"):
        colours = {"primary": "custom", "accent": "custom"}
        config.theme["palette"] = [{**scheme, **colours} for scheme in _PALETTE]
    if not config.theme.get("features"):
        config.theme["features"] = list(_FEATURES)
    if str(THEME) not in config.theme.dirs:
        # Behind the site's own custom_dir, before Material's templates.
        config.theme.dirs.insert(1 if config.theme.custom_dir else 0, str(THEME))
    style, script = f"{ASSETS}/handbook.css", f"{ASSETS}/handbook.js"
    if style not in config.extra_css:
        config.extra_css.insert(0, style)
    if script not in [str(entry) for entry in config.extra_javascript]:
        entry = ExtraScriptValue(script)
        entry.defer = True
        config.extra_javascript.insert(0, entry)


def tabs_of(nav: list[Any] | None, files: Files) -> tuple[Tab, ...]:
    """Give the top level of the navigation, each with the first page below it."""
    if nav is None:
        return ()
    tabs = []
    for entry in nav:
        title, value = next(iter(entry.items())) if isinstance(entry, dict) else (None, entry)
        path = next(_leaves(value), None)
        if path is None:
            continue
        file = files.get_file_from_path(path)
        # Fleet pages are not among the files yet: theirs are folders with an index.
        url = file.url if file else path.removesuffix("index.md")
        tabs.append(Tab(str(title or _title(path)), url))
    return tuple(tabs)


def template_cache() -> FileSystemBytecodeCache:
    """Return where compiled templates are kept: compiling Material's takes half a second."""
    folder = machine_cache() / "templates"
    folder.mkdir(parents=True, exist_ok=True)
    return FileSystemBytecodeCache(str(folder))


def look_of(config: MkDocsConfig) -> str:
    """Digest of everything in the site's configuration that a service's page shows."""
    with Path(str(config.config_file_path)).open(encoding="utf-8") as file:
        given = yaml_load(file, get_yaml_loader(config=config))
    shown = {
        "site_name": config.site_name,
        # As written: `mkdocs serve` puts its own address here, which no page needs.
        "site_url": given.get("site_url"),
        "copyright": config.copyright,
        "repo": [config.repo_url, config.repo_name],
        "extra": config.extra,
        "css": config.extra_css,
        "scripts": [str(script) for script in config.extra_javascript],
        "theme": {key: config.theme[key] for key in config.theme if key != "locale"},
        "locale": str(config.theme.locale),
        "plugins": sorted(config.plugins),
        "overrides": _templates(config.theme.custom_dir),
    }
    return digest_of(json.dumps(shown, sort_keys=True, default=str).encode())


def _templates(folder: str | None) -> list[str]:
    paths = sorted(Path(folder).rglob("*.html")) if folder else []
    return [f"{path.name} {digest_of(path.read_bytes())}" for path in paths]


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for child in value.values():
            yield from _leaves(child)
    elif isinstance(value, list):
        for child in value:
            yield from _leaves(child)


def _title(path: str) -> str:
    name = Path(path).stem
    return "Home" if name == "index" else name.replace("-", " ").replace("_", " ").capitalize()
