"""Which files of a repo are its README and its documentation, and in which order.

The README is found as forges do it; documentation is ``docs/**`` or the ``docs_dir`` of the
service's own ``mkdocs.yml``.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from typing import Literal

from handbook.collect.docsnav import arranged
from handbook.collect.frontmatter import read_front_matter
from handbook.collect.service_mkdocs import read_service_mkdocs
from handbook.errors import MissingFile, TooLarge, TreeError
from handbook.model.docs import INDEX_NAMES, Doc, Docs, Flavour, FrontMatter, docs_uri
from handbook.model.facts import Absent, Fact, Found, Problem
from handbook.model.limits import Limits
from handbook.model.service import Service
from handbook.tree import RepoTree, TreeEntry, is_lfs_pointer

_README_ENDINGS = (".md", ".markdown", ".mdown", ".rst", ".txt", "")
_PAGE_ENDINGS = (".md", ".markdown", ".rst")
_UNREADABLE_ENDINGS = (".adoc", ".asciidoc", ".org", ".textile", ".pod", ".rdoc", ".html")
# Folders of tools: templates, partial files, things built or installed.
_TOOLS = re.compile(r"(?:^|/)(?:[._][^/]*|node_modules|overrides|site-packages)(?:/|$)")


def collect_docs(tree: RepoTree, service: Service, limits: Limits) -> Fact[Docs]:
    """Find the README and the documentation of a service.

    What cannot be read still has its page (see ``Doc.unread``); what is odd is in the fact's
    problems, with file and line.
    """
    reader = _Reader(tree, limits)
    config = read_service_mkdocs(tree, service, limits)
    readme_path = _find_readme(tree, service)
    readme = reader.doc(readme_path, "", "github") if readme_path else None
    folder = _folder(tree, config.docs_dir if config else service.inside("docs"))
    pages, aliases = _pages(reader, folder, readme, "mkdocs" if config else "github")
    problems = [*(config.problems if config else ()), *reader.problems]
    if readme is None and not pages:
        return Absent(tuple(service.inside(name) for name in ("README*", "docs/*.md")))
    if readme is None:
        problems.append(_no_readme(tree, service))
    docs = Docs(
        readme=readme,
        pages=pages,
        nav=arranged(pages, folder, config.nav if config else None),
        folder=folder,
        aliases=aliases,
    )
    return Found(docs, tree.origin(readme_path or folder), tuple(problems))


class _Reader:
    """Reads the front matter of pages and gathers what is wrong with them."""

    def __init__(self, tree: RepoTree, limits: Limits) -> None:
        self.tree = tree
        self.limits = limits
        self.problems: list[Problem] = []

    def doc(self, path: str, uri: str, flavour: Flavour) -> Doc:
        """Return the record of one file; what cannot be read is recorded as such."""
        ending = posixpath.splitext(path)[1].lower()
        if ending not in {".md", ".markdown", ".mdown"}:
            flavour = "rst" if ending == ".rst" else "text"
        meta, unread, base = FrontMatter(), "", path
        try:
            base = self.tree.resolve(path)
            text = self.tree.text(path, self.limits.blob)
        except TooLarge:
            unread = f"The file is larger than {self.limits.blob // 1024:,} KB."
        except MissingFile:
            unread = "The file is too large, or a link that leads nowhere."
        else:
            if is_lfs_pointer(text[:1024].encode()):
                unread = "The file is kept in git LFS, which is not fetched."
            elif flavour in {"github", "mkdocs"}:
                origin = self.tree.origin(path)
                meta, problems = read_front_matter(text, origin, self.limits)
                self.problems += problems
        if unread:
            self.note(path, f"this page is not shown. {unread}")
        return Doc(path, base, uri, flavour, meta, unread)

    def note(self, path: str, message: str, hint: str = "") -> None:
        """Add a warning about a file, or a notice where its owner can do nothing about it."""
        level: Literal["warning", "notice"] = "warning" if hint else "notice"
        self.problems.append(Problem(message, self.tree.origin(path), level, hint))


def _find_readme(tree: RepoTree, service: Service) -> str:
    """Return the path of the README a forge would show; "" if there is none."""
    folders = ["", "docs"] if service.path else [".github", "", "docs"]
    for folder in folders:
        place = service.inside(folder)
        found = {
            entry.path.rpartition("/")[2].lower(): entry.path
            for entry in _children(tree, place)
            if entry.kind != "submodule"
        }
        for ending in _README_ENDINGS:
            path = found.get(f"readme{ending}")
            if path and tree.exists(path):
                return path
    return ""


def _children(tree: RepoTree, folder: str) -> Iterator[TreeEntry]:
    depth = folder.count("/") + 1 if folder else 0
    return (entry for entry in tree.under(folder) if entry.path.count("/") == depth)


def _folder(tree: RepoTree, folder: str) -> str:
    """Follow the documentation's folder if it is a link."""
    try:
        return tree.resolve(folder) if tree.is_dir(folder) else folder
    except TreeError:
        return folder


