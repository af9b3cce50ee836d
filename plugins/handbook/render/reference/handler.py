"""mkdocstrings' handler for Python, fed from memory and driven outside of a MkDocs build.

What is taken from mkdocstrings-python: its templates, the rendering of docstring sections, the
resolution of names in docstrings. What is replaced, and why:

- ``collect``: the original looks for packages in ``sys.path`` and loads extensions by path.
- signatures and types (see :mod:`handbook.render.reference.signatures`).
- which members are shown: the collector has decided that, and inventories rely on it.
- raw HTML in docstrings is shown as text, ``:::`` in them has no meaning.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from html import escape, unescape
from pathlib import Path, PurePath
from typing import Any, NoReturn

import griffe
import jinja2
from jinja2.bccache import Bucket
from markdown import Extension, Markdown
from markupsafe import Markup
from mkdocs_autorefs import AUTOREF_RE, AutorefsExtension
from mkdocstrings import BaseHandler, CollectionError
from mkdocstrings_handlers.python import PythonConfig, PythonHandler

from handbook.model.limits import Limits
from handbook.model.pages import TocItem
from handbook.render.guards import refuse
from handbook.render.highlight import code_block, mermaid
from handbook.render.reference.docstrings import to_markdown
from handbook.render.reference.signatures import Link, SignatureWriter

_TEMPLATES = Path(__file__).parent / "templates"
_DOTTED = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)+")
_OPTIONS: dict[str, Any] = {
    "allow_inspection": False,
    "docstring_section_style": "spacy",
    "filters": "public",
    "heading_level": 1,
    "merge_init_into_class": True,
    "relative_crossrefs": True,
    "scoped_crossrefs": True,
    "separate_signature": True,
    "show_bases": True,
    "show_root_full_path": True,
    "show_root_heading": True,
    "show_signature_annotations": True,
    "show_source": False,
    "show_submodules": False,
    "show_symbol_type_heading": True,
    "signature_crossrefs": True,
}


class Rendered:
    """What one module gave: its HTML (not sanitised), headings, and docstrings left plain."""

    def __init__(self, html: str, toc: tuple[TocItem, ...], plain: tuple[str, ...]) -> None:
        self.html = html
        self.toc = toc
        self.plain = plain


class ReferenceHandler(PythonHandler):
    """Renders modules of one service.

    ``members`` maps the path of a module or class to the names shown in it, in order.
    ``source_url`` gives the web page of a file at a line ("" for none), ``tests`` the panel of
    tests that use an object.
    """

    def __init__(
        self,
        members: Mapping[str, list[str]],
        source_url: Callable[[str, int], str],
        limits: Limits,
        tests: Callable[[str], Markup] = lambda _path: Markup(),
    ) -> None:
        # Not PythonHandler's own: it changes the working directory and lists sys.path.
        BaseHandler.__init__(
            self,
            theme="material",
            custom_templates=str(_TEMPLATES),
            mdx=_extensions(),
            mdx_config=_EXTENSION_CONFIGS,
        )
        self.config = PythonConfig.from_data()
        self.base_dir = _TEMPLATES
        self.global_options = self.config.options
        self._paths = []
        self._modules_collection = griffe.ModulesCollection()
        self._lines_collection = griffe.LinesCollection()
        self.env.bytecode_cache = _compiled_templates()
        self._members = members
        self._source_url = source_url
        self._limits = limits
        self._tests = tests
        self._link: Link = lambda _name: ""
        self._plain: list[str] = []
        self._in_rows: set[str] = set()
        self._update_env(Markdown())

    def render_module(self, module: griffe.Module, link: Link) -> Rendered:
        """Render one module's page. ``link`` gives addresses relative to that page."""
        self._link = link
        self._plain = []
        self._in_rows = set()
        writer = SignatureWriter(link)
        self.env.filters["format_signature"] = writer.function
        self.env.filters["format_attribute"] = writer.attribute
        self.env.filters["format_type_alias"] = writer.type_alias
        self.env.filters["annotation"] = writer.annotation
        self.env.filters["row_type"] = functools.partial(self._row_type, writer)
        try:
            html = self.render(module, self.get_options(_OPTIONS))
        finally:
            headings = self.get_headings()
        toc = tuple(
            TocItem(
                int(heading.tag[1:]),
                heading.get("id", ""),
                _valid(unescape(heading.get("data-toc-label") or "".join(heading.itertext()))),
            )
            for heading in headings
            if heading.get("id")
        )
        html = AUTOREF_RE.sub(self._reference, _valid(html))
        return Rendered(html, toc, tuple(self._plain))

    def template(self, name: str) -> jinja2.Template:
        """Return one of our own templates."""
        return self.env.get_template(name)

    def collect(self, identifier: str, options: Any) -> NoReturn:
        """Refuse: modules are handed over, never looked for."""
        raise CollectionError(f"{identifier} is not a part of this service.")

    def update_env(self, config: Any) -> None:
        """Put our filters in the place of those that look, format or highlight by themselves."""
        super().update_env(config)
        self.env.filters["highlight"] = _highlight
        self.env.filters["shown_members"] = self._shown_members
        self.env.filters["row_anchor"] = self._row_anchor
        self.env.filters["tests_of"] = lambda item: self._tests(item.path)
        self.env.filters["source_link"] = self._source_link

    def do_heading(self, content: Markup, heading_level: int, **attributes: Any) -> Markup:
        """As the original, but HTML has six levels only."""
        return super().do_heading(content, min(heading_level, 6), **attributes)

    def do_convert_markdown(
        self, text: str, heading_level: int, html_id: str = "", **options: Any
    ) -> Markup:
        """Convert a piece of a docstring; what no converter should see is shown as it is."""
        try:
            markdown = to_markdown(text)
            if len(text) <= self._limits.docstring and not refuse(markdown, self._limits):
                return super().do_convert_markdown(markdown, heading_level, html_id, **options)
        except RecursionError:
            pass
        self._plain.append(html_id)
        shown = text[: self._limits.docstring]
        return Markup('<pre class="doc-plain">{}</pre>').format(shown)

    def _reference(self, match: re.Match[str]) -> str:
        """Turn a reference into a link, or into what it would look like as text."""
        title = match["title"]
        written = re.search(r'(?<![\w-])identifier="([^"]*)"', match["attrs"])
        name = unescape(written[1]) if written else ""
        href = self._link(name.removesuffix("()"))
        if href:
            return f'<a class="autorefs" href="{escape(href)}" title="{escape(name)}">{title}</a>'
        if " optional" in match["attrs"] or title.startswith("<code>") or _DOTTED.fullmatch(name):
            return title
        return f"[{title}][{escape(name)}]" if title != name else f"[{title}][]"

    def _shown_members(self, parent: griffe.Object | griffe.Alias) -> list[Any]:
        names = self._members.get(parent.path)
        if not names:
            return []
        members = parent.members
        if any(name not in members for name in names):
            members = {**parent.inherited_members, **members}
        shown = (members[name] for name in names if name in members)
        return [member for member in shown if member.path not in self._in_rows]

    def _row_anchor(
        self, row: griffe.DocstringAttribute, parent: griffe.Object | griffe.Alias
    ) -> Markup:
        """Return an attribute's name for a row of a table; the row may be all there is of it."""
        path = f"{parent.path}.{row.name}"
        if row.name not in self._members.get(parent.path, ()) or path in self._in_rows:
            return Markup("<code>{}</code>").format(row.name)
        if _documented(parent, row.name):
            return Markup('<a href="#{}"><code>{}</code></a>').format(path, row.name)
        self._in_rows.add(path)
        return Markup('<code id="{}">{}</code>').format(path, row.name)

    def _row_type(
        self,
        writer: SignatureWriter,
        row: griffe.DocstringAttribute,
        parent: griffe.Object | griffe.Alias,
    ) -> Markup:
        """Return "type = value" for a row of a table."""
        shown = row.name in self._members.get(parent.path, ())
        member = parent.all_members.get(row.name) if shown else None
        return writer.typed(row.annotation, getattr(member, "value", row.value))

    def _source_link(self, item: griffe.Object | griffe.Alias) -> Markup:
        path, line = item.filepath, item.lineno or 0
        href = self._source_url(str(path), line) if isinstance(path, PurePath) else ""
        if not href:
            return Markup()
        return Markup(
            '<a class="doc-source" href="{}" title="{}" aria-label="Source of {}">source</a>'
        ).format(href, f"{path}, line {line}" if line else path, item.path)


