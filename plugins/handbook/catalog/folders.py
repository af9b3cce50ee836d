"""Which folders of a monorepo are services."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase

# A folder with one of these directly in it is taken for a service.
MARKERS = (
    "readme*",
    "catalog-info.yaml",
    "catalog-info.yml",
    "pyproject.toml",
    "setup.py",
    "setup.cfg",
    "requirements.txt",
    "package.json",
    "go.mod",
    "cargo.toml",
    "pom.xml",
    "build.gradle",
    "build.gradle.kts",
    "build.sbt",
    "*.csproj",
    "*.sln",
    "gemfile",
    "composer.json",
    "mix.exs",
    "dockerfile*",
    "containerfile*",
    "openapi.yaml",
    "openapi.yml",
    "openapi.json",
    "swagger.yaml",
    "swagger.yml",
    "swagger.json",
)
_MARKER = re.compile(
    "|".join(re.escape(name).replace(r"\*", "[^/]*") for name in MARKERS), re.IGNORECASE
)


def service_folders(paths: Iterable[str]) -> tuple[str, ...]:
    """Return the folders that hold a service, in order; ``paths`` are the files of the repo."""
    places = (path.rpartition("/") for path in paths)
    return tuple(sorted({folder for folder, _, name in places if _MARKER.fullmatch(name)}))


def matching(folders: Iterable[str], pattern: str) -> list[str]:
    """Return the folders that ``pattern`` names, level by level; ``*`` finds no hidden ones."""
    parts = pattern.split("/")
    return [folder for folder in folders if _matches(folder.split("/"), parts)]


def _matches(levels: list[str], parts: list[str]) -> bool:
    return len(levels) == len(parts) and all(
        fnmatchcase(level, part) and (part.startswith(".") or not level.startswith("."))
        for level, part in zip(levels, parts, strict=True)
    )
