"""Collect the API definitions of a service: find, read, bundle, check, bring into one form."""

from __future__ import annotations

import posixpath
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from handbook.collect.openapi.about import (
    DIALECTS,
    dialect,
    format_name,
    security_schemes,
    servers,
    tags,
)
from handbook.collect.openapi.bundle import Bundle, bundle
from handbook.collect.openapi.find import SEARCHED, Candidate, definitions
from handbook.collect.openapi.names import Names, slug
from handbook.collect.openapi.operations import OperationReader
from handbook.collect.openapi.pointers import Pointer, mapping, text
from handbook.collect.openapi.read import Document, read_document
from handbook.collect.openapi.schemas import SchemaReader
from handbook.collect.openapi.validate import MOST, mistakes
from handbook.model.api import ApiDefinition, Operation, SourceFile
from handbook.model.facts import Absent, Broken, Fact, Found, Origin, Problem
from handbook.model.limits import Limits
from handbook.model.service import Service
from handbook.tree import RepoTree


class _Read(Struct, frozen=True):
    """A definition and the files it was made of, its own first."""

    api: ApiDefinition
    files: tuple[str, ...]


def collect_apis(
    tree: RepoTree, service: Service, limits: Limits
) -> Fact[tuple[ApiDefinition, ...]]:
    """Return the service's API definitions, in the order :mod:`find` documents.

    Found: at least one could be read; ``problems`` has what is wrong with any of them, and the
    files that could not be read. Broken: there are such files and none could be read.
    """
    claimed, problems = definitions(tree, service, limits)
    read: list[_Read] = []
    failed: list[Problem] = []
    for index, candidate in enumerate(claimed):
        if len(read) >= limits.openapi_definitions:
            failed.append(_too_many(tree, claimed[index:], limits))
            break
        made = _definition(tree, candidate, limits)
        if isinstance(made, Problem):
            failed.append(made)
        elif made is not None:
            read.append(made)
    apis, left_out = _own(read)
    if not apis:
        return Broken(_joined(failed)) if failed else Absent(SEARCHED)
    inner = [problem for api in apis for problem in api.problems]
    return Found(apis, apis[0].origin, (*problems, *failed, *left_out, *inner))


def _definition(tree: RepoTree, candidate: Candidate, limits: Limits) -> _Read | Problem | None:
    """Read one definition; None for a file that is something else."""
    document = read_document(tree, candidate.path, limits)
    if isinstance(document, Problem):
        return replace(document, level="error")
    data = document.data
    if not isinstance(data, dict) or not {"openapi", "swagger"} & data.keys():
        return None
    if dialect(data) not in DIALECTS:
        return Problem(
            f"The format version {format_name(data)[:100]} cannot be read.",
            tree.origin(candidate.path, document.lines.line((_version_key(data),))),
            "error",
            "Write openapi: 3.1.0 (or 3.0, 3.2), or swagger: '2.0'.",
        )
    made = bundle(tree, document, limits)
    return _Read(_normalised(made, document, limits), tuple(made.documents))


def _normalised(made: Bundle, document: Document, limits: Limits) -> ApiDefinition:
    data, info = made.data, mapping(made.data.get("info"))
    schemas = SchemaReader(made, limits)
    reader = OperationReader(made, schemas, limits)
    operations = reader.operations()
    named = schemas.named()
    origin = Origin(made.repo, made.commit, document.path)
    problems = [*made.problems, *_mistakes(made, reader.problems)]
    problems += [Problem(note, origin, "notice") for note in sorted(schemas.cut)]
    return ApiDefinition(
        slug="",
        title=" ".join(text(info.get("title")).split())[:200] or posixpath.basename(document.path),
        format=format_name(data),
        origin=origin,
        version=text(info.get("version"))[:100],
        description=text(info.get("description")),
        servers=servers(data),
        tags=tags(data),
        security_schemes=security_schemes(made),
        operations=operations,
        schemas=named,
        files=tuple(SourceFile(item.path, item.size) for item in made.documents.values()),
        bundle=msgspec.json.encode(data),
        license=text(mapping(info.get("license")).get("name")),
        contact=_contact(mapping(info.get("contact"))),
        docs_url=text(mapping(data.get("externalDocs")).get("url")),
        problems=tuple(problems),
    )


def _mistakes(made: Bundle, noticed: list[tuple[Pointer, str]]) -> list[Problem]:
    """What is wrong, in words with file and line; ``noticed`` is what was seen while reading."""
    version = dialect(made.data)
    found, more = mistakes(made.data, version)
    more = more or len(noticed) > MOST
    problems = [_mistake(made, at, words) for at, words in (*found, *noticed[:MOST])]
    if more:
        message = f"Only the first {MOST} mistakes are listed."
        problems.append(Problem(message, made.origin(()), "notice", "Mend these first."))
    return problems


def _mistake(made: Bundle, at: Pointer, words: str) -> Problem:
    place = " → ".join(str(part)[:100] for part in at)
    hint = f"See the specification of {format_name(made.data)} for what is allowed here."
    return Problem(f"{place or 'At the top'}: {words}.", made.origin(at), hint=hint)


def _own(read: list[_Read]) -> tuple[tuple[ApiDefinition, ...], list[Problem]]:
    """Leave out parts of other definitions and copies of earlier ones; give out slugs."""
    kept: list[ApiDefinition] = []
    problems: list[Problem] = []
    names, seen = Names(), dict[tuple[object, ...], str]()
    for index, item in enumerate(read):
        api, path = item.api, item.files[0]
        if any(
            path in other.files[1:] and not _goes_back(item, other, index, read) for other in read
        ):
            continue
        key = _identity(api)
        if api.operations and key in seen:
            message = f"The same API as in {seen[key]}: shown once."
            problems.append(Problem(message, api.origin, "notice", "Keep one of the two files."))
            continue
        seen[key] = path
        kept.append(replace(api, slug=names.unique(slug(api.title) or "api")))
    if len(kept) > 1:
        kept = [replace(api, uri=f"api/{api.slug}/") for api in kept]
    return tuple(kept), problems


def _goes_back(item: _Read, other: _Read, index: int, read: list[_Read]) -> bool:
    """Whether two definitions refer to each other, and this one is the first of them."""
    return other.files[0] in item.files and index < read.index(other)


def _identity(api: ApiDefinition) -> tuple[object, ...]:
    labels = frozenset(_label(operation) for operation in api.operations)
    return api.title, api.version, labels


def _label(operation: Operation) -> str:
    return f"{operation.kind} {operation.label}"


def _version_key(data: dict[str, Any]) -> str:
    return "openapi" if "openapi" in data else "swagger"


def _contact(node: dict[str, Any]) -> str:
    return " ".join(text(node.get(key)) for key in ("name", "url", "email")).strip()


def _joined(failed: list[Problem]) -> Problem:
    if len(failed) == 1:
        return failed[0]
    others = ", ".join(str(problem.origin.path) for problem in failed[1:6])
    return replace(failed[0], message=f"{failed[0].message} (Also unreadable: {others}.)")


def _too_many(tree: RepoTree, rest: tuple[Candidate, ...], limits: Limits) -> Problem:
    return Problem(
        f"{len(rest)} more files that could be API definitions were not read: at most"
        f" {limits.openapi_definitions} are shown.",
        tree.origin(rest[0].path),
        "notice",
        "Raise limits.openapi_definitions, or list parts of the repo as services of their own.",
    )
