"""Map each Python file of a service to the line of CODEOWNERS or the OWNERS file it is under.

In CODEOWNERS the last line that matches holds; of OWNERS files the nearest above the file.
"""

from __future__ import annotations

import posixpath

from msgspec.structs import replace

from handbook.collect.owners.codeowners import Rule, parse_codeowners
from handbook.collect.paths import PathPattern, compile_pattern
from handbook.collect.scope import own_files
from handbook.collect.smallfiles import read_text
from handbook.errors import YamlError
from handbook.model.facts import Absent, Fact, Found, Problem
from handbook.model.limits import Limits
from handbook.model.service import Service
from handbook.model.source import Spot
from handbook.model.territory import Claim, Territory
from handbook.tree import RepoTree
from handbook.yamlnodes import Mapping, iter_documents, texts

_PLACES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS")
_FILES = 4_000
_STEPS = 3_000_000  # of matching: lines of CODEOWNERS times files


def collect_territory(tree: RepoTree, service: Service, limits: Limits) -> Fact[Territory]:
    """Read the CODEOWNERS of the service's folder, else that of the repo, else OWNERS files."""
    own = own_files(tree, service, limits)
    files = [
        entry.path
        for entry in tree.under(service.path)
        if entry.path.endswith(".py") and own(entry.path)
    ][:_FILES]
    for base in dict.fromkeys((service.path, "")):
        for name in _PLACES:
            path = "/".join(part for part in (base, name) if part)
            if tree.exists(path):
                return _by_rules(tree, path, base, service, files, limits)
    return _by_folders(tree, service, files, limits)


def _by_rules(  # noqa: PLR0913, PLR0917 - what both kinds of file need
    tree: RepoTree, path: str, base: str, service: Service, files: list[str], limits: Limits
) -> Fact[Territory]:
    text = read_text(tree, path, limits)
    if isinstance(text, Problem):
        return Absent((path,))
    rules, dialect, _ = parse_codeowners(text, path, tree)
    compiled = [compile_pattern(rule.pattern, dialect) for rule in rules]
    inside = service.path.removeprefix(base).strip("/")
    claims = tuple(
        _claim(rule, path, text, pattern.covers(inside))
        for rule, pattern in zip(rules, compiled, strict=True)
    )
    found: dict[str, int] = {}
    left = _STEPS
    for file in files:
        name = file.removeprefix(f"{base}/") if base else file
        left -= len(rules)
        place = _last(compiled, rules, name) if left > 0 else -1
        if place >= 0:
            found[file] = place
    return Found(Territory(claims, found), tree.origin(path))


def _last(compiled: list[PathPattern], rules: tuple[Rule, ...], name: str) -> int:
    for place in range(len(rules) - 1, -1, -1):
        start = compiled[place].start
        if start and not name.startswith(start):
            continue
        if not rules[place].excludes and compiled[place].matches(name):
            return place
    return -1


def _claim(rule: Rule, path: str, text: str, whole: bool) -> Claim:
    owners = frozenset(name.lower() for name in rule.owners)
    return Claim(owners, Spot.of(path, text, rule.line), whole)


def _by_folders(
    tree: RepoTree, service: Service, files: list[str], limits: Limits
) -> Fact[Territory]:
    claims: list[Claim] = []
    places: dict[str, int] = {}
    found: dict[str, int] = {}
    for file in files:
        folder = posixpath.dirname(file)
        while True:
            path = f"{folder}/OWNERS" if folder else "OWNERS"
            if path not in places and tree.exists(path):
                places[path] = len(claims)
                whole = f"{service.path}/".startswith(f"{folder}/") or not folder
                claims.append(replace(_owners_file(tree, path, limits), whole=whole))
            if path in places:
                found[file] = places[path]
                break
            if not folder:
                break
            folder = posixpath.dirname(folder)
    if not claims:
        return Absent((*_PLACES, service.inside("**/OWNERS")))
    return Found(Territory(tuple(claims), found), tree.origin(claims[0].spot.path))


def _owners_file(tree: RepoTree, path: str, limits: Limits) -> Claim:
    """Approvers of Kubernetes' form, else the words of Chromium's."""
    text = read_text(tree, path, limits)
    if isinstance(text, Problem):
        return Claim(frozenset(), Spot(path, 0))
    try:
        document = next(iter_documents(text, limits), None)
    except YamlError:
        document = None
    if isinstance(document, Mapping):
        names = [item.text.lower() for item in texts(document.get("approvers"))]
    else:
        names = [line.strip().lower() for line in text.split("\n")[:200] if "@" in line]
    return Claim(frozenset(names), Spot(path, 1, ", ".join(sorted(names))[:160]))
