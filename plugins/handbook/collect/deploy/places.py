"""Names of environments, from names of folders and files; their order from test to production."""

from __future__ import annotations

import posixpath
import re

_ORDER = (
    ("local", "compose", "sandbox", "kind", "minikube"),
    ("dev", "develop", "development", "integration", "int"),
    ("test", "testing", "ci", "qa"),
    ("stage", "staging", "stg", "uat", "preview", "preprod", "pre-prod", "preproduction", "acc"),
    ("prod", "production", "prd", "live"),
)
_RANK = {name: number for number, names in enumerate(_ORDER) for name in names}
_PARTS = re.compile(r"[^a-z0-9]+")


def environment_in(path: str) -> str:
    """Return the environment that a path names, "" if none: the last folder or name that does."""
    stem = re.sub(r"\.(?:ya?ml|json|tfvars|tf)$", "", path)
    for part in reversed(stem.split("/")):
        if part.lower() in _RANK:
            return part
        words = [word for word in _PARTS.split(part.lower()) if word in _RANK]
        if words:
            return words[-1]
    return ""


def is_production(name: str) -> bool:
    """Whether an environment is the one that customers see, by its name."""
    return any(_RANK.get(word) == len(_ORDER) - 1 for word in _PARTS.split(name.lower()))


def rank(name: str) -> tuple[int, str]:
    """Return what environments are sorted by: those whose place is not known in the middle."""
    known = [_RANK[word] for word in _PARTS.split(name.lower()) if word in _RANK]
    return (known[-1] if known else 2, name)


def overlay_name(folder: str) -> str:
    """Return what to call an overlay: the environment in its path, else its folder's name."""
    return environment_in(folder) or posixpath.basename(folder)
