"""Translate the links of tutorial pages while the site's own Markdown converts them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markdown.extensions import Extension
from markdown.treeprocessors import Treeprocessor

if TYPE_CHECKING:
    from collections.abc import Callable
    from xml.etree.ElementTree import Element

    from markdown import Markdown

_BEFORE_MKDOCS = 3
"""MkDocs resolves links at priority 0, of pages as they lie among its sources."""

_ATTRIBUTES = {"a": "href", "img": "src"}


class TranslateLinks(Extension):
    """Hands every link to ``translate``, which gives the one for the site, "" for none."""

    def __init__(self, translate: Callable[[str], str]) -> None:
        super().__init__()
        self._translate = translate

    def extendMarkdown(self, md: Markdown) -> None:
        """Take part in a conversion (called by Python-Markdown)."""
        md.treeprocessors.register(_Links(md, self._translate), "handbook_links", _BEFORE_MKDOCS)


class _Links(Treeprocessor):
    def __init__(self, md: Markdown, translate: Callable[[str], str]) -> None:
        super().__init__(md)
        self._translate = translate

    def run(self, root: Element) -> None:
        for element in root.iter():
            name = _ATTRIBUTES.get(str(element.tag), "")
            given = element.get(name) if name else None
            if not given:
                continue
            target = self._translate(given)
            if target:
                element.set(name, target)
                continue
            # A file of a repo that is on no web address: what it is called is all there is.
            del element.attrib[name]
            element.tag = "span"
