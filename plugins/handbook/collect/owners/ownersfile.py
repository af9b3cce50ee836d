"""OWNERS files: the YAML form of Kubernetes and the line form of Chromium.

Both hold for the folder they are in and all below it, and add to those of the folders above
unless they say otherwise. Sources: Kubernetes, "OWNERS Files" (approvers, reviewers, filters,
``no_parent_owners``, OWNERS_ALIASES at the root); Chromium, "code_reviews.md" and the
depot_tools OWNERS grammar (``per-file``, ``set noparent``, ``file:``, ``*`` for anyone).
"""

from __future__ import annotations

import posixpath
import re

from handbook.collect.owners.claims import Claim, Claims
from handbook.collect.owners.names import clean, is_address, is_handle, name_token
from handbook.collect.smallfiles import read_text
from handbook.errors import YamlError
from handbook.model.facts import Origin, Problem
from handbook.model.limits import Limits
from handbook.model.people import Mention, OwnerRole
from handbook.model.service import Service
from handbook.tree import RepoTree
from handbook.yamlnodes import Mapping, iter_documents, texts

_ALIASES = "OWNERS_ALIASES"
_ROLES: tuple[tuple[str, OwnerRole], ...] = (("approvers", "approver"), ("reviewers", "reviewer"))
_INCLUDES = 20
_NOTICES = 20
_INCLUDE = re.compile(r"(?:file:|include\s+)(\S+)$")
_NAMES = 200  # of one file; aliases can multiply
_LOGIN = re.compile(r"[A-Za-z0-9][\w.-]*(?:\[bot\])?", re.ASCII)


def collect_ownersfiles(tree: RepoTree, service: Service, limits: Limits) -> Claims:
    """Read OWNERS from the service's folder upwards, nearest first."""
    claims: list[Claim] = []
    problems: list[Problem] = []
    searched: list[str] = []
    folder = service.path
    while True:
        path = posixpath.join(folder, "OWNERS")
        searched.append(path)
        if tree.exists(path):
            found, alone = _read(tree, path, limits)
            claims += found.claims
            problems += found.problems
            if alone:
                break
        if not folder:
            break
        folder = posixpath.dirname(folder)
    return Claims(tuple(claims), tuple(problems), (*searched, _ALIASES))


def _read(tree: RepoTree, path: str, limits: Limits) -> tuple[Claims, bool]:
    """Read one file in whichever form it has; the flag says that folders above do not count."""
    text = read_text(tree, path, limits)
    if isinstance(text, Problem):
        return Claims(problems=(text,)), False
    if re.search(r"^(?:approvers|reviewers|filters|options|labels)\s*:", text, re.MULTILINE):
        return _kubernetes(tree, path, text, limits)
    return _chromium(tree, path, text, limits)


def _kubernetes(tree: RepoTree, path: str, text: str, limits: Limits) -> tuple[Claims, bool]:
    root = _root(tree, path, text, limits)
    if isinstance(root, Problem):
        return Claims(problems=(root,)), False
    aliases, problems = _aliases(tree, limits)
    claims = _listed(root, aliases, tree, path, "")
    for pattern, (_, node) in root.mapping("filters").first().items():
        if isinstance(node, Mapping):
            # The patterns are regular expressions of someone else: shown, never run.
            claims += _listed(node, aliases, tree, path, "" if pattern == ".*" else pattern)
    if len(claims) > _NAMES:
        message = f"Only {_NAMES} of {len(claims)} names are shown."
        problems = (*problems, Problem(message, tree.origin(path), "notice"))
    alone = root.mapping("options").scalar("no_parent_owners")
    stop = alone is not None and alone.value is True
    return Claims(tuple(claims[:_NAMES]), problems), stop


def _listed(
    node: Mapping, aliases: dict[str, tuple[str, ...]], tree: RepoTree, path: str, rule: str
) -> list[Claim]:
    claims = []
    for key, role in _ROLES:
        for scalar in texts(node.get(key)):
            login = scalar.text.strip()
            mention = Mention(
                "OWNERS", role, tree.origin(path, scalar.line), clean(rule), whole=not rule
            )
            for name in aliases.get(login.casefold(), (login,))[:_NAMES]:
                named = name_token(f"@{name}" if _LOGIN.fullmatch(name) else name)
                if named:
                    claims.append(Claim(named, mention))
    return claims