def _pages(
    reader: _Reader, folder: str, readme: Doc | None, flavour: Flavour
) -> tuple[tuple[Doc, ...], dict[str, str]]:
    """Return the pages below ``folder``, each with an address of its own."""
    taken: dict[str, str] = {}  # address, case folded, to the path that has it
    aliases: dict[str, str] = {}
    pages: list[Doc] = []
    for path in sorted(_page_paths(reader.tree, folder), key=_claim):
        if readme and _same(reader.tree, path, readme):
            aliases[path] = ""
            continue
        if len(pages) >= reader.limits.pages:
            reader.note(folder, f"only the first {reader.limits.pages:,} pages are shown")
            break
        uri = docs_uri(path[len(folder) + 1 :])
        other = taken.get(uri.casefold(), "")
        if other and _one_page(path, other, folder):
            reader.note(path, f"not shown: {other} has the same address", hint="Rename one.")
            continue
        uri = _free(uri, taken)
        taken[uri.casefold()] = path
        pages.append(reader.doc(path, uri, flavour))
    return tuple(pages), aliases


def _page_paths(tree: RepoTree, folder: str) -> Iterable[str]:
    for entry in tree.under(folder) if folder else ():
        inside = entry.path[len(folder) + 1 :]
        if entry.kind == "submodule" or _TOOLS.search(inside):
            continue
        if entry.path.lower().endswith(_PAGE_ENDINGS) and tree.exists(entry.path):
            yield entry.path


def _same(tree: RepoTree, path: str, readme: Doc) -> bool:
    return path == readme.path or tree.resolve(path) == readme.base


def _claim(path: str) -> tuple[str, int, int, str]:
    """Order files by who may claim an address first: index, README, Markdown, the rest."""
    folder, _, name = path.rpartition("/")
    stem, ending = posixpath.splitext(name.lower())
    order = INDEX_NAMES.index(stem) if stem in INDEX_NAMES else len(INDEX_NAMES)
    return (folder if order < len(INDEX_NAMES) else f"{folder}/{stem}", order, _rank(ending), path)


def _rank(ending: str) -> int:
    return _PAGE_ENDINGS.index(ending)


def _one_page(path: str, other: str, folder: str) -> bool:
    """Tell whether two files are meant for one address (not made equal by cleaning names)."""

    def meant(file: str) -> str:
        where, _, name = file[len(folder) + 1 :].rpartition("/")
        stem = posixpath.splitext(name)[0].casefold()
        return where.casefold() if stem in INDEX_NAMES else posixpath.join(where.casefold(), stem)

    return meant(path) == meant(other)


def _free(uri: str, taken: dict[str, str]) -> str:
    found, count = uri, 1
    while found.casefold() in taken:
        count += 1
        found = f"{uri.rstrip('/')}-{count}/"
    return found


def _no_readme(tree: RepoTree, service: Service) -> Problem:
    written = [
        entry.path
        for entry in _children(tree, service.path)
        if entry.path.lower().rpartition("/")[2].startswith("readme")
        and entry.path.lower().endswith(_UNREADABLE_ENDINGS)
    ]
    where = tree.origin(written[0] if written else service.path)
    if written:
        message = "a README in this format cannot be shown"
        return Problem(message, where, "warning", "Write it in Markdown or reStructuredText.")
    return Problem("there is no README", where, "warning", "Add a README.md.")
