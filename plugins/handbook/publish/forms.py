"""The MkDocs plugin ``handbook/forms``: templates on their pages, blank and filled in."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mkdocs.config import base
from mkdocs.config import config_options as option
from mkdocs.exceptions import PluginError
from mkdocs.plugins import BasePlugin, get_plugin_logger
from mkdocs.utils import get_relative_url

from handbook.check import rules
from handbook.errors import HandbookError
from handbook.forms import forms
from handbook.publish.config import PLUGIN
from handbook.publish.formspages import ALL, FORM, Shown, form_part, forms_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.livereload import LiveReloadServer
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

    from handbook.model.forms import Form

log = get_plugin_logger("handbook")

_NEEDED = ("attr_list", "md_in_html", "pymdownx.superfences", "pymdownx.tabbed", "tables")
_LINKS = "handbook/verified"
"""The plugin that turns a path in the repo into the address of a service's page."""


class FormsConfig(base.Config):  # type: ignore[no-untyped-call]
    """Paths are relative to the folder of ``mkdocs.yml``."""

    at = option.Type(str, default="forms")
    """Folder of the site where the templates' pages are, each called as its template."""

    examples = option.Type(str, default="")
    """Folder of the service whose documents are shown as filled in; "" for none."""


class FormsPlugin(BasePlugin[FormsConfig]):  # type: ignore[no-untyped-call]
    """Puts templates where pages ask for them, and publishes each blank as a file."""

    def __init__(self) -> None:
        self._root = Path()
        self._files: Files | None = None
        self._links = self._rated = False

    def on_startup(self, **_: Any) -> None:
        """Keep this instance over all builds of ``mkdocs serve`` (MkDocs asks for the hook)."""

    def on_config(self, config: MkDocsConfig) -> MkDocsConfig:
        """Note where the repo is; the pages need some of the site's own Markdown."""
        lacking = [name for name in _NEEDED if name not in config.markdown_extensions]
        if lacking:
            raise PluginError(
                f"handbook/forms needs {', '.join(lacking)} in markdown_extensions: it shows"
                " templates as code in tabs."
            )
        self._root = Path(config.config_file_path or os.devnull).parent.resolve()
        self._links = _LINKS in config.plugins
        self._rated = PLUGIN in config.plugins
        if self.config.examples and not self._examples.is_dir():
            raise PluginError(
                f"handbook/forms: there is no folder {self.config.examples}: name with `examples`"
                " the service whose documents are filled in, or leave it out."
            )
        return config

    @property
    def _examples(self) -> Path:
        return self._root / self.config.examples

    @cached_property
    def _forms(self) -> Mapping[str, Form]:
        try:
            return forms()
        except HandbookError as exc:
            raise PluginError(str(exc)) from exc

    def on_files(self, files: Files, **_: Any) -> None:
        """Note which pages there are."""
        self._files = files

    def on_page_markdown(self, markdown: str, *, page: Page, **_: Any) -> str | None:
        """Put templates in the place of their markers."""
        if ALL in markdown:
            markdown = markdown.replace(ALL, forms_table(self._forms.values(), self._shown(page)))
        for found in dict.fromkeys(FORM.finditer(markdown)):
            form = self._forms.get(found[1])
            if form is None:
                known = ", ".join(self._forms)
                log.warning("%s: no template %r: %s", page.file.src_uri, found[1], known)
                continue
            part = form_part(form, self._shown(page), self._example(form))
            markdown = markdown.replace(found[0], part)
        return markdown

    def _example(self, form: Form) -> str:
        if not self.config.examples:
            return ""
        path = self._examples / form.example
        try:
            return path.read_text(encoding="utf-8")
        except OSError as exc:
            log.warning("handbook/forms: the example of %s: %s", form.name, exc)
            return ""

    def _shown(self, page: Page) -> Shown:
        here = (self._docs / page.file.src_uri).parent
        example = os.path.relpath(self._examples, here) if self._links else ""
        return Shown(
            page=page.file.src_uri,
            at=self.config.at,
            blanks=get_relative_url(f"{self.config.at}/blank", page.url),
            examples=Path(example).as_posix() if example else "",
            rules={code: rule.title().rstrip(".") for code, rule in rules().items()},
            rated=self._rated,
            titles=self._title,
        )

    @property
    def _docs(self) -> Path:
        found = self._files.get_file_from_path("index.md") if self._files else None
        return Path(found.src_dir) if found and found.src_dir else self._root / "docs"

    def _title(self, uri: str) -> str:
        """Return the title of a page of the site, "" if there is none of this name."""
        file = self._files.get_file_from_path(uri) if self._files else None
        if file is None:
            return ""
        lines = file.content_string.splitlines()
        return next((line[2:].strip() for line in lines if line.startswith("# ")), uri)

    def on_post_build(self, *, config: MkDocsConfig) -> None:
        """Publish the blanks as files to download."""
        folder = Path(config.site_dir, self.config.at, "blank")
        folder.mkdir(parents=True, exist_ok=True)
        for form in self._forms.values():
            folder.joinpath(f"{form.name}.md").write_text(form.blank, "utf-8", newline="\n")

    def on_serve(
        self, server: LiveReloadServer, /, *, config: MkDocsConfig, builder: Any
    ) -> LiveReloadServer:
        """Build again when an example changes."""
        for path in self.reads():
            if Path(path).exists():
                server.watch(path)
        return server

    def reads(self) -> tuple[str, ...]:
        """Files read by the last build, beside MkDocs' own."""
        if not self.config.examples:
            return ()
        return tuple(str(self._examples / form.example) for form in self._forms.values())