def _aliases(
    tree: RepoTree, limits: Limits
) -> tuple[dict[str, tuple[str, ...]], tuple[Problem, ...]]:
    """Read the groups of logins that OWNERS files may name."""
    if not tree.exists(_ALIASES):
        return {}, ()
    text = read_text(tree, _ALIASES, limits)
    if isinstance(text, Problem):
        return {}, (text,)
    root = _root(tree, _ALIASES, text, limits)
    if isinstance(root, Problem):
        return {}, (root,)
    groups = root.mapping("aliases").first()
    return {
        name.casefold(): tuple(scalar.text.strip() for scalar in texts(node))
        for name, (_, node) in groups.items()
    }, ()


def _root(tree: RepoTree, path: str, text: str, limits: Limits) -> Mapping | Problem:
    """Read the first mapping of a YAML file, an empty one if it has none."""
    try:
        documents = tuple(iter_documents(text, limits))
    except YamlError as exc:
        message = f"{path} is not read: {clean(exc.message)}."
        return Problem(message, tree.origin(path, exc.line), "warning", "It has to be YAML.")
    return next((node for node in documents if isinstance(node, Mapping)), Mapping(1, []))


def _chromium(tree: RepoTree, path: str, text: str, limits: Limits) -> tuple[Claims, bool]:
    """Read a file and all it includes, each file once, however they point to each other."""
    lines, alone = _lines(text)
    waiting = [(path, "", lines)]
    seen = {path}
    claims: list[Claim] = []
    problems: list[Problem] = []
    while waiting:
        file, inherited, lines = waiting.pop(0)
        for number, own_rule, token in lines:
            origin = tree.origin(file, number)
            rule = own_rule or inherited
            target = _INCLUDE.match(token)
            if is_address(token) or is_handle(token):
                claims += _one(token, Mention("OWNERS", "owner", origin, clean(rule), not rule))
            elif not target:
                message = f'"{clean(token)}" is no owner: write an e-mail address or @name.'
                problems.append(Problem(message, origin, "notice"))
            else:
                included = _included(tree, file, target[1])
                if included in seen:
                    continue
                seen.add(included)
                more = _read_included(tree, origin, included, len(seen), limits)
                if isinstance(more, Problem):
                    problems.append(more)
                else:
                    waiting.append((included, rule, _lines(more)[0]))
    return Claims(tuple(claims[:_NAMES]), tuple(problems[:_NOTICES])), alone


def _lines(text: str) -> tuple[list[tuple[int, str, str]], bool]:
    """Give (line, path pattern, owner or include) and whether "set noparent" is among them."""
    found: list[tuple[int, str, str]] = []
    alone = False
    for number, raw in enumerate(text.split("\n"), start=1):
        line = raw.partition("#")[0].strip()
        if line == "set noparent":
            alone = True
        elif line.startswith("per-file ") and "=" in line:
            rule, _, owners = line.removeprefix("per-file ").rpartition("=")
            named = [owner for owner in re.split(r"[\s,]+", owners) if owner not in ("", "*")]
            if named[:2] != ["set", "noparent"]:
                found += [(number, rule.strip(), owner) for owner in named]
        elif line and line != "*":
            found.append((number, "", line))
    return found, alone


def _one(token: str, mention: Mention) -> list[Claim]:
    named = name_token(token)
    return [Claim(named, mention)] if named else []


def _read_included(
    tree: RepoTree, origin: Origin, path: str, number: int, limits: Limits
) -> str | Problem:
    """Read the text of an included file, the ``number``-th of all that are read."""
    if not path:
        return Problem("The file that is included here is not in this repo.", origin, "notice")
    if number > _INCLUDES:
        return Problem(f"{path} is not read: too many files are included.", origin, "notice")
    return read_text(tree, path, limits)


def _included(tree: RepoTree, file: str, target: str) -> str:
    """Find the file that an OWNERS file points to; "" if it is not in the repo."""
    # A path counts from the root with "//" or "/" in front, else from the folder.
    beside = posixpath.join(posixpath.dirname(file), target.lstrip("/"))
    places = (target.lstrip("/"),) if target.startswith("/") else (beside, target)
    return next((path for place in places if tree.exists(path := posixpath.normpath(place))), "")
