"""Find definitions of interfaces, contract tests, and what documents code."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator

from handbook.collect.interfaces.definitions import asyncapi, graphql, proto
from handbook.collect.interfaces.practices import contracts_in, references_in
from handbook.collect.scope import aside, own_files
from handbook.collect.smallfiles import read_text
from handbook.errors import TreeError
from handbook.model.facts import Absent, Fact, Found, Problem
from handbook.model.interfaces import Form, Interface, Interfaces, Practice
from handbook.model.limits import Limits
from handbook.model.service import Service
from handbook.model.source import Spot
from handbook.tree import RepoTree

__all__ = ["collect_interfaces"]

_FORMS: dict[str, Form] = {
    ".proto": "Protocol Buffers",
    ".graphql": "GraphQL",
    ".graphqls": "GraphQL",
    ".gql": "GraphQL",
}
_ASYNCAPI = re.compile(r"(?:^|[._-])asyncapi(?:[._-].*)?\.(?:ya?ml|json)$", re.IGNORECASE)
_CI = re.compile(
    r"^\.github/workflows/[^/]+\.ya?ml$|^\.github/.+/action\.ya?ml$|^\.gitlab-ci\.yml$|^\.readthedocs\.ya?ml$|^readthedocs\.yml$"
    r"|^Jenkinsfile$|^azure-pipelines\.yml$|^\.circleci/config\.yml$|^netlify\.toml$|^\.drone\.yml$"
    r"|^cloudbuild\.ya?ml$|^scripts?/[\w.-]+$"  # what CI calls stands there, too
)
_SETTINGS = re.compile(
    r"(?:^|/)(?:mkdocs\.ya?ml|zensical\.toml|conf\.py|typedoc\.jsonc?|Makefile|tox\.ini|noxfile\.py"
    r"|package\.json|pyproject\.toml|justfile|Taskfile\.ya?ml|docusaurus\.config\.[jt]s"
    r"|api[-_]?(?:reference|docs?)/[^/]+\.py|Doxyfile|pom\.xml|build\.gradle(?:\.kts)?)$"
)
_TEST_CODE = (".py", ".js", ".ts", ".tsx", ".go", ".java", ".kt", ".rb", ".toml")
_FILES = 100  # of each kind
_TESTS = 400


def collect_interfaces(tree: RepoTree, service: Service, limits: Limits) -> Fact[Interfaces]:
    """Read each definition; look through settings, CI and tests for the tools by name."""
    own = own_files(tree, service, limits)
    items = tuple(_definitions(tree, service, own, limits))
    contracts: list[Practice] = []
    references: list[Practice] = []
    builds: list[Practice] = []
    for path, inside, text in _texts(tree, service, limits):
        ci = _CI.match(inside) is not None
        contracts += contracts_in(path, text)
        found = references_in(path, text)
        (builds if ci else references).extend(found)
    for path, text in _tests(tree, service):
        contracts += contracts_in(path, text)
    result = Interfaces(
        items, tuple(contracts[:_FILES]), tuple(references[:_FILES]), tuple(builds[:_FILES])
    )
    if result == Interfaces():
        return Absent(("*.proto", "*.graphql", "asyncapi.yaml", "mkdocs.yml", "docs/conf.py", "CI"))
    return Found(result, tree.origin(service.path))


def _definitions(
    tree: RepoTree, service: Service, own: Callable[[str], bool], limits: Limits
) -> Iterator[Interface]:
    count = 0
    for entry in tree.under(service.path):
        name = posixpath.basename(entry.path)
        form: Form | None = _FORMS.get(posixpath.splitext(name)[1])
        form = form or ("AsyncAPI" if _ASYNCAPI.search(name) else None)
        if form is None or not own(entry.path) or count >= _FILES:
            continue
        count += 1
        try:
            text = tree.text(entry.path, limits.blob)
        except TreeError as exc:
            yield Interface(form, Spot(entry.path, 0), 0, str(exc))
            continue
        readers = {"Protocol Buffers": proto, "GraphQL": graphql}
        found = readers[form](text) if form in readers else asyncapi(text, limits)
        yield Interface(form, Spot(entry.path, _line(form, text)), *found)


def _line(form: Form, text: str) -> int:
    """The line of the first service or root type."""
    pattern = r"^\s*(?:service|(?:extend\s+)?type\s+(?:Query|Mutation|Subscription)|asyncapi)\b"
    found = re.search(pattern, text, re.MULTILINE)
    return text.count("\n", 0, found.start()) + 1 if found else 0


def _texts(tree: RepoTree, service: Service, limits: Limits) -> Iterator[tuple[str, str, str]]:
    """Settings and CI of the service, and CI of the whole repo: path, path inside, text."""
    prefix = f"{service.path}/" if service.path else ""
    paths = [entry.path for entry in tree.under(service.path)]
    if service.path:
        paths += [entry.path for entry in tree.under(".github/workflows")]
        paths += [path for path in (".gitlab-ci.yml", ".readthedocs.yaml") if tree.exists(path)]
    count = 0
    for path in paths:
        inside = path.removeprefix(prefix)
        settings = _SETTINGS.search(inside) and aside(inside) in ("", "example")
        wanted = settings or _CI.match(inside)
        if not wanted or count >= _FILES * 2:
            continue
        count += 1
        text = read_text(tree, path, limits)
        if not isinstance(text, Problem):
            yield path, inside, text


def _tests(tree: RepoTree, service: Service) -> Iterator[tuple[str, str]]:
    prefix = f"{service.path}/" if service.path else ""
    count = 0
    for entry in tree.under(service.path):
        inside = entry.path.removeprefix(prefix)
        if not entry.path.endswith(_TEST_CODE) or aside(inside) != "test" or count >= _TESTS:
            continue
        count += 1
        try:
            yield entry.path, tree.text(entry.path, 64 * 1024)
        except TreeError:
            continue
