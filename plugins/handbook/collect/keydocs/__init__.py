"""Find the documents that a service is expected to have, by their names and titles."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator

from handbook.collect.keydocs.outline import outline_of
from handbook.collect.scope import aside
from handbook.errors import TreeError
from handbook.forms import is_empty
from handbook.model.facts import Absent, Fact, Found
from handbook.model.keydocs import Document, KeyDocs
from handbook.model.limits import Limits
from handbook.model.service import Service
from handbook.tree import RepoTree

__all__ = ["collect_keydocs"]

_TEXTS = (".md", ".markdown", ".mdx", ".rst", ".txt", ".adoc")
_FILES = 2_000
_EACH = 20
_COMMITS = 300

_README = re.compile(r"readme(?:\.[a-z]+)?$", re.IGNORECASE)
_KINDS = {
    "contributing": r"(?:contributing|development|developing|developers?|hacking"
    r"|install(?:ation|ing)?|set[-_ ]?up|(?:getting|get)[-_ ]?started|quick[-_ ]?start|running)",
    "press_releases": r"(?:press[-_ ]?release|pr[-_ ]?faq|working[-_ ]backwards)[-_ \w]*",
    "runbooks": r"(?:runbooks?|playbooks?|roll[-_ ]?back|on[-_ ]?call|operations)[-_ \w]*",
    "model_cards": r"model[-_ ]?cards?[-_ \w]*",
    "data_cards": r"(?:data[-_ ]?(?:cards?|sheets?)|datasheets?)[-_ \w]*",
    "deploy_guides": r"(?:[-_ \w]*deploy(?:ment|ing)?[-_ \w]*|releas(?:e|ing)[-_ \w]*)",
    "specs": r"(?:(?:functional|technical|design)[-_ ]?(?:spec|doc)\w*|spec(?:ification)?)",
}
_NAMES = {
    kind: re.compile(rf"{pattern}\.[a-z]+$", re.IGNORECASE) for kind, pattern in _KINDS.items()
}
_SPEC_FOLDERS = re.compile(
    r"(?:^|/)(?:specs?|rfcs?|adrs?|decisions|design(?:-docs?)?|proposals)/", re.IGNORECASE
)
_TEMPLATE = re.compile(
    r"(?:^|/)(?:\.github|\.gitlab|\.gitea|docs)?/?(?:issue_template|issue_templates|bug_report)(?:/[^/]+)?(?:\.(?:md|ya?ml))?$",
    re.IGNORECASE,
)
_DEPLOY = re.compile(r"(?:^|/)deploy\w*$")
_GUIDES = re.compile(r"(?:^|/)docs?/(?:[^/]+/){0,6}deploy(?:ment|ing)?$")
_OWN_MACHINE = re.compile(r"(?:^|[-_ ])(?:dev|local|install)", re.IGNORECASE)
_FIX = re.compile(r"^(?:fix|bug|hotfix)\b|\bfix(?:e[sd])?\b", re.IGNORECASE)
_ISSUE = re.compile(
    r"#\d+|\b[A-Z][A-Z0-9]{1,9}-\d+\b|/(?:issues|browse|task)/|app\.asana\.com|linear\.app"
)


def collect_keydocs(tree: RepoTree, service: Service, limits: Limits) -> Fact[KeyDocs]:
    """Read the outline of each document that may matter; never absent where there are texts."""
    found: dict[str, list[Document]] = {kind: [] for kind in (*_KINDS, "templates")}
    readme: Document | None = None
    unfilled: list[tuple[str, str]] = []
    for path, kinds in _wanted(tree, service):
        text = _read(tree, path, limits)
        if text is None:
            continue
        if "templates" not in kinds and is_empty(text):
            unfilled += [(kind, path) for kind in sorted(kinds)]
            continue
        document = outline_of(path, text)
        if "readme" in kinds and (readme is None or len(path) < len(readme.path)):
            readme = document
        for kind in kinds - {"readme"}:
            if len(found[kind]) < _EACH:
                found[kind].append(document)
    fixes, linked = _fixes(tree, service)
    if readme is None and not any(found.values()) and not fixes and not unfilled:
        return Absent((service.inside("README.md"), service.inside("docs/")))
    docs = KeyDocs(
        readme=readme,
        fixes=fixes,
        linked=linked,
        unfilled=tuple(unfilled[:_EACH]),
        **{kind: tuple(documents) for kind, documents in found.items()},
    )
    origin = tree.origin(readme.path) if readme else tree.origin(service.path)
    return Found(docs, origin)


def _wanted(tree: RepoTree, service: Service) -> Iterator[tuple[str, set[str]]]:
    """Give the paths to read, and what each may be."""
    count = 0
    for path in _paths(tree, service):
        kinds = _kinds(path, service)
        if kinds and count < _FILES:
            count += 1
            yield path, kinds


def _paths(tree: RepoTree, service: Service) -> Iterable[str]:
    """The service's own files, and the forms of the whole repo."""
    for entry in tree.under(service.path):
        yield entry.path
    if service.path:
        for folder in (".github", ".gitlab", ".gitea"):
            for entry in tree.under(folder):
                yield entry.path


def _kinds(path: str, service: Service) -> set[str]:
    inside = posixpath.relpath(path, service.path) if service.path else path
    name = posixpath.basename(path)
    if _TEMPLATE.search(inside) or _TEMPLATE.search(path):
        return {"templates"}
    if not name.lower().endswith(_TEXTS) and "." in name:
        return set()
    if aside(inside) in ("vendored", "test"):
        return set()
    kinds = {kind for kind, pattern in _NAMES.items() if pattern.fullmatch(name)}
    if _SPEC_FOLDERS.search(inside) and not _README.fullmatch(name):
        kinds.add("specs")
    folder = posixpath.dirname(inside)
    if _README.fullmatch(name) and folder in ("", ".github", "docs"):
        kinds.add("readme")
    guide = _GUIDES.search(folder) and not _OWN_MACHINE.search(name)
    if guide or (_README.fullmatch(name) and _DEPLOY.search(folder)):
        kinds.add("deploy_guides")
    return kinds


def _read(tree: RepoTree, path: str, limits: Limits) -> str | None:
    try:
        return tree.text(path, limits.markdown_page)
    except TreeError:
        return None


def _fixes(tree: RepoTree, service: Service) -> tuple[int, int]:
    try:
        subjects = [commit.subject for commit in tree.commits(service.path, _COMMITS)]
    except TreeError:
        return 0, 0
    fixes = [subject for subject in subjects if _FIX.search(subject)]
    return len(fixes), sum(bool(_ISSUE.search(subject)) for subject in fixes)
