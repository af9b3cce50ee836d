"""What a demo service is; the services themselves stand in ``services/*.yml``."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Literal

import msgspec
import yaml

Operation = Literal["create", "list", "get", "replace", "delete"]
Kind = Literal["string", "integer", "number", "boolean", "date", "datetime", "array", "object"]


class Resource(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A thing an API has: releases ``since`` to ``until`` (0: to the last) have it."""

    name: str
    about: str
    ops: tuple[Operation, ...]
    fields: dict[str, tuple[Kind, str]]
    since: int = 1
    until: int = 0
    deprecated: str = ""

    @property
    def title(self) -> str:
        """Name of its schema."""
        return self.name.capitalize()

    @property
    def plural(self) -> str:
        """Name of its collection."""
        stem, last = self.name[:-1], self.name[-1]
        if last == "y" and stem[-1:] not in "aeiou":
            return f"{stem}ies"
        return f"{self.name[:-2]}es" if self.name.endswith("is") else f"{self.name}s"


class Api(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An API definition: ``version`` is OpenAPI's; ``split``: schemas in files of their own."""

    version: str
    resources: tuple[Resource, ...]
    format: Literal["yaml", "json"] = "yaml"
    path: str = ""
    split: bool = False

    @property
    def file(self) -> str:
        """Path of the definition in the repo."""
        return self.path or f"openapi.{self.format}"

    def at(self, release: int) -> tuple[Resource, ...]:
        """Return what release number ``release``, counted from 1, has."""
        return tuple(
            resource
            for resource in self.resources
            if resource.since <= release <= (resource.until or release)
        )


class DemoService(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One service; ``repo`` is the monorepo it lives in, "" if it has a repo of its own.

    ``owners`` names the files that say who owns it. ``condition`` is what is special about the
    repo: "stale" can be fetched once and not again.
    """

    name: str
    title: str
    language: Literal["python", "typescript", "go", "rust", "r"]
    team: str
    system: str
    lifecycle: Literal["experimental", "production", "deprecated"]
    summary: str
    why: str
    features: tuple[str, ...]
    since: date
    releases: int
    owners: tuple[Literal["codeowners", "gitlab", "owners", "maintainers", "catalog-info"], ...]
    tags: tuple[str, ...] = ()
    docstrings: Literal["google", "numpy", "sphinx"] = "google"
    changelog: bool = False
    nav: bool = False
    mailmap: bool = False
    broken_api: bool = False
    uses: tuple[str, ...] = ()
    api: Api | None = None
    docs: dict[str, str] = msgspec.field(default_factory=dict)
    pictures: dict[str, int | tuple[str, ...]] = msgspec.field(default_factory=dict)
    files: dict[str, str] = msgspec.field(default_factory=dict)
    readme: str = ""
    readme_name: str = "README.md"
    repo: str = ""
    visibility: Literal["internal", "private"] = "internal"
    condition: Literal["", "corrupt", "stale", "sha256", "empty", "unreachable"] = ""

    @property
    def package(self) -> str:
        """Name of its package in Python."""
        return self.name.replace("-", "_")

    def resources(self, release: int) -> tuple[Resource, ...]:
        """Return what its API has at a release; nothing without an API."""
        return self.api.at(release) if self.api else ()


def load_services() -> tuple[DemoService, ...]:
    """Read all demo services, in the order of their files.

    Raises:
        msgspec.ValidationError: A file has a mistake; the message says where.
    """
    folder = Path(__file__).parent / "services"
    found: list[DemoService] = []
    for path in sorted(folder.glob("*.yml")):
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        found += msgspec.convert(document, list[DemoService])
    return tuple(found)
