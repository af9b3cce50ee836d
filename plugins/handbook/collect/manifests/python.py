"""pyproject.toml (PEP 621 and Poetry), setup.cfg, requirements.txt. Nothing is executed."""

from __future__ import annotations

import configparser

from handbook.collect.manifests.base import (
    Manifest,
    Person,
    Table,
    key_line,
    line_of,
    list_of,
    mistyped,
    one_line,
    read_toml,
    table_of,
    text_of,
    unreadable,
)
from handbook.model.facts import Origin
from handbook.model.package import Package

_TYPES: dict[str, tuple[type, ...]] = {
    "name": (str,),
    "version": (str,),
    "description": (str,),
    "requires-python": (str,),
    "dependencies": (list,),
    "authors": (list,),
    "maintainers": (list,),
}


def read_pyproject(text: str, origin: Origin) -> Manifest:
    """Read ``[project]``, and ``[tool.poetry]`` for what it leaves out."""
    data = read_toml(text, origin)
    if isinstance(data, Manifest):
        return data
    project = table_of(data, "project")
    poetry = table_of(data, "tool", "poetry")
    if not project and not poetry:
        return Manifest(None)
    package = Package(
        "Python",
        origin,
        name=text_of(project, "name") or text_of(poetry, "name"),
        version=text_of(project, "version") or text_of(poetry, "version"),
        description=text_of(project, "description") or text_of(poetry, "description"),
        license=_license(project) or text_of(poetry, "license"),
        requires=_requires(project, poetry),
        dependencies=_count(project, poetry),
    )
    problems = mistyped(project, _TYPES, origin)
    return Manifest(package, tuple(_people(text, project, poetry)), tuple(problems))


def read_setup_cfg(text: str, origin: Origin) -> Manifest:
    """Read ``[metadata]`` and ``[options]`` of setup.cfg."""
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(text)
    except configparser.Error as exc:
        return unreadable(origin, "an INI file", str(exc))
    if not parser.has_section("metadata"):
        return Manifest(None)
    meta = {key: value or "" for key, value in parser["metadata"].items()}
    options = dict(parser["options"]) if parser.has_section("options") else {}
    requires = one_line(options.get("python_requires") or "")
    listed = options.get("install_requires")
    package = Package(
        "Python",
        origin,
        name=one_line(meta.get("name", "")),
        version=one_line(meta.get("version", "")),
        description=one_line(meta.get("description", "")),
        license=one_line(meta.get("license", "")),
        requires=f"Python {requires}" if requires else "",
        dependencies=len(_requirements(listed)) if listed else -1,
    )
    people = [
        Person(meta[role], role, key_line(text, role))
        for role in ("author", "maintainer")
        if meta.get(role, "").strip()
    ]
    return Manifest(package, tuple(people))


def read_requirements(text: str, origin: Origin) -> Manifest:
    """Count the requirements of requirements.txt; files it includes are not followed."""
    return Manifest(Package("Python", origin, dependencies=len(_requirements(text))))


def _requirements(text: str) -> list[str]:
    lines = (line.strip() for line in text.split("\n"))
    return [line for line in lines if line and not line.startswith(("#", "-"))]


def _license(project: Table) -> str:
    """SPDX text, or the older table; a whole licence pasted into it is not a name."""
    written = project.get("license")
    if isinstance(written, dict):
        name = text_of(written, "text")
        return name if len(name) < 60 else ""
    return text_of(project, "license")


def _requires(project: Table, poetry: Table) -> str:
    requires = text_of(project, "requires-python")
    requires = requires or text_of(table_of(poetry, "dependencies"), "python")
    return f"Python {requires}" if requires else ""


def _count(project: Table, poetry: Table) -> int:
    if "dependencies" in list_of(project, "dynamic"):
        return -1
    if isinstance(project.get("dependencies"), list):
        return len(list_of(project, "dependencies"))
    if "dependencies" in poetry:
        return len([name for name in table_of(poetry, "dependencies") if name != "python"])
    return 0 if project else -1


def _people(text: str, project: Table, poetry: Table) -> list[Person]:
    found: list[Person] = []
    for role, key in (("maintainer", "maintainers"), ("author", "authors")):
        for entry in list_of(project, key):
            if not isinstance(entry, dict):
                continue
            name = text_of(entry, "name") or text_of(entry, "email")
            if name:
                found.append(_person(text, key, name, role))
        for entry in list_of(poetry, key):
            if isinstance(entry, str) and entry.strip():
                found.append(_person(text, key, entry, role))
    return found


def _person(text: str, key: str, written: str, role: str) -> Person:
    line = line_of(text, key, written)
    return Person(written, "maintainer" if role == "maintainer" else "author", line)
