"""Which files of a service are its own: no tests, examples, generated or vendored code."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Literal

from handbook.collect.declared import collect_declared
from handbook.collect.paths import compile_pattern
from handbook.model.facts import Found
from handbook.model.limits import Limits
from handbook.model.service import Service
from handbook.tree import RepoTree

Aside = Literal["", "test", "example", "vendored", "generated"]

_TEST = re.compile(
    r"(?:^|/)(?:tests?|testing|__tests__|testdata|test_data|spec|e2e|fixtures"
    r"|(?:load|perf|performance|stress|smoke)[-_]?test(?:s|ing)?)/"
)
_TEST_FILE = re.compile(
    r"(?:^|/)(?:test_[^/]*\.py|[^/]*_test\.(?:py|go)|conftest\.py|[^/]*\.(?:test|spec)\.[jt]sx?)$"
)
_EXAMPLE = re.compile(
    r"(?:^|/)(?:examples?|samples?|demos?|tutorials?|notebooks?|docs?(?:_src)?|benchmarks?)/"
)
_GENERATED = re.compile(
    r"(?:^|/)(?:\.[^/]+|generated|__generated__|gen)/|(?:_pb2(?:_grpc)?|\.gen|_generated)\.[a-z]+$"
)
_VENDORED = re.compile(
    r"(?:^|/)(?:vendor|vendored|third_party|third-party|thirdparty|node_modules|site-packages"
    r"|_vendor|extern|external|\.git|\.tox|\.venv|venv)/"
)


@lru_cache(maxsize=65_536)  # each collector asks for each file
def aside(path: str) -> Aside:
    """Tell whether a file, by its path from the service's folder, is beside the point."""
    if _VENDORED.search(path):
        return "vendored"
    if _GENERATED.search(path):
        return "generated"
    if _TEST.search(path) or _TEST_FILE.search(path):
        return "test"
    return "example" if _EXAMPLE.search(path) else ""


def is_aside(path: str, *kinds: Aside) -> bool:
    """Tell whether a file is any of these; one in a hidden folder, such as CI's, can be."""
    found = {
        "vendored": _VENDORED.search(path),
        "generated": _GENERATED.search(path),
        "test": _TEST.search(path) or _TEST_FILE.search(path),
        "example": _EXAMPLE.search(path),
    }
    return any(found.get(kind) for kind in kinds)


def own_files(tree: RepoTree, service: Service, limits: Limits) -> Callable[[str], bool]:
    """Return what tells whether a path of the repo is one that rules look at.

    Left out are tests, examples, what others wrote, and what ``.handbook.yml`` ignores.
    """
    fact = collect_declared(tree, service, limits)
    ignored = fact.value.ignore if isinstance(fact, Found) else ()
    patterns = [compile_pattern(pattern) for pattern in ignored]
    prefix = f"{service.path}/" if service.path else ""

    def own(path: str) -> bool:
        if not path.startswith(prefix):
            return False
        inside = path[len(prefix) :]
        return not aside(inside) and not any(pattern.matches(inside) for pattern in patterns)

    return own


def is_test(path: str, service: Service) -> bool:
    """Tell whether a path of the repo is one of the service's tests."""
    inside = posixpath.relpath(path, service.path) if service.path else path
    return aside(inside) == "test"