class _NoRawHtml(Extension):
    """Show raw HTML as text: in docstrings, ``<name>`` is nearly always a placeholder."""

    def extendMarkdown(self, md: Markdown) -> None:
        """Take out what would let HTML pass."""
        md.preprocessors.deregister("html_block")
        md.inlinePatterns.deregister("html")


class _TemplateCache(jinja2.BytecodeCache):
    """Keeps compiled templates for the next service that this process renders."""

    def __init__(self) -> None:
        self._code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill in what was compiled before."""
        if bucket.key in self._code:
            bucket.bytecode_from_string(self._code[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled now."""
        self._code[bucket.key] = bucket.bytecode_to_string()


@functools.cache
def _compiled_templates() -> _TemplateCache:
    return _TemplateCache()


def _extensions() -> list[str | Extension]:
    return [
        "toc",
        "tables",
        "admonition",
        "def_list",
        "pymdownx.details",
        "pymdownx.highlight",
        "pymdownx.superfences",
        AutorefsExtension(),
        _NoRawHtml(),
    ]


def _documented(parent: griffe.Object | griffe.Alias, name: str) -> bool:
    """Whether a member is more than a name with a type and a value."""
    member = parent.all_members.get(name)
    return member is not None and bool(not member.is_attribute or member.docstring)


def _valid(text: str) -> str:
    """Return text that can be encoded: a literal may hold half of a surrogate pair."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _mermaid(source: str, *_rest: object, **_options: object) -> str:
    return mermaid(source)


_EXTENSION_CONFIGS: dict[str, dict[str, Any]] = {
    "toc": {"permalink": "¶", "permalink_title": "Permanent link"},
    "pymdownx.highlight": {"pygments_lang_class": True},
    "pymdownx.superfences": {
        "custom_fences": [{"name": "mermaid", "class": "mermaid", "format": _mermaid}]
    },
}


def _highlight(source: str, language: str = "", *_rest: object, **_options: object) -> Markup:
    plain = source.unescape() if isinstance(source, Markup) else source
    return Markup(code_block(plain, language))  # noqa: S704 - escaped there
