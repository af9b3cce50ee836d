"""What is measured: this project and two others, on the same pages with the same theme."""

from __future__ import annotations

import os
import shutil
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from benchmarks.fleet import BenchFleet, page_files

_FEATURES = [
    "content.code.annotate",
    "content.code.copy",
    "content.tabs.link",
    "navigation.footer",
    "navigation.indexes",
    "navigation.instant",
    "navigation.tabs",
    "navigation.top",
    "search.highlight",
    "search.suggest",
    "toc.follow",
]
_EXTENSIONS = [
    "admonition",
    "attr_list",
    "def_list",
    "footnotes",
    "md_in_html",
    "tables",
    {"toc": {"permalink": True}},
    "pymdownx.details",
    "pymdownx.highlight",
    "pymdownx.inlinehilite",
    "pymdownx.superfences",
    {"pymdownx.tabbed": {"alternate_style": True}},
    {"pymdownx.tasklist": {"custom_checkbox": True}},
]
_MKDOCS = (sys.executable, "-m", "mkdocs", "build", "--quiet")
_HANDBOOK = (sys.executable, "-c", "from handbook.cli import main; main()")
Command = tuple[str, ...]


class Contender(ABC):
    """A way to make one site from all services. It works in ``folder``, which is its own."""

    name: str
    note: str

    def __init__(self, folder: Path, fleet: BenchFleet) -> None:
        self.folder = folder
        self.fleet = fleet

    @property
    def site(self) -> Path:
        """Where the site is built."""
        return self.folder / "site"

    def prepare(self) -> None:
        """Write what a user would write once: configuration and front page."""
        (self.folder / "docs").mkdir(parents=True, exist_ok=True)
        front = "# Handbook\n\nEverything about all services.\n"
        (self.folder / "docs/index.md").write_text(front, encoding="utf-8")
        settings = yaml.safe_dump({**_base(), **self.settings()}, sort_keys=False)
        (self.folder / "mkdocs.yml").write_text(settings, encoding="utf-8")

    def forget(self) -> None:
        """Remove everything made by a build, so that the next one is cold."""
        shutil.rmtree(self.site, ignore_errors=True)

    @abstractmethod
    def settings(self) -> Mapping[str, Any]:
        """Return what differs in ``mkdocs.yml``."""

    @abstractmethod
    def commands(self) -> tuple[Command, ...]:
        """Return the commands that bring the site up to date."""

    @abstractmethod
    def take(self, name: str, path: str, content: bytes) -> None:
        """Take over a page that was changed in its repo, if :meth:`commands` do not."""

    def pages(self) -> Iterator[Path]:
        """Yield the HTML file of each of the fleet's pages.

        Raises:
            FileNotFoundError: A page is missing: the contender has not built the same site.
        """
        for name in self.fleet.services:
            folder = self.site / "services" / name
            for number in range(self.fleet.pages):
                inner = f"docs/page-{number:02d}" if number else ""
                path = folder / inner / "index.html"
                if not path.is_file():
                    raise FileNotFoundError(f"{self.name} has not built {path}")
                yield path


class Handbook(Contender):
    """This project: fetch, then build what changed."""

    name = "handbook"
    note = "`handbook sync`, then `handbook build`; Pagefind search"

    def settings(self) -> Mapping[str, Any]:
        """Return the plugin's options."""
        catalog = os.path.relpath(self.fleet.catalog, self.folder)
        options = {"catalog": catalog, "lock": "handbook.lock", "state": "state"}
        return {"plugins": [{"handbook/services": options}]}

    def forget(self) -> None:
        """Remove mirrors, cache and lock too."""
        super().forget()
        shutil.rmtree(self.folder / "state", ignore_errors=True)
        (self.folder / "handbook.lock").unlink(missing_ok=True)

    def commands(self) -> tuple[Command, ...]:
        """Return sync and build."""
        return ((*_HANDBOOK, "sync"), (*_HANDBOOK, "build"))

    def take(self, name: str, path: str, content: bytes) -> None:
        """Do nothing: the sync fetches it."""


class HandbookByMkDocs(Handbook):
    """This project through MkDocs' own command, which always builds the hand-written part."""

    name = "handbook by mkdocs"
    note = "`handbook sync`, then `mkdocs build`"

    def commands(self) -> tuple[Command, ...]:
        """Return sync and MkDocs' build."""
        return ((*_HANDBOOK, "sync"), _MKDOCS)


class Multirepo(Contender):
    """mkdocs-multirepo-plugin: clones every repo at each build, then one MkDocs build."""

    name = "multirepo"
    note = "`mkdocs build` with mkdocs-multirepo-plugin; Material's search"

    def settings(self) -> Mapping[str, Any]:
        """Return one import for each service."""
        form = (
            "file://{repo}?branch=main&docs_dir=docs/*&extra_imports=['/README.md']"
            "&edit_uri=edit/main/&keep_docs_dir=True"
        )
        repos = [
            {
                "section": name,
                "section_path": "services",
                "import_url": form.format(repo=self.fleet.repo(name)),
            }
            for name in self.fleet.services
        ]
        return {"plugins": ["search", {"multirepo": {"repos": repos, "keep_docs_dir": True}}]}

    def commands(self) -> tuple[Command, ...]:
        """Return the one build."""
        return (_MKDOCS,)

    def take(self, name: str, path: str, content: bytes) -> None:
        """Do nothing: each build clones every repo."""


class Plain(Contender):
    """One MkDocs tree that has all pages already: no repos, no fetching."""

    name = "plain"
    note = "`mkdocs build` of one tree with all pages in it; Material's search"

    def prepare(self) -> None:
        """Lay the pages of all services into the tree."""
        super().prepare()
        for name in self.fleet.services:
            for path, content in page_files(name, self.fleet.pages).items():
                self.take(name, path, content)

    def take(self, name: str, path: str, content: bytes) -> None:
        """Write the page into the tree."""
        target = self.folder / "docs/services" / name / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)

    def settings(self) -> Mapping[str, Any]:
        """Return Material's search."""
        return {"plugins": ["search"]}

    def commands(self) -> tuple[Command, ...]:
        """Return the one build."""
        return (_MKDOCS,)


ALL: tuple[type[Contender], ...] = (Handbook, HandbookByMkDocs, Multirepo, Plain)


def _base() -> dict[str, Any]:
    # navigation.prune is Material's own answer to large navigations: without it the others'
    # pages are several times as large.
    theme = {"name": "material", "font": False, "features": [*_FEATURES, "navigation.prune"]}
    return {
        "site_name": "Fleet",
        "site_url": "https://fleet.example/",
        "theme": theme,
        "markdown_extensions": _EXTENSIONS,
    }
