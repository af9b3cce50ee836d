"""The site around the pages: configuration, theme and tabs, the same in every build process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

from mkdocs.config import load_config
from mkdocs.config.config_options import ExtraScriptValue
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import Files
from msgspec import Struct

ASSETS = "assets/handbook"
THEME = Path(str(resources.files("handbook.publish"))) / "theme"


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
    """Add the handbook's templates, style and script to a site's configuration."""
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
        tabs.append(Tab(str(title or _title(path)), file.url if file else path))
    return tuple(tabs)


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
