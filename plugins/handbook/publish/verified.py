"""The MkDocs plugin ``handbook/verified``: tutorials in the site, with what the last run proved."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mkdocs.config import base
from mkdocs.config import config_options as option
from mkdocs.exceptions import PluginError
from mkdocs.plugins import BasePlugin, get_plugin_logger
from mkdocs.structure.files import File
from mkdocs.utils import get_relative_url

from handbook.publish.verifiedblocks import anchor, mark_blocks, numbered
from handbook.publish.verifiedbox import LINE, TABLE, Shown, box, line, table
from handbook.publish.verifiedlinks import Places, page_uri, resolve, resolve_other
from handbook.publish.verifiedmarkdown import TranslateLinks
from handbook.publish.verifiedrepo import Repo, Tutorials
from handbook.tutorial.options import BACKENDS

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.livereload import LiveReloadServer
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

log = get_plugin_logger("handbook")

_FENCES = "pymdownx.superfences"
_MEDIA = frozenset({".gif", ".jpeg", ".jpg", ".png", ".svg", ".webp"})


class VerifiedConfig(base.Config):  # type: ignore[no-untyped-call]
    """Paths are relative to the folder of ``mkdocs.yml``."""

    folder = option.Type(str, default="tutorials")
    """Where the pages are, at the top of their repo; how-tos in ``how-to/`` below it."""

    at = option.Type(str, default="tutorial")
    """Folder of the site that they are shown in: ``01-write.md`` is at ``tutorial/write/``."""

    reports = option.ListOfItems(
        option.Type(str), default=["build/verified.json", "tutorials/verified.json"]
    )
    """What runs found, the newest first; one that is not there is passed over."""


class VerifiedPlugin(BasePlugin[VerifiedConfig]):  # type: ignore[no-untyped-call]
    """Adds the pages of the tutorials' folder, and says of each step whether it ran."""

    def __init__(self) -> None:
        self._root = Path()
        self._tutorials: Tutorials | None = None
        self._repo: Repo | None = None
        self._places: Places | None = None
        self._page: Page | None = None
        self._config: MkDocsConfig | None = None

    def on_startup(self, **_: Any) -> None:
        """Keep this instance over all builds of ``mkdocs serve`` (MkDocs asks for the hook)."""

    def on_config(self, config: MkDocsConfig) -> MkDocsConfig:
        """Take part in the site's Markdown: links, and code as it is run."""
        if _FENCES not in config.markdown_extensions:
            raise PluginError(
                f"handbook/verified needs `{_FENCES}` and `pymdownx.highlight` in"
                " markdown_extensions: the steps of tutorials are its blocks."
            )
        # A tab is no four spaces where it counts, as in a Makefile that a reader copies.
        config.mdx_configs.setdefault(_FENCES, {}).setdefault("preserve_tabs", True)
        config.markdown_extensions.append(TranslateLinks(self._translate))  # type: ignore[arg-type]
        self._root = Path(config.config_file_path or os.devnull).parent
        self._config = config
        return config

    @cached_property
    def _folder(self) -> Path:
        return (self._root / self.config.folder).resolve()

    def on_files(self, files: Files, *, config: MkDocsConfig) -> Files:
        """Add the tutorials' pages, and the pictures beside them, below ``at``."""
        if not self._folder.is_dir():
            raise PluginError(
                f"handbook/verified: there is no folder {self.config.folder}: write pages there,"
                " or name the folder of yours with `folder`."
            )
        reports = [self._root / path for path in self.config.reports]
        self._repo = Repo(self._folder.parent, config)
        self._tutorials = Tutorials(self._folder, reports, self._repo)
        for problem in self._tutorials.problems:
            log.warning("%s", problem)
        docs = Path(config.docs_dir).resolve()
        pages: dict[str, str] = {}
        for path in (*self._tutorials.paths, *self._media()):
            inside = path.relative_to(self._folder).as_posix()
            uri = page_uri(inside, self.config.at)
            file = File.generated(config, uri, abs_src_path=str(path))
            file.edit_uri = Path(os.path.relpath(path, docs)).as_posix()
            if old := files.get_file_from_path(uri):
                files.remove(old)
            files.append(file)
            pages[f"{self._folder.name}/{inside}"] = uri
        self._places = self._repo.places(pages, docs, files)
        return files

    def _media(self) -> list[Path]:
        if self._tutorials is None:
            return []
        folders = dict.fromkeys(path.parent for path in self._tutorials.paths)
        return [
            path
            for folder in folders
            for path in sorted(folder.iterdir())
            if path.suffix.lower() in _MEDIA
        ]

    def on_page_markdown(self, markdown: str, *, page: Page, **_: Any) -> None:
        """Note whose links are converted next."""
        self._page = page

    def _translate(self, link: str) -> str:
        """Return a link as it is right on the site, "" for what has no address there."""
        page, places = self._page, self._places
        if page is None or places is None:
            return link
        path = self._path(page)
        source = page.file.src_uri
        found = resolve(link, path, places) if path else resolve_other(link, source, places)
        if found.problem:
            written = path or f"{places.docs}/{source}"
            texts = enumerate(self._text(page), start=1)
            line = next((number for number, text in texts if link in text), 1)
            log.warning("%s:%d: %s", written, line, found.problem)
        return found.target

    def _text(self, page: Page) -> list[str]:
        """Return the lines of a page as its author has them, front matter included."""
        return page.file.content_string.splitlines()

    def _path(self, page: Page) -> str | None:
        """Return a tutorial page's path in the repo, None for any other page."""
        pages = self._places.pages if self._places else {}
        return next((path for path, uri in pages.items() if uri == page.file.src_uri), None)

    def on_page_content(
        self, html: str, *, page: Page, config: MkDocsConfig, files: Files
    ) -> str | None:
        """Mark the steps of a tutorial page; fill in the table, or the sentence, of all."""
        if self._tutorials is None or self._repo is None:
            return None
        if TABLE in html:
            return html.replace(TABLE, self._table(page, files))
        if LINE in html:
            return html.replace(LINE, self._line(page, files))
        path = self._path(page)
        if path is None or not path.endswith(".md"):
            return None
        inside = path.partition("/")[2]
        standing = self._tutorials.standing(inside)
        if standing is None:
            return None
        html, lost = mark_blocks(html, standing.steps)
        for step in lost:
            log.warning("%s:%d: the site does not show this step as it is run", path, step.line)
        if page.present_anchor_ids is not None:
            page.present_anchor_ids |= {anchor(said.step) for said in standing.steps}
        head, end, body = html.rpartition("") if "</h1>" not in html else html.partition("</h1>")
        return f"{head}{end}{box(standing, self._shown())}{numbered(body)}"

    def _shown(self) -> Shown:
        if self._repo is None:
            raise PluginError("handbook/verified: MkDocs asked for a page before its files.")
        return Shown(BACKENDS, self._repo.commit_url, self._repo.day_of)

    def _table(self, page: Page, files: Files) -> str:
        entries = []
        for standing, title in self._tutorials.all() if self._tutorials else ():
            file = files.get_file_from_path(page_uri(standing.page.path, self.config.at))
            if file:
                entries.append((standing, title, get_relative_url(file.url, page.url)))
        return table(entries, self._shown())

    def _line(self, page: Page, files: Files) -> str:
        """Say it in a sentence that leads to the page with the table."""
        pages = files.documentation_pages()  # one that speaks of the table does not have it
        of = next((f for f in pages if TABLE in f.content_string.splitlines()), None)
        url = get_relative_url(of.url, page.url) if of else ""
        every = self._tutorials.all() if self._tutorials else ()
        return line([standing for standing, _ in every], self._shown(), url)

    def on_serve(
        self, server: LiveReloadServer, /, *, config: MkDocsConfig, builder: Any
    ) -> LiveReloadServer:
        """Build again when a page or a report changes."""
        server.watch(str(self._folder))
        for path in self.config.reports:
            report = self._root / path
            if report.exists() and not report.is_relative_to(self._folder):
                server.watch(str(report))
        return server

    def reads(self) -> tuple[str, ...]:
        """Files and folders read by the last build, beside MkDocs' own."""
        reports = [str(self._root / path) for path in self.config.reports]
        used = self._tutorials.used if self._tutorials else ()
        return (str(self._folder), *reports, *used)
