"""reStructuredText, as docutils understands it once Sphinx's own words are translated."""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from docutils.core import publish_parts
from docutils.parsers.rst import Parser, roles
from docutils.readers.standalone import Reader
from docutils.writers.html5_polyglot import HTMLTranslator, Writer
from msgspec import Struct

from handbook.render.highlight import code_block
from handbook.render.sphinx import without_sphinx

# Nothing of the machine is read, no file is inserted, no markup passes through unescaped.
_SETTINGS: dict[str, Any] = {
    "_disable_config": True,
    "docinfo_xform": False,
    "doctitle_xform": False,  # it would take a lone section for a subtitle
    "embed_stylesheet": False,
    "file_insertion_enabled": False,
    "halt_level": 5,
    "initial_header_level": 1,
    "input_encoding": "unicode",
    "line_length_limit": 20_000,
    "math_output": "LaTeX",
    "raw_enabled": False,
    "report_level": 5,
    "smart_quotes": False,
    "syntax_highlight": "none",
    "toc_backlinks": False,
    "warning_stream": False,
}
_ERROR = 3  # docutils' level of a directive or role it does not know

_SECTION = re.compile(r"</?(?:section|main)\b[^>]*>\n?")
_ID_ABOVE = re.compile(r'<(section|main)([^>]*?) id="([^"]+)"([^>]*)>\n<h([1-6])')


class RstMessage(Struct, frozen=True):
    """What docutils did not understand and left out; ``line`` counts from 1, 0 if not known."""

    text: str
    line: int


def convert_rst(text: str) -> tuple[str, tuple[RstMessage, ...]]:
    """Return ``text`` as HTML, not sanitised, and what was left out of it."""
    text = without_sphinx(text)
    reader = _Reader()
    writer = Writer()
    writer.translator_class = _Translator
    # A document may define roles, and docutils keeps them for the whole process; it has no
    # public way to take them out again.
    registry: dict[str, object] = vars(roles)["_roles"]
    before = dict(registry)
    try:
        parts = publish_parts(text, reader=reader, writer=writer, settings_overrides=_SETTINGS)
    finally:
        registry.clear()
        registry.update(before)
    # The anchor belongs to the heading, as in the other formats.
    html = _ID_ABOVE.sub(r'<\1\2\4>\n<h\5 id="\3"', str(parts["html_body"]))
    html = html.replace("<aside", "<div").replace("</aside>", "</div>")  # footnotes, sidebars
    return _SECTION.sub("", html), tuple(reader.messages)


class _Reader(Reader):  # type: ignore[type-arg]
    """Listens to what docutils would print as errors."""

    def __init__(self) -> None:
        super().__init__(parser=Parser())
        self.messages: list[RstMessage] = []

    def new_document(self) -> nodes.document:
        """Return an empty document whose errors come to us."""
        document: nodes.document = super().new_document()
        document.reporter.attach_observer(self._listen)
        return document

    def _listen(self, message: nodes.system_message) -> None:
        if message["level"] >= _ERROR or "disabled" in message.astext():
            words = message.children[0].astext() if message.children else message.astext()
            first = words.split("\n", 1)[0]
            self.messages.append(RstMessage(first[:200], int(message.get("line") or 0)))


class _Translator(HTMLTranslator):
    """Writes code and notes as the rest of the site does."""

    def visit_literal_block(self, node: nodes.literal_block) -> None:
        classes = [name for name in node["classes"] if name != "code"]
        code = "".join(
            child.astext()
            for child in node.children
            if not (isinstance(child, nodes.inline) and "ln" in child["classes"])
        )
        self.body.append(code_block(code, classes[0] if classes else ""))
        raise nodes.SkipNode

    def visit_doctest_block(self, node: nodes.doctest_block) -> None:
        self.body.append(code_block(node.astext(), "pycon"))
        raise nodes.SkipNode

    def visit_topic(self, node: nodes.topic) -> None:
        if "contents" in node["classes"]:  # the site shows one beside the page
            raise nodes.SkipNode
        super().visit_topic(node)

    def visit_literal(self, node: nodes.literal) -> None:
        self.body.append(f"<code>{self.encode(node.astext())}</code>")
        raise nodes.SkipNode

    def visit_math(self, node: nodes.math, **_: object) -> None:
        self.body.append(f'<span class="hb-math">${self.encode(node.astext())}$</span>')
        raise nodes.SkipNode

    def visit_math_block(self, node: nodes.math_block, **_: object) -> None:
        self.body.append(code_block(node.astext(), "math"))
        raise nodes.SkipNode
