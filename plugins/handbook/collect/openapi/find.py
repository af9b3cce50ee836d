"""Find the files of a service that could be API definitions.

The order, which is also the order the site lists definitions in:

1. files named for it (``openapi.yaml``, ``swagger.json``, ``petstore.openapi.yml``…), in the
   service's own folder before the folders ``api``, ``docs``, ``spec``… before all others;
2. other YAML and JSON files whose text has a top-level ``openapi:`` or ``swagger:``, in the
   same order of folders.

Within each, files nearer to the service's folder come first, then the order of their paths.
Folders of tests, examples and other people's code are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from handbook.errors import TreeError
from handbook.model.facts import Problem
from handbook.model.limits import Limits
from handbook.model.service import Service
from handbook.tree import RepoTree, TreeEntry

SUFFIXES = (".yaml", ".yml", ".json")
SEARCHED = (
    "openapi.yaml, openapi.json, swagger.*",
    "api/, docs/, spec/ and other folders: *.yaml, *.yml and *.json with openapi: or swagger:",
)
"""Where we look, in words, for :class:`handbook.model.facts.Absent`."""

_FOLDERS = re.compile(r"apis?|contracts?|docs?|oas|openapi|schemas?|specs?|swagger")
_SKIPPED = re.compile(
    r"tests?|testing|testdata|__tests__|e2e|fixtures?|mocks?|examples?|samples?|vendor(?:ed)?"
    r"|third[_-]party|external|node_modules|bower_components|site-packages|venv|\..*"
)
_NAMED = re.compile(r"(?:^|[._-])(?:openapi|swagger|oas)(?:$|[._-]|v?\d)", re.IGNORECASE)
_MARK = re.compile(
    r"""^(?:openapi|swagger)\s*:\s*["']?\d   # YAML
    |["'](?:openapi|swagger)["']\s*:\s*["']?\d   # JSON, and quoted keys of YAML
    """,
    re.MULTILINE | re.VERBOSE,
)


class Candidate(Struct, frozen=True):
    """A file that could be a definition; ``named`` if its name alone says so."""

    path: str
    size: int
    named: bool
    rank: tuple[int, int, int, str]


def candidates(tree: RepoTree, service: Service) -> tuple[Candidate, ...]:
    """Return YAML and JSON files in the order of the module's docstring, without reading any."""
    return tuple(sorted(_candidates(tree, service.path), key=lambda found: found.rank))


def definitions(
    tree: RepoTree, service: Service, limits: Limits
) -> tuple[tuple[Candidate, ...], tuple[Problem, ...]]:
    """Return the candidates that claim to be definitions, and what could not be looked into.

    At most ``limits.openapi_search`` bytes are read of files whose name does not say it.
    """
    found: list[Candidate] = []
    problems: list[Problem] = []
    left = limits.openapi_search
    for candidate in candidates(tree, service):
        if candidate.named:
            found.append(candidate)
            continue
        if not 0 <= candidate.size <= limits.openapi_file:
            continue
        left -= candidate.size
        if left < 0:
            problems.append(_stopped(tree, candidate, limits))
            break
        if _claims(tree, candidate, limits):
            found.append(candidate)
    return tuple(found), tuple(problems)


def _candidates(tree: RepoTree, folder: str) -> Iterator[Candidate]:
    for entry in tree.under(folder):
        name = entry.path[len(folder) :].strip("/").lower()
        if not name.endswith(SUFFIXES) or entry.kind == "submodule":
            continue
        *folders, file = name.split("/")
        if any(_SKIPPED.fullmatch(part) for part in folders):
            continue
        yield _candidate(entry, folders, file)


def _candidate(entry: TreeEntry, folders: list[str], file: str) -> Candidate:
    named = _NAMED.search(file.rpartition(".")[0]) is not None
    place = 0 if not folders else 1 if _FOLDERS.fullmatch(folders[0]) else 2
    size = 0 if entry.kind == "symlink" else entry.size
    return Candidate(entry.path, size, named, (int(not named), place, len(folders), entry.path))


def _claims(tree: RepoTree, candidate: Candidate, limits: Limits) -> bool:
    """Whether the text has the mark; a file that cannot be read claims nothing."""
    try:
        text = tree.text(candidate.path, limits.openapi_file)
    except TreeError:
        return False
    return _MARK.search(text) is not None


def _stopped(tree: RepoTree, candidate: Candidate, limits: Limits) -> Problem:
    return Problem(
        f"The search for API definitions ended here: more than {limits.openapi_search:,} bytes of"
        " YAML and JSON.",
        tree.origin(candidate.path),
        "notice",
        "Name the definition openapi.yaml, so that it is found without reading other files.",
    )
